//! Importing, opening and matching, over data made up for it: 20,000 vulnerabilities of 1,500 packages
//! of one distribution release, of which a host has 1,000 sources.
//!
//! `VIGIE_DATA` naming a folder with `vulnerabilities/osv` adds the import of the real feeds.

use criterion::{Criterion, criterion_group, criterion_main};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, Cursor, Write};
use std::path::PathBuf;
use vigie_advisories::Advisories;
use vigie_advisories::import::Importer;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::package::{Package, SourcePackage};
use vigie_model::time::Timestamp;
use zip::write::{SimpleFileOptions, ZipWriter};

const VULNERABILITIES: usize = 20_000;
const PACKAGES: usize = 1_500;
const INSTALLED: usize = 1_000;

/// As feeds are: a few packages have most of the vulnerabilities, fixes rise with the number.
fn record(number: usize) -> String {
    let package = (number * number) % PACKAGES;
    let fixed = format!("1.{}.{}-{}+deb12u{}", number % 7, number / 500, number % 3, number % 5);
    format!(
        r#"{{"id":"DEBIAN-CVE-2024-{number:05}","modified":"2026-11-21T00:00:00Z","summary":"Flaw {number} lets a stranger in.",
            "affected":[{{"package":{{"ecosystem":"Debian:12","name":"source-{package}"}},
            "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

fn feed() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..VULNERABILITIES {
        zip.start_file(format!("{number}.json"), SimpleFileOptions::default()).expect("a zip in memory");
        zip.write_all(record(number).as_bytes()).expect("a zip in memory");
    }
    zip.finish().expect("a zip in memory").into_inner()
}

fn import(feed: &[u8]) -> Vec<u8> {
    let mut importer = Importer::new(Timestamp::EPOCH);
    importer.add_osv_zip("feed", Cursor::new(feed), &mut |_| {}).expect("a small feed");
    let mut file = Vec::new();
    importer.finish(&mut file).expect("a small feed");
    file
}

fn host() -> Vec<Package> {
    let package = |number: usize| Package {
        ecosystem: "Debian:12".into(),
        name: format!("binary-{number}"),
        version: "1.3.20-1".into(),
        architecture: None,
        source: Some(SourcePackage { name: format!("source-{number}"), version: "1.3.20-1".into() }),
    };
    (0..INSTALLED).map(package).collect()
}

/// Images: each has another 300 of the host's packages.
fn inventories(host: &[Package]) -> Vec<Vec<Component>> {
    let components: Vec<Component> = host.iter().map(|package| Component::new(package.clone(), "var/lib/dpkg/status")).collect();
    (0..1_000).map(|number| components.iter().cycle().skip(number % components.len()).take(300).cloned().collect()).collect()
}

fn real_feeds() -> Vec<PathBuf> {
    let Some(data) = std::env::var_os("VIGIE_DATA").map(PathBuf::from) else { return Vec::new() };
    let folders = std::fs::read_dir(data.join("vulnerabilities/osv")).into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("all.zip")).filter(|zip| zip.is_file()).collect()
}

fn advisories(c: &mut Criterion) {
    let feed = feed();
    let file = import(&feed);
    let data = Advisories::open(file.as_slice()).expect("a sound file");
    let host = host();
    let matches = data.match_packages(&host).expect("a sound file");
    let asset = Asset::new(AssetKind::Host, "bench", "bench");

    let inventories = inventories(&host);
    c.bench_function("re-match 1,000 inventories of 300 components", |b| {
        b.iter(|| {
            inventories
                .iter()
                .map(|components| data.match_components(black_box(components)).map_or(0, |found| found.len()))
                .sum::<usize>()
        });
    });
    c.bench_function("open", |b| b.iter(|| Advisories::open(black_box(file.as_slice()))));
    c.bench_function(&format!("match 1,000 packages ({} matches)", matches.len()), |b| {
        b.iter(|| data.match_packages(black_box(&host)));
    });
    c.bench_function("describe the matches", |b| b.iter(|| data.occurrences(black_box(&matches), &asset)));
    let mut slow = c.benchmark_group("import");
    slow.sample_size(10);
    slow.bench_function("20,000 records", |b| b.iter(|| import(black_box(&feed))));
    let feeds = real_feeds();
    if !feeds.is_empty() {
        slow.bench_function("real feeds", |b| {
            b.iter(|| {
                let mut importer = Importer::new(Timestamp::EPOCH);
                for feed in &feeds {
                    let reader = BufReader::new(File::open(feed).expect("listed a moment ago"));
                    importer.add_osv_zip("feed", reader, &mut |_| {}).expect("the feeds fit");
                }
                importer.finish(std::io::sink()).expect("the feeds fit")
            });
        });
    }
    slow.finish();
}

criterion_group!(benches, advisories);
criterion_main!(benches);
