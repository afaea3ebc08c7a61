//! TCP wrappers and inetd: who was let in to a service, whoever runs it.
//!
//! `refused connect from client.example.com (192.0.2.7)` of libwrap in any program, `START: ftp pid=842 from=192.0.2.7` of xinetd →
//! Network Activity (4001). Sources: libwrap's `refuse.c`, xinetd's `log.c`.

use super::pairs;
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "wrappers";

/// Reads what libwrap says in any program.
pub(super) fn refused(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("warning: ").unwrap_or(text).strip_prefix("refused connect from ")?;
    let (name, ip) = rest.split_once(" (").map_or((rest, rest), |(name, ip)| (name, ip.trim_end_matches(')')));
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
    meaning.endpoint(SOURCE, name.rsplit('@').next().unwrap_or(name), None).endpoint(SOURCE, ip, None);
    meaning.failed("refused by TCP wrappers");
    Some(meaning)
}

/// Reads a message of xinetd, or of a service that it started.
pub(super) fn parse(text: &str) -> Option<Meaning> {
    if let Some(meaning) = refused(text) {
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("connect from ") {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN);
        let host = rest.split(' ').next().unwrap_or_default();
        meaning.endpoint(SOURCE, host.rsplit('@').next().unwrap_or(host), None);
        return Some(meaning);
    }
    let (verb, rest) = text.split_once(": ")?;
    let activity = match verb {
        "START" => network_activity::OPEN,
        "EXIT" => network_activity::CLOSE,
        "FAIL" => network_activity::REFUSE,
        _ => return None,
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    let (service, facts) = rest.split_once(' ').unwrap_or((rest, ""));
    meaning.set(field::APP_PROTOCOL_NAME, service);
    for (key, value) in pairs(facts) {
        match key {
            "from" => meaning.endpoint(SOURCE, value, None),
            _ => meaning.keep_text(key, value),
        };
    }
    if activity == network_activity::REFUSE {
        meaning.failed(facts.split(' ').next().unwrap_or_default());
    }
    Some(meaning)
}
