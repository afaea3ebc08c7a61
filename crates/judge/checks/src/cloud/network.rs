//! Rules of cloud firewalls that let the whole Internet in: security groups of Azure and AWS, firewalls of Google.

use super::place::{Judged, below, is, is_one_of, items, not_applicable};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// Where rules stand, and how they are written.
struct Sort {
    kind: &'static str,
    /// Where the rules stand; empty where the resource is one rule.
    rules: &'static str,
    words: Words,
}

/// The dialects of rules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Azure,
    Arm,
    Aws,
    Google,
}

const SORTS: &[Sort] = &[
    Sort { kind: "azurerm_network_security_group", rules: "security_rule", words: Words::Azure },
    Sort { kind: "azurerm_network_security_rule", rules: "", words: Words::Azure },
    Sort { kind: "Microsoft.Network/networkSecurityGroups", rules: "properties.securityRules", words: Words::Arm },
    Sort { kind: "Microsoft.Network/networkSecurityGroups/securityRules", rules: "", words: Words::Arm },
    Sort { kind: "aws_security_group", rules: "ingress", words: Words::Aws },
    Sort { kind: "aws_default_security_group", rules: "ingress", words: Words::Aws },
    Sort { kind: "aws_security_group_rule", rules: "", words: Words::Aws },
    Sort { kind: "aws_vpc_security_group_ingress_rule", rules: "", words: Words::Aws },
    Sort { kind: "google_compute_firewall", rules: "allow", words: Words::Google },
];

/// Ports, from and to, of one rule; none inside where an expression hides them.
type Ports = Vec<Option<(u32, u32)>>;

/// Whether something holds: certainly, perhaps because of an expression, not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    Perhaps,
    Yes,
}

/// What stands at several paths below a rule.
fn values<'a>(piece: &'a Piece, rule: &'a Value, paths: &[&str]) -> Vec<Look<'a>> {
    let mut all = Vec::new();
    for path in paths {
        for found in below(piece, rule, "", path) {
            match found.look {
                Look::Known(Value::Array(items)) => all.extend(items.iter().map(vigie_model::configuration::seen)),
                look => all.push(look),
            }
        }
    }
    all.retain(|look| *look != Look::Absent);
    all
}

fn is_word(looks: &[Look<'_>], words: &[&str]) -> Holds {
    let of = |look: &Look<'_>| match look {
        Look::Known(value) if super::place::word(value, words) => Holds::Yes,
        Look::Unknown(_) => Holds::Perhaps,
        _ => Holds::No,
    };
    looks.iter().map(of).max().unwrap_or(Holds::No)
}

const WORLD: [&str; 7] = ["*", "0.0.0.0/0", "::/0", "internet", "any", "0.0.0.0", "0/0"];

impl Words {
    fn sources(self) -> &'static [&'static str] {
        match self {
            Self::Azure => &["source_address_prefix", "source_address_prefixes"],
            Self::Arm => &["properties.sourceAddressPrefix", "properties.sourceAddressPrefixes"],
            Self::Aws => &["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"],
            Self::Google => &["source_ranges"],
        }
    }

    /// Whether a rule lets something in at all; what is not written is no.
    fn lets_in(self, piece: &Piece, rule: &Value) -> Holds {
        let both = |direction: &[&str], access: &[&str]| {
            let direction = is_word(&values(piece, rule, direction), &["inbound"]);
            direction.min(is_word(&values(piece, rule, access), &["allow"]))
        };
        match self {
            Self::Azure => both(&["direction"], &["access"]),
            Self::Arm => both(&["properties.direction"], &["properties.access"]),
            Self::Aws if is(piece, "aws_security_group_rule") => is_word(&values(piece, rule, &["type"]), &["ingress"]),
            Self::Aws => Holds::Yes,
            Self::Google => {
                let outwards = is_word(&values(piece, &piece.body, &["direction"]), &["egress"]);
                let disabled = piece.look("/disabled").known().is_some_and(super::place::on);
                if outwards == Holds::Yes || disabled { Holds::No } else { Holds::Yes }
            }
        }
    }

    fn world(self, piece: &Piece, rule: &Value) -> Holds {
        if self == Self::Google {
            let sources = values(piece, &piece.body, self.sources());
            let narrowed = values(piece, &piece.body, &["source_tags", "source_service_accounts"]);
            // Without any source, Google takes every address.
            if sources.is_empty() {
                return if narrowed.is_empty() { Holds::Yes } else { Holds::No };
            }
            return is_word(&sources, &WORLD);
        }
        is_word(&values(piece, rule, self.sources()), &WORLD)
    }

    /// The ports of a rule; for protocols without ports none.
    fn ports(self, piece: &Piece, rule: &Value) -> Ports {
        let protocol = match self {
            Self::Azure | Self::Google => ["protocol", "protocol"],
            Self::Arm => ["properties.protocol", "properties.protocol"],
            Self::Aws => ["protocol", "ip_protocol"],
        };
        let protocol = values(piece, rule, &protocol);
        if is_word(&protocol, &["icmp", "icmpv6", "58", "1", "esp", "ah", "udp", "17"]) == Holds::Yes {
            return Vec::new();
        }
        let all = vec![Some((0, 65_535))];
        match self {
            Self::Aws => {
                if is_word(&protocol, &["-1", "all"]) == Holds::Yes
                    || protocol.iter().any(|look| look.known() == Some(&Value::from(-1)))
                {
                    return all;
                }
                let one = |name| match values(piece, rule, &[name]).first() {
                    Some(Look::Known(value)) => Some(*value),
                    _ => None,
                };
                let (from, to) = (one("from_port"), one("to_port"));
                // AWS takes -1 for all ports of a protocol as well.
                if from.is_some_and(|from| *from == -1) {
                    return all;
                }
                vec![from.and_then(number).zip(to.and_then(number))]
            }
            Self::Google => {
                let ports = values(piece, rule, &["ports"]);
                if ports.is_empty() { all } else { ports.iter().map(range).collect() }
            }
            Self::Azure => {
                values(piece, rule, &["destination_port_range", "destination_port_ranges"]).iter().map(range).collect()
            }
            Self::Arm => {
                let names = ["properties.destinationPortRange", "properties.destinationPortRanges"];
                values(piece, rule, &names).iter().map(range).collect()
            }
        }
    }
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|port| port.try_into().ok()).or_else(|| value.as_str()?.trim().parse().ok())
}

