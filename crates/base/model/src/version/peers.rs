//! The orders against the version tables of Grype's and OSV-SCALIBR's test-suites, where those are at hand.
//!
//! The tables are not ours and not in this repository. With `VIGIE_DATA` naming a folder that has
//! `vulnerabilities/expected-results/{grype,osv-scalibr}`, Grype's rows (`version`, `constraint`,
//! `satisfied`) are read from its Go sources and OSV-SCALIBR's (`a < b`) from its lists, and evaluated
//! with our orders; without, a test says that it is skipped. The counts and the reasons for what differs
//! are in `docs/conformance.md`.

use super::{Scheme, pep440};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// A table, its order, and the rows (version, constraint) in which we differ on purpose.
struct Table {
    file: &'static str,
    scheme: Scheme,
    differ: &'static [(&'static str, &'static str)],
}

const TABLES: [Table; 9] = [
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
    Table {
        file: "rpm_version_test.go",
        scheme: Scheme::Rpm,
        // Grype takes a missing epoch for any epoch and zeros at the end for nothing; RPM does neither.
        differ: &[
            ("1:0", "< 1"),
            ("1.0", "< 2:1.0"),
            ("2:4.19.01-1.el7_5", "<= 4.19.1-1.el7_5"),
            ("4.19.01-1.el7_5", "< 2:4.19.1-1.el7_5"),
            ("4.19.0-1.el7_5", "< 12:4.19.0-1.el7"),
            ("4.19.0-1.el7_5", "<= 12:4.19.0-1.el7"),
            ("3:4.19.0-1.el7_5", "< 4.21.0-1.el7"),
            ("8.3.1-5.el8", "< 0:8.3.1-5.el8.0.0"),
            ("8.3.1-5.el8.0.0", "> 0:8.3.1-5.el8"),
        ],
    },
    Table { file: "maven_version_test.go", scheme: Scheme::Maven, differ: &[] },
    Table { file: "gem_version_test.go", scheme: Scheme::RubyGems, differ: &[] },
    Table { file: "bitnami_version_test.go", scheme: Scheme::Bitnami, differ: &[] },
];

/// OSV-SCALIBR's lists: the order, and how many rows differ on purpose.
const LISTS: [(&str, Scheme, usize); 19] = [
    ("alpine-versions", Scheme::Apk, 7),
    ("alpine-versions-generated", Scheme::Apk, 0),
    ("cran-versions", Scheme::Cran, 0),
    ("cran-versions-generated", Scheme::Cran, 0),
    ("debian-versions", Scheme::Dpkg, 0),
    ("debian-versions-generated", Scheme::Dpkg, 0),
    ("hackage-versions", Scheme::Hackage, 0),
    ("maven-versions", Scheme::Maven, 0),
    ("maven-versions-generated", Scheme::Maven, 20),
    ("nuget-versions", Scheme::NuGet, 0),
    ("packagist-versions", Scheme::Packagist, 5),
    ("packagist-versions-generated", Scheme::Packagist, 10),
    ("pub-versions", Scheme::Pub, 0),
    ("pypi-versions", Scheme::Pep440, 0),
    ("pypi-versions-generated", Scheme::Pep440, 0),
    ("redhat-versions", Scheme::Rpm, 0),
    ("rubygems-versions", Scheme::RubyGems, 0),
    ("rubygems-versions-generated", Scheme::RubyGems, 0),
    ("semver-versions", Scheme::Semver, 0),
];

#[test]
fn agrees_with_grype() {
    let Some(folder) = data_folder("grype/grype/version") else { return };
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

#[test]
fn agrees_with_osv_scalibr() {
    let Some(folder) = data_folder("osv-scalibr/semantic/testdata") else { return };
    for (list, scheme, expected) in LISTS {
        let text = std::fs::read_to_string(folder.join(format!("{list}.txt"))).unwrap();
        let (mut rows, mut differ) = (0, Vec::new());
        for (line, (a, b, order)) in text.lines().filter_map(|line| Some((line, list_row(line)?))) {
            rows += 1;
            if scheme.compare(a, b) != order {
                differ.push(line);
            }
        }
        assert_eq!(differ.len(), expected, "{list}: {differ:#?}");
        assert!(rows > 10, "{list}: the list was not understood");
        eprintln!("{list}: {rows} rows, {expected} differ");
    }
}

fn list_row(line: &str) -> Option<(&str, &str, Ordering)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [a, sign, b] = words[..] else { return None };
    let order = match sign {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        _ => return None,
    };
    (!a.starts_with("//") && !a.starts_with('#')).then_some((a, b, order))
}

fn data_folder(tables: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("VIGIE_DATA").map(|data| Path::new(&data).join("vulnerabilities/expected-results").join(tables));
    let folder = folder.filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("skipped: VIGIE_DATA does not name a folder with vulnerabilities/expected-results/{tables}");
    }
    folder
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
