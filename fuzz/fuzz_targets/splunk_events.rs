//! Splunk's event collector: objects one after another, raw lines.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::splunk;
use vigie_fuzz::log::{check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    let about = splunk::About { source: Some("/var/log/x".into()), ..splunk::About::default() };
    splunk::decode(bytes, &about, &mut |record| check_taken(&mut reader, record));
    splunk::decode_raw(bytes, &about, &mut |record| check_taken(&mut reader, record));
});
