//! os-release(5), and the ecosystem it stands for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::os_release::{ecosystem, parse};

fuzz_target!(|bytes: &[u8]| {
    let release = parse(bytes);
    assert!(release.id.chars().all(|char| !char.is_ascii_uppercase()));
    drop(ecosystem(&release));
});
