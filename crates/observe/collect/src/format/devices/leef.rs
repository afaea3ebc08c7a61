//! IBM's Log Event Extended Format: `LEEF:1.0|vendor|product|version|id|key=value<tab>…`, and 2.0 with
//! a delimiter of its own behind the id: `|^|`, `|x5E|`, `|0x09|`.
//!
//! Attributes as in the format's guide. Where a relay turned tabs into `#011` or blanks, that is the
//! delimiter.

use super::class::{self, Signs, outcome};
use super::facts::{self, To, put, put_by};
use super::{cef, clock};
use crate::header::Line;
use crate::meaning::Meaning;
use std::borrow::Cow;
use vigie_model::event::ocsf::activity::authentication;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "leef";

/// Most attributes read of one event.
const PAIRS_MAX: usize = 256;

/// Attributes of the format; the others are kept.
const KEYS: facts::Table = &[
    ("accountName", facts::USER),
    ("action", To::Verdict),
    ("cat", facts::KIND),
    ("devTime", To::Nothing),
    ("devTimeFormat", To::Nothing),
    ("domain", facts::DOMAIN),
    ("dst", To::Destination),
    ("dstBytes", facts::BYTES_IN),
    ("dstMAC", facts::DESTINATION_MAC),
    ("dstPackets", facts::PACKETS_IN),
    ("dstPort", facts::DESTINATION_PORT),
    ("groupID", To::Any(&[field::GROUP_UID.id()])),
    ("identHostName", facts::SOURCE_NAME),
    ("policy", facts::POLICY),
    ("proto", To::Protocol),
    ("reason", facts::DETAIL),
    ("resource", To::Any(&[field::RESOURCE_NAME.id()])),
    ("sev", To::Nothing),
    ("src", To::Source),
    ("srcBytes", facts::BYTES_OUT),
    ("srcMAC", facts::SOURCE_MAC),
    ("srcPackets", facts::PACKETS_OUT),
    ("srcPort", facts::SOURCE_PORT),
    ("totalPackets", facts::PACKETS),
    ("url", facts::URL),
    ("userAgent", facts::AGENT),
    ("usrName", facts::USER),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads `1.0|vendor|…`, what stands behind `LEEF:`.
pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let mut parts = text.trim_start().splitn(6, '|');
    let version = parts.next().filter(|version| matches!(*version, "1.0" | "2.0" | "1" | "2"))?;
    let (vendor, product, release, id) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let rest = parts.next().unwrap_or_default();
    let (delimiter, rest) = if version.starts_with('2') { delimiter(rest) } else { ("\t", rest) };
    let pairs = attributes(rest, delimiter);
    let value = |key: &str| pairs.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| &**value);
    let has = |keys: &[&str]| keys.iter().any(|key| !value(key).is_empty());
    let signs = Signs {
        words: format!("{vendor} {product} {id} {}", value("cat")).to_ascii_lowercase(),
        product: vendor.len() + product.len() + 1,
        has_user: has(&["usrName", "accountName"]),
        has_ends: has(&["src"]) && has(&["dst"]),
        has_page: has(&["url"]),
    };
    let (class, activity) = match (value("isLoginEvent"), value("isLogoutEvent")) {
        ("true", _) => (Class::Authentication, authentication::LOGON),
        (_, "true") => (Class::Authentication, authentication::LOGOFF),
        _ => class::class(&signs),
    };
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set_text(field::METADATA_EVENT_CODE, id);
    meaning.set_text(field::METADATA_PRODUCT_VENDOR_NAME, vendor).set_text(field::METADATA_PRODUCT_NAME, product);
    meaning.set_text(field::METADATA_PRODUCT_VERSION, release);
    meaning.severity = severity(value("sev"));
    if class == Class::DetectionFinding {
        put(&mut meaning, "id", id, facts::TITLE);
    }
    clock::set(&mut meaning, value("devTime"));
    for (key, value) in &pairs {
        put_by(&mut meaning, KEYS, key, value);
    }
    if class == Class::Authentication {
        outcome(&mut meaning, [value("result"), value("status"), value("action"), id].into_iter().find(|word| !word.is_empty())?);
    }
    if line.host.is_none() {
        meaning.host = [value("identHostName"), value("identSrc")].into_iter().find(|host| !host.is_empty()).map(Into::into);
    }
    Some(meaning)
}

/// The delimiter of 2.0: a sign, or its number in hexadecimal; a tab where none is given.
fn delimiter(text: &str) -> (&str, &str) {
    let Some((given, rest)) = text.split_once('|').filter(|(given, _)| given.len() <= 4) else { return ("\t", text) };
    let number = given.strip_prefix("0x").or_else(|| given.strip_prefix('x'));
    match number.map(|number| u8::from_str_radix(number, 16)) {
        Some(Ok(0x09)) => ("\t", rest),
        // The signs that products use, so that a delimiter is a part of the record or constant.
        Some(Ok(0x5E)) => ("^", rest),
        Some(Ok(0x7C)) => ("|", rest),
        Some(Ok(0x3B)) => (";", rest),
        Some(Ok(0x2C)) => (",", rest),
        Some(Ok(0x20)) => (" ", rest),
        Some(Ok(0x7E)) => ("~", rest),
        Some(Ok(0x23)) => ("#", rest),
        Some(Ok(0xA6)) => ("¦", rest),
        _ if given.is_empty() => ("\t", rest),
        _ if given.chars().count() == 1 => (given, rest),
        _ => ("\t", text),
    }
}

fn attributes<'a>(text: &'a str, delimiter: &str) -> Vec<(&'a str, Cow<'a, str>)> {
    let delimiter = if text.contains(delimiter) {
        delimiter
    } else if text.contains("#011") {
        "#011"
    } else {
        return cef::pairs(text);
    };
    let pairs = text.split(delimiter).filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim(), Cow::Borrowed(value.trim()))).take(PAIRS_MAX).collect()
}

/// Numbers 1 to 10, or words.
fn severity(level: &str) -> Option<EventSeverity> {
    match level.parse::<u8>() {
        Ok(0..=2) => Some(EventSeverity::Informational),
        Ok(3..=4) => Some(EventSeverity::Low),
        Ok(5..=6) => Some(EventSeverity::Medium),
        Ok(7..=8) => Some(EventSeverity::High),
        Ok(9..=10) => Some(EventSeverity::Critical),
        _ => facts::severity(level),
    }
}
