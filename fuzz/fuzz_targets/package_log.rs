//! dpkg's log: the time of the last change.
#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::packages::parse_last_change;

fuzz_target!(|bytes: &[u8]| {
    let _time = parse_last_change(bytes, &TimeZone::UTC);
});
