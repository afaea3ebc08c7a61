//! Texts of licences and Debian's `copyright` files: never more certain than certain, never without a name.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::licences::of_file;

const PATHS: [&str; 2] = ["LICENSE", "usr/share/doc/a/copyright"];

vigie_fuzz::target!(|bytes: &[u8]| {
    for path in PATHS {
        for found in of_file(path, bytes) {
            assert!(found.confidence <= 100 && !found.id.is_empty());
            assert!(!found.id.contains(char::is_control), "{}", found.id);
        }
    }
});
