//! How a value of a record becomes a value of a field: numbers, truths, addresses, times.
//!
//! Everything here is a total function: what cannot be read as what it should be is no value, and
//! stays among the unmapped ones.

use super::flat::Scalar;
use crate::header::{Civil, LocalTime, Zone, read_zone};
use std::borrow::Cow;
use std::net::IpAddr;
use vigie_model::time::Timestamp;

/// Farther from Greenwich no zone is, in seconds.
const OFFSET_MAX: i64 = 18 * 3600;

/// How a page says that a time is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TimeForm {
    /// The unit of a number; by its size when the page does not say.
    pub(super) unit: Option<Unit>,
    /// As `strptime` reads it, for what is neither a number nor ISO 8601 nor a web server's time.
    pub(super) format: Option<Box<str>>,
    /// Times without zone are local; UTC else.
    pub(super) is_local: bool,
}

/// The unit of a time since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// The unit that makes a number a time of this century.
    fn guess(number: f64) -> Self {
        match number.abs() {
            size if size < 1e11 => Self::Seconds,
            size if size < 1e14 => Self::Millis,
            size if size < 1e17 => Self::Micros,
            _ => Self::Nanos,
        }
    }

    fn at(self, number: i64) -> Timestamp {
        Timestamp::from_micros(match self {
            Self::Seconds => number.saturating_mul(1_000_000),
            Self::Millis => number.saturating_mul(1_000),
            Self::Micros => number,
            Self::Nanos => number / 1_000,
        })
    }
}

/// A time.
pub(super) fn time(value: &Scalar<'_>, form: &TimeForm, local: &mut LocalTime) -> Option<Timestamp> {
    match value {
        Scalar::Integer(number) => Some(whole(*number, form)),
        Scalar::Float(number) => fraction(*number, form),
        Scalar::Text(text) => written(text.trim(), form, local),
        Scalar::Boolean(_) | Scalar::Large(_) | Scalar::Json(_) => None,
    }
}

fn whole(number: i64, form: &TimeForm) -> Timestamp {
    form.unit.unwrap_or_else(|| Unit::guess(number as f64)).at(number)
}

fn fraction(number: f64, form: &TimeForm) -> Option<Timestamp> {
    let unit = form.unit.unwrap_or_else(|| Unit::guess(number));
    let micros = match unit {
        Unit::Seconds => number * 1e6,
        Unit::Millis => number * 1e3,
        Unit::Micros => number,
        Unit::Nanos => number / 1e3,
    };
    micros.is_finite().then(|| Timestamp::from_micros(micros.round() as i64))
}

fn written(text: &str, form: &TimeForm, local: &mut LocalTime) -> Option<Timestamp> {
    if let Some(format) = &form.format {
        return by_format(text, format, form, local);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return match text.parse() {
            Ok(number) => Some(whole(number, form)),
            Err(_) => fraction(text.parse().ok()?, form),
        };
    }
    let (civil, rest) = Civil::read_iso(text).or_else(|| read_web(text))?;
    settle(civil, rest.trim(), form, local)
}

/// `21/Nov/2026:08:30:00 +0000`, as web servers write it.
fn read_web(text: &str) -> Option<(Civil, &str)> {
    let text = text.trim_start_matches('[').trim_end_matches(']');
    let (day, rest) = text.split_once('/')?;
    let (month, rest) = rest.split_once('/')?;
    let (year, clock) = rest.split_once(':')?;
    // The parts in the order in which syslog writes them.
    let (civil, _) = Civil::read_syslog(&format!("{month} {day} {}", clock.get(..8)?))?;
    let year = i16::try_from(crate::header::number(year)?).ok()?;
    Some((Civil { year, ..civil }, clock.get(8..)?))
}

fn settle(civil: Civil, zone: &str, form: &TimeForm, local: &mut LocalTime) -> Option<Timestamp> {
    match (zone, read_zone(zone)) {
        ("", _) if form.is_local => local.at(civil),
        ("" | "(UTC)", _) => civil.at_offset(0),
        (_, Some((Zone::Offset(seconds), ""))) => {
            Some(seconds).filter(|it| it.abs() <= OFFSET_MAX).and_then(|it| civil.at_offset(it))
        }
        // A name that means several, or that only the machine that wrote it knows.
        (zone, _) if zone.len() <= 5 && zone.bytes().all(|byte| byte.is_ascii_uppercase()) => local.at(civil),
        _ => None,
    }
}

