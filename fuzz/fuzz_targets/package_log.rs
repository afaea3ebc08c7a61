//! dpkg's log: the time of the last change.
#![cfg_attr(not(test), no_main)]

use jiff::tz::TimeZone;
use vigie_inventory::host::packages::parse_last_change;

vigie_fuzz::target!(|bytes: &[u8]| {
    let _time = parse_last_change(bytes, &TimeZone::UTC);
});
