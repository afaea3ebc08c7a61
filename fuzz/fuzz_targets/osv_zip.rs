//! A zip of OSV records.
#![cfg_attr(not(test), no_main)]

use std::io::Cursor;
use vigie_advisories::import::Importer;
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut importer = Importer::new(Timestamp::EPOCH);
    let report = importer.add_osv_zip("all.zip", Cursor::new(bytes), &mut |_| {}).expect("one zip fits");
    assert!(report.used > 0 || !report.whole || report.withdrawn > 0 || !report.problems.is_empty());
    importer.finish(Vec::new()).expect("memory takes it");
});
