//! Checks over who can be reached from outside.

use super::facts::{evidence, on_seen};
use vigie_model::host::{HostFacts, Socket, Transport};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// Services that give away data or the machine to whoever reaches them, by their usual TCP port.
const DATA_STORES: [(u16, &str); 12] = [
    (1433, "mssql"),
    (2379, "etcd"),
    (3306, "mysql"),
    (5432, "postgresql"),
    (5984, "couchdb"),
    (6379, "redis"),
    (8086, "influxdb"),
    (9042, "cassandra"),
    (9200, "elasticsearch"),
    (9300, "elasticsearch"),
    (11211, "memcached"),
    (27017, "mongodb"),
];
const ENGINES: [(u16, &str); 3] = [(2375, "docker"), (10250, "kubelet"), (10255, "kubelet")];
const CLEAR_TEXT: [(u16, &str); 5] = [(21, "ftp"), (23, "telnet"), (512, "rexec"), (513, "rlogin"), (514, "rsh")];

fn sockets() -> Text {
    text!(en "listening sockets", fr "sockets en écoute", de "lauschende Sockets")
}

/// A data store listens to more than this machine.
pub(crate) fn exposure_data_store(facts: &HostFacts) -> Verdict {
    listens(facts, &DATA_STORES)
}

/// A container engine or kubelet takes orders from the network without asking who gives them.
pub(crate) fn exposure_container_engine(facts: &HostFacts) -> Verdict {
    listens(facts, &ENGINES)
}

/// A service that sends passwords in the clear.
pub(crate) fn exposure_clear_text_sign_in(facts: &HostFacts) -> Verdict {
    listens(facts, &CLEAR_TEXT)
}

fn listens(facts: &HostFacts, services: &[(u16, &str)]) -> Verdict {
    // Who owns a socket may be hidden; that it listens never is.
    on_seen(&facts.sockets, &sockets(), |sockets| {
        let mut proofs = Vec::new();
        for socket in sockets.iter().filter(|socket| socket.protocol == Transport::Tcp && is_reachable(socket)) {
            if let Some((port, service)) = services.iter().find(|(port, _)| *port == socket.port) {
                let owner =
                    socket.process.as_ref().map_or(String::new(), |process| format!(" {} ({})", process.name, process.pid));
                let place = std::net::SocketAddr::new(socket.address, *port).to_string();
                proofs.push(evidence(format!("tcp/{port}"), place.clone(), format!("{service} {place}{owner}"), "127.0.0.1"));
            }
        }
        // The same port on IPv4 and IPv6 is one place.
        proofs.dedup_by(|a, b| a.locator == b.locator);
        proofs
    })
}

fn is_reachable(socket: &Socket) -> bool {
    let mapped = match socket.address {
        std::net::IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(socket.address, std::net::IpAddr::V4),
        v4 => v4,
    };
    !mapped.is_loopback()
}
