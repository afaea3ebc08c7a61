//! GELF: messages one after another, datagrams in parts.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::gelf::{self, Chunks, INCOMPLETE_BYTES_MAX};
use vigie_fuzz::log::{RECEIVED, check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    gelf::decode(bytes, &mut |record| check_taken(&mut reader, record));
    let mut chunks = Chunks::default();
    for datagram in bytes.split(|byte| *byte == b'\n') {
        if let Some(whole) = chunks.take(datagram, "a", RECEIVED) {
            assert!(whole.len() <= INCOMPLETE_BYTES_MAX.max(datagram.len()));
        }
    }
});
