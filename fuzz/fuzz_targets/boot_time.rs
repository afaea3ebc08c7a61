//! /proc/stat: when the machine started.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::kernel::parse_boot_time;

fuzz_target!(|bytes: &[u8]| {
    let _time = parse_boot_time(bytes);
});
