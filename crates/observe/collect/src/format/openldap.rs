//! OpenLDAP's slapd, at the level `stats`.
//!
//! `conn=12 op=0 BIND dn="uid=eva,dc=example" method=128`, `conn=12 op=0 RESULT tag=97 err=49 …`: the request and its answer are
//! two lines, which share `session.uid` or `metadata.correlation_uid`. The answer to a bind (tag 97) is the Authentication
//! (3002) that rules count, the request is `Preauth`; connections are Network Activity (4001), operations Datastore Activity
//! (6005). Sources: `servers/slapd/connection.c`, `result.c`, `bind.c`; tags RFC 4511.

use super::pairs;
use super::words::{between, host_port};
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, datastore_activity, network_activity};
use vigie_model::event::ocsf::{auth_protocol_id, field, logon_type_id};

const FORMAT: &str = "openldap";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let (connection, rest) = line.message.strip_prefix("conn=")?.split_once(' ')?;
    number(connection)?;
    let (place, what) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut meaning = if place.starts_with("fd=") { on_connection(what) } else { operation(what)? };
    meaning
        .set(field::METADATA_CORRELATION_UID, format!("conn={connection}"))
        .keep_text("operation", place.strip_prefix("op=").unwrap_or_default());
    Some(meaning)
}

/// `ACCEPT from IP=192.0.2.7:33957 (IP=198.51.100.1:389)`, `closed`, `TLS established tls_ssf=256 …`
fn on_connection(what: &str) -> Meaning {
    let activity = if what.starts_with("ACCEPT") {
        network_activity::OPEN
    } else if what.starts_with("closed") {
        network_activity::CLOSE
    } else {
        network_activity::OTHER
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    if let Some(from) = what.strip_prefix("ACCEPT from IP=") {
        let (client, server) = from.split_once(" (IP=").unwrap_or((from, ""));
        let (host, port) = host_port(client);
        meaning.endpoint(SOURCE, host, port);
        let (host, port) = host_port(server.trim_end_matches(')'));
        meaning.endpoint(DESTINATION, host, port);
    } else {
        meaning.set_text(field::STATUS_DETAIL, if what.is_empty() { "connection" } else { what });
    }
    meaning
}

fn operation(what: &str) -> Option<Meaning> {
    let (verb, facts) = what.split_once(' ').unwrap_or((what, ""));
    let dn = || between(facts, "dn=\"", "\"").unwrap_or_default();
    let stored = |activity: u8| {
        let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity);
        meaning.set(field::QUERY_INFO_NAME, verb).set_text(field::DATABUCKET_NAME, dn());
        meaning
    };
    Some(match verb {
        "BIND" => bind(facts),
        "RESULT" if facts.starts_with("tag=97 ") => bound(facts),
        "RESULT" | "SEARCH" if facts.starts_with("RESULT ") || facts.starts_with("tag=") => {
            let mut meaning = stored(datastore_activity::OTHER);
            answered(&mut meaning, facts);
            meaning
        }
        "SRCH" => {
            let mut meaning = stored(datastore_activity::READ);
            meaning.set_text(field::DATABUCKET_NAME, between(facts, "base=\"", "\"").unwrap_or_default());
            meaning.set_text(field::QUERY_INFO_QUERY_STRING, between(facts, "filter=\"", "\"").unwrap_or_default());
            meaning.keep_text("attributes", facts.strip_prefix("attr=").unwrap_or_default());
            meaning
        }
        "ADD" => stored(datastore_activity::CREATE),
        "MOD" | "MODRDN" | "PASSMOD" => stored(datastore_activity::UPDATE),
        "DEL" => stored(datastore_activity::DELETE),
        "CMP" => stored(datastore_activity::READ),
        "EXT" | "ABANDON" | "STARTTLS" => stored(datastore_activity::OTHER),
        "UNBIND" => {
            let mut meaning = signed(authentication::LOGOFF);
            meaning.succeeded();
            meaning
        }
        _ => return None,
    })
}

/// `dn="uid=eva,dc=example" method=128`
fn bind(facts: &str) -> Meaning {
    let mut meaning = signed(authentication::PREAUTH);
    let (dn, rest) = facts.strip_prefix("dn=\"").and_then(|rest| rest.split_once('"')).unwrap_or(("", facts));
    meaning.set(field::USER_NAME, if dn.is_empty() { "anonymous" } else { dn });
    for (key, value) in pairs(rest) {
        meaning.keep_text(key, value);
    }
    meaning
}

/// `tag=97 err=49 duration=1.2ms text=`
fn bound(facts: &str) -> Meaning {
    let mut meaning = signed(authentication::LOGON);
    answered(&mut meaning, facts);
    meaning
}

fn signed(activity: u8) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    meaning.set(field::SERVICE_NAME, "slapd").set(field::AUTH_PROTOCOL_ID, auth_protocol_id::LDAP);
    meaning.set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    meaning
}

fn answered(meaning: &mut Meaning, facts: &str) {
    let code = facts.split_once("err=").map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
    match code {
        "" => {}
        "0" => drop(meaning.succeeded()),
        "49" => drop(meaning.failed("INVALID_CREDENTIALS")),
        "32" => drop(meaning.failed("no such object")),
        "50" => drop(meaning.failed("insufficient access")),
        _ => drop(meaning.failed(facts.split_once("text=").map_or("", |(_, text)| text))),
    }
    meaning.set_text(field::STATUS_CODE, code);
}
