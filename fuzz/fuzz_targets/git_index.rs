//! The index of a Git repository.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::repository::parse_index;

vigie_fuzz::target!(|bytes: &[u8]| {
    if let Some(index) = parse_index(bytes) {
        assert!(index.len() * 62 <= bytes.len(), "an entry has a head");
    }
});
