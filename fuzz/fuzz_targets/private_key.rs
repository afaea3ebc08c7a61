//! Private keys: PEM, OpenSSH's own form, PuTTY's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::keys::parse;

fuzz_target!(|bytes: &[u8]| {
    drop(parse(bytes));
});
