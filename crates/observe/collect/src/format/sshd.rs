//! OpenSSH's server: who came, from where, how they showed who they are, and how it ended.
//!
//! A try to sign in is Authentication (3002): `Logon` for a password or key that was judged,
//! `Preauth` for what comes before (an unknown user, the method `none`), so that counting logons
//! counts every try once. What happens to connections is SSH Activity (4007). Formats:
//! `auth.c`, `auth2*.c`, `packet.c`, `sshd.c`, `sshd-session.c` of OpenSSH 5 to 10.

use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use crate::seek::Seek;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{application_lifecycle, authentication, ssh_activity};
use vigie_model::event::ocsf::{auth_protocol_id, field, logon_type_id};

const FORMAT: &str = "sshd";

/// The other end, and the user it claims to be.
struct Peer<'a> {
    user: Option<&'a str>,
    host: &'a str,
    port: Option<i64>,
    /// What follows the port.
    rest: &'a str,
}

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    let text = text.strip_suffix(" [preauth]").unwrap_or(text);
    let text = ["error: ", "fatal: "].iter().find_map(|level| text.strip_prefix(level)).unwrap_or(text);
    sign_in(text)
        .or_else(|| refusal(text))
        .or_else(|| connection(text))
        .or_else(|| failed_connection(text))
        .or_else(|| service(text))
}

/// What was judged: a password, a key, a code.
fn sign_in(text: &str) -> Option<Meaning> {
    let (word, rest) = text.cut(" ")?;
    match word {
        "Accepted" => {
            if let Some(key) = rest.strip_prefix("key ") {
                return known_key(key);
            }
            let (method, rest) = rest.cut(" for ")?;
            // The identity in a certificate may hold anything; it stands behind `ssh2`.
            let (who, key) = rest.cut(" ssh2").unwrap_or((rest, ""));
            let mut meaning = tried(authentication::LOGON, method, &user_from(who)?);
            meaning.succeeded();
            add_key(&mut meaning, key);
            Some(meaning)
        }
        "Failed" | "Postponed" | "Partial" => {
            let (method, rest) = rest.cut(" for ")?;
            let (rest, is_invalid) = without_invalid(rest);
            let peer = user_from(rest)?;
            let is_judged = word == "Failed" && method != "none";
            let activity = if is_judged { authentication::LOGON } else { authentication::PREAUTH };
            let mut meaning = tried(activity, method, &peer);
            if word == "Failed" {
                meaning.failed(if is_invalid { "USER_DOES_NOT_EXIST" } else { "INVALID_CREDENTIALS" });
            }
            add_key(&mut meaning, peer.rest.trim_start().strip_prefix("ssh2").unwrap_or_default());
            Some(meaning)
        }
        "Invalid" | "Illegal" => {
            let peer = user_from(rest.strip_prefix("user ")?)?;
            let mut meaning = authentication(authentication::PREAUTH, &peer);
            meaning.failed("USER_DOES_NOT_EXIST");
            Some(meaning)
        }
        _ => None,
    }
}

/// `ED25519 SHA256:… found at /home/eva/.ssh/authorized_keys:1`
fn known_key(text: &str) -> Option<Meaning> {
    let (key, place) = text.cut(" found at ")?;
    let mut meaning = authentication(authentication::PREAUTH, &Peer { user: None, host: "", port: None, rest: "" });
    add_key(&mut meaning, key);
    meaning.set(field::AUTH_PROTOCOL, "publickey").keep("found_at", place);
    Some(meaning)
}

