//! Lists of components that other tools wrote: CycloneDX (JSON, XML), SPDX (JSON, tag-value), Syft's.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::sbom::read;

vigie_fuzz::target!(|bytes: &[u8]| {
    let Ok(sbom) = read("list", bytes) else { return };
    assert!(sbom.components.iter().all(|component| !component.package.name.is_empty()));
});
