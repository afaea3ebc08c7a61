//! What `sshd -T` prints.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::ssh::parse_effective;

fuzz_target!(|bytes: &[u8]| {
    drop(parse_effective(bytes));
});