/// Why somebody was not let in, other than by a wrong password or key.
fn refusal(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("maximum authentication attempts exceeded for ") {
        let (rest, _) = without_invalid(rest);
        let mut meaning = authentication(authentication::PREAUTH, &user_from(rest)?);
        meaning.failed("maximum authentication attempts exceeded");
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("input_userauth_request: invalid user ") {
        let mut meaning = authentication(authentication::PREAUTH, &Peer { user: Some(rest), host: "", port: None, rest: "" });
        meaning.failed("USER_DOES_NOT_EXIST");
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("PAM: ") {
        let (reason, rest) = rest.cut(" for ")?;
        let (rest, is_invalid) = without_invalid(rest);
        // The method that asked PAM says `Failed` in a line of its own.
        let mut meaning = tried(authentication::PREAUTH, "keyboard-interactive/pam", &user_from(rest)?);
        meaning.failed(if is_invalid { "USER_DOES_NOT_EXIST" } else { "INVALID_CREDENTIALS" }).keep("reason", reason);
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("User ") {
        let (who, reason) = rest.rcut(" not allowed because ")?;
        let peer = user_from(who).unwrap_or(Peer { user: Some(who), host: "", port: None, rest: "" });
        let mut meaning = authentication(authentication::PREAUTH, &peer);
        let is_locked = reason.starts_with("account is locked");
        meaning.failed(if is_locked { "ACCOUNT_LOCKED_OUT" } else { reason });
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("ROOT LOGIN REFUSED FROM ") {
        let mut peer = peer(rest);
        peer.user = Some("root");
        let mut meaning = authentication(authentication::PREAUTH, &peer);
        meaning.failed("root login refused");
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Authentication refused: ") {
        let mut meaning = authentication(authentication::PREAUTH, &Peer { user: None, host: "", port: None, rest: "" });
        meaning.failed(rest);
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Authentication tried for ") {
        let (user, rest) = rest.cut(" with correct key but not from a permitted host")?;
        let ip = rest.cut("ip=").map_or("", |(_, rest)| rest.split([',', ')']).next().unwrap_or_default());
        let mut meaning = tried(authentication::LOGON, "publickey", &Peer { user: Some(user), host: ip, port: None, rest: "" });
        meaning.failed("not from a permitted host");
        return Some(meaning);
    }
    if text.starts_with("PAM service(sshd) ignoring max retries") || text.starts_with("userauth_pubkey: ") {
        let mut meaning = authentication(authentication::PREAUTH, &Peer { user: None, host: "", port: None, rest: "" });
        meaning.failed(text.strip_prefix("userauth_pubkey: ").unwrap_or("more attempts than PAM allows"));
        return Some(meaning);
    }
    None
}

/// The usual course of a connection.
fn connection(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("Connection from ") {
        let (from, to) = rest.cut(" on ").unwrap_or((rest, ""));
        let mut meaning = connected(ssh_activity::OPEN, &peer(from));
        if !to.is_empty() {
            let to = peer(to);
            meaning.endpoint(DESTINATION, to.host, to.port);
        }
        return Some(meaning);
    }
    for (start, activity) in [
        ("Connection closed by ", ssh_activity::CLOSE),
        ("Connection reset by ", ssh_activity::RESET),
        ("Disconnected from ", ssh_activity::CLOSE),
        ("Closing connection to ", ssh_activity::CLOSE),
        ("Read error from remote host ", ssh_activity::RESET),
        ("Timeout, client not responding from ", ssh_activity::CLOSE),
    ] {
        if let Some(rest) = text.strip_prefix(start) {
            let peer = peer(rest);
            let mut meaning = connected(activity, &peer);
            reason(&mut meaning, &peer);
            return Some(meaning);
        }
    }
    if let Some(rest) = text.strip_prefix("Received disconnect from ") {
        return Some(disconnect(rest));
    }
    if let Some(rest) = text.strip_prefix("Disconnecting: ") {
        let mut meaning = connected(ssh_activity::CLOSE, &Peer { user: None, host: "", port: None, rest: "" });
        let (why, user) = rest.rcut(" for ").unwrap_or((rest, ""));
        meaning.set_text(field::STATUS_DETAIL, why).set_text(field::ACTOR_USER_NAME, without_invalid(user).0);
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Disconnecting ") {
        let peer = peer(rest);
        let mut meaning = connected(ssh_activity::CLOSE, &peer);
        reason(&mut meaning, &peer);
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Transferred: sent ") {
        let (sent, received) = rest.strip_suffix(" bytes")?.cut(", received ")?;
        let mut meaning = Meaning::new(FORMAT, Class::SshActivity, ssh_activity::TRAFFIC);
        meaning.set_some(field::TRAFFIC_BYTES_OUT, number(sent)).set_some(field::TRAFFIC_BYTES_IN, number(received));
        return Some(meaning);
    }
    session(text)
}

/// `192.0.2.7 port 50022:11: Bye`, before OpenSSH 7 `192.0.2.7: 11: Bye`.
fn disconnect(rest: &str) -> Meaning {
    let peer = peer(rest);
    let mut meaning = connected(ssh_activity::CLOSE, &peer);
    let why = peer.rest.trim_start_matches([':', ' ']);
    let (code, said) = why.cut(":").unwrap_or(("", why));
    meaning.set_text(field::STATUS_CODE, code).set_text(field::STATUS_DETAIL, said.trim());
    meaning
}

/// What a signed-in user asks for.
fn session(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("Starting session: ") {
        let (what, who) = rest.cut(" for ")?;
        let mut meaning = connected(ssh_activity::TRAFFIC, &user_from(who)?);
        meaning.keep("session", what);
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Close session: user ") {
        let mut meaning = connected(ssh_activity::TRAFFIC, &user_from(rest)?);
        meaning.keep("session", "close");
        return Some(meaning);
    }
    if let Some(pid) = text.strip_prefix("User child is on pid ") {
        let mut meaning = Meaning::new(FORMAT, Class::SshActivity, ssh_activity::OTHER);
        meaning.keep("child_pid", pid);
        return Some(meaning);
    }
    let (subsystem, rest) = text.strip_prefix("subsystem request for ")?.cut(" by user ")?;
    let (user, failure) = rest.cut(" failed, ").unwrap_or((rest, ""));
    let mut meaning = connected(ssh_activity::TRAFFIC, &Peer { user: Some(user), host: "", port: None, rest: "" });
    meaning.keep("subsystem", subsystem);
    if !failure.is_empty() {
        meaning.failed(failure);
    }
    Some(meaning)
}

/// Connections that came to nothing.
fn failed_connection(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("Did not receive identification string from ") {
        return Some(broken(&peer(rest), "no identification string"));
    }
    if let Some(rest) = text.strip_prefix("Bad protocol version identification ") {
        let (said, who) = rest.rcut(" from ")?;
        let mut meaning = broken(&peer(who), "bad protocol version");
        meaning.keep("identification", said.trim_matches('\''));
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Unable to negotiate with ") {
        let peer = peer(rest);
        let (why, offer) = peer.rest.trim_start_matches([':', ' ']).cut(" Their offer: ").unwrap_or((peer.rest, ""));
        let mut meaning = broken(&peer, why.trim_start_matches([':', ' ']).trim_end_matches('.'));
        meaning.keep_text("offer", offer);
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Timeout before authentication for ") {
        let rest = rest.strip_prefix("connection from ").unwrap_or(rest);
        let from = rest.split(" to ").next().unwrap_or(rest);
        return Some(broken(&peer(from), "timeout before authentication"));
    }
    for start in ["banner exchange: Connection from ", "ssh_dispatch_run_fatal: Connection from "] {
        if let Some(rest) = text.strip_prefix(start) {
            let peer = peer(rest);
            return Some(broken(&peer, peer.rest.trim_start_matches([':', ' '])));
        }
    }
    if let Some(rest) = text.strip_prefix("drop connection ") {
        let (_, rest) = rest.cut(" from [")?;
        let (host, rest) = rest.cut("]:")?;
        let (port, rest) = rest.cut(" ")?;
        let mut meaning = connected(ssh_activity::REFUSE, &Peer { user: None, host, port: number(port), rest: "" });
        // `on [198.51.100.1]:22 past MaxStartups`
        let why = rest.cut("]:").and_then(|(_, rest)| rest.cut(" ")).map_or(rest, |(_, why)| why);
        meaning.failed(why);
        return Some(meaning);
    }
    // OpenSSH 9.8 and later: `ipv4: new 192.0.2.7/32 active penalty of 5 seconds for penalty: failed authentication`
    if let Some(rest) = text.strip_prefix("srclimit_penalise: ") {
        let address = rest.split(' ').find_map(|word| word.split_once('/'))?.0;
        let mut meaning = connected(ssh_activity::REFUSE, &Peer { user: None, host: address, port: None, rest: "" });
        meaning.failed(rest.cut(" for ").map_or(rest, |(_, why)| why));
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("refused connect from ") {
        let (name, ip) = rest.cut(" (").map_or((rest, rest), |(name, ip)| (name, ip.trim_end_matches(')')));
        let mut meaning = connected(ssh_activity::REFUSE, &Peer { user: None, host: ip, port: None, rest: "" });
        meaning.failed("refused by TCP wrappers");
        if name != ip {
            meaning.set_text(field::SRC_ENDPOINT_HOSTNAME, name);
        }
        return Some(meaning);
    }
    unresolved(text).or_else(|| {
        let is_broken = [
            "Bad packet length ",
            "Corrupted MAC on input",
            "Write failed: ",
            "Unable to negotiate a key exchange method",
            "Protocol major versions differ",
        ]
        .iter()
        .any(|start| text.starts_with(start));
        let broken_kex =
            ["kex_exchange_identification: ", "kex_protocol_error: "].iter().find_map(|start| text.strip_prefix(start));
        let why = if is_broken { text } else { broken_kex? };
        Some(broken(&Peer { user: None, host: "", port: None, rest: "" }, why))
    })
}

/// An address whose name does not lead back to it.
fn unresolved(text: &str) -> Option<Meaning> {
    let (name, ip) = if let Some(rest) = text.strip_prefix("reverse mapping checking getaddrinfo for ") {
        let (name, rest) = rest.cut(" [")?;
        (name, rest.split(']').next()?)
    } else {
        let (ip, rest) = text.strip_prefix("Address ")?.cut(" maps to ")?;
        (rest.cut(", but this does not map back")?.0, ip)
    };
    let mut meaning = connected(ssh_activity::OTHER, &Peer { user: None, host: ip, port: None, rest: "" });
    meaning.set_text(field::SRC_ENDPOINT_HOSTNAME, name).set(field::STATUS_DETAIL, "the name does not lead back to the address");
    Some(meaning)
}

/// The server itself.
fn service(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("Server listening on ") {
        let to = peer(rest.trim_end_matches('.'));
        let mut meaning = Meaning::new(FORMAT, Class::SshActivity, ssh_activity::LISTEN);
        meaning.endpoint(DESTINATION, to.host, to.port).succeeded();
        return Some(meaning);
    }
    let activity = if text.starts_with("Received signal ") && text.ends_with("terminating.") {
        application_lifecycle::STOP
    } else if text == "Received SIGHUP; restarting." {
        application_lifecycle::RESTART
    } else {
        return None;
    };
    let mut meaning = Meaning::new(FORMAT, Class::ApplicationLifecycle, activity);
    meaning.set(field::APP_NAME, "sshd").succeeded();
    Some(meaning)
}

fn authentication(activity: u8, peer: &Peer<'_>) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    meaning.endpoint(SOURCE, peer.host, peer.port).set(field::SERVICE_NAME, "sshd");
    meaning.set(field::IS_REMOTE, true).set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    // An empty user name is one that was tried.
    meaning.set_some(field::USER_NAME, peer.user);
    meaning
}

fn tried(activity: u8, method: &str, peer: &Peer<'_>) -> Meaning {
    let mut meaning = authentication(activity, peer);
    meaning.set(field::AUTH_PROTOCOL, method).set(field::AUTH_PROTOCOL_ID, auth_protocol_id::OTHER);
    meaning
}

fn connected(activity: u8, peer: &Peer<'_>) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::SshActivity, activity);
    meaning.endpoint(SOURCE, peer.host, peer.port).set_some(field::ACTOR_USER_NAME, peer.user.filter(|user| !user.is_empty()));
    meaning
}

fn broken(peer: &Peer<'_>, why: &str) -> Meaning {
    let mut meaning = connected(ssh_activity::FAIL, peer);
    meaning.failed(why);
    meaning
}

fn reason(meaning: &mut Meaning, peer: &Peer<'_>) {
    meaning.set_text(field::STATUS_DETAIL, peer.rest.trim_start_matches([':', ' ']));
}

/// `: ED25519 SHA256:…`, and for certificates more behind it.
fn add_key(meaning: &mut Meaning, text: &str) {
    let mut words = text.trim_start_matches([':', ' ']).split(' ');
    if let (Some(kind), Some(print)) = (words.next(), words.next())
        && (print.starts_with("SHA256:") || print.starts_with("MD5:"))
    {
        let print: Box<[Box<str>]> = Box::new([print.into()]);
        meaning.set(field::USER_PROGRAMMATIC_CREDENTIALS_UID, print).keep("key_type", kind);
    }
    if let Some((_, certificate)) = text.cut(" ID ") {
        meaning.keep("certificate", certificate);
    }
}

/// Without the mark of a user that does not exist.
fn without_invalid(text: &str) -> (&str, bool) {
    let mark = ["invalid user ", "illegal user "].iter().find_map(|mark| text.strip_prefix(mark));
    mark.map_or((text, false), |rest| (rest, true))
}

/// `eva from 192.0.2.7 port 50022 …`; the last `from` counts, because a name may hold one.
fn user_from(text: &str) -> Option<Peer<'_>> {
    let (user, rest) = match text.strip_prefix("from ") {
        // sshd writes an empty name as nothing at all.
        Some(rest) if !rest.has(" from ") => ("", rest),
        _ => text.rcut(" from ")?,
    };
    Some(Peer { user: Some(user), ..peer(rest) })
}

/// `[authenticating user eva |invalid user eva |user eva ]192.0.2.7[ port 50022][ …]`.
fn peer(text: &str) -> Peer<'_> {
    let marks = ["authenticating user ", "invalid user ", "user "];
    if let Some(rest) = marks.iter().find_map(|mark| text.strip_prefix(mark)) {
        // The name may hold anything: the last `port` is the one.
        let (before, after) = rest.rcut(" port ").unwrap_or((rest, ""));
        let (user, host) = before.rcut(" ").unwrap_or((before, ""));
        let (port, rest) = port(after);
        return Peer { user: Some(user), host, port, rest };
    }
    // The address has no blanks: what is said behind it cannot pass for a port.
    match text.cut(" port ") {
        Some((host, after)) if !host.contains(' ') => {
            let (port, rest) = port(after);
            Peer { user: None, host, port, rest }
        }
        _ => {
            let (host, rest) = text.cut(" ").unwrap_or((text, ""));
            Peer { user: None, host: host.strip_suffix(':').unwrap_or(host), port: None, rest }
        }
    }
}

fn port(text: &str) -> (Option<i64>, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(digits).unwrap_or(("", text));
    (number(digits), rest)
}
