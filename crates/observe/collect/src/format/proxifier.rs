//! Proxifier's log: which program went where through which proxy.
//!
//! `[11.21 08:30:00] chrome.exe - www.example.com:443 open through proxy proxy.example.com:5070 HTTPS` → Network Activity (4001).

use super::words::{between, host_port};
use crate::header::{Clock, Line, number};
use crate::meaning::{DESTINATION, Meaning};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::field;

/// Reads a line.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (stamp, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let (date, at) = stamp.split_once(' ')?;
    let (month, day) = date.split_once('.')?;
    let name = *["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .get(usize::try_from(number(month)?).ok()?.checked_sub(1)?)?;
    let (time, _) = clock.day_first(&format!("{day} {name} {at}"))?;
    let (program, what) = rest.split_once(" - ")?;
    let (target, what) = what.split_once(' ')?;
    let activity = if what.starts_with("open ") {
        network_activity::OPEN
    } else if what.starts_with("close,") {
        network_activity::CLOSE
    } else if what.starts_with("error ") {
        network_activity::FAIL
    } else {
        network_activity::OTHER
    };
    let mut meaning = Meaning::new("proxifier", Class::NetworkActivity, activity);
    let (host, port) = host_port(target);
    meaning.endpoint(DESTINATION, host, port);
    meaning.set_some(field::TRAFFIC_BYTES_OUT, between(what, "close, ", " bytes").and_then(number));
    let received = what
        .split(", ")
        .find_map(|part| part.strip_suffix(" received").or_else(|| part.split_once(" received").map(|(part, _)| part)));
    meaning.set_some(field::TRAFFIC_BYTES_IN, received.and_then(|part| number(part.split(' ').next()?)));
    let proxy = what.strip_prefix("open through proxy ").map_or("", |rest| rest.split(' ').next().unwrap_or_default());
    let (host, port) = host_port(proxy);
    meaning.set_text(field::PROXY_ENDPOINT_HOSTNAME, host).set_some(field::PROXY_ENDPOINT_PORT, port);
    if activity == network_activity::FAIL {
        meaning.failed(what);
    }
    Some((
        Line { time: Some(time), program: program.split(" *").next().unwrap_or(program), message: rest, ..Line::default() },
        meaning,
    ))
}
