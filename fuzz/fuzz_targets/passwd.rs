//! passwd(5): accounts.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::accounts::parse_passwd;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (users, gaps) = parse_passwd(bytes);
    assert!(users.len() + gaps.len() <= bytes.len());
});
