//! Syslog records of RFC 3164 and 5424, whole and in parts.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_fuzz::log::check_record;

vigie_fuzz::target!(|bytes: &[u8]| {
    check_record(Dialect::Syslog, bytes);
});
