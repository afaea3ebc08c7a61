//! The distribution.
//!
//! Format: os-release(5), a list of shell assignments without expansion. Under which name vulnerability data know
//! it, [`crate::packages::os`] tells.

use vigie_model::host::OsRelease;

/// The largest os-release file that is read.
pub const BYTES_MAX: usize = 64 * 1024;

/// Reads os-release(5). Lines that are no assignment are passed over, as the shell of a sourcing script would not do,
/// because a name with a missing pretty name is better than none.
#[must_use]
pub fn parse(bytes: &[u8]) -> OsRelease {
    let mut release = OsRelease::default();
    for line in String::from_utf8_lossy(bytes).lines() {
        let Some((key, value)) = line.trim().split_once('=') else { continue };
        let value = unquote(value);
        match key {
            "ID" => release.id = value.to_ascii_lowercase(),
            "ID_LIKE" => release.id_like = value.split_whitespace().map(str::to_ascii_lowercase).collect(),
            "VERSION_ID" => release.version_id = value,
            "VERSION_CODENAME" => release.codename = value,
            "PRETTY_NAME" => release.pretty_name = value,
            _ => {}
        }
    }
    release
}

/// Removes the quotes and escapes that os-release(5) allows.
fn unquote(value: &str) -> String {
    let value = value.trim();
    let single = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    if let Some(literal) = single {
        return literal.to_owned();
    }
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        plain.push(if char == '\\' { chars.next().unwrap_or('\\') } else { char });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_quoted_file() {
        let os = parse(b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n# a comment = here\nVERSION_CODENAME=bookworm\n");
        assert_eq!((os.id.as_str(), os.version_id.as_str(), os.codename.as_str()), ("debian", "12", "bookworm"));
        assert_eq!(os.pretty_name, "Debian GNU/Linux 12 (bookworm)");
        let odd = parse(b"ID='mint'\nID_LIKE=\"ubuntu debian\"\nPRETTY_NAME=\"A \\\"quoted\\\" \\$name\"");
        assert_eq!(odd.id_like, ["ubuntu", "debian"]);
        assert_eq!(odd.pretty_name, "A \"quoted\" $name");
    }
}
