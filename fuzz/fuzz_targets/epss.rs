//! EPSS scores, CSV, packed with gzip or not.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::import::epss::parse;

vigie_fuzz::target!(|bytes: &[u8]| {
    if let Ok(scores) = parse(bytes) {
        assert!(scores.scores.iter().all(|score| score.probability <= 100_000));
    }
});
