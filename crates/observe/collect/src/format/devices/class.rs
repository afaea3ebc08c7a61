//! Which class an event has that many products write in one format (CEF, LEEF).
//!
//! By what the event says of itself, in this order: signing in or out, something bad that was found,
//! a page that was asked for, a connection. What is none of them stays a base event.

use super::facts::says;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, base_event, detection_finding, http_activity, network_activity};

/// What is known of an event before it has a class.
pub(super) struct Signs {
    /// Vendor, product, event id, name and category in lower case, a blank between them.
    pub(super) words: String,
    /// Vendor and product, the beginning of `words`.
    pub(super) product: usize,
    /// It has a user.
    pub(super) has_user: bool,
    /// It has both ends of a connection.
    pub(super) has_ends: bool,
    /// It has an address of a page or a method of HTTP.
    pub(super) has_page: bool,
}

/// Products whose events are things found.
const DETECTORS: &[&str] = &[
    "fireeye",
    "trellix",
    "crowdstrike",
    "sentinelone",
    "carbon black",
    "deep security",
    "deep discovery",
    "tippingpoint",
    "apex",
    "officescan",
    "mcafee",
    "epolicy",
    "symantec",
    "kaspersky",
    "eset",
    "darktrace",
    "vectra",
    "cylance",
    "bitdefender",
    "snort",
    "suricata",
    "sourcefire",
    "firepower",
    "advanced threat",
    "defender",
    "sysmon",
    "wazuh",
    "extrahop",
    "guardium",
    "intrusion",
    " ips",
    " ids",
    "antivirus",
    "damballa",
    "netwitness",
    "attivo",
    "illusive",
    "threat",
];

/// Words for something bad.
const BAD: &[&str] = &[
    "malware",
    "virus",
    "trojan",
    "ransom",
    "exploit",
    "attack",
    "intrusion",
    "botnet",
    "spyware",
    "phish",
    "suspicious",
    "infected",
    "infection",
    "backdoor",
    "brute",
    "anomaly",
    "utm:ips",
    "signature",
    "callback",
    "threat",
    "worm",
    "rootkit",
    "injection",
    "portscan",
    "port scan",
    "flood",
    "spoof",
    "wildfire",
    "vulnerability",
    "xss",
    "c2 ",
    "command and control",
];

/// Products between people and pages.
const WEB: &[&str] = &[
    "asm",
    "waf",
    "web application",
    "securesphere",
    "proxysg",
    "websense",
    "nssweblog",
    "web gateway",
    "webfilter",
    "incapsula",
    "netscaler",
    "url",
    "web security",
    "squid",
    "proxy",
    "siemintegration",
    "barracuda web",
    "modsecurity",
];

const LOGON: &[&str] = &[
    "login",
    "logon",
    "log in",
    "logged in",
    "logged on",
    "log-in",
    "log-on",
    "sign-in",
    "signin",
    "sign in",
    "authenticat",
    "password",
    "user_auth",
];

const LOGOFF: &[&str] = &["logout", "logoff", "log out", "log off", "logged out", "logged off", "log-out", "sign-out", "signout"];

/// The class and activity of an event.
pub(super) fn class(signs: &Signs) -> (Class, u8) {
    let product = signs.words.get(..signs.product).unwrap_or_default();
    let what = signs.words.get(signs.product..).unwrap_or_default();
    let is_bad = says(what, BAD);
    if signs.has_user && !is_bad {
        if says(what, LOGOFF) {
            return (Class::Authentication, authentication::LOGOFF);
        }
        if says(what, LOGON) {
            return (Class::Authentication, authentication::LOGON);
        }
    }
    let is_traffic =
        signs.has_ends && says(what, &["traffic", "connection", "firewall", "accept", "drop", "deny", "allow", "flow"]);
    if signs.has_page && (says(product, WEB) || says(what, WEB) || !(is_bad || says(product, DETECTORS))) {
        return (Class::HttpActivity, http_activity::OTHER);
    }
    if is_bad || (says(product, DETECTORS) && !is_traffic) {
        return (Class::DetectionFinding, detection_finding::CREATE);
    }
    if signs.has_ends {
        return (Class::NetworkActivity, network_activity::TRAFFIC);
    }
    (Class::BaseEvent, base_event::OTHER)
}

/// The activity of a request by its method.
pub(super) fn method(meaning: &mut Meaning, method: &str) {
    if meaning.class != Class::HttpActivity {
        return;
    }
    meaning.activity = match method {
        "CONNECT" => http_activity::CONNECT,
        "DELETE" => http_activity::DELETE,
        "GET" => http_activity::GET,
        "HEAD" => http_activity::HEAD,
        "OPTIONS" => http_activity::OPTIONS,
        "POST" => http_activity::POST,
        "PUT" => http_activity::PUT,
        "TRACE" => http_activity::TRACE,
        "PATCH" => http_activity::PATCH,
        _ => return,
    };
}

/// Whether it worked, by the words for it.
pub(super) fn outcome(meaning: &mut Meaning, word: &str) {
    let lower = word.to_ascii_lowercase();
    if says(&lower, &["fail", "denied", "reject", "invalid", "error", "unsuccess"]) {
        meaning.failed("");
    } else if says(&lower, &["success", "succeeded", "granted", "accepted", "permitted", "completed", "logged in"]) {
        meaning.succeeded();
    }
}
