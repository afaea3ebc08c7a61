//! An image in one file, as `docker save` writes it or as an OCI archive: opened and read.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::image::{Context, Options, open};

vigie_fuzz::target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("image.tar");
    std::fs::write(&path, bytes).expect("and written to");
    let options = Options { scratch: Some(folder.path().to_owned()), ..Options::default() };
    if let Ok(image) = open(&path.display().to_string(), &options) {
        let facts = image.read(&Context { threads: Some(1), ..Context::default() });
        assert!(facts.layers.iter().all(|layer| layer.complete) || !facts.gaps.is_empty(), "what was not read is said");
    }
});
