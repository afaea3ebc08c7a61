//! `key=value key="value with blanks"`, as PAM, the kernel, auditd and many others write.

/// The pairs of a text, in order; what is no pair is passed over.
///
/// A value ends at a blank, or at its closing quote; a quote that never closes runs to the end.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    pairs_with_quotes(text).map(|(key, value, _)| (key, value))
}

/// The pairs of a text, and whether the value stood in quotes.
pub(super) fn pairs_with_quotes(text: &str) -> impl Iterator<Item = (&str, &str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start_matches([' ', ',', '\t', '\n']);
            if rest.is_empty() {
                return None;
            }
            let end = rest.bytes().position(|byte| matches!(byte, b'=' | b' ' | b'\t' | b'\n'))?;
            let (key, after) = rest.split_at_checked(end)?;
            let Some(value) = after.strip_prefix('=') else {
                rest = after;
                continue;
            };
            let (value, after, is_quoted) = read_value(value);
            rest = after;
            if !key.is_empty() {
                return Some((key, value, is_quoted));
            }
        }
    })
}

fn read_value(text: &str) -> (&str, &str, bool) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote).unwrap_or((quoted, ""));
            return (value, rest, true);
        }
    }
    let end = text.bytes().position(|byte| matches!(byte, b' ' | b'\t' | b'\n')).unwrap_or(text.len());
    let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (value, rest, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        let seen: Vec<String> = pairs(text).map(|(key, value)| format!("{key}:{value}")).collect();
        assert_eq!(seen.join("|"), expected, "{text}");
    }

    #[test]
    fn reads_pairs() {
        check("logname= uid=0 rhost=192.0.2.7  user=root", "logname:|uid:0|rhost:192.0.2.7|user:root");
        check(r#"a="b c" msg='op=x exe="/a b"' d=e"#, r#"a:b c|msg:op=x exe="/a b"|d:e"#);
        check("words and=one, =none x=\"open", "and:one,|x:open");
        check("", "");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a= \"',é\n]{0,40}") {
            prop_assert!(pairs(&text).count() <= text.len());
        }
    }
}
