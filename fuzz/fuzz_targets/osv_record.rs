//! An OSV record: read, compiled into the compact file, and matched there.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::Advisories;
use vigie_advisories::import::{Importer, osv};
use vigie_model::package::Package;
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let Ok(record) = osv::parse(bytes) else { return };
    let mut importer = Importer::new(Timestamp::EPOCH);
    importer.add_osv_json("record.json", bytes).expect("one record fits");
    let mut file = Vec::new();
    importer.finish(&mut file).expect("memory takes it");
    let advisories = Advisories::open(file).expect("what was written is read");
    let packages: Vec<Package> = record
        .affected
        .iter()
        .map(|affected| Package {
            ecosystem: affected.ecosystem.as_str().to_owned(),
            name: affected.package.as_str().to_owned(),
            version: affected.versions.first().map_or("1.0", |version| version.as_str()).to_owned(),
            architecture: None,
            source: None,
        })
        .collect();
    let matches = advisories.match_packages(&packages).expect("what was written is sound");
    let vulnerabilities = matches.iter().map(|found| &found.vulnerability);
    assert_eq!(advisories.descriptions(vulnerabilities).expect("what was written is sound").len(), matches.len());
});
