//! Lists of Kubernetes' audit events.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::kubernetes;
use vigie_fuzz::log::{check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    // What is no list is told, and nothing is taken of it.
    let _told = kubernetes::decode(bytes, Some("prod"), &mut |record| check_taken(&mut reader, record));
});
