//! OTLP logs, as a message and as JSON.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::otlp;
use vigie_fuzz::log::{check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    // What is wrong is told; what was taken before is sound.
    let _told = otlp::decode_json(bytes, &mut |record| check_taken(&mut reader, record));
    let _told = otlp::decode_message(bytes, &mut |record| check_taken(&mut reader, record));
});
