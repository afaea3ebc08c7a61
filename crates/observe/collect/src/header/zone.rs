//! Names of zones, and which of them say what they mean.
//!
//! A name is believed where nobody else uses it for another offset today. `CST` (America, China, Cuba), `IST` (India,
//! Israel, Ireland), `AST`/`ADT` (the Atlantic, Arabia), `GST` (the Gulf, South Georgia), `SST`, `ECT` and `AMT` are several: a
//! time with one of them is taken for local, and the name is kept. `BST` is the British summer: no other zone of the tz
//! database writes it any more. `EST`, `MST` and `PST` are America's, as in RFC 2822. Names stand in capitals, so that
//! words of a message are none.

use super::syslog::read_offset;

/// Longest name that is in the table.
const NAME_MAX: usize = 5;

/// What stands behind a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Seconds east of Greenwich.
    Offset(i64),
    /// A name that means several.
    Ambiguous(&'static str),
}

/// A zone at the beginning of a text: `Z`, `+01:00`, `CET`, `GMT+01:00`, `UTC-3`. Gives what follows, which is no letter or
/// digit.
pub(crate) fn read_zone(text: &str) -> Option<(Zone, &str)> {
    let is_end = |rest: &str| !rest.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    let length = text.bytes().take(NAME_MAX + 1).take_while(u8::is_ascii_uppercase).count();
    let (name, rest) = text.split_at_checked(length)?;
    if name.is_empty() {
        let (offset, rest) = read_offset(text).filter(|(_, rest)| is_end(rest))?;
        return Some((Zone::Offset(offset), rest));
    }
    if matches!(name, "GMT" | "UTC")
        && let Some((offset, rest)) = read_short_offset(rest)
    {
        return Some((Zone::Offset(offset), rest));
    }
    if !is_end(rest) || rest.starts_with('/') {
        // `Etc/UTC` is the only one of its kind that programs write.
        return text.strip_prefix("Etc/UTC").filter(|rest| is_end(rest)).map(|rest| (Zone::Offset(0), rest));
    }
    Some((named(name)?, rest))
}

/// `+01:00`, `-0530`, `+01`, `+1`, where nothing else follows.
fn read_short_offset(text: &str) -> Option<(i64, &str)> {
    let is_end = |rest: &str| !rest.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if let Some((offset, rest)) = read_offset(text).filter(|(_, rest)| text.starts_with(['+', '-']) && is_end(rest)) {
        return Some((offset, rest));
    }
    let (sign, digit) = match text.as_bytes() {
        [b'+', digit @ b'0'..=b'9', ..] => (1, digit),
        [b'-', digit @ b'0'..=b'9', ..] => (-1, digit),
        _ => return None,
    };
    let rest = text.get(2..).filter(|rest| is_end(rest) && !rest.starts_with(':'))?;
    Some((sign * i64::from(digit - b'0') * 3600, rest))
}

/// What a name means, in capitals.
pub(crate) fn named(name: &str) -> Option<Zone> {
    let half_hours = match name {
        "UTC" | "GMT" | "Z" | "UCT" | "WET" => 0,
        "CET" | "MET" | "BST" | "WEST" | "WAT" => 2,
        "CEST" | "MEST" | "EET" | "SAST" | "CAT" => 4,
        "EEST" | "MSK" | "EAT" | "IDT" | "TRT" => 6,
        "PKT" => 10,
        "WIB" => 14,
        "AWST" | "HKT" | "SGT" | "WITA" => 16,
        "JST" | "KST" | "WIT" => 18,
        "ACST" => 19,
        "AEST" | "CHST" => 20,
        "ACDT" => 21,
        "AEDT" => 22,
        "NZST" => 24,
        "NZDT" => 26,
        "NDT" => -5,
        "BRT" => -6,
        "NST" => -7,
        "EDT" => -8,
        "EST" | "CDT" => -10,
        "MDT" => -12,
        "MST" | "PDT" => -14,
        "PST" | "AKDT" => -16,
        "AKST" | "HDT" => -18,
        "HST" => -20,
        _ => return ambiguous(name).map(Zone::Ambiguous),
    };
    Some(Zone::Offset(half_hours * 1800))
}

/// A name that means several, from the table.
fn ambiguous(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 8] = ["CST", "IST", "AST", "ADT", "GST", "SST", "ECT", "AMT"];
    NAMES.into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_zones() {
        for (text, hours, rest) in [
            ("Z x", 0.0, " x"),
            ("UTC: x", 0.0, ": x"),
            ("Etc/UTC", 0.0, ""),
            ("+01:00", 1.0, ""),
            ("-0530 x", -5.5, " x"),
            ("+03]", 3.0, "]"),
            ("GMT+01:00", 1.0, ""),
            ("GMT-0330", -3.5, ""),
            ("UTC+2 x", 2.0, " x"),
            ("UTC-3", -3.0, ""),
            ("CET,", 1.0, ","),
            ("CEST", 2.0, ""),
            ("EEST", 3.0, ""),
            ("MSK x", 3.0, " x"),
            ("EST [4711]", -5.0, " [4711]"),
            ("PDT", -7.0, ""),
            ("ACST", 9.5, ""),
            ("NST", -3.5, ""),
            ("JST", 9.0, ""),
        ] {
            assert_eq!(read_zone(text), Some((Zone::Offset((hours * 3600.0) as i64), rest)), "{text}");
        }
        for text in ["CST", "IST: x", "AST ", "GST"] {
            assert!(matches!(read_zone(text), Some((Zone::Ambiguous(_), _))), "{text}");
        }
        for text in
            ["", "web-1", "CETX", "CET1", "cet", "LOG", "GMTX", "MSK/x", "UTC/x", "-", "- x", "+1", "+01x", "Europe/Paris"]
        {
            assert_eq!(read_zone(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(GMT|UTC|CET|[+-])?[0-9A-Z:+/é -]{0,12}") {
            if let Some((_, rest)) = read_zone(&text) {
                prop_assert!(text.ends_with(rest) && rest.len() < text.len());
            }
        }
    }
}
