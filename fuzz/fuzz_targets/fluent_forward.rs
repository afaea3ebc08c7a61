//! Fluent's forward protocol: whole messages, and what is said before them.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::forward;
use vigie_fuzz::log::{check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    if let Ok(end) = forward::whole(bytes) {
        assert!(end <= bytes.len());
        let chunks = forward::decode(&bytes[..end], &mut |record| check_taken(&mut reader, record));
        for chunk in chunks {
            assert!(forward::acknowledgement(&chunk).len() > chunk.len());
        }
    }
    assert_eq!(forward::check_ping(bytes, &[7; 16], b"key"), None, "nobody guesses a digest");
});
