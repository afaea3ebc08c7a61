//! dpkg's status file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::packages::dpkg::parse_status;

fuzz_target!(|bytes: &[u8]| {
    let (packages, _) = parse_status(bytes, "Debian:12");
    for package in packages {
        assert!(!package.name.is_empty() && !package.name.chars().any(char::is_control));
        assert!(!package.version.is_empty() && !package.version.chars().any(char::is_control));
    }
});
