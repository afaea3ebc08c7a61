//! The release file of an apt archive.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::{parts, text};
use vigie_inventory::packages::apt::parse_release;

vigie_fuzz::target!(|bytes: &[u8]| {
    let [host, file] = parts(bytes);
    let release = parse_release(file, text(host));
    assert!([1, 100, 500].contains(&release.priority));
});