/// `22`, `20-25`, `*`.
fn range(look: &Look<'_>) -> Option<(u32, u32)> {
    let value = look.known()?;
    if let Some(port) = number(value) {
        return Some((port, port));
    }
    let text = value.as_str()?;
    if text == "*" {
        return Some((0, 65_535));
    }
    let (from, to) = text.split_once('-')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

fn is_everything((from, to): (u32, u32)) -> bool {
    from <= 1 && to >= 65_535
}

/// Judges every rule by the ports that it opens to the world.
fn open(piece: &Piece, is_bad: impl Fn((u32, u32)) -> bool) -> Verdict {
    let Some(sort) = SORTS.iter().find(|sort| is_one_of(piece, &[sort.kind])) else { return not_applicable() };
    let mut judged = Judged::of(piece);
    let rules = if sort.rules.is_empty() { vec![(String::new(), &piece.body)] } else { items(&mut judged, sort.rules) };
    for (pointer, rule) in rules {
        let reached = sort.words.lets_in(piece, rule).min(sort.words.world(piece, rule));
        if reached == Holds::No {
            continue;
        }
        for ports in sort.words.ports(piece, rule) {
            match ports {
                Some(ports) if !is_bad(ports) => {}
                Some((from, to)) if reached == Holds::Yes => {
                    let ports = if from == to { from.to_string() } else { format!("{from}-{to}") };
                    judged.bad(&pointer, format!("{ports} ← 0.0.0.0/0"), "203.0.113.0/24");
                }
                _ => judged.unknown("source, ports"),
            }
        }
    }
    judged.verdict()
}

fn holds_one_of((from, to): (u32, u32), wanted: &[u32]) -> bool {
    !is_everything((from, to)) && wanted.iter().any(|port| (from..=to).contains(port))
}

/// SSH from everywhere.
pub(crate) fn firewall_open_ssh(piece: &Piece, _: &[Piece]) -> Verdict {
    open(piece, |ports| holds_one_of(ports, &[22]))
}

/// Remote desktops and remote management of Windows from everywhere.
pub(crate) fn firewall_open_remote_desktop(piece: &Piece, _: &[Piece]) -> Verdict {
    open(piece, |ports| holds_one_of(ports, &[3389, 5985, 5986]))
}

/// Databases, caches, message brokers and etcd from everywhere.
pub(crate) fn firewall_open_database(piece: &Piece, _: &[Piece]) -> Verdict {
    const PORTS: [u32; 14] = [1433, 1521, 2379, 3306, 5432, 5672, 5984, 6379, 7000, 9042, 9092, 9200, 11_211, 27_017];
    open(piece, |ports| holds_one_of(ports, &PORTS))
}

/// The engine's socket, the kubelet and the API server of a cluster from everywhere.
pub(crate) fn firewall_open_cluster(piece: &Piece, _: &[Piece]) -> Verdict {
    open(piece, |ports| holds_one_of(ports, &[2375, 2376, 6443, 10_250, 10_255, 10_257, 10_259]))
}

/// Every port from everywhere.
pub(crate) fn firewall_open_to_all(piece: &Piece, _: &[Piece]) -> Verdict {
    open(piece, is_everything)
}
