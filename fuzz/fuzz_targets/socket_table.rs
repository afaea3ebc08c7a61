//! /proc/net/tcp, tcp6, udp and udp6.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::sockets::table::parse;
use vigie_model::host::Transport;

fuzz_target!(|bytes: &[u8]| {
    for protocol in [Transport::Tcp, Transport::Udp] {
        drop(parse(bytes, protocol));
    }
});
