//! Private keys: PEM, OpenSSH's own form, PuTTY's.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::keys::parse;

vigie_fuzz::target!(|bytes: &[u8]| {
    drop(parse(bytes));
});
