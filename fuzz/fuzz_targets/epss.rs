//! EPSS scores, CSV, packed with gzip or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_advisories::import::epss::parse;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(scores) = parse(bytes) {
        assert!(scores.scores.iter().all(|score| score.probability <= 100_000));
    }
});
