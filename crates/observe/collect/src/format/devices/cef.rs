//! ArcSight Common Event Format: `CEF:0|vendor|product|version|id|name|severity|key=value …`.
//!
//! After the vendor's implementation standard (revisions 23 to 27), with what products really write:
//! values with `=` in them, keys of their own, a missing extension. `cs1=x cs1Label=policy` is kept as
//! `policy=x`. In the header `\|` and `\\` are escapes, in values `\=`, `\\`, `\n` and `\r`.

use super::class::{self, Signs, outcome};
use super::clock;
use super::facts::{self, To, put, put_by};
use crate::header::Line;
use crate::meaning::Meaning;
use std::borrow::Cow;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "cef";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 256;

/// Longest key, in bytes.
const KEY_MAX: usize = 128;

/// Keys of the standard that have a meaning of their own here; the others are kept.
const KEYS: facts::Table = &[
    ("act", To::Verdict),
    ("app", facts::APPLICATION),
    ("cat", facts::KIND),
    ("cnt", facts::COUNT),
    ("destinationDnsDomain", To::Any(&[field::DST_ENDPOINT_DOMAIN.id()])),
    ("destinationServiceName", facts::APPLICATION),
    ("deviceExternalId", facts::DEVICE_ID),
    ("deviceInboundInterface", facts::SOURCE_INTERFACE),
    ("deviceOutboundInterface", facts::DESTINATION_INTERFACE),
    ("dhost", facts::DESTINATION_NAME),
    ("dmac", facts::DESTINATION_MAC),
    ("dntdom", facts::DOMAIN),
    ("dproc", facts::PROCESS),
    ("dpt", facts::DESTINATION_PORT),
    ("dst", To::Destination),
    ("duid", To::Any(&[field::USER_UID.id(), field::ACTOR_USER_UID.id()])),
    ("dvc", facts::DEVICE_IP),
    ("dvchost", facts::DEVICE),
    ("dvcmac", To::Any(&[field::DEVICE_MAC.id()])),
    ("externalId", facts::UID),
    ("fileHash", facts::FILE_HASH),
    ("filePath", facts::FILE_PATH),
    ("fileType", To::Any(&[field::FILE_TYPE.id()])),
    ("fname", facts::FILE_NAME),
    ("fsize", To::Any(&[field::FILE_SIZE.id()])),
    ("in", facts::BYTES_IN),
    ("msg", facts::MESSAGE),
    ("out", facts::BYTES_OUT),
    ("outcome", To::Any(&[])),
    ("proto", To::Protocol),
    ("reason", facts::DETAIL),
    ("request", facts::URL),
    ("requestClientApplication", facts::AGENT),
    ("requestContext", facts::REFERRER),
    ("requestMethod", facts::METHOD),
    ("shost", facts::SOURCE_NAME),
    ("smac", facts::SOURCE_MAC),
    ("sntdom", To::Any(&[field::ACTOR_USER_DOMAIN.id()])),
    ("sourceDnsDomain", To::Any(&[field::SRC_ENDPOINT_DOMAIN.id()])),
    ("sproc", facts::PROCESS),
    ("spt", facts::SOURCE_PORT),
    ("src", To::Source),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads `0|vendor|…`, what stands behind `CEF:`.
pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let mut rest = text.trim_start();
    let version = take_header(&mut rest)?;
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let (vendor, product, release) = (take_header(&mut rest)?, take_header(&mut rest)?, take_header(&mut rest)?);
    let (id, name) = (take_header(&mut rest)?, take_header(&mut rest)?);
    // Some products end behind the severity.
    let level = take_header(&mut rest).unwrap_or_else(|| Cow::Borrowed(std::mem::take(&mut rest)));
    let pairs = pairs(rest);
    let value = |key: &str| pairs.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| &**value);
    let product_length = vendor.len() + product.len() + 1;
    let words = format!("{vendor} {product} {id} {name} {}", value("cat")).to_ascii_lowercase();
    let has = |keys: &[&str]| keys.iter().any(|key| !value(key).is_empty());
    let signs = Signs {
        words,
        product: product_length,
        has_user: has(&["suser", "duser", "suid", "duid"]),
        has_ends: has(&["src", "shost", "c6a2", "sourceAddress"]) && has(&["dst", "dhost", "c6a3", "destinationAddress"]),
        has_page: has(&["request", "requestMethod"]),
    };
    let (class, activity) = class::class(&signs);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set_text(field::METADATA_EVENT_CODE, &id);
    meaning.set_text(field::METADATA_PRODUCT_VENDOR_NAME, &vendor).set_text(field::METADATA_PRODUCT_NAME, &product);
    meaning.set_text(field::METADATA_PRODUCT_VERSION, &release);
    meaning.severity = severity(&level);
    if class == Class::DetectionFinding {
        put(&mut meaning, "id", &id, facts::TITLE_ID);
        put(&mut meaning, "name", &name, facts::TITLE);
    } else {
        meaning.keep_text("name", &name);
    }
    extension(&mut meaning, &pairs);
    if meaning.fields.text(field::MESSAGE).is_none() {
        meaning.set_text(field::MESSAGE, &name);
    }
    if class == Class::Authentication {
        let told = [value("outcome"), value("act"), &name].into_iter().find(|word| !word.is_empty());
        outcome(&mut meaning, told.unwrap_or_default());
        if meaning.fields.get(field::STATUS_ID.id()).is_none() {
            outcome(&mut meaning, &name);
        }
    } else {
        outcome(&mut meaning, value("outcome"));
    }
    if line.host.is_none() {
        meaning.host = [value("dvchost"), value("dvc")].into_iter().find(|host| !host.is_empty()).map(Into::into);
    }
    Some(meaning)
}

