//! A layer of an image: tar, plain or packed, with the databases of packages in it.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::layer::{Expected, Readers, Scratch, read};

vigie_fuzz::target!(|bytes: &[u8]| {
    let scratch = Scratch::below(&std::env::temp_dir()).expect("a folder can be made");
    let readers = Readers { scratch: &scratch, watches: &[], stop: None };
    let facts = read("layer", &Expected::default(), &mut || Ok(bytes), readers);
    assert_eq!(facts.complete, !facts.digest.is_empty());
    assert!(facts.complete || !facts.gaps.is_empty(), "what was not read is said");
    assert!(facts.found.is_sorted_by(|a, b| a.path < b.path), "a path is there once");
});
