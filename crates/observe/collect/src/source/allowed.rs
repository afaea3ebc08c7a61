//! From which networks a listener takes something: what stands before listeners that ask for no token.
//!
//! An address over UDP proves little, since a sender may write any into a datagram that wants no answer: this keeps out
//! mistakes and neighbours, a packet filter in front of it those who forge. Who is turned away is told once each.

use ipnet::IpNet;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Most senders that are remembered as turned away.
const STRANGERS_MAX: usize = 1_000;

/// Networks that may send; without a list everybody may.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed(Option<Arc<List>>);

#[derive(Debug)]
struct List {
    networks: Vec<IpNet>,
    told: Mutex<HashSet<IpAddr>>,
}

impl Allowed {
    /// Only these.
    pub(crate) fn only(networks: Vec<IpNet>) -> Self {
        Self(Some(Arc::new(List { networks, told: Mutex::default() })))
    }

    /// Whether somebody may send to this listener.
    pub(crate) fn admits(&self, peer: IpAddr, listener: &str) -> bool {
        let Some(list) = &self.0 else { return true };
        let peer = peer.to_canonical();
        let admitted = list.networks.iter().any(|network| network.contains(&peer));
        if !admitted {
            let mut told = list.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.len() < STRANGERS_MAX && told.insert(peer) {
                tracing::warn!(%peer, listener, "turned away: its network is not among the allowed ones");
            }
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_networks_of_the_list() {
        let networks = ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"].map(|network| network.parse().unwrap());
        let allowed = Allowed::only(networks.into());
        for (peer, expected) in [
            ("10.200.0.1", true),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8::1", true),
            ("::1", false),
        ] {
            assert_eq!(allowed.admits(peer.parse().unwrap(), "x"), expected, "{peer}");
        }
        assert!(Allowed::default().admits("192.0.2.8".parse().unwrap(), "x"));
    }
}
