//! A service as checks look at it, whichever of the two forms it is written in.

use crate::piece::Tally;
use serde_json::Value;
use vigie_model::configuration::{Look, Piece, seen};
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// A mount of a service.
pub(super) struct Mount<'a> {
    pub(super) pointer: String,
    /// The folder or volume of the host; empty for one without a name.
    pub(super) source: &'a str,
    pub(super) target: &'a str,
    pub(super) propagation: &'a str,
}

/// A port that a service publishes.
pub(super) struct Port<'a> {
    pub(super) pointer: String,
    /// The address of the host; empty is all of them.
    pub(super) address: &'a str,
    /// The first port of the container.
    pub(super) inside: u64,
    pub(super) shown: String,
}

/// Judges a service; other pieces have nothing to judge.
pub(super) fn of_service<'a>(piece: &'a Piece, judge: impl FnOnce(&mut Tally<'a>)) -> Verdict {
    if piece.kind != "service" {
        return none();
    }
    let mut tally = Tally::of(piece);
    judge(&mut tally);
    tally.verdict()
}

fn none() -> Verdict {
    Verdict::not_applicable(text!(
        en "it is no service that has this",
        fr "ce n’est pas un service concerné",
        de "es ist kein Dienst, der das betrifft"
    ))
}

/// Judges a service that has a member; not applicable to others.
pub(super) fn of_member<'a>(piece: &'a Piece, member: &str, judge: impl FnOnce(&mut Tally<'a>)) -> Verdict {
    if piece.body.get(member).is_none() && !extends_elsewhere(piece) { none() } else { of_service(piece, judge) }
}

/// Whether another file says more about the service.
pub(super) fn extends_elsewhere(piece: &Piece) -> bool {
    piece.body.get("extends").is_some()
}

/// Notes something that is missing; another file may have it.
pub(super) fn missing(tally: &mut Tally<'_>, piece: &Piece, member: &str, expected: &str) {
    if extends_elsewhere(piece) {
        tally.unknown("extends");
    } else {
        tally.bad("", format!("/{member}"), "", expected);
    }
}

/// A scalar as text: what is a number or a switch is written in many ways.
pub(super) fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Texts of a list with their pointers; what is unknown is noted.
pub(super) fn texts<'a>(piece: &'a Piece, tally: &mut Tally<'a>, pointer: &str) -> Vec<(String, &'a str)> {
    let Some(Value::Array(items)) = tally.known(pointer) else { return Vec::new() };
    let mut texts = Vec::new();
    for at in 0..items.len() {
        let below = format!("{pointer}/{at}");
        match piece.look(&below) {
            Look::Known(Value::String(text)) => texts.push((below, text.as_str())),
            Look::Unknown(expression) => tally.unknown(expression),
            Look::Known(_) | Look::Absent => {}
        }
    }
    texts
}

/// Names and values, written as a map or as a list of `NAME=value`.
pub(super) fn pairs<'a>(piece: &'a Piece, pointer: &str) -> Vec<(String, &'a str, Look<'a>)> {
    match piece.look(pointer) {
        Look::Known(Value::Object(members)) => {
            let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
            members.iter().map(|(name, value)| (format!("{pointer}/{}", escaped(name)), name.as_str(), seen(value))).collect()
        }
        Look::Known(Value::Array(items)) => {
            let pair = |(at, item): (usize, &'a Value)| {
                let (name, value) = match seen(item) {
                    Look::Known(item) => item.as_str()?.split_once('=')?,
                    Look::Unknown(expression) => expression.split_once('=')?,
                    Look::Absent => return None,
                };
                // The list's values are texts within a text, and cannot be borrowed as values of their own.
                let look = if value.contains("${") || value.starts_with('$') { Look::Unknown(value) } else { Look::Known(item) };
                Some((format!("{pointer}/{at}"), name, look))
            };
            items.iter().enumerate().filter_map(pair).collect()
        }
        _ => Vec::new(),
    }
}

