//! The distribution, and under which name vulnerability data knows it.
//!
//! Format: os-release(5), a list of shell assignments without expansion. [`ecosystem`] turns the
//! result into an ecosystem name of the OSV schema (<https://ossf.github.io/osv-schema/>, "Defined
//! ecosystems"); a distribution that OSV does not know keeps its own id, which matches nothing.

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

/// The ecosystem in OSV's words: `Debian:12`, `Ubuntu:22.04:LTS`, `Alpine:v3.20`.
#[must_use]
pub fn ecosystem(os: &OsRelease) -> String {
    let version = os.version_id.as_str();
    match os.id.as_str() {
        "debian" | "raspbian" => named("Debian", debian_number(os)),
        "ubuntu" => named("Ubuntu", ubuntu_version(version)),
        "alpine" => named("Alpine", alpine_branch(version)),
        "wolfi" => "Wolfi".to_owned(),
        "chainguard" => "Chainguard".to_owned(),
        other => named(other, (!version.is_empty()).then(|| version.to_owned())),
    }
}

fn named(name: &str, release: Option<String>) -> String {
    release.map_or_else(|| name.to_owned(), |release| format!("{name}:{release}"))
}

/// Debian testing and unstable write no number; testing has its codename, which later becomes a number.
fn debian_number(os: &OsRelease) -> Option<String> {
    let major = os.version_id.split('.').next().unwrap_or_default();
    if !major.is_empty() {
        return Some(major.to_owned());
    }
    let number = match os.codename.as_str() {
        "jessie" => "8",
        "stretch" => "9",
        "buster" => "10",
        "bullseye" => "11",
        "bookworm" => "12",
        "trixie" => "13",
        "forky" => "14",
        "duke" => "15",
        _ => return None,
    };
    Some(number.to_owned())
}

/// Every April release of an even year is a long-term one, and OSV says so in the name.
fn ubuntu_version(version: &str) -> Option<String> {
    let (year, month) = version.split_once('.')?;
    let even = year.parse::<u32>().is_ok_and(|year| year % 2 == 0);
    Some(if even && month.starts_with("04") { format!("{year}.04:LTS") } else { version.to_owned() })
}

/// `3.20.1` is branch v3.20; the development branch calls itself `3.21.0_alpha20240807`.
fn alpine_branch(version: &str) -> Option<String> {
    if version.contains("_alpha") {
        return Some("edge".to_owned());
    }
    let mut numbers = version.split('.');
    Some(format!("v{}.{}", numbers.next().filter(|major| !major.is_empty())?, numbers.next()?))
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

    #[test]
    fn names_the_ecosystem_as_osv_does() {
        let table = [
            ("ID=debian\nVERSION_ID=12", "Debian:12"),
            ("ID=debian\nVERSION_CODENAME=forky", "Debian:14"),
            ("ID=debian", "Debian"),
            ("ID=raspbian\nVERSION_ID=11", "Debian:11"),
            ("ID=ubuntu\nVERSION_ID=\"22.04\"", "Ubuntu:22.04:LTS"),
            ("ID=ubuntu\nVERSION_ID=\"23.04\"", "Ubuntu:23.04"),
            ("ID=ubuntu\nVERSION_ID=\"24.10\"", "Ubuntu:24.10"),
            ("ID=alpine\nVERSION_ID=3.20.1", "Alpine:v3.20"),
            ("ID=alpine\nVERSION_ID=3.23.0_alpha20250612", "Alpine:edge"),
            ("ID=wolfi\nVERSION_ID=20230201", "Wolfi"),
            ("ID=arch", "arch"),
            ("ID=linuxmint\nVERSION_ID=21.3", "linuxmint:21.3"),
        ];
        for (text, expected) in table {
            assert_eq!(ecosystem(&parse(text.as_bytes())), expected, "{text}");
        }
    }
}
