//! Databases of addresses in MaxMind's format (maxmind.github.io/MaxMind-DB), small ones, made up for tests.

use serde_json::Value;
use std::net::IpAddr;

/// Between the tree and the data.
const SEPARATOR: [u8; 16] = [0; 16];
/// Before the metadata.
const MARKER: &[u8] = b"\xAB\xCD\xEFMaxMind.com";

/// Names of numbers of 16 bits.
const SHORT: [&str; 5] =
    ["accuracy_radius", "binary_format_major_version", "binary_format_minor_version", "ip_version", "record_size"];
/// The one of 64 bits.
const LONG: &str = "build_epoch";

/// A node of the tree: where a bit of 0 and one of 1 lead.
#[derive(Clone, Copy, Default)]
struct Node([To; 2]);

#[derive(Clone, Copy, Default)]
enum To {
    #[default]
    Nothing,
    Node(usize),
    Data(usize),
}

/// A database of a kind, built at a time (in seconds), of networks (`192.0.2.0/24`) that lie beside each other, and what
/// it says of each. Numbers with a fraction are doubles, others have as many bits as MaxMind's have under their names.
///
/// # Panics
/// When a network is none.
#[must_use]
pub fn mmdb(kind: &str, built: u64, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![Node::default()];
    let mut data = Vec::new();
    for (network, value) in networks {
        let (bits, length) = bits(network);
        let at = data.len();
        write(&mut data, "", value);
        let mut node = 0;
        for depth in 0..length {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                nodes[node].0[side] = To::Data(at);
            } else if let To::Node(next) = nodes[node].0[side] {
                node = next;
            } else {
                nodes.push(Node::default());
                nodes[node].0[side] = To::Node(nodes.len() - 1);
                node = nodes.len() - 1;
            }
        }
    }
    let mut file = Vec::new();
    for Node(sides) in &nodes {
        for side in sides {
            let number = match side {
                To::Nothing => nodes.len(),
                To::Node(node) => *node,
                To::Data(at) => nodes.len() + SEPARATOR.len() + at,
            };
            file.extend_from_slice(&(number as u32).to_be_bytes()[1..]);
        }
    }
    file.extend_from_slice(&SEPARATOR);
    file.extend_from_slice(&data);
    file.extend_from_slice(MARKER);
    let metadata = serde_json::json!({
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": built, "database_type": kind,
        "description": {"en": "made up"}, "ip_version": 6, "languages": ["en"], "node_count": nodes.len(), "record_size": 24,
    });
    write(&mut file, "", &metadata);
    file
}

/// The bits of a network in the tree of IPv6, where IPv4 lies at `::/96`, and how many of them count.
fn bits(network: &str) -> (u128, u32) {
    let (address, length) = network.split_once('/').expect("a network has a length");
    let length: u32 = length.parse().expect("a length is a number");
    match address.parse().expect("a network begins with an address") {
        IpAddr::V4(address) => (u128::from(u32::from(address)), length + 96),
        IpAddr::V6(address) => (u128::from(address), length),
    }
}

fn write(out: &mut Vec<u8>, name: &str, value: &Value) {
    match value {
        Value::String(text) => {
            control(out, 2, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Number(number) if number.is_f64() => {
            control(out, 3, 8);
            out.extend_from_slice(&number.as_f64().unwrap_or_default().to_be_bytes());
        }
        Value::Number(number) => {
            let (kind, length) = match name {
                LONG => (9, 8),
                name if SHORT.contains(&name) => (5, 2),
                _ => (6, 4),
            };
            control(out, kind, length);
            out.extend_from_slice(&number.as_u64().unwrap_or_default().to_be_bytes()[8 - length..]);
        }
        Value::Array(values) => {
            control(out, 11, values.len());
            values.iter().for_each(|value| write(out, "", value));
        }
        Value::Object(map) => {
            control(out, 7, map.len());
            for (name, value) in map {
                control(out, 2, name.len());
                out.extend_from_slice(name.as_bytes());
                write(out, name, value);
            }
        }
        Value::Null | Value::Bool(_) => panic!("no test needs it"),
    }
}

/// What stands before a value: its type and its length.
fn control(out: &mut Vec<u8>, kind: u8, length: usize) {
    assert!(length < 29 + 256, "no test needs longer ones");
    let (short, more) = if length < 29 { (length as u8, None) } else { (29, Some((length - 29) as u8)) };
    if kind > 7 {
        out.extend_from_slice(&[short, kind - 7]);
    } else {
        out.push(kind << 5 | short);
    }
    out.extend(more);
}