fn by_format(text: &str, format: &str, form: &TimeForm, local: &mut LocalTime) -> Option<Timestamp> {
    let broken = jiff::fmt::strtime::parse(format, text).ok()?;
    if let Ok(exact) = broken.to_timestamp() {
        return Some(Timestamp::from_micros(exact.as_microsecond()));
    }
    let at = broken.to_datetime().ok()?;
    let civil = Civil {
        year: at.year(),
        month: at.month(),
        day: at.day(),
        hour: at.hour(),
        minute: at.minute(),
        second: at.second(),
        micros: at.subsec_nanosecond() / 1_000,
    };
    if form.is_local { local.at(civil) } else { civil.at_offset(0) }
}

/// A whole number: also as text, decimal or hexadecimal; of a fraction the whole part. `times` it, where
/// the source counts in another unit.
pub(super) fn integer(value: &Scalar<'_>, times: Option<f64>) -> Option<i64> {
    let scaled = |number: f64| number.is_finite().then(|| (number * times.unwrap_or(1.0)).round() as i64);
    match value {
        Scalar::Integer(number) if times.is_none() => Some(*number),
        Scalar::Integer(number) => scaled(*number as f64),
        Scalar::Float(number) if times.is_none() => scaled(number.trunc()),
        Scalar::Float(number) => scaled(*number),
        Scalar::Text(text) => {
            let text = text.trim();
            if let Some(hexadecimal) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                return i64::from_str_radix(hexadecimal, 16).ok();
            }
            match (text.parse::<i64>(), times) {
                (Ok(number), None) => Some(number),
                _ => integer(&Scalar::Float(decimal(text)?), times),
            }
        }
        Scalar::Boolean(_) | Scalar::Large(_) | Scalar::Json(_) => None,
    }
}

/// A number for comparing.
pub(super) fn number(value: &Scalar<'_>) -> Option<f64> {
    match value {
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Large(number) => Some(*number as f64),
        Scalar::Float(number) => Some(*number),
        Scalar::Text(text) => decimal(text.trim()),
        Scalar::Boolean(_) | Scalar::Json(_) => None,
    }
}

fn decimal(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    (is_number && text.len() <= 32).then(|| text.parse().ok()).flatten()
}

/// A truth.
pub(super) fn boolean(value: &Scalar<'_>) -> Option<bool> {
    match value {
        Scalar::Boolean(truth) => Some(*truth),
        Scalar::Integer(0) => Some(false),
        Scalar::Integer(1) => Some(true),
        Scalar::Text(text) => {
            let is = |words: [&str; 5]| words.into_iter().any(|word| word.eq_ignore_ascii_case(text));
            if is(["true", "yes", "1", "on", "y"]) { Some(true) } else { is(["false", "no", "0", "off", "n"]).then_some(false) }
        }
        _ => None,
    }
}

/// The canonical text of an address: without zone and port, and IPv4 as such where it was mapped into IPv6.
pub(super) fn address(text: &str) -> Option<Cow<'_, str>> {
    let first = text.as_bytes().first()?;
    if !(first.is_ascii_hexdigit() || matches!(first, b':' | b'[')) {
        return None;
    }
    let host = without_port(text);
    let plain = host.split('%').next().unwrap_or(host);
    match plain.parse::<IpAddr>().ok()? {
        IpAddr::V6(ip) => Some(Cow::Owned(ip.to_canonical().to_string())),
        IpAddr::V4(_) => Some(Cow::Borrowed(plain)),
    }
}

/// `192.0.2.7:80`, `[2001:db8::1]:80`, `name:80`: the host. One that is an address with colons has no port.
pub(super) fn without_port(text: &str) -> &str {
    if let Some(bracketed) = text.strip_prefix('[') {
        return bracketed.split_once(']').map_or(text, |(host, _)| host);
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && is_port(port) => host,
        _ => text,
    }
}

