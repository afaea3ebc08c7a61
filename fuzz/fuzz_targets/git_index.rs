//! The index of a Git repository.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::repository::parse_index;

fuzz_target!(|bytes: &[u8]| {
    if let Some(index) = parse_index(bytes) {
        assert!(index.len() * 62 <= bytes.len(), "an entry has a head");
    }
});
