//! A small language for lines of text: what stands there as it stands, with named parts between.
//!
//! `%{time:at} till %{word:who} took %{number:ms}ms%[ for %{rest:why}%]`: a part says its kind and, where its value is wanted, a
//! name; what stands between `%[` and `%]` may be missing. Blanks stand for one blank or more, `%%` for a percent sign. The
//! kinds that people know from grok are understood by those names too. A line is fitted whole.
//!
//! It is written as one regular expression and compiled once, so reading takes time linear in the line whatever it holds.
//! Deliberately absent: alternatives (a page has several lines) and regular expressions within (a page has `pattern`).

use super::PATTERN_SIZE_MAX;
use regex::{Regex, RegexBuilder};

/// Longest pattern of a line, in bytes.
pub const LINE_PATTERN_MAX: usize = 4_096;

/// Most parts of one.
pub const LINE_PARTS_MAX: usize = 64;

/// Deepest that stretches which may be missing stand in each other.
const DEPTH_MAX: usize = 4;

/// The kinds of parts: name, what fits, and the names that grok has for it.
///
/// None has a class of characters by Unicode tables: those make large programs, and a pattern has many parts.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("word", r#"[^\x00-\x20"'(),:;<=>\[\]{|}]+"#, &["username", "user"]),
    ("value", r"[^\x00-\x20]+", &["notspace"]),
    ("text", ".*?", &["data"]),
    ("rest", "(?s:.*)", &["greedydata"]),
    ("number", r"[+-]?[0-9]+(?:\.[0-9]+)?", &["base10num"]),
    ("int", "[+-]?[0-9]+", &["nonnegint", "posint"]),
    ("hex", "(?:0x)?[0-9A-Fa-f]+", &["base16num"]),
    ("ip", r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+(?:%[0-9A-Za-z]+)?", &["ipv4", "ipv6"]),
    ("host", r"[0-9A-Za-z_](?:[0-9A-Za-z_.-]*[0-9A-Za-z_])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+", &["iporhost", "hostname"]),
    ("mac", "[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}", &[]),
    ("uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", &[]),
    ("mail", r#"[^\x00-\x20@<>"]+@[^\x00-\x20@<>"]+"#, &["emailaddress"]),
    ("url", r#"[A-Za-z][0-9A-Za-z+.-]*://[^\x00-\x20"<>]+"#, &["uri"]),
    ("path", r#"(?:/|[A-Za-z]:\\)[^\x00-\x20"]*"#, &["unixpath", "winpath"]),
    ("level", "[A-Za-z]{3,13}", &["loglevel"]),
    ("quoted", "", &["quotedstring", "qs"]),
    ("time", TIME, &["timestamp", "timestamp_iso8601", "httpdate", "syslogtimestamp", "datestamp"]),
];

/// Times as pages read them, and as syslog writes them.
const TIME: &str = r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?|[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?: [+-][0-9]{4})?|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: [0-9]{4})?|[0-9]{10}(?:\.[0-9]+|[0-9]{3}|[0-9]{6}|[0-9]{9})?";

/// Lines that no pattern is for together.
const ANY: [&str; 2] = ["any words at all", "7 other: things"];

/// What stands inside quotes.
const QUOTED: &str = r#"[^"\\]*(?:\\.[^"\\]*)*"#;

/// A kind as an expression that stands at the beginning of a text.
pub(crate) fn kind_regex(kind: &str) -> Option<Regex> {
    let (_, fits, _) = KINDS.iter().find(|(name, ..)| *name == kind)?;
    Regex::new(&format!("^(?:{fits})")).ok()
}

/// The kinds of parts, by their own names.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, ..)| *name)
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// As it stands.
    Text(String),
    /// Blanks, one or more.
    Blank,
    /// A part of a kind, by the kind's place in the list, and its name.
    Part(usize, Option<String>),
    /// From here on it may be missing,
    Opens,
    /// up to here.
    Closes,
}

/// Compiles a pattern.
///
/// # Errors
/// The end of a sentence about the pattern that says what is wrong in it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let pieces = read(pattern)?;
    if !pieces.iter().any(|piece| matches!(piece, Piece::Part(_, Some(_)))) {
        return Err("names no value: write %{word:name} where one stands".to_owned());
    }
    let regex = built(&format!("^{}$", written(&pieces)))?;
    // It would take the records of every source.
    if ANY.iter().all(|line| regex.is_match(line)) {
        Err("fits any line: say what stands in all of these and in no others".to_owned())
    } else {
        Ok(regex)
    }
}

/// How far a line fits a pattern that does not fit it: the bytes that the longest beginning of the pattern takes, and what
/// the pattern wants next.
pub(crate) fn furthest(pattern: &str, line: &str) -> Option<(usize, String)> {
    let pieces = read(pattern).ok()?;
    let mut found = (0, 0);
    let mut depth = 0_usize;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Opens => depth += 1,
            Piece::Closes => depth = depth.saturating_sub(1),
            _ => {}
        }
        // Within what may be missing nothing is cut off.
        if depth > 0 {
            continue;
        }
        let beginning = built(&format!("^{}", written(pieces.get(..=at)?))).ok()?;
        match beginning.find(line) {
            Some(fits) => found = (at + 1, fits.end()),
            None => break,
        }
    }
    let (pieces_taken, bytes) = found;
    let wanted = pieces.get(pieces_taken).map_or_else(String::new, shown);
    Some((bytes, wanted))
}

