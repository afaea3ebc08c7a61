//! What values are called in OCSF, by their names; and of which class such events could be.

use super::values::Named;
use super::{HOST, Part, SEVERITY, TIME};
use crate::mapping::reads_as_time;
use vigie_model::event::{Class, FieldId, FieldKind};

/// Names, and the places they could mean; the first that the class has counts.
const MEANINGS: &[(&[&str], &[&str])] = &[
    (&["user", "username", "login", "account", "who", "principal", "uname", "owner"], &["user.name", "actor.user.name"]),
    (&["actor", "subject", "by"], &["actor.user.name"]),
    (&["userid", "uid"], &["user.uid", "actor.user.uid"]),
    (&["mail", "email"], &["user.email_addr", "actor.user.email_addr"]),
    (
        &[
            "src",
            "srcip",
            "sourceip",
            "client",
            "clientip",
            "remote",
            "remoteip",
            "remoteaddr",
            "ip",
            "addr",
            "address",
            "rhost",
            "peer",
        ],
        &["src_endpoint.ip"],
    ),
    (&["srcport", "sport", "sourceport", "clientport", "port"], &["src_endpoint.port"]),
    (&["dst", "dstip", "dest", "destip", "destination", "serverip", "target", "upstream"], &["dst_endpoint.ip"]),
    (&["dstport", "dport", "destport", "serverport"], &["dst_endpoint.port"]),
    (&["method", "verb", "httpmethod"], &["http_request.http_method", "api.operation"]),
    (&["url", "uri", "requesturi"], &["http_request.url.url_string"]),
    (&["path", "route"], &["http_request.url.path", "file.path"]),
    (&["file", "filename"], &["file.path"]),
    (&["status", "code", "statuscode", "httpstatus", "response"], &["http_response.code", "status_code"]),
    (&["useragent", "agent", "ua"], &["http_request.user_agent"]),
    (&["referer", "referrer"], &["http_request.referrer"]),
    (&["bytes", "size", "length", "bodybytes"], &["http_response.length"]),
    (&["action", "operation", "op", "event", "command", "cmd", "what"], &["api.operation"]),
    (&["service", "app", "application", "component"], &["api.service.name"]),
    (&["msg", "message", "text", "rest"], &["message"]),
    (&["pid", "processid"], &["actor.process.pid"]),
    (&["process", "program", "proc"], &["actor.process.name"]),
    (&["logger", "class", "module"], &["metadata.log_name"]),
    (&["duration", "elapsed", "took", "durationms", "ms"], &["duration"]),
    (&["requestid", "traceid", "correlationid", "reqid"], &["metadata.correlation_uid"]),
    (&["session", "sessionid", "sid"], &["session.uid"]),
    (&["error", "err", "reason", "why"], &["status_detail"]),
    (&["domain", "query", "qname"], &["query.hostname"]),
];

const TIMES: [&str; 9] = ["time", "ts", "timestamp", "at", "date", "datetime", "eventtime", "when", "t"];
const HOSTS: [&str; 5] = ["host", "hostname", "node", "machine", "server"];
const LEVELS: [&str; 6] = ["level", "severity", "lvl", "loglevel", "sev", "priority"];

/// Words of lines that tell of people signing in.
const SIGN_IN: [&str; 9] =
    ["login", "logon", "logged in", "log in", "sign-in", "signed in", "password", "authentication", "authenticated"];

/// What values could be.
pub(super) struct Guess {
    pub(super) class: Class,
    pub(super) activity: &'static str,
    pub(super) parts: Vec<Part>,
}

/// Guesses from the names of values, and from the records themselves.
pub(super) fn of(values: &[Named], records: &[&str]) -> Guess {
    let class = class(values, records);
    let mut parts: Vec<Part> = Vec::new();
    for value in values {
        let target = target(value, class).filter(|target| !parts.iter().any(|part| part.target == *target)).unwrap_or_default();
        parts.push(Part { name: value.name.clone(), example: value.example.clone(), target: target.to_owned() });
    }
    Guess { class, activity: if class == Class::Authentication { "logon" } else { "" }, parts }
}

/// `http.user_agent` → `useragent`
fn plain(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.to_ascii_lowercase()
}

fn target(value: &Named, class: Class) -> Option<&'static str> {
    let name = plain(&value.name);
    let name = name.as_str();
    if TIMES.contains(&name) && reads_as_time(&value.example) {
        return Some(TIME);
    }
    if HOSTS.contains(&name) {
        return Some(HOST);
    }
    if LEVELS.contains(&name) {
        return Some(SEVERITY);
    }
    let (_, places) = MEANINGS.iter().find(|(names, _)| names.contains(&name))?;
    places.iter().copied().find(|path| is_place(path, class, &value.example))
}

/// Whether a class has a field that can hold such a value.
fn is_place(path: &str, class: Class, example: &str) -> bool {
    let Some(field) = FieldId::from_path(path) else { return false };
    let info = field.info();
    let fits = match info.kind {
        FieldKind::Integer => example.is_empty() || example.parse::<f64>().is_ok(),
        _ if path.ends_with(".ip") => example.is_empty() || example.parse::<std::net::IpAddr>().is_ok(),
        _ => true,
    };
    fits && info.classes.has(class)
}

fn class(values: &[Named], records: &[&str]) -> Class {
    let has = |class: Class, path: &str| values.iter().any(|value| target(value, class) == Some(path));
    let small: Vec<String> = records.iter().take(100).map(|record| record.to_lowercase()).collect();
    let tells_of_sign_in = small.iter().filter(|record| SIGN_IN.iter().any(|word| record.contains(word))).count();
    if tells_of_sign_in * 2 > small.len() && has(Class::Authentication, "user.name") {
        return Class::Authentication;
    }
    let http = Class::HttpActivity;
    if has(http, "http_request.http_method") && (has(http, "http_request.url.url_string") || has(http, "http_request.url.path")) {
        return http;
    }
    let network = Class::NetworkActivity;
    if has(network, "src_endpoint.ip") && has(network, "dst_endpoint.ip") {
        return network;
    }
    let api = Class::ApiActivity;
    if has(api, "api.operation") && (has(api, "actor.user.name") || has(api, "src_endpoint.ip")) { api } else { Class::BaseEvent }
}
