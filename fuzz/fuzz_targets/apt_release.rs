//! The release file of an apt archive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_fuzz::{parts, text};
use vigie_inventory::packages::apt::parse_release;

fuzz_target!(|bytes: &[u8]| {
    let [host, file] = parts(bytes);
    let release = parse_release(file, text(host));
    assert!([1, 100, 500].contains(&release.priority));
});
