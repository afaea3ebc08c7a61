//! Flow logs of AWS VPCs in their default format: fourteen columns with blanks between, version 2.
//!
//! `2 123456789012 eni-0a1b 192.0.2.20 198.51.100.9 50122 443 6 24 6220 1795249800 1795249860 ACCEPT OK`.
//! Formats with columns of one's own say their order in the first line of a file, which a line by itself
//! does not tell: they are left as they are.

use super::clock;
use super::facts::{self, To, put, set_verdict};
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "vpc-flow";

const COLUMNS: [(&str, To); 14] = [
    ("version", To::Nothing),
    ("account-id", To::Any(&[field::CLOUD_ACCOUNT_UID.id()])),
    ("interface-id", To::Any(&[field::DEVICE_INTERFACE_UID.id()])),
    ("srcaddr", To::Source),
    ("dstaddr", To::Destination),
    ("srcport", facts::SOURCE_PORT),
    ("dstport", facts::DESTINATION_PORT),
    ("protocol", To::Protocol),
    ("packets", facts::PACKETS),
    ("bytes", facts::BYTES),
    ("start", To::Nothing),
    ("end", To::Nothing),
    ("action", To::Verdict),
    ("log-status", To::Any(&[field::STATUS_CODE.id()])),
];

pub(super) fn parse(text: &str) -> Option<Meaning> {
    let values: Vec<&str> = text.trim().split(' ').take(COLUMNS.len() + 1).collect();
    let [_, account, interface, .., start, end, action, status] = *values.as_slice() else { return None };
    let is_one = values.len() == COLUMNS.len()
        && account.len() == 12
        && interface.starts_with("eni-")
        && matches!(status, "OK" | "NODATA" | "SKIPDATA");
    if !is_one {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    meaning.set(field::CLOUD_PROVIDER, "AWS");
    for ((name, to), value) in COLUMNS.into_iter().zip(&values) {
        put(&mut meaning, name, value, to);
    }
    let seconds = |text: &str| text.parse::<i64>().ok().filter(|seconds| (0..=99_999_999_999).contains(seconds));
    if let (Some(start), Some(end)) = (seconds(start), seconds(end)) {
        meaning.set(field::START_TIME, start * 1000).set(field::END_TIME, end * 1000);
    }
    meaning.when = clock::epoch(end);
    set_verdict(&mut meaning, action);
    Some(meaning)
}
