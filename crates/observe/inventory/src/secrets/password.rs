//! What a person would call a password, told from everything else that stands where one could.
//!
//! Deliberately strict: a finding that is none costs more trust than a weak password left unseen.
//! Words, names, references to where the password comes from, paths and placeholders are none.

use super::rules::contains_any_case;

/// Lengths a password may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=200;

/// What stands in a text instead of a password. Ordered by nothing but habit; short, for they are looked
/// for in every candidate.
const PLACEHOLDERS: [&str; 57] = [
    "pass",
    "secret",
    "changeme",
    "change_me",
    "change-me",
    "change_this",
    "changeit",
    "example",
    "sample",
    "dummy",
    "default",
    "placeholder",
    "your",
    "xxxx",
    "todo",
    "fixme",
    "insert",
    "replace",
    "redacted",
    "hidden",
    "masked",
    "foobar",
    "foo_",
    "fake",
    "mock",
    "test",
    "hunter2",
    "12345",
    "qwerty",
    "letmein",
    "abcdef",
    "abc123",
    "p@ss",
    "pa55w",
    "undefined",
    "generated",
    "random",
    "enter",
    "notasecret",
    "not-a-",
    "localhost",
    "admin123",
    "token",
    "credential",
    "encrypted",
    "invalid",
    "unused",
    "disabled",
    "required",
    "optional",
    "string",
    "vault:",
    "arn:",
    "ssm:",
    "secretref",
    "keyref",
    "deadbeef",
];

/// What begins a reference, a template or a piece of code.
const REFERENCES: [&str; 22] = [
    "${", "{{", "}}", "$(", "<%", "%>", "#{", "@{", "->", "::", "()", "](", "://", "%s", "%d", "%(", "\\u", "...", "==", "&&",
    "||", ".get",
];

/// Whether a value is likely a password.
pub(super) fn is_likely(value: &[u8]) -> bool {
    LENGTHS.contains(&value.len())
        && value.iter().all(u8::is_ascii_graphic)
        && !is_reference(value)
        && !is_placeholder(value)
        && !is_name(value)
        && is_varied(value)
}

fn is_reference(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or_default();
    let is_path = |byte: u8| matches!(byte, b'/' | b'~' | b'.' | b'\\');
    matches!(first, b'$' | b'{' | b'<' | b'%' | b'(' | b'[' | b'*' | b'&' | b'`' | b'|' | b'>')
        || is_path(first)
        || (value.ends_with(b")") && value.contains(&b'('))
        || value.contains(&b'<') && value.contains(&b'>')
        || (value.contains(&b'[') && value.ends_with(b"]"))
        || REFERENCES.iter().any(|mark| contains_any_case(value, mark.as_bytes()))
}

fn is_placeholder(value: &[u8]) -> bool {
    PLACEHOLDERS.iter().any(|word| contains_any_case(value, word.as_bytes()))
}

/// Words in `snake_case`, `kebab-case`, `dotted.case` or `camelCase`, with numbers at their ends: names
/// of things in programs and settings.
fn is_name(value: &[u8]) -> bool {
    let word = |part: &[u8]| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let digits = part[letters..].iter().all(u8::is_ascii_digit);
        let lower = part[..letters].iter().skip(1).filter(|byte| byte.is_ascii_uppercase()).count();
        // One hump in five letters is a name; more are drawn.
        digits && part.len() - letters <= 4 && (lower * 4 <= letters || lower + 1 >= letters)
    };
    value.split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b',' | b'@')).all(word)
}

/// Letters with digits or signs, in a mix that people and generators choose for passwords.
fn is_varied(value: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| usize::from(value.iter().any(kind));
    let classes =
        has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) + has(u8::is_ascii_punctuation);
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let digits = has(u8::is_ascii_digit) == 1;
    let enough = if value.len() >= 16 { classes >= 2 && digits } else { classes >= 3 && (digits || classes == 4) };
    enough && letters >= 3 && super::verify::entropy(value) >= 2.8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_told_from_names_and_references() {
        for value in ["tr4verse-Viol3t", "Kq7#mPz2wL", "x9Fk2LmQ8vTr4WzB", "9f86d081884c7d659a2feaa0c55ad015"] {
            assert!(is_likely(value.as_bytes()), "{value}");
        }
        for value in [
            "short1A",
            "${DB_PASSWORD}",
            "{{ .Values.x }}",
            "process.env.DB_PASS1",
            "changeme-Now1",
            "my-database-v2",
            "DatabaseKey2",
            "getValue(1A)",
            "/run/secrets/db1A",
            "config.dbPass2",
            "aaaaaaaaaaaaaaaa1",
            "<Passwort1>",
            "correcthorse",
            "https://a.b/C1",
            "ENC[AES256,data:x]",
            "20261122101530000",
        ] {
            assert!(!is_likely(value.as_bytes()), "{value}");
        }
    }
}
