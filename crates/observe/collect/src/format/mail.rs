//! What mail servers have in common: who sent what to whom, in their own punctuation.

use super::words::host_port;
use crate::meaning::{Endpoint, Meaning};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::authentication;
use vigie_model::event::ocsf::{field, logon_type_id};

/// An address without its angle brackets.
pub(super) fn plain(address: &str) -> &str {
    address.trim().trim_start_matches('<').trim_end_matches('>')
}

/// Who it is from; the empty sender of a bounce is said as `<>`.
pub(super) fn from(meaning: &mut Meaning, address: &str) {
    let address = plain(address);
    meaning.set(field::EMAIL_FROM, if address.is_empty() { "<>" } else { address });
}

/// Whom it is for: addresses with commas between.
pub(super) fn to(meaning: &mut Meaning, addresses: &str) {
    let all: Box<[Box<str>]> = addresses.split(',').map(plain).filter(|address| !address.is_empty()).map(Into::into).collect();
    if !all.is_empty() {
        meaning.set(field::EMAIL_TO, all);
    }
}

/// `mail.example.com[192.0.2.7]:25`, `unknown[192.0.2.7]`, `mail.example.com [192.0.2.7]`, `[192.0.2.7]:25`.
pub(super) fn peer(meaning: &mut Meaning, end: Endpoint, text: &str) {
    let text = text.trim();
    let Some((name, rest)) = text.split_once('[') else {
        let (host, port) = host_port(text.trim_end_matches('.'));
        if !matches!(host, "none" | "local" | "localhost") {
            meaning.endpoint(end, host, port);
        }
        return;
    };
    let (ip, rest) = rest.split_once(']').unwrap_or((rest, ""));
    let name = name.trim().trim_end_matches('.').trim_matches(['(', ')']);
    if !matches!(name, "" | "unknown") {
        meaning.endpoint(end, name, None);
    }
    let port = rest.strip_prefix(':').map_or("", |rest| rest.split([' ', ':', ',', ')']).next().unwrap_or_default());
    meaning.endpoint(end, ip, crate::header::number(port));
}

/// A sign-in at a mail server.
pub(super) fn sign_in(format: &'static str, user: &str, method: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::Authentication, authentication::LOGON);
    meaning.set_text(field::USER_NAME, user).set_text(field::AUTH_PROTOCOL, method).set(field::IS_REMOTE, true);
    meaning.set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    meaning
}