/// A part of the header, up to the next `|` that is not escaped.
fn take_header<'a>(rest: &mut &'a str) -> Option<Cow<'a, str>> {
    let mut escaped = false;
    let mut any = false;
    let end = rest.bytes().position(|byte| {
        let is_end = byte == b'|' && !escaped;
        escaped = byte == b'\\' && !escaped;
        any |= escaped;
        is_end
    })?;
    let (part, after) = rest.split_at_checked(end)?;
    *rest = after.strip_prefix('|')?;
    Some(if any { Cow::Owned(unescaped(part)) } else { Cow::Borrowed(part.trim()) })
}

/// The pairs of an extension. A value ends where the next key begins: letters, digits and `_.-[]` up to
/// a `=` that is not escaped.
pub(super) fn pairs(text: &str) -> Vec<(&str, Cow<'_, str>)> {
    let mut found: Vec<(&str, Cow<'_, str>)> = Vec::new();
    let mut current: Option<(&str, usize)> = None;
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('=')).map(|at| from + at) {
        from = at + 1;
        let start = current.map_or(0, |(_, start)| start);
        let Some(key) = text.get(start..at).and_then(|since| key_at_end(since, current.is_none())) else { continue };
        if let Some((name, start)) = current {
            let value = text.get(start..at - key.len()).unwrap_or_default();
            found.push((name, value_of(value)));
            if found.len() >= PAIRS_MAX {
                return found;
            }
        }
        current = Some((key, from));
    }
    if let Some((name, start)) = current {
        found.push((name, value_of(text.get(start..).unwrap_or_default())));
    }
    found
}

/// The key that a text ends with. A value's first word is none, unless nothing went before it.
fn key_at_end(text: &str, is_first: bool) -> Option<&str> {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']');
    let length = text.bytes().rev().take(KEY_MAX + 1).take_while(is_sign).count();
    let (before, key) = text.split_at_checked(text.len() - length)?;
    let is_apart = before.ends_with([' ', '\t', '\n', '|']) || (is_first && before.is_empty());
    (is_apart && (1..=KEY_MAX).contains(&length)).then_some(key)
}

fn value_of(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.contains('\\') { Cow::Owned(unescaped(text)) } else { Cow::Borrowed(text) }
}

/// Without escapes. What is no escape of the format is left: `C:\Windows` is written both ways.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match (sign, signs.peek()) {
            ('\\', Some(next @ ('\\' | '=' | '|'))) => plain.push(*next),
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('r')) => plain.push('\r'),
            _ => {
                plain.push(sign);
                continue;
            }
        }
        signs.next();
    }
    plain
}

/// Numbers 0 to 10, or words.
fn severity(level: &str) -> Option<EventSeverity> {
    match level.trim().parse::<u8>() {
        Ok(0..=1) => Some(EventSeverity::Informational),
        Ok(2..=3) => Some(EventSeverity::Low),
        Ok(4..=6) => Some(EventSeverity::Medium),
        Ok(7..=8) => Some(EventSeverity::High),
        Ok(9..=10) => Some(EventSeverity::Critical),
        Ok(_) => None,
        Err(_) => facts::severity(level.trim()),
    }
}