/// The port of such a text.
pub(super) fn port(text: &str) -> Option<i64> {
    let (host, port) = text.rsplit_once(':')?;
    if host.contains(':') && !host.starts_with('[') {
        return None;
    }
    is_port(port).then(|| port.parse().ok()).flatten()
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The last part of a path, by either slash.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The words of operations, by what they do.
const VERBS: [(&str, &[&str]); 4] = [
    (
        "create",
        &[
            "create",
            "created",
            "add",
            "added",
            "new",
            "insert",
            "inserted",
            "register",
            "registered",
            "invite",
            "invited",
            "generate",
            "generated",
            "enroll",
            "enrolled",
            "upload",
            "uploaded",
            "import",
            "imported",
            "clone",
            "cloned",
            "copy",
            "copied",
            "install",
            "installed",
            "issue",
            "issued",
            "run",
            "post",
            "opened",
            "signup",
            "allocate",
            "make",
            "uploads",
        ],
    ),
    (
        "read",
        &[
            "get",
            "list",
            "listed",
            "describe",
            "read",
            "view",
            "viewed",
            "download",
            "downloaded",
            "export",
            "exported",
            "search",
            "searched",
            "query",
            "queried",
            "access",
            "accessed",
            "show",
            "fetch",
            "watch",
            "preview",
            "previewed",
            "head",
            "lookup",
            "select",
            "pull",
            "decrypt",
            "check",
            "reveal",
            "print",
            "scan",
        ],
    ),
    (
        "update",
        &[
            "update",
            "updated",
            "modify",
            "modified",
            "change",
            "changed",
            "edit",
            "edited",
            "set",
            "put",
            "patch",
            "enable",
            "enabled",
            "disable",
            "disabled",
            "rename",
            "renamed",
            "move",
            "moved",
            "attach",
            "attached",
            "detach",
            "detached",
            "assign",
            "assigned",
            "unassign",
            "reset",
            "replace",
            "replaced",
            "rotate",
            "rotated",
            "restore",
            "restored",
            "transfer",
            "transferred",
            "lock",
            "locked",
            "unlock",
            "unlocked",
            "grant",
            "granted",
            "share",
            "shared",
            "activate",
            "activated",
            "deactivate",
            "deactivated",
            "associate",
            "associated",
            "configure",
            "write",
            "start",
            "started",
            "stop",
            "stopped",
            "expanded",
            "toggle",
            "merge",
            "push",
            "approve",
            "approved",
            "rejected",
            "bypass",
            "override",
            "overridden",
            "suspend",
            "suspended",
            "publish",
            "published",
        ],
    ),
    (
        "delete",
        &[
            "delete",
            "deleted",
            "remove",
            "removed",
            "destroy",
            "destroyed",
            "revoke",
            "revoked",
            "purge",
            "purged",
            "cancel",
            "canceled",
            "cancelled",
            "terminate",
            "terminated",
            "archive",
            "archived",
            "drop",
            "dropped",
            "uninstall",
            "uninstalled",
            "deregister",
            "erase",
            "wipe",
            "trash",
            "leave",
            "unregister",
            "voided",
        ],
    ),
];

/// What an operation does, by the words of its name: `DeletePolicy` deletes, `team.member_added` creates. A
/// name may begin with its verb; else the last word that is one counts.
pub(super) fn verb(name: &str) -> Option<&'static str> {
    let mut found = None;
    for (number, word) in words(name).enumerate() {
        let known = VERBS.iter().find(|(_, words)| words.iter().any(|known| known.eq_ignore_ascii_case(word)));
        if let Some((verb, _)) = known {
            found = Some(*verb);
            if number == 0 {
                break;
            }
        }
    }
    found
}

/// The words of `DeletePolicy`, `team.member_added`, `API_KEY_ADDED`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let mut letters = rest.char_indices().peekable();
        let mut end = rest.len();
        let mut was_small = false;
        while let Some((at, letter)) = letters.next() {
            let ends_capitals = letter.is_uppercase() && at > 0 && letters.peek().is_some_and(|(_, next)| next.is_lowercase());
            if !letter.is_alphanumeric() || (was_small && letter.is_uppercase()) || ends_capitals {
                end = at;
                break;
            }
            was_small = letter.is_lowercase();
        }
        let (word, after) = rest.split_at_checked(end)?;
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

