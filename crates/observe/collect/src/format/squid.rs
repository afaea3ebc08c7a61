//! Squid's native access log.
//!
//! `1795249800.827 781 192.0.2.7 TCP_DENIED/407 1785 GET http://www.example.com/ eva HIER_NONE/- text/html` →
//! HTTP Activity (4002), with whether the proxy let it through. Formats: `squid` and what `logformat` puts behind
//! it, which is kept.

use super::http::{self, answered};
use super::words::{Words, host_port};
use crate::header::{Line, epoch, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::ocsf::{action_id, field};

const FORMAT: &str = "squid";

/// Reads a line of the file, or the message of a line that came over syslog.
pub(super) fn read(text: &str) -> Option<(Line<'_>, Meaning)> {
    let (time, rest) = text.split_once(' ')?;
    let time = epoch(time)?;
    let mut words = Words(rest);
    let (elapsed, client, result) = (number(words.next()?)?, words.next()?, words.next()?);
    let (action, code) = result.split_once('/')?;
    let (bytes, method, url) = (words.next()?, words.next()?, words.next()?);
    number(bytes)?;
    let mut meaning = http::method_and_target(FORMAT, method, url);
    answered(&mut meaning, code, bytes);
    let (host, port) = host_port(client);
    meaning.endpoint(SOURCE, host, port).set(field::DURATION, elapsed);
    meaning.set_text(field::ACTOR_USER_NAME, words.value());
    let (hierarchy, server) = words.next().and_then(|word| word.split_once('/')).unwrap_or_default();
    if server != "-" {
        let (host, port) = host_port(server);
        meaning.endpoint(DESTINATION, host, port);
    }
    meaning.set_text(field::HTTP_RESPONSE_CONTENT_TYPE, words.value());
    let allowed = if action.contains("DENIED") { action_id::DENIED } else { action_id::ALLOWED };
    meaning.set(field::ACTION_ID, allowed).set_text(field::STATUS_DETAIL, action).keep_text("hierarchy", hierarchy);
    meaning.keep_text("more", words.rest());
    Some((Line { time: Some(time), program: "squid", message: rest.trim_start(), ..Line::default() }, meaning))
}