/// A piece as it is written.
fn shown(piece: &Piece) -> String {
    match piece {
        Piece::Text(text) => text.clone(),
        Piece::Blank => " ".to_owned(),
        Piece::Part(kind, name) => {
            let kind = KINDS.get(*kind).map_or("", |(kind, ..)| kind);
            name.as_ref().map_or_else(|| format!("%{{{kind}}}"), |name| format!("%{{{kind}:{name}}}"))
        }
        Piece::Opens => "%[".to_owned(),
        Piece::Closes => "%]".to_owned(),
    }
}

fn built(expression: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(expression).size_limit(PATTERN_SIZE_MAX).build();
    built.map_err(|_| "has too many parts that take much: split it, or use narrower kinds".to_owned())
}

fn written(pieces: &[Piece]) -> String {
    let mut expression = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => expression.push_str(&regex::escape(text)),
            Piece::Blank => expression.push_str("[ \\t]+"),
            Piece::Opens => expression.push_str("(?:"),
            Piece::Closes => expression.push_str(")?"),
            Piece::Part(kind, name) => {
                let (word, fits, _) = KINDS.get(*kind).unwrap_or(&("", "", &[]));
                let is_quoted = *word == "quoted";
                let fits = if is_quoted { QUOTED } else { fits };
                let quote = if is_quoted { "\"" } else { "" };
                let group = name.as_ref().map_or_else(|| "?:".to_owned(), |name| format!("?<{name}>"));
                expression.push_str(&format!("{quote}({group}{fits}){quote}"));
            }
        }
    }
    expression
}

/// The pieces of a pattern.
fn read(pattern: &str) -> Result<Vec<Piece>, String> {
    if pattern.len() > LINE_PATTERN_MAX {
        return Err(format!("is longer than {LINE_PATTERN_MAX} bytes"));
    }
    let mut pieces = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let (mut depth, mut parts) = (0, 0);
    let mut rest = pattern;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("%{") {
            let Some((inside, after)) = after.split_once('}') else { return Err("has a %{ without its }".to_owned()) };
            let (kind, name) = part(inside, &names)?;
            names.extend(name);
            pieces.push(Piece::Part(kind, name.map(str::to_owned)));
            parts += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("%[") {
            depth += 1;
            pieces.push(Piece::Opens);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("%]") {
            if depth == 0 {
                return Err("has a %] without its %[".to_owned());
            }
            depth -= 1;
            pieces.push(Piece::Closes);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("%%") {
            push_text(&mut pieces, "%");
            rest = after;
        } else if rest.starts_with([' ', '\t']) {
            pieces.push(Piece::Blank);
            rest = rest.trim_start_matches([' ', '\t']);
        } else {
            // A percent sign that begins nothing stands for itself.
            let end =
                rest.char_indices().skip(1).find(|(_, sign)| matches!(sign, '%' | ' ' | '\t')).map_or(rest.len(), |(at, _)| at);
            let (text, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            push_text(&mut pieces, text);
            rest = after;
        }
        if parts > LINE_PARTS_MAX {
            return Err(format!("has more than {LINE_PARTS_MAX} parts"));
        }
        if depth > DEPTH_MAX {
            return Err(format!("has more than {DEPTH_MAX} %[ in each other"));
        }
    }
    if depth > 0 { Err("has a %[ without its %]".to_owned()) } else { Ok(pieces) }
}

fn push_text(pieces: &mut Vec<Piece>, more: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push_str(more),
        _ => pieces.push(Piece::Text(more.to_owned())),
    }
}

/// `kind:name`, or a kind alone.
fn part<'p>(inside: &'p str, known: &[&str]) -> Result<(usize, Option<&'p str>), String> {
    let (kind, name) = inside.split_once(':').map_or((inside, None), |(kind, name)| (kind, Some(name)));
    let is_kind = |(own, _, others): &&(&str, &str, &[&str])| {
        own.eq_ignore_ascii_case(kind) || others.iter().any(|other| other.eq_ignore_ascii_case(kind))
    };
    let Some(place) = KINDS.iter().position(|row| is_kind(&row)) else {
        let known: Vec<&str> = kinds().collect();
        return Err(format!("asks for the kind `{kind}`, which is none of {}", known.join(", ")));
    };
    let Some(name) = name else { return Ok((place, None)) };
    if !is_name(name) {
        return Err(format!("has the name `{name}`: names are letters, digits, `_` and `.`, and begin with a letter"));
    }
    if known.contains(&name) {
        return Err(format!("has the name `{name}` twice"));
    }
    Ok((place, Some(name)))
}

fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(is_inner)
}

