//! /proc/net/tcp, tcp6, udp and udp6.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::sockets::table::parse;
use vigie_model::host::Transport;

vigie_fuzz::target!(|bytes: &[u8]| {
    for protocol in [Transport::Tcp, Transport::Udp] {
        drop(parse(bytes, protocol));
    }
});
