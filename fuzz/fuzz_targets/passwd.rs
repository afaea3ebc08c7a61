//! passwd(5): accounts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::accounts::parse_passwd;

fuzz_target!(|bytes: &[u8]| {
    let (users, gaps) = parse_passwd(bytes);
    assert!(users.len() + gaps.len() <= bytes.len());
});
