//! CISA's catalogue of exploited vulnerabilities, JSON and CSV.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::import::kev::parse;

vigie_fuzz::target!(|bytes: &[u8]| {
    if let Ok(listed) = parse(bytes) {
        assert!(!listed.is_empty());
    }
});
