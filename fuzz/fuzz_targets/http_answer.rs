//! The answer of a container engine, before its body is looked at.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::containers::parse_http_answer;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = parse_http_answer(bytes) {
        assert!(answer.body.len() <= bytes.len());
    }
});
