//! What apk has installed, on Alpine and its relatives.
//!
//! Reads `/lib/apk/db/installed`: records of `X:value` lines separated by an empty line, where `P`
//! is the name, `V` the version, `A` the architecture and `o` the origin, which is the source
//! package (<https://wiki.alpinelinux.org/wiki/Apk_spec>). The letters of file lists share the
//! record and are passed over.

use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::{Package, SourcePackage};

/// The largest database that is read; it lists every file of every package.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most packages of one database.
pub const PACKAGES_MAX: usize = 200_000;
/// The longest name or version.
const WORD_BYTES_MAX: usize = 512;

#[derive(Default)]
struct Record<'a> {
    line: usize,
    name: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
    architecture: Option<&'a [u8]>,
    origin: Option<&'a [u8]>,
}

/// Reads apk's database of installed packages.
#[must_use]
pub fn parse_installed(bytes: &[u8], ecosystem: &str) -> (Vec<Package>, Vec<Gap>) {
    let (mut packages, mut gaps) = (Vec::new(), Vec::new());
    let mut record = Record { line: 1, ..Record::default() };
    let ended = std::iter::once(&b""[..]);
    for (number, line) in bytes.split(|byte| *byte == b'\n').chain(ended).enumerate() {
        let line = line.trim_ascii_end();
        if !line.is_empty() {
            record.take(line);
            continue;
        }
        let done = std::mem::replace(&mut record, Record { line: number + 2, ..Record::default() });
        if packages.len() == PACKAGES_MAX {
            gaps.push(Gap::new(done.place(), Obstacle::BeyondLimit, format!("more than {PACKAGES_MAX} packages")));
            break;
        }
        match done.package(ecosystem) {
            Ok(package) => packages.extend(package),
            Err(detail) => gaps.push(Gap::new(done.place(), Obstacle::Unreadable, detail)),
        }
    }
    (packages, gaps)
}

impl<'a> Record<'a> {
    fn take(&mut self, line: &'a [u8]) {
        let Some((letter, value)) = line.split_at_checked(2) else { return };
        match letter {
            b"P:" => self.name = Some(value),
            b"V:" => self.version = Some(value),
            b"A:" => self.architecture = Some(value),
            b"o:" => self.origin = Some(value),
            _ => {}
        }
    }

    fn place(&self) -> String {
        format!("apk database, line {}", self.line)
    }

    fn package(&self, ecosystem: &str) -> Result<Option<Package>, String> {
        let Some(name) = self.name.map(word).transpose()? else { return Ok(None) };
        let version = self.version.map(word).transpose()?.ok_or_else(|| format!("{name} has no version"))?;
        let origin = self.origin.map(word).transpose()?.filter(|origin| *origin != name);
        let source = origin.map(|origin| SourcePackage { name: origin, version: version.clone() });
        let architecture = self.architecture.map(word).transpose()?;
        Ok(Some(Package { ecosystem: ecosystem.to_owned(), name, version, architecture, source }))
    }
}

fn word(bytes: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(bytes).trim().to_owned();
    let bad = text.is_empty() || text.len() > WORD_BYTES_MAX || text.chars().any(char::is_control);
    if bad { Err("a name or version is empty, too long or not printable".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_names_versions_and_origins() {
        let text = "C:Q1abc=\nP:libcrypto3\nV:3.3.2-r1\nA:x86_64\no:openssl\nF:lib\nR:libcrypto.so.3\na:0:0:755\n\n\
                    P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\nP:lost\n\n";
        let (packages, gaps) = parse_installed(text.as_bytes(), "Alpine:v3.20");
        assert_eq!(packages.len(), 2);
        assert_eq!((packages[0].advisory_name(), packages[0].advisory_version()), ("openssl", "3.3.2-r1"));
        assert_eq!(packages[1].source, None);
        assert_eq!(gaps, [Gap::new("apk database, line 15", Obstacle::Unreadable, "lost has no version")]);
    }

    #[test]
    fn the_last_record_needs_no_empty_line() {
        let (packages, gaps) = parse_installed(b"P:a\nV:1", "Alpine:v3.20");
        assert_eq!((packages.len(), gaps.len()), (1, 0));
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(parse_installed(&bytes, "Alpine:v3.20"));
        }
    }
}
