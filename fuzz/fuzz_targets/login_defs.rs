//! login.defs(5): defaults for accounts.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::accounts::parse_login_defs;

vigie_fuzz::target!(|bytes: &[u8]| {
    assert!(parse_login_defs(bytes).keys().all(|name| !name.contains(char::is_whitespace)));
});
