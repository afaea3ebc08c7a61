//! What holds for all orders, and the tables of other projects where they are at hand.

use super::Scheme;
use proptest::prelude::*;
use std::cmp::Ordering;

/// Checks a table of lines `a < b`, `a = b` or `a > b`, each also the other way round.
#[track_caller]
pub(super) fn check(compare: impl Fn(&str, &str) -> Ordering, table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (a, b, expected) = row(line).unwrap_or_else(|| panic!("not a row: {line}"));
        assert_eq!(compare(a, b), expected, "{line}");
        assert_eq!(compare(b, a), expected.reverse(), "{line}, turned round");
    }
}

fn row(line: &str) -> Option<(&str, &str, Ordering)> {
    let mut words = line.split_whitespace();
    let (a, sign, b) = (words.next()?, words.next()?, words.next()?);
    let expected = match sign {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        _ => return None,
    };
    Some((a, b, expected))
}

/// Texts that look like versions of some ecosystem, built from the pieces the orders care about, and
/// now and then anything at all.
fn any_version() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(
        &[
            "0",
            "00",
            "01",
            "1",
            "2",
            "9",
            "10",
            "18446744073709551616",
            ".",
            ".",
            ".",
            "-",
            "~",
            "^",
            "+",
            ":",
            "_",
            "!",
            "a",
            "b",
            "z",
            "A",
            "alpha",
            "beta",
            "pre",
            "rc",
            "p",
            "git",
            "post",
            "dev",
            "sp",
            "final",
            "snapshot",
            "x",
            "java",
            "r",
            "-r1",
            "~ab",
            "+x.1",
            "v",
            "go",
            " ",
            "é",
            "\0",
        ][..],
    );
    prop_oneof![
        8 => proptest::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat()),
        1 => "\\PC{0,8}",
        1 => "[0-9]{1,2}(\\.[0-9]{1,2}){0,3}((-|_|\\.|~)?(a|b|rc|alpha|p|post|dev|git|r)[0-9]{0,2}){0,2}",
    ]
}

/// Three texts that are often alike, so that equality and long common beginnings are met.
fn three_versions() -> impl Strategy<Value = [String; 3]> {
    (any_version(), any_version(), any_version(), any_version())
        .prop_map(|(stem, a, b, c)| [a, b, c].map(|end| if end.len() % 2 == 0 { format!("{stem}{end}") } else { end }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_order_is_total([a, b, c] in three_versions()) {
        for scheme in Scheme::ALL {
            prop_assert_eq!(scheme.compare(&a, &a), Ordering::Equal, "{:?} {:?}", scheme, a);
            prop_assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse(), "{:?} {:?} {:?}", scheme, a, b);
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|x, y| scheme.compare(x, y));
            let [least, middle, greatest] = sorted;
            let steps = [scheme.compare(least, middle), scheme.compare(middle, greatest)];
            prop_assert!(steps.iter().all(|step| step.is_le()), "{:?} {:?}", scheme, sorted);
            prop_assert_eq!(scheme.compare(least, greatest), steps[0].then(steps[1]), "{:?} {:?}", scheme, sorted);
        }
    }
}

#[test]
fn ecosystems_have_their_order() {
    for (ecosystem, expected) in [
        ("Debian:12", Some(Scheme::Dpkg)),
        ("Ubuntu:Pro:22.04:LTS", Some(Scheme::Dpkg)),
        ("Alpine:v3.20", Some(Scheme::Apk)),
        ("Go", Some(Scheme::Semver)),
        ("crates.io", Some(Scheme::Semver)),
        ("PyPI", Some(Scheme::Pep440)),
        ("Maven", Some(Scheme::Maven)),
        ("Red Hat:enterprise_linux:9::baseos", Some(Scheme::Rpm)),
        ("openSUSE:Leap 15.6", Some(Scheme::Rpm)),
        ("Root:Alpine:3.18", Some(Scheme::Apk)),
        ("Root:Root:Alpine", None),
        ("GHC", Some(Scheme::Hackage)),
        ("OSS-Fuzz", None),
        ("", None),
    ] {
        assert_eq!(Scheme::of_ecosystem(ecosystem), expected, "{ecosystem}");
    }
}
