//! Exchange's logs of its web front: `HttpProxy` and `ECP Server`, as comma-separated values.
//!
//! The order of the fields is that of the `#Fields` line which Exchange 2013 to 2019 put in front of each file. A
//! request through the proxy is HTTP Activity (4002), a command of the control panel API Activity (6003). What has
//! another order is left alone.

use super::http::{self, answered};
use super::words::between;
use crate::header::Line;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::api_activity;
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

const FORMAT: &str = "exchange";

/// Reads what follows the time of a line.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let rest = rest.strip_prefix(',')?;
    let meaning = panel(rest).or_else(|| proxied(rest))?;
    Some((Line { time: Some(time), program: "exchange", message: rest, ..Line::default() }, meaning))
}

/// `request id,15,0,847,30,,Ecp,host,/ecp/x,,FBA,False,user,organisation,mailbox,agent,client,server,200,200,,POST,…`
fn proxied(text: &str) -> Option<Meaning> {
    let mut values = text.split(',');
    let id = values.next().filter(|id| id.len() == 36)?;
    let mut skip = |count: usize| values.nth(count).unwrap_or_default();
    let (protocol, host, path) = (skip(5), skip(0), skip(0));
    let (authentication, _is_authenticated, user) = (skip(1), skip(0), skip(0));
    let (mailbox, agent, client, server) = (skip(1), skip(0), skip(0), skip(0));
    let (code, _backend, error, method) = (skip(0), skip(0), skip(0), skip(0));
    if !path.starts_with('/') {
        return None;
    }
    let mut meaning = http::method_and_target(FORMAT, method, path);
    answered(&mut meaning, code, "");
    http::authority(&mut meaning, host);
    meaning.endpoint(SOURCE, client, None).endpoint(DESTINATION, server, None);
    meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::HTTP_REQUEST_USER_AGENT, agent);
    meaning.set_text(field::HTTP_REQUEST_UID, id).set_text(field::STATUS_DETAIL, error);
    meaning.keep_text("protocol", protocol).keep_text("authentication", authentication).keep_text("anchor_mailbox", mailbox);
    Some(meaning)
}

/// `WIN-1,ECP.Request,"S:TIME=4365;S:SID=…;'S:CMD=Set-OabVirtualDirectory.ExternalUrl=…';S:URL=/ecp/…"`
fn panel(text: &str) -> Option<Meaning> {
    let (server, rest) = text.split_once(',')?;
    let (_, facts) = rest.strip_prefix("ECP.").or_else(|| rest.strip_prefix("OWA."))?.split_once(',')?;
    let fact = |name: &str| between(facts, name, ";").map(|value| value.trim_matches('\'')).unwrap_or_default();
    let command =
        facts.split_once("S:CMD=").map(|(_, rest)| rest.split(['.', '\'', ';']).next().unwrap_or_default()).unwrap_or_default();
    let activity = match command.split('-').next().unwrap_or_default() {
        "New" | "Add" | "Install" | "Import" => api_activity::CREATE,
        "Get" | "Search" | "Test" => api_activity::READ,
        "Set" | "Enable" | "Disable" | "Update" => api_activity::UPDATE,
        "Remove" | "Uninstall" => api_activity::DELETE,
        _ => api_activity::OTHER,
    };
    let mut meaning = Meaning::new(FORMAT, Class::ApiActivity, activity);
    let operation = if command.is_empty() { "request" } else { command };
    meaning.set(field::API_OPERATION, operation).endpoint(DESTINATION, server, None);
    meaning.set_text(field::HTTP_REQUEST_URL_PATH, fact("S:URL=").split('?').next().unwrap_or_default());
    meaning.keep_text("url", fact("S:URL=")).keep_text("error", fact("S:EX="));
    Some(meaning)
}
