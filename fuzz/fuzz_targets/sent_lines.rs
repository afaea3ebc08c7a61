//! Lines of text and JSON, and JSON arrays, as anybody sends them.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::lines;
use vigie_fuzz::log::{check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    lines::decode(bytes, &mut |record| check_taken(&mut reader, record));
});
