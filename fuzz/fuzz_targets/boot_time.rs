//! /proc/stat: when the machine started.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::kernel::parse_boot_time;

vigie_fuzz::target!(|bytes: &[u8]| {
    let _time = parse_boot_time(bytes);
});
