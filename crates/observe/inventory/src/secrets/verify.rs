//! From a keyword to a secret: the pattern in its window, then everything that speaks against it.

use super::checksum;
use super::rules::{Rule, contains_any_case};
use std::ops::Range;
use vigie_catalogue::secret::Checksum;

/// A part of a file in memory.
#[derive(Clone, Copy)]
pub(super) struct View<'b> {
    pub(super) bytes: &'b [u8],
}

/// Words that no drawn token holds by chance; each has at least six letters, or repeats itself.
const PLACEHOLDERS: [&str; 18] = [
    "example",
    "placeholder",
    "changeme",
    "change_me",
    "your_token",
    "yourtoken",
    "your-",
    "your_",
    "xxxxx",
    "redacted",
    "dummy",
    "deadbeef",
    "abcdefgh",
    "12345678",
    "foobar",
    "insert_",
    "replace",
    "sample",
];

/// Tokens out of standards and manuals, which documents and tests everywhere quote (RFC 6749, 5849, 7617).
const PUBLISHED: [&str; 9] = [
    "2YotnFZFEjr1zCsicMWpAA",
    "tGzv3JOkF0XG5Qx2TlKWIA",
    "SlAV32hkKG",
    "SplxlOBeZQQYbYS6WxSbIA",
    "dpf43f3p2l4k3l03",
    "kd94hf93k423kf44",
    "czZCaGRSa3F0MzpnWDFmQmF0M2JW",
    "czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3",
    "QWxhZGRpbjpvcGVuIHNlc2FtZQ",
];

/// Same bytes in a row that no drawn token has.
const RUN_MAX: usize = 6;

/// How much of a line is looked at for a mark that allows a secret.
const LINE: usize = 600;

/// Marks in a line that say: this is meant to be here.
const ALLOWED: [&[u8]; 3] = [b"vigie:allow", b"gitleaks:allow", b"pragma: allowlist"];

/// Whether the rule finds a secret by the keyword at a place; the secret's place if it does.
pub(super) fn secret_at(view: View<'_>, at: usize, rule: &Rule) -> Option<Range<usize>> {
    let says = rule.says;
    let start = at.saturating_sub(usize::from(says.before));
    let end = view.bytes.len().min(at + usize::from(says.after));
    let window = view.bytes.get(start..end)?;
    let regex = rule.regex()?;
    // Most keywords stand there for something else; without groups that is quickly told.
    let whole = regex.find(window)?;
    let found = if says.group == 0 { whole } else { regex.captures(window)?.get(says.group)? };
    let place = start + found.start()..start + found.end();
    let secret = &view.bytes[place.clone()];
    let stands = (!says.whole || is_whole(view.bytes, &place))
        && entropy(secret) >= says.entropy
        && !is_placeholder(secret)
        && !rule.allows(secret)
        && checksum::holds(says.checksum, secret)
        && !(says.checksum == Checksum::Password && is_for_nobody(view.bytes, &place))
        && !is_allowed(view.bytes, &place);
    stands.then_some(place)
}

/// Whether no letter, digit or `_` touches the secret.
fn is_whole(bytes: &[u8], place: &Range<usize>) -> bool {
    let touches = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = &bytes[..place.start];
    // In strings of programs and in JSON, `\n` may stand right before it.
    let begins = match before {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        // Percent-encoded signs in addresses.
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => true,
        [.., byte] => !touches(byte),
        [] => true,
    };
    begins && bytes.get(place.end).is_none_or(|byte| !touches(byte))
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let length = bytes.len() as f64;
    let part = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(part).map(|share| -share * share.log2()).sum()
}

fn is_placeholder(secret: &[u8]) -> bool {
    let repeats = secret.windows(RUN_MAX).any(|run| run.iter().all(|byte| byte == &run[0]) && run[0] != b'-' && run[0] != b'A');
    repeats
        || (secret.len() < 1024 && PLACEHOLDERS.iter().chain(&PUBLISHED).any(|word| contains_any_case(secret, word.as_bytes())))
}

/// Whether the password of an address is for this machine or for nobody's: hosts of examples.
fn is_for_nobody(bytes: &[u8], place: &Range<usize>) -> bool {
    const HOSTS: [&[u8]; 8] = [b"@localhost", b"@127.", b"@0.0.0.0", b"@[::1]", b"@example", b"@host", b"@foo", b"@my"];
    let after = &bytes[place.end..bytes.len().min(place.end + 200)];
    let host = after
        .split(|byte| matches!(byte, b'/' | b'?' | b'"' | b'\'' | b'`') || byte.is_ascii_whitespace())
        .next()
        .unwrap_or(after);
    let name = host.split(|byte| *byte == b':').next().unwrap_or(host);
    let reserved: [&[u8]; 8] =
        [b".example", b".test", b".invalid", b".localhost", b"example.com", b"example.org", b"example.net", b".local"];
    let ends = |end: &&[u8]| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end);
    HOSTS.iter().any(|start| host.starts_with(start)) || (host.starts_with(b"@") && reserved.iter().any(ends))
}

/// Whether the secret's line says that it is meant to be there.
fn is_allowed(bytes: &[u8], place: &Range<usize>) -> bool {
    let before = &bytes[place.start.saturating_sub(LINE)..place.start];
    let after = &bytes[place.end..bytes.len().min(place.end + LINE)];
    let head = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end..]);
    let tail = memchr::memchr(b'\n', after).map_or(after, |end| &after[..end]);
    ALLOWED.iter().any(|mark| [head, tail].iter().any(|part| memchr::memmem::find(part, mark).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_in_bits() {
        assert!((entropy(b"aaaa") - 0.0).abs() < 1e-9 && (entropy(b"abcd") - 2.0).abs() < 1e-9);
        assert!(entropy(b"") >= 0.0);
    }

    #[test]
    fn a_secret_stands_by_itself() {
        let whole = |text: &[u8], from: usize| is_whole(text, &(from..from + 3));
        assert!(whole(b"key", 0) && whole(b"=key;", 1) && whole(b"\\nkey", 2) && whole(b"%3Dkey&", 3));
        assert!(!whole(b"akey", 1) && !whole(b"keys", 0) && !whole(b"nkey", 1));
    }

    #[test]
    fn a_line_may_allow_its_secret() {
        let text = b"a\nkey # vigie:allow\nkey\n";
        assert!(is_allowed(text, &(2..5)) && !is_allowed(text, &(20..23)));
    }

    #[test]
    fn addresses_of_examples_lead_nowhere() {
        let nobody = |text: &[u8]| is_for_nobody(text, &(0..2));
        assert!(nobody(b"pw@localhost:80/x") && nobody(b"pw@db.example.com/x") && nobody(b"pw@example.org"));
        assert!(!nobody(b"pw@db.internal/x?example.com") && !nobody(b"pw example.com"));
    }

    #[test]
    fn made_up_tokens_are_told() {
        assert!(is_placeholder(b"ghp_XXXXXXXXXXXX") && is_placeholder(b"AKIAIOSFODNN7EXAMPLE") && !is_placeholder(b"gh9fK2mQ"));
    }
}
