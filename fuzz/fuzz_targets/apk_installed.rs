//! apk's list of installed packages.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::packages::apk::parse_installed;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (packages, _) = parse_installed(bytes, "Alpine:v3.20");
    for package in packages {
        assert!(!package.name.is_empty() && !package.version.is_empty());
    }
});
