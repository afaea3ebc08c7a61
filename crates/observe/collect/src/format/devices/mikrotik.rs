//! MikroTik RouterOS: `firewall,info forward: in:ether1 out:bridge, …, proto TCP (SYN), 192.0.2.7:1025->…`.
//!
//! The topics go first, comma-separated, the severity among them; then what the topic says.

use super::facts::{self, To, put, set_protocol, set_verdict, severity};
use super::scan::{between, scan};
use crate::header::number;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, device_config_state_change, dhcp_activity, network_activity,
};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "mikrotik";

/// Longest list of topics.
const TOPICS_MAX: usize = 64;

/// The topics of a message and what follows them.
pub(super) fn topics(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(TOPICS_MAX).position(|byte| byte == b' ')?;
    let (topics, said) = text.split_at_checked(end)?;
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b',' | b'-' | b'!');
    let has_level = topics.split(',').any(|topic| matches!(topic, "info" | "warning" | "error" | "critical" | "debug"));
    (topics.contains(',') && topics.bytes().all(is_sign) && has_level).then_some((topics, said.trim_start()))
}

pub(super) fn parse(topics: &str, said: &str) -> Option<Meaning> {
    let has = |name: &str| topics.split(',').any(|topic| topic == name);
    let mut meaning = if has("firewall") {
        firewall(said)?
    } else if said.starts_with("login failure")
        || said.contains(" logged in from ")
        || said.contains(" logged out from ")
        || said.contains(" logged in via ")
        || said.contains(" logged out via ")
    {
        account(said)
    } else if has("dhcp") && (said.contains(" assigned ") || said.contains(" deassigned ")) {
        lease(said)?
    } else if said.contains(" changed by ") || said.contains(" added by ") || said.contains(" removed by ") {
        let mut meaning = Meaning::new(FORMAT, Class::DeviceConfigStateChange, device_config_state_change::LOG);
        meaning.set_text(
            field::ACTOR_USER_NAME,
            said.rsplit_once(" by ").map_or("", |(_, user)| user.split(' ').next().unwrap_or(user)),
        );
        meaning
    } else {
        Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER)
    };
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "MikroTik").set_text(field::METADATA_LOG_NAME, topics);
    meaning.severity = ["critical", "error", "warning", "info", "debug"].into_iter().find(|level| has(level)).and_then(severity);
    Some(meaning)
}

/// `drop-in forward: in:ether1 out:bridge, connection-state:new src-mac 00:00:5e:00:53:01, proto TCP (SYN), 198.51.100.7:50122->192.0.2.20:22, len 60`
fn firewall(said: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    let (head, rest) = said.split_once(" in:").or_else(|| said.split_once("in:"))?;
    let (chain, prefix) =
        head.trim_end_matches(':').rsplit_once(' ').map_or((head.trim_end_matches(':'), ""), |(prefix, chain)| (chain, prefix));
    meaning.set_text(field::FIREWALL_RULE_NAME, if prefix.is_empty() { chain } else { prefix }).keep_text("chain", chain);
    let lower = prefix.to_ascii_lowercase();
    if facts::says(&lower, &["drop", "block", "deny", "reject"]) {
        set_verdict(&mut meaning, "drop");
    } else if facts::says(&lower, &["accept", "allow", "pass"]) {
        set_verdict(&mut meaning, "accept");
    }
    let clean = |name: &str| name.trim_matches(['(', ')', ',']).to_owned();
    put(&mut meaning, "in", &clean(rest.split([' ', ',']).next()?), facts::SOURCE_INTERFACE);
    put(
        &mut meaning,
        "out",
        &clean(between(rest, "out:", ",").unwrap_or_default().split(' ').next().unwrap_or_default()),
        facts::DESTINATION_INTERFACE,
    );
    put(&mut meaning, "src-mac", between(rest, "src-mac ", ",").unwrap_or_default(), facts::SOURCE_MAC);
    let protocol = between(rest, "proto ", ",")?;
    set_protocol(&mut meaning, protocol.split(' ').next()?);
    meaning.keep_text("flags", between(protocol, "(", ")").filter(|_| protocol.ends_with(')')).unwrap_or_default());
    let (before, after) = rest.split_once("->")?;
    let ends = [(SOURCE, before.rsplit(' ').next()?), (DESTINATION, after.split([',', ' ']).next()?)];
    for (which, end) in ends {
        let end = end.trim_matches(['[', '(']);
        let (host, port) =
            end.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']')).unwrap_or((end, ""));
        meaning.endpoint(which, host.trim_end_matches(']'), number(port));
    }
    put(&mut meaning, "len", between(rest, "len ", " ").unwrap_or_default(), facts::BYTES);
    Some(meaning)
}

/// `user eva logged in from 192.0.2.20 via ssh`, `login failure for user root from 198.51.100.7 via ssh`
fn account(said: &str) -> Meaning {
    let failed = said.starts_with("login failure");
    let activity = if said.contains(" logged out ") { authentication::LOGOFF } else { authentication::LOGON };
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    meaning.set_text(field::USER_NAME, between(said, "user ", " ").unwrap_or_default());
    put(&mut meaning, "from", between(said, " from ", " ").unwrap_or_default(), To::Source);
    meaning.set_text(field::SERVICE_NAME, between(said, " via ", " ").unwrap_or_default());
    if failed {
        meaning.failed("INVALID_CREDENTIALS");
    } else {
        meaning.succeeded();
    }
    meaning
}

/// `dhcp1 assigned 192.0.2.50 to 00:00:5E:00:53:01`, newer `dhcp1 assigned 192.0.2.50 for 00:… laptop-7`
fn lease(said: &str) -> Option<Meaning> {
    let is_end = said.contains(" deassigned ");
    let activity = if is_end { dhcp_activity::RELEASE } else { dhcp_activity::ACK };
    let mut meaning = Meaning::new(FORMAT, Class::DhcpActivity, activity);
    let [server, rest, ..] = scan(said, if is_end { "{} deassigned {}" } else { "{} assigned {}" })?;
    let mut words = rest.split(' ');
    put(&mut meaning, "address", words.next()?, To::Source);
    meaning.set_text(field::SRC_ENDPOINT_MAC, words.nth(1).unwrap_or_default());
    meaning.set_text(field::SRC_ENDPOINT_HOSTNAME, words.next().unwrap_or_default()).keep_text("server", server);
    Some(meaning)
}
