//! dpkg's status file.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::packages::dpkg::parse_status;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (packages, _) = parse_status(bytes, "Debian:12");
    for package in packages {
        assert!(!package.name.is_empty() && !package.name.chars().any(char::is_control));
        assert!(!package.version.is_empty() && !package.version.chars().any(char::is_control));
    }
});
