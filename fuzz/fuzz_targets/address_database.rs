//! Databases of addresses: one that is taken for such says what it knows, or nothing, of any address.
#![cfg_attr(not(test), no_main)]

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use vigie_fuzz::choice;
use vigie_pipeline::enrich::{Database, Geo};

vigie_fuzz::target!(|bytes: &[u8]| {
    let (last, bytes) = choice(bytes);
    // Most of what is made up is none: nothing is written for it.
    if Database::check(bytes).is_err() {
        return;
    }
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    file.write_all(bytes).expect("it can be written");
    let mapped = vigie_kit::files::map(file.path()).expect("it can be read");
    let database = Database::read(file.path(), mapped).expect("what is one in memory is one in a file");
    assert!(database.kind().len() <= 100);
    let geo = Geo::of(vec![Arc::new(database)]);
    let v6 = Ipv6Addr::new(0x2620, 0xfe, 0, 0, 0, 0, 0, last.into());
    for address in [IpAddr::V4(Ipv4Addr::new(9, 9, 9, last)), IpAddr::V4(Ipv4Addr::new(8, 8, last, 8)), v6.into()] {
        assert_eq!(geo.place(address), geo.place(address), "what is remembered is what was found");
    }
});