/// A text as it has to be written in a pattern to stand for itself.
pub(crate) fn literal(text: &str) -> String {
    text.replace('%', "%%")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(pattern: &str, line: &str, expected: &str) {
        let regex = compile(pattern).unwrap();
        let Some(found) = regex.captures(line) else { return assert_eq!("-", expected, "{line}") };
        let named = regex.capture_names().flatten();
        let shown: Vec<String> = named.filter_map(|name| Some(format!("{name}={}", found.name(name)?.as_str()))).collect();
        assert_eq!(shown.join("|"), expected, "{line}");
    }

    #[test]
    fn parts_take_what_their_kinds_say() {
        let till = "%{time:at} till %{word:who} paid %{number:sum}%% from %{ip:src}:%{int:port}%[ (%{rest:why})%]";
        check(
            till,
            "2026-11-21T08:30:00Z till  eva paid 7.5% from 192.0.2.7:80",
            "at=2026-11-21T08:30:00Z|who=eva|sum=7.5|src=192.0.2.7|port=80",
        );
        check(
            till,
            "21/Nov/2026:08:30:00 +0100 till é.m paid 1% from ::1:80 (x)y)",
            "at=21/Nov/2026:08:30:00 +0100|who=é.m|sum=1|src=::1|port=80|why=x)y",
        );
        check(till, "soon till eva paid 7% from 192.0.2.7:80", "-");
        check(
            "%{quoted:what} %{LOGLEVEL:level} %{IPORHOST:h} 100%",
            r#""a \" b" WARN web-1.example 100%"#,
            r#"what=a \" b|level=WARN|h=web-1.example"#,
        );
        check("%{text:a}, %{rest:b}", "x, y, z", "a=x|b=y, z");
        check(
            "%{time:t} %{url:u} %{mail:m} %{mac:c} %{uuid:i} %{path:p} %{hex:x}",
            "Nov  1 08:30:00 https://x/?a=b a@b.example 00:11:22:33:44:55 6fa459ea-ee8a-3ca4-894e-db77e160355e /a/b 0xff",
            "t=Nov  1 08:30:00|u=https://x/?a=b|m=a@b.example|c=00:11:22:33:44:55|i=6fa459ea-ee8a-3ca4-894e-db77e160355e|p=/a/b|x=0xff",
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (pattern, wrong) in [
            ("till", "names no value: write %{word:name} where one stands"),
            ("%{word}", "names no value: write %{word:name} where one stands"),
            ("%{rest:a}", "fits any line: say what stands in all of these and in no others"),
            ("%{word:a} %{text:b}", "fits any line: say what stands in all of these and in no others"),
            ("%{word:a", "has a %{ without its }"),
            ("%[%{word:a}", "has a %[ without its %]"),
            ("%{word:a}%]", "has a %] without its %["),
            ("%{word:a}%{word:a}", "has the name `a` twice"),
            ("%{word:1}", "has the name `1`: names are letters, digits, `_` and `.`, and begin with a letter"),
        ] {
            assert_eq!(compile(pattern).unwrap_err(), wrong, "{pattern}");
        }
        assert!(compile("%{wrd:a}").unwrap_err().starts_with("asks for the kind `wrd`, which is none of word, value"));
        assert_eq!(compile(&"%{word:a} ".repeat(2)).unwrap_err(), "has the name `a` twice");
        let many: String = (0..=LINE_PARTS_MAX).map(|number| format!("%{{int:n{number}}} ")).collect();
        assert_eq!(compile(&many).unwrap_err(), "has more than 64 parts");
        let most: String = (0..LINE_PARTS_MAX).map(|number| format!("%{{time:n{number}}} ")).collect();
        assert!(compile(&most).is_ok(), "as many parts as there may be, of the largest kind");
    }

    #[test]
    fn says_how_far_a_line_fits() {
        let (bytes, wanted) =
            furthest("%{time:at} till %{word:who} paid %{int:n}", "2026-11-21T08:30:00Z till eva owes 7").unwrap();
        assert_eq!((bytes, wanted.as_str()), (30, "paid"));
        assert_eq!(furthest("%{int:n}%[ a%] end", "7 a more").unwrap(), (4, "end".to_owned()));
        assert_eq!(furthest("%{int:n} end", "x").unwrap(), (0, "%{int:n}".to_owned()));
    }

    proptest! {
        #[test]
        fn nothing_panics(pattern in r"[%{}\[\]a:b \\(.*]{0,24}|%\{(word|text|ip|time):a\}.{0,12}", line: String) {
            if let Ok(regex) = compile(&pattern) {
                let _ = regex.captures(&line);
            }
            let _ = furthest(&pattern, &line);
        }

        #[test]
        fn what_stands_for_itself_fits_itself(text in "[a-z%(){}.*+é|\\\\]{1,20}") {
            let regex = compile(&format!("{}%{{rest:r}}", literal(&text))).unwrap();
            prop_assert!(regex.is_match(&text));
        }
    }
}