fn extension(meaning: &mut Meaning, pairs: &[(&str, Cow<'_, str>)]) {
    // Of two users the one it was done to is the event's, the other acts.
    let has_two = pairs.iter().any(|(key, _)| *key == "duser");
    for (key, value) in pairs {
        match *key {
            "rt" | "start" | "end" | "deviceReceiptTime" => time(meaning, key, value),
            "suser" => put(meaning, key, value, if has_two { facts::ACTOR } else { facts::USER }),
            "duser" if meaning.class == Class::NetworkActivity => drop(meaning.keep_text(key, value)),
            "duser" => put(meaning, key, value, facts::USER),
            "requestMethod" => {
                class::method(meaning, value);
                put(meaning, key, value, facts::METHOD);
            }
            "proto" if !facts::set_protocol(meaning, value) => drop(meaning.keep_text(key, value)),
            "proto" => {}
            _ => match key.strip_suffix("Label") {
                Some(labelled) if pairs.iter().any(|(key, _)| *key == labelled) => {}
                _ => match label_of(key, pairs) {
                    Some(label) => labelled(meaning, key, label, value),
                    None => put_by(meaning, KEYS, key, value),
                },
            },
        }
    }
}

/// The label of a custom key: `policy` of `cs1` where `cs1Label=policy`.
fn label_of<'a>(key: &str, pairs: &'a [(&str, Cow<'_, str>)]) -> Option<&'a str> {
    let is_custom = matches!(key.as_bytes().first(), Some(b'c' | b'd' | b'f'))
        && ["cs", "cn", "c6a", "cfp", "deviceCustom", "flexString", "flexNumber", "flexDate"]
            .iter()
            .any(|start| key.starts_with(start));
    if !is_custom {
        return None;
    }
    let is_label = |known: &str| known.strip_suffix("Label") == Some(key);
    pairs.iter().find(|(known, _)| is_label(known)).map(|(_, label)| &**label).filter(|label| !label.is_empty())
}

/// A custom value under its label; addresses of IPv6 are ends.
fn labelled(meaning: &mut Meaning, key: &str, label: &str, value: &str) {
    match (key, label) {
        ("c6a2", _) => put(meaning, label, value, To::Source),
        ("c6a3", _) => put(meaning, label, value, To::Destination),
        (_, "policy" | "Policy" | "policy_name" | "Policy Name") => put(meaning, label, value, facts::POLICY),
        (_, "Rule" | "rule" | "Rule Name" | "Rule_Name" | "rule_name" | "ruleName") => put(meaning, label, value, facts::RULE),
        (_, "response_code" | "Response Code") => put(meaning, label, value, facts::HTTP_STATUS),
        (_, "sha256" | "SHA256" | "md5" | "MD5" | "File Hash") => put(meaning, label, value, facts::FILE_HASH),
        _ => drop(meaning.keep_text(label, value)),
    }
}

/// `rt` is when it was received by the device: the event's time; `start` and `end` have fields.
fn time(meaning: &mut Meaning, key: &str, value: &str) {
    if matches!(key, "rt" | "deviceReceiptTime") && clock::set(meaning, value) {
        return;
    }
    meaning.keep_text(key, value);
    if meaning.when.is_none() {
        meaning.when = clock::any(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        let seen: Vec<String> = pairs(text).iter().map(|(key, value)| format!("{key}:{value}")).collect();
        assert_eq!(seen.join("|"), expected, "{text}");
    }

    #[test]
    fn values_end_where_the_next_key_begins() {
        check("src=192.0.2.1 msg=two words spt=1", "src:192.0.2.1|msg:two words|spt:1");
        check(r"request=http://x/?a\=b&c=d act=x\\y\nz", "request:http://x/?a=b&c=d|act:x\\y\nz");
        check("a= b=1", "a:|b:1");
        check("ad.list[0]=x y=", "ad.list[0]:x|y:");
        check("nothing", "");
        check("filePath=C:\\Windows\\a b.exe k=v", "filePath:C:\\Windows\\a b.exe|k:v");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a= |\\\\é\n]{0,40}") {
            let _ = pairs(&text);
            let _ = parse(&Line::default(), &format!("0|a|b|c|d|e|5|{text}"));
            let _ = parse(&Line::default(), &text);
        }
    }
}
