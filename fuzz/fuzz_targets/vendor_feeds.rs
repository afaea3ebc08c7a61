//! What vendors publish of vulnerabilities (Debian, Ubuntu, Alpine, CSAF, NVD), told apart by what it holds, compiled and opened.
#![cfg_attr(not(test), no_main)]

use std::io::Cursor;
use vigie_advisories::Advisories;
use vigie_advisories::import::Importer;
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut importer = Importer::new(Timestamp::EPOCH);
    let report = importer.add("file", Cursor::new(bytes), &mut |_| {}).expect("one file fits");
    assert!(report.whole || !report.problems.is_empty(), "what was not read is said");
    let mut file = Vec::new();
    importer.finish(&mut file).expect("memory takes it");
    Advisories::open(file).expect("what was written is read");
});
