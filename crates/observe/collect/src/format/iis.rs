//! W3C logs of IIS, with the fields that IIS chooses by itself.
//!
//! `2026-11-21 08:30:00 198.51.100.1 GET /x q=1 443 - 192.0.2.7 Mozilla/5.0 - 200 0 0 31`, in UTC. A line
//! does not say which fields it has (the head of the file does); they are told by the method, by addresses and
//! by the numbers at the end, which works for the fields of IIS 5 to 10 and for `cs-version`, `cs-host`, cookies and
//! sizes. HTTP Activity (4002).

use super::http::{self, answered};
use super::words::given;
use crate::header::{Civil, Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "iis";

/// Most words of a line.
const WORDS_MAX: usize = 32;

/// Reads a line.
pub(super) fn read(text: &str) -> Option<(Line<'_>, Meaning)> {
    let (civil, rest) = Civil::read_iso(text)?;
    let rest = rest.strip_prefix(' ')?;
    let words: Vec<&str> = rest.split(' ').take(WORDS_MAX).collect();
    let at = words.iter().take(6).position(|word| is_method(word))?;
    let get = |at: usize| words.get(at).copied().unwrap_or_default();
    if !get(at + 1).starts_with(['/', '*']) {
        return None;
    }
    let (target, query) = (get(at + 1), given(get(at + 2)));
    let asked = if query.is_empty() { target.to_owned() } else { format!("{target}?{query}") };
    let mut meaning = http::method_and_target(FORMAT, get(at), &asked);
    // IIS 5 has client and user before the method, the server's port right before it.
    let is_old = at >= 2 && number(get(at - 1)).is_some();
    let (client, user, server, port, behind) = if is_old {
        (get(at.checked_sub(4)?), get(at.checked_sub(3)?), get(at - 2), get(at - 1), at + 3)
    } else {
        (get(at + 5), get(at + 4), get(at.checked_sub(1)?), get(at + 3), at + 6)
    };
    client.parse::<std::net::IpAddr>().ok()?;
    meaning.endpoint(SOURCE, client, None).endpoint(DESTINATION, given(server), number(port));
    meaning.set_text(field::ACTOR_USER_NAME, given(user));
    let tail = words.get(behind..)?;
    if is_old {
        answered(&mut meaning, tail.first()?, "");
        agent(&mut meaning, tail.get(1).copied().unwrap_or_default());
    } else {
        let numbers = tail.iter().rev().take_while(|word| number(word).is_some()).count();
        let (named, numbers) = tail.split_at_checked(tail.len() - numbers)?;
        named_words(&mut meaning, named);
        let size = if numbers.len() >= 5 { numbers.get(3) } else { None };
        answered(&mut meaning, numbers.first()?, size.copied().unwrap_or_default());
        if numbers.len() == 4 || numbers.len() == 6 {
            meaning.set_some(field::DURATION, numbers.last().and_then(|time| number(time)));
        }
        meaning.keep_text("substatus", numbers.get(1).copied().filter(|code| *code != "0").unwrap_or_default());
        meaning.keep_text("win32_status", numbers.get(2).copied().filter(|code| *code != "0").unwrap_or_default());
    }
    Some((Line { time: civil.at_offset(0), message: rest, ..Line::default() }, meaning))
}

/// `[HTTP/1.1] agent [cookie] [referrer] [host]`
fn named_words(meaning: &mut Meaning, mut words: &[&str]) {
    if let Some((version, rest)) = words.split_first().and_then(|(word, rest)| Some((word.strip_prefix("HTTP/")?, rest))) {
        meaning.set_text(field::HTTP_REQUEST_VERSION, version);
        words = rest;
    }
    let get = |at: usize| given(words.get(at).copied().unwrap_or_default());
    agent(meaning, get(0));
    let referrer = if words.len() >= 3 { get(2) } else { get(1) };
    meaning.set_text(field::HTTP_REQUEST_REFERRER, referrer).set_text(field::HTTP_REQUEST_URL_HOSTNAME, get(3));
}

/// Blanks are written as `+`.
fn agent(meaning: &mut Meaning, word: &str) {
    meaning.set_text(field::HTTP_REQUEST_USER_AGENT, &given(word).replace('+', " "));
}

fn is_method(word: &str) -> bool {
    matches!(
        word,
        "GET"
            | "POST"
            | "HEAD"
            | "PUT"
            | "DELETE"
            | "OPTIONS"
            | "PATCH"
            | "TRACE"
            | "CONNECT"
            | "PROPFIND"
            | "PROPPATCH"
            | "MKCOL"
            | "COPY"
            | "MOVE"
            | "LOCK"
            | "UNLOCK"
            | "SEARCH"
            | "DEBUG"
            | "RPC_IN_DATA"
            | "RPC_OUT_DATA"
    )
}
