//! The time zone file of a machine, and times read with it.
#![cfg_attr(not(test), no_main)]

use jiff::tz::TimeZone;
use vigie_inventory::host::packages::parse_last_change;

vigie_fuzz::target!(|bytes: &[u8]| {
    let Ok(zone) = TimeZone::tzif("local", bytes) else { return };
    for day in ["1901-12-13", "1970-01-01", "2026-03-29", "2026-10-25", "9999-12-31"] {
        let _time = parse_last_change(format!("{day} 02:30:00 status installed a:amd64 1\n").as_bytes(), &zone);
    }
});