/// `SHA1=…,MD5=…`: the hashes or their names.
pub(super) fn hashes(text: &str, names: bool) -> Vec<Box<str>> {
    let pairs = text.split([',', ';', ' ']).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| Box::from(if names { name } else { value })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn at(value: &Scalar<'_>, form: &TimeForm) -> Option<String> {
        time(value, form, &mut LocalTime::new(TimeZone::get("Europe/Paris").unwrap())).map(|time| time.to_string())
    }

    fn text(text: &str) -> Scalar<'_> {
        Scalar::Text(Cow::Borrowed(text))
    }

    #[test]
    fn times_in_all_their_forms() {
        let form = TimeForm::default();
        for (written, expected) in [
            ("2026-11-21T08:30:00Z", "2026-11-21T08:30:00Z"),
            ("2026-11-21T08:30:00.123456789Z", "2026-11-21T08:30:00.123456Z"),
            ("2026-11-21 08:30:00.5", "2026-11-21T08:30:00.5Z"),
            ("2026-11-21T09:30:00.5+0100", "2026-11-21T08:30:00.5Z"),
            ("2026-11-21T03:00:00-05:30", "2026-11-21T08:30:00Z"),
            ("2026-11-21 08:30:00.123 UTC", "2026-11-21T08:30:00.123Z"),
            ("2026-11-21 09:30:00 CET", "2026-11-21T08:30:00Z"),
            ("2026-11-21 03:30:00.5 EST", "2026-11-21T08:30:00.5Z"),
            ("2026-11-21 05:30:00 -03", "2026-11-21T08:30:00Z"),
            ("2026-11-21 14:00:00 GMT+05:30", "2026-11-21T08:30:00Z"),
            ("2026-11-21 09:30:00 CST", "2026-11-21T08:30:00Z"),
            ("21/Nov/2026:09:30:00 +0100", "2026-11-21T08:30:00Z"),
            ("1795249800", "2026-11-21T08:30:00Z"),
            ("1795249800123", "2026-11-21T08:30:00.123Z"),
            ("1795249800.25", "2026-11-21T08:30:00.25Z"),
        ] {
            assert_eq!(at(&text(written), &form).as_deref(), Some(expected), "{written}");
        }
        for wrong in ["", "soon", "2026-13-01T00:00:00Z", "2026-11-21T08:30:00+99:00", "21/Nov/2026"] {
            assert_eq!(at(&text(wrong), &form), None, "{wrong}");
        }
        assert_eq!(at(&Scalar::Integer(1_795_249_800_123_456_789), &form).unwrap(), "2026-11-21T08:30:00.123456Z");
        assert_eq!(at(&Scalar::Float(1_795_249_800.5), &form).unwrap(), "2026-11-21T08:30:00.5Z");
        let local = TimeForm { is_local: true, ..TimeForm::default() };
        assert_eq!(at(&text("2026-11-21 09:30:00"), &local).unwrap(), "2026-11-21T08:30:00Z");
        let own = TimeForm { format: Some("%B %d, %Y %H:%M:%S".into()), ..TimeForm::default() };
        assert_eq!(at(&text("October 11, 2019 13:29:28"), &own).unwrap(), "2019-10-11T13:29:28Z");
    }

    #[test]
    fn numbers_in_all_their_forms() {
        for (value, times, expected) in [
            (text("0x1f"), None, Some(31)),
            (text(" 80 "), None, Some(80)),
            (text("1.5"), Some(1000.0), Some(1500)),
            (text("1.9"), None, Some(1)),
            (text("eighty"), None, None),
            (text("nan"), None, None),
            (Scalar::Float(0.25), Some(1000.0), Some(250)),
            (Scalar::Boolean(true), None, None),
        ] {
            assert_eq!(integer(&value, times), expected, "{value:?}");
        }
    }

    #[test]
    fn addresses_with_and_without_ports() {
        for (written, host, of_port) in [
            ("192.0.2.7", Some("192.0.2.7"), None),
            ("192.0.2.7:80", Some("192.0.2.7"), Some(80)),
            ("[2001:DB8::1]:443", Some("2001:db8::1"), Some(443)),
            ("::ffff:192.0.2.7", Some("192.0.2.7"), None),
            ("2001:db8::1", Some("2001:db8::1"), None),
            ("web.example:80", None, Some(80)),
            ("", None, None),
        ] {
            assert_eq!((address(written).as_deref(), port(written)), (host, of_port), "{written}");
        }
    }

    #[test]
    fn operations_say_what_they_do() {
        for (name, expected) in [
            ("DeleteCICDScanPolicy", Some("delete")),
            ("workspace_associated_email_domain_added", Some("create")),
            ("protected_branch.update_name", Some("update")),
            ("API_KEY_ACCESS_LIST_ENTRY_ADDED", Some("create")),
            ("getSecret", Some("read")),
            ("Microsoft.Insights/alertRules/delete", Some("delete")),
            ("io.k8s.core.v1.pods.create", Some("create")),
            ("Update user.", Some("update")),
            ("user.login", None),
            ("", None),
        ] {
            assert_eq!(verb(name), expected, "{name}");
        }
        assert_eq!(words("APIKeyAdded").collect::<Vec<_>>(), ["API", "Key", "Added"]);
    }

    proptest! {
        #[test]
        fn nothing_panics(written: String, number: f64) {
            let _ = verb(&written);
            let _ = at(&text(&written), &TimeForm::default());
            let _ = at(&Scalar::Float(number), &TimeForm::default());
            let _ = integer(&text(&written), Some(1e300));
            let _ = address(&written);
            let _ = port(&written);
            let _ = hashes(&written, true);
        }
    }
}
