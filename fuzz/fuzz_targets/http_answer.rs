//! The answer of a container engine, before its body is looked at.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::containers::parse_http_answer;

vigie_fuzz::target!(|bytes: &[u8]| {
    if let Ok(answer) = parse_http_answer(bytes) {
        assert!(answer.body.len() <= bytes.len());
    }
});
