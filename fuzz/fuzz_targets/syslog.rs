//! Syslog records of RFC 3164 and 5424, whole and in parts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_collect::dialect::Dialect;
use vigie_fuzz::log::check_record;

fuzz_target!(|bytes: &[u8]| {
    check_record(Dialect::Syslog, bytes);
});
