//! From records to matches: the whole way, on small records written for it.

mod hostile;
mod matches;
mod vendors;

use crate::Advisories;
use crate::import::Importer;
use vigie_model::package::{Package, SourcePackage};
use vigie_model::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A record from a line: `ID NAMES ECOSYSTEM PACKAGE RANGE [JSON fields]`, where names are joined by
/// `,` (or `-`), and a range is `from..fixed`, each end may be empty.
fn record(line: &str) -> String {
    let words: Vec<&str> = line.splitn(6, ' ').collect();
    let [id, names, ecosystem, package, range] = words[..5] else { panic!("not a record: {line}") };
    let names: Vec<String> = names.split(',').filter(|name| *name != "-").map(|name| format!("\"{name}\"")).collect();
    let (from, fixed) = range.split_once("..").unwrap();
    let from = if from.is_empty() { "0" } else { from };
    let fixed = if fixed.is_empty() { String::new() } else { format!(r#",{{"fixed":"{fixed}"}}"#) };
    let more = words.get(5).map_or(String::new(), |fields| format!(",{fields}"));
    format!(
        r#"{{"id":"{id}","aliases":[{}],"affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{package}"}},
            "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"{from}"}}{fixed}]}}]}}]{more}}}"#,
        names.join(",")
    )
}

fn built(importer: Importer) -> Advisories<Vec<u8>> {
    let mut bytes = Vec::new();
    let report = importer.finish(&mut bytes).unwrap();
    assert_eq!(report.bytes, bytes.len() as u64);
    Advisories::open(bytes).unwrap()
}

fn importer(records: &str) -> Importer {
    let mut importer = Importer::new(NOW);
    for line in records.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let report = importer.add_osv_json("record", record(line).as_bytes()).unwrap();
        assert_eq!(report.problems, [], "{line}");
    }
    importer
}

fn data(records: &str) -> Advisories<Vec<u8>> {
    built(importer(records))
}

/// A package from a line: `ECOSYSTEM NAME VERSION [SOURCE [VERSION]]`.
fn package(line: &str) -> Package {
    let words: Vec<&str> = line.split_whitespace().collect();
    Package {
        ecosystem: words[0].into(),
        name: words[1].into(),
        version: words[2].into(),
        architecture: None,
        source: words
            .get(3)
            .map(|source| SourcePackage { name: (*source).into(), version: words.get(4).unwrap_or(&words[2]).to_string() }),
    }
}

fn packages(lines: &str) -> Vec<Package> {
    lines.lines().filter(|line| !line.trim().is_empty()).map(package).collect()
}

/// Checks the matches of packages, one `PACKAGE INSTALLED ID FIXED` line for each.
#[track_caller]
fn check(data: &Advisories<Vec<u8>>, installed: &str, expected: &str) {
    let matches = data.match_packages(&packages(installed)).unwrap();
    let lines: Vec<String> = matches
        .iter()
        .map(|it| {
            let fixed = it.fixed.as_deref().unwrap_or("-");
            format!("{} {} {} {fixed}", it.package, it.installed, it.vulnerability.id)
        })
        .collect();
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, expected);
}

/// The whole of the public data, where it is at hand.
#[test]
fn the_real_feeds_fit_the_budget() {
    let Some(data) =
        std::env::var_os("VIGIE_DATA").map(std::path::PathBuf::from).filter(|it| it.join("vulnerabilities/osv").is_dir())
    else {
        eprintln!("skipped: VIGIE_DATA does not name a folder with vulnerabilities/osv");
        return;
    };
    let mut importer = Importer::new(NOW);
    for entry in std::fs::read_dir(data.join("vulnerabilities/osv")).unwrap() {
        let path = entry.unwrap().path().join("all.zip");
        let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
        let report = importer.add_osv_zip(&path.display().to_string(), file, &mut |_| {}).unwrap();
        assert!(report.whole && report.broken == 0, "{report:?}");
    }
    let data = built(importer);
    assert!(data.status().bytes <= 15_000_000, "{} bytes", data.status().bytes);
    assert!(data.status().records > 30_000);
}
