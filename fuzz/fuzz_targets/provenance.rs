//! Provenance that a build attaches to an image.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::image::provenance::parse;

vigie_fuzz::target!(|bytes: &[u8]| {
    let stored = ["sha256:a", "sha256:b"];
    let Ok(sources) = parse(bytes, &stored) else { return };
    assert!(sources.iter().all(|source| source.layers.is_none_or(|layers| layers as usize <= stored.len())));
    assert!(!sources.iter().any(|source| source.name.contains(char::is_control)));
});
