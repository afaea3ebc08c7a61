//! CISA's catalogue of exploited vulnerabilities, JSON and CSV.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_advisories::import::kev::parse;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(listed) = parse(bytes) {
        assert!(!listed.is_empty());
    }
});
