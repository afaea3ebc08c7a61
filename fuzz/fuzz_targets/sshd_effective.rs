//! What `sshd -T` prints.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::ssh::parse_effective;

vigie_fuzz::target!(|bytes: &[u8]| {
    drop(parse_effective(bytes));
});
