//! Datagrams of NetFlow and IPFIX, several of one exporter: two bytes of length before each.
#![cfg_attr(not(test), no_main)]

use std::net::{IpAddr, Ipv4Addr};
use vigie_collect::flow::Flows;
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let peer = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let mut flows = Flows::new("netflow/udp".into());
    let (mut rest, mut events) = (bytes, 0);
    while let Some(([high, low], after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (datagram, after) = after.split_at(length);
        for event in flows.datagram(datagram, peer, Timestamp::EPOCH) {
            assert_eq!(event.unknown_fields(), Vec::<&str>::new());
            assert!(event.raw.len() <= bytes.len());
            events += 1;
        }
        rest = after;
    }
    assert_eq!(flows.counts().flows, events);
});
