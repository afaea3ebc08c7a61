//! apk's list of installed packages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::packages::apk::parse_installed;

fuzz_target!(|bytes: &[u8]| {
    let (packages, _) = parse_installed(bytes, "Alpine:v3.20");
    for package in packages {
        assert!(!package.name.is_empty() && !package.version.is_empty());
    }
});