/// The value of a pair as text: of `NAME=value`, what stands behind the sign.
pub(super) fn value_of(name: &str, look: Look<'_>) -> Option<String> {
    let text = scalar(look.known()?);
    Some(text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).map_or_else(|| text.clone(), str::to_owned))
}

/// Mounts of a service, in both forms.
pub(super) fn mounts<'a>(piece: &'a Piece, tally: &mut Tally<'a>) -> Vec<Mount<'a>> {
    let Some(Value::Array(items)) = tally.known("/volumes") else { return Vec::new() };
    let mut mounts = Vec::new();
    for at in 0..items.len() {
        let pointer = format!("/volumes/{at}");
        let text = |below: &str| piece.look(&format!("{pointer}{below}")).known().and_then(Value::as_str).unwrap_or_default();
        match piece.look(&pointer) {
            Look::Known(Value::String(short)) => {
                let mut parts = short.split(':');
                let first = parts.next().unwrap_or_default();
                let second = parts.next();
                let options = parts.next().unwrap_or_default();
                let propagation = options.split(',').find(|option| option.contains("shared")).unwrap_or_default();
                let (source, target) = second.map_or(("", first), |target| (first, target));
                mounts.push(Mount { pointer, source, target, propagation });
            }
            Look::Known(Value::Object(_)) => {
                let (source, target, propagation) = (text("/source"), text("/target"), text("/bind/propagation"));
                mounts.push(Mount { pointer, source, target, propagation });
            }
            // The host's part may be open and the rest still plain: a named volume, a folder of the project.
            Look::Unknown(expression) => tally.unknown(expression),
            _ => {}
        }
    }
    mounts
}

/// Ports that a service publishes, in both forms.
pub(super) fn ports<'a>(piece: &'a Piece, tally: &mut Tally<'a>) -> Vec<Port<'a>> {
    let Some(Value::Array(items)) = tally.known("/ports") else { return Vec::new() };
    let mut ports = Vec::new();
    for at in 0..items.len() {
        let pointer = format!("/ports/{at}");
        let number = |text: &str| text.split(['/', '-']).next().unwrap_or_default().parse::<u64>().ok();
        match piece.look(&pointer) {
            Look::Known(Value::Number(inside)) => {
                let shown = inside.to_string();
                ports.extend(inside.as_u64().map(|inside| Port { pointer, address: "", inside, shown }));
            }
            Look::Known(Value::String(short)) => {
                let (rest, inside) = short.rsplit_once(':').unwrap_or(("", short));
                let address = rest.rsplit_once(':').map_or("", |(address, _)| address);
                let shown = short.clone();
                ports.extend(number(inside).map(|inside| Port { pointer, address, inside, shown }));
            }
            Look::Known(long @ Value::Object(_)) => {
                let inside = long.get("target").map(scalar).and_then(|target| number(&target));
                let address = long.get("host_ip").and_then(Value::as_str).unwrap_or_default();
                let published = long.get("published").map(scalar).unwrap_or_default();
                let shown = |inside: u64| format!("{published}:{inside}");
                ports.extend(inside.map(|inside| Port { pointer, address, inside, shown: shown(inside) }));
            }
            Look::Unknown(expression) => {
                // `${PORT}:5432` publishes 5432 wherever.
                match expression.rsplit_once(':').and_then(|(rest, inside)| Some((rest, number(inside)?))) {
                    Some((rest, inside)) if !rest.contains("${") || !rest.contains(':') || rest.matches("${").count() == 1 => {
                        let address = if rest.starts_with("127.") { "127.0.0.1" } else { "" };
                        ports.push(Port { pointer, address, inside, shown: expression.to_owned() });
                    }
                    _ => tally.unknown(expression),
                }
            }
            _ => {}
        }
    }
    ports
}

impl Port<'_> {
    /// Whether others than this machine reach it.
    pub(super) fn is_open(&self) -> bool {
        let address = self.address.trim_matches(['[', ']']);
        !(address.starts_with("127.") || address == "::1" || address == "localhost")
    }
}
