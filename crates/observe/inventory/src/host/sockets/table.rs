//! Socket tables of the kernel.
//!
//! Format: `/proc/net/{tcp,tcp6,udp,udp6}` of proc(5). Addresses are written as hexadecimal words in the
//! byte order of the machine; Vigie runs on little-endian ones, and tests say so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vigie_model::host::Transport;

/// The largest table that is read: 200,000 connections at 150 bytes each.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// `TCP_LISTEN` of the kernel's `tcp_states.h`.
const LISTEN: u8 = 0x0A;
/// `TCP_CLOSE`, which for UDP means bound and not connected.
const UNCONNECTED: u8 = 0x07;

/// A socket that accepts from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// TCP or UDP.
    pub protocol: Transport,
    /// Local address.
    pub address: IpAddr,
    /// Local port.
    pub port: u16,
    /// The socket's inode, by which a process' file descriptors name it.
    pub inode: u64,
}

/// Reads one table: TCP sockets that listen, UDP sockets that are bound without a peer.
/// Lines that are none of the kernel's are passed over.
#[must_use]
pub fn parse(bytes: &[u8], protocol: Transport) -> Vec<Listener> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().skip(1).filter_map(|line| listener(line, protocol)).collect()
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`
fn listener(line: &str, protocol: Transport) -> Option<Listener> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = fields.next()?;
    let remote = fields.next()?;
    let state = u8::from_str_radix(fields.next()?, 16).ok()?;
    let accepts = match protocol {
        Transport::Tcp => state == LISTEN,
        Transport::Udp => state == UNCONNECTED && remote.ends_with(":0000"),
    };
    if !accepts {
        return None;
    }
    let inode = fields.nth(5)?.parse().ok()?;
    let (address, port) = local.split_once(':')?;
    Some(Listener { protocol, address: address_of(address)?, port: u16::from_str_radix(port, 16).ok()?, inode })
}

/// 8 or 32 hexadecimal digits; each 8 are one word in the machine's order.
fn address_of(digits: &str) -> Option<IpAddr> {
    let mut bytes = [0; 16];
    let words = digits.as_bytes().chunks(8);
    let length = words.len() * 4;
    if digits.len() != 8 && digits.len() != 32 {
        return None;
    }
    for (place, word) in bytes.chunks_exact_mut(4).zip(words) {
        let number = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        place.copy_from_slice(&number.to_ne_bytes());
    }
    match length {
        4 => Some(IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]))),
        _ => Some(IpAddr::V6(Ipv6Addr::from(bytes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn check(protocol: Transport, lines: &str, expected: &[&str]) {
        let said: Vec<String> = parse(format!("{HEAD}{lines}").as_bytes(), protocol)
            .iter()
            .map(|l| format!("{} {} #{}", l.address, l.port, l.inode))
            .collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn reads_listening_tcp() {
        check(
            Transport::Tcp,
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41234 1 0000000000000000 100 0 0 10 0\n\
             \x20  1: 0100007F:1F91 0100007F:A001 01 00000000:00000000 00:00000000 00000000  1000        0 41235 1 0000000000000000 100 0 0 10 0\n",
            &["127.0.0.1 8080 #41234"],
        );
        check(
            Transport::Tcp,
            "   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1\n",
            &["::1 22 #7"],
        );
    }

    #[test]
    fn reads_unconnected_udp() {
        check(
            Transport::Udp,
            "  10: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 55 2 0000000000000000 0\n\
             \x20 11: 0100007F:0035 0100007F:1000 01 00000000:00000000 00:00000000 00000000     0        0 56 2 0000000000000000 0\n",
            &["0.0.0.0 68 #55"],
        );
    }

    proptest! {
        #[test]
        fn survives_any_lines(line in "[ 0-9A-F:é]{0,150}", protocol in prop_oneof![Just(Transport::Tcp), Just(Transport::Udp)]) {
            drop(parse(format!("{HEAD}{line}\n").as_bytes(), protocol));
        }
    }
}
