//! login.defs(5): defaults for accounts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::accounts::parse_login_defs;

fuzz_target!(|bytes: &[u8]| {
    assert!(parse_login_defs(bytes).keys().all(|name| !name.contains(char::is_whitespace)));
});
