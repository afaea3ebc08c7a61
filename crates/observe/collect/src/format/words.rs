//! Lines of words, some of them in quotes or brackets, as access logs are.

use std::borrow::Cow;

/// The words of a line, one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a>(pub(super) &'a str);

impl<'a> Words<'a> {
    /// The next word: without its quotes, brackets or braces where it has some. `None` at the end, and where a
    /// quote does not close.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start_matches(' ');
        let close = match rest.as_bytes().first()? {
            b'"' => return self.quoted(rest),
            b'[' => "]",
            b'{' => "}",
            _ => "",
        };
        let inside = if close.is_empty() { None } else { rest.get(1..).and_then(|rest| rest.split_once(close)) };
        // What goes on behind its bracket is an address of IPv6 and its port.
        let inside = inside.filter(|(_, after)| close != "]" || !after.starts_with(':'));
        let (word, after) = inside.unwrap_or_else(|| rest.split_once(' ').unwrap_or((rest, "")));
        self.0 = after;
        Some(word)
    }

    /// What stands between quotes; `\"` does not end it.
    fn quoted(&mut self, rest: &'a str) -> Option<&'a str> {
        let inside = rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = inside.bytes().position(|byte| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end
        })?;
        let (word, after) = inside.split_at_checked(end)?;
        self.0 = after.strip_prefix('"')?;
        Some(word)
    }

    /// The next word; empty where there is none or it is `-`.
    pub(super) fn value(&mut self) -> &'a str {
        given(self.next().unwrap_or_default())
    }

    /// What was not read yet.
    pub(super) fn rest(self) -> &'a str {
        self.0.trim_start_matches(' ')
    }
}

/// A value, or nothing for the `-` that stands for nothing.
pub(super) fn given(word: &str) -> &str {
    if word == "-" { "" } else { word }
}

/// A plain text of one in quotes: without the backslash before a quote or another.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains('\\') { Cow::Owned(text.replace("\\\"", "\"").replace("\\\\", "\\")) } else { Cow::Borrowed(text) }
}

/// `192.0.2.7:80`, `[2001:db8::1]:80`, `2001:db8::1`, `web-1:80`: host and port.
pub(super) fn host_port(text: &str) -> (&str, Option<i64>) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(crate::header::number));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && crate::header::number(port).is_some() => (host, crate::header::number(port)),
        // What is no address with its last group is one without it.
        Some((host, port)) if host.contains(':') && !is_address(text) && is_address(host) => (host, crate::header::number(port)),
        _ => (text, None),
    }
}

/// `192.0.2.7:80`, `2001:db8::1:80`, `[2001:db8::1]:80`, of a program that always writes a port: what stands behind the last
/// colon is one, with or without brackets.
pub(super) fn address_port(text: &str) -> (&str, Option<i64>) {
    match text.rsplit_once(':').map(|(host, port)| (host, crate::header::number(port))) {
        Some((host, Some(port))) if !text.starts_with('[') && port <= 65_535 && is_address(host) => (host, Some(port)),
        _ => host_port(text),
    }
}

fn is_address(text: &str) -> bool {
    let (plain, zone) = text.split_once('%').unwrap_or((text, ""));
    !zone.contains(':') && plain.parse::<std::net::IpAddr>().is_ok()
}

/// What stands between two marks.
pub(super) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_words() {
        let mut words = Words(r#"192.0.2.7 - "a \"b\"" [c d] {e|f} - [2001:db8::7]:80 []  "open"#);
        let seen: Vec<&str> = std::iter::from_fn(|| words.next()).collect();
        assert_eq!(seen, ["192.0.2.7", "-", r#"a \"b\""#, "c d", "e|f", "-", "[2001:db8::7]:80", ""]);
        assert_eq!(words.rest(), "\"open");
        assert_eq!(unescaped(r#"a \"b\" \\"#), r#"a "b" \"#);
    }

    #[test]
    fn reads_hosts_with_ports() {
        for (text, expected) in [
            ("192.0.2.7:80", ("192.0.2.7", Some(80))),
            ("[2001:db8::1]:80", ("2001:db8::1", Some(80))),
            ("2001:db8::1", ("2001:db8::1", None)),
            ("2001:db8:0:0:0:0:0:1:80", ("2001:db8:0:0:0:0:0:1", Some(80))),
            ("web-1:80", ("web-1", Some(80))),
            ("web-1", ("web-1", None)),
            ("2001:db8::7:51000", ("2001:db8::7", Some(51_000))),
            ("::ffff:192.0.2.7:80", ("::ffff:192.0.2.7", Some(80))),
            ("fe80::7%eth0:51000", ("fe80::7%eth0", Some(51_000))),
            ("2001:db8::x:51000", ("2001:db8::x:51000", None)),
            ("unix:1", ("unix", Some(1))),
        ] {
            assert_eq!(host_port(text), expected, "{text}");
        }
        for (text, expected) in [
            ("192.0.2.7:80", ("192.0.2.7", Some(80))),
            ("[2001:db8::1]:80", ("2001:db8::1", Some(80))),
            // Also an address of its own, but not where a port always follows.
            ("2001:db8::7:80", ("2001:db8::7", Some(80))),
            ("::1:443", ("::1", Some(443))),
            ("2001:db8:0:1:2:3:4:5:80", ("2001:db8:0:1:2:3:4:5", Some(80))),
            ("web-1:80", ("web-1", Some(80))),
            ("2001:db8::face", ("2001:db8::face", None)),
        ] {
            assert_eq!(address_port(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a \"\\\\\\[\\]{}:é-]{0,40}") {
            let mut words = Words(&text);
            let mut count = 0;
            while words.next().is_some() {
                count += 1;
            }
            prop_assert!(count <= text.len());
            host_port(&text);
            address_port(&text);
        }
    }
}
