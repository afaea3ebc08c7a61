//! The orders against the version tables of Grype's test-suite, where that is at hand.
//!
//! The tables are not ours and not in this repository. With `VIGIE_DATA` naming a folder that has
//! `vulnerabilities/expected-results/grype`, their rows (`version`, `constraint`, `satisfied`) are
//! read from the Go sources and evaluated with our orders; without, the test says that it is skipped.

use super::{Scheme, pep440};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// A table, its order, and the rows (version, constraint) in which we differ on purpose.
struct Table {
    file: &'static str,
    scheme: Scheme,
    differ: &'static [(&'static str, &'static str)],
}

const TABLES: [Table; 5] = [
    Table { file: "deb_version_test.go", scheme: Scheme::Dpkg, differ: &[] },
    Table { file: "apk_version_test.go", scheme: Scheme::Apk, differ: &[] },
    Table { file: "golang_version_test.go", scheme: Scheme::Semver, differ: &[] },
    Table {
        file: "semantic_version_test.go",
        scheme: Scheme::Semver,
        // Grype writes Ruby's dots between words as hyphens first; gems get an order of their own here.
        differ: &[("1.0.0.alpha.beta", "= 1.0.0-alpha-beta"), ("1.0.0.rc.alpha", "= 1.0.0-rc-alpha")],
    },
    Table { file: "pep440_version_test.go", scheme: Scheme::Pep440, differ: &[] },
];

#[test]
fn agrees_with_grype() {
    let Some(folder) = data_folder() else {
        eprintln!("skipped: VIGIE_DATA does not name a folder with vulnerabilities/expected-results/grype");
        return;
    };
    for table in TABLES {
        let source = std::fs::read_to_string(folder.join(table.file)).unwrap();
        let (constraints, comparisons) = (constraint_rows(&source), comparison_rows(&source));
        let mut differ = Vec::new();
        for (version, constraint, satisfied) in &constraints {
            if satisfies(table.scheme, version, constraint) != *satisfied {
                differ.push((version.as_str(), constraint.as_str()));
            }
        }
        for (a, b, expected) in &comparisons {
            assert_eq!(table.scheme.compare(a, b), *expected, "{}: {a} {b}", table.file);
        }
        assert_eq!(differ, table.differ, "{}", table.file);
        assert!(constraints.len() + comparisons.len() > 10, "{}: the table was not understood", table.file);
        eprintln!("{}: {} constraints, {} comparisons", table.file, constraints.len(), comparisons.len());
    }
}

fn data_folder() -> Option<PathBuf> {
    let data = std::env::var_os("VIGIE_DATA")?;
    let folder = Path::new(&data).join("vulnerabilities/expected-results/grype/grype/version");
    folder.is_dir().then_some(folder)
}

fn satisfies(scheme: Scheme, version: &str, constraint: &str) -> bool {
    constraint.split("||").any(|all| all.split(',').all(|one| satisfies_one(scheme, version, one)))
}

fn satisfies_one(scheme: Scheme, version: &str, constraint: &str) -> bool {
    let constraint = constraint.trim();
    let (signs, bound) = constraint.split_at(constraint.find(|c| !"<>=".contains(c)).unwrap_or(constraint.len()));
    let bound = bound.trim().trim_matches(['\'', '"']);
    if bound.is_empty() {
        return true;
    }
    // A bound without a local part speaks of public versions.
    let version = if scheme == Scheme::Pep440 && !bound.contains('+') { pep440::public(version) } else { version };
    match scheme.compare(version, bound) {
        Ordering::Less => signs.contains('<'),
        Ordering::Greater => signs.contains('>'),
        Ordering::Equal => signs.is_empty() || signs.contains('='),
    }
}

fn constraint_rows(source: &str) -> Vec<(String, String, bool)> {
    blocks(source)
        .filter_map(|block| {
            let satisfied = value(block, "satisfied:").unwrap_or("false").starts_with("true");
            Some((text(block, "version:")?, text(block, "constraint:")?, satisfied))
        })
        .collect()
}

fn comparison_rows(source: &str) -> Vec<(String, String, Ordering)> {
    blocks(source)
        .filter_map(|block| {
            let expected: i32 = value(block, "expected:")?.split(',').next()?.trim().parse().ok()?;
            Some((text(block, "version1:")?, text(block, "version2:")?, expected.cmp(&0)))
        })
        .collect()
}

/// The innermost `{…}` of the source.
fn blocks(source: &str) -> impl Iterator<Item = &str> {
    source.split('{').filter_map(|after| after.split_once('}')).map(|(block, _)| block)
}

fn value<'a>(block: &'a str, key: &str) -> Option<&'a str> {
    let place = block.find(key).filter(|place| !block[..*place].ends_with(char::is_alphanumeric))?;
    Some(block[place + key.len()..].trim_start())
}

/// The text literal of a key; none of the tables escapes anything but quotes.
fn text(block: &str, key: &str) -> Option<String> {
    let literal = value(block, key)?.strip_prefix('"')?.replace("\\\"", "'");
    Some(literal.split('"').next()?.to_owned())
}
