//! What apk has installed, on Alpine and its relatives, and which files it brought.
//!
//! Reads `/lib/apk/db/installed`: records of `X:value` lines separated by an empty line, where `P`
//! is the name, `V` the version, `A` the architecture, `L` the licence and `o` the origin, which is the
//! source package (<https://wiki.alpinelinux.org/wiki/Apk_spec>). The files follow in the same record, `F` a
//! directory and `R` each file in it; a name always stands before its files.

use super::owned::Ownership;
use super::{Found, Reader};
use crate::content::{Content, Meta, Setting};
use vigie_model::component::Component;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::{Package, SourcePackage};

/// The largest database that is read; it lists every file of every package.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most packages of one database.
pub const PACKAGES_MAX: usize = 200_000;
/// The longest name or version.
const WORD_BYTES_MAX: usize = 512;

/// The longest licence.
const LICENCE_BYTES_MAX: usize = 4096;

/// apk's database.
pub(crate) static READER: Reader = Reader {
    name: "apk database",
    wants: |meta, setting| {
        setting == Setting::Installed && matches!(meta.path, "lib/apk/db/installed" | "usr/lib/apk/db/installed")
    },
    looks_right: |_| true,
    bytes_max: BYTES_MAX as u64,
    read: |meta, content| read(meta, content),
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let mut found = Found::default();
    let mut ownership = Ownership::default();
    let mut folder = "";
    found.gaps = each_record(content.bytes, |record| {
        let Some(package) = record.package("apk")? else { return Ok(()) };
        folder = "";
        for line in record.files.split(|byte| *byte == b'\n') {
            match line.split_at_checked(2).map(|(letter, value)| (letter, std::str::from_utf8(value))) {
                Some((b"F:", Ok(value))) => folder = value,
                Some((b"R:", Ok(value))) => ownership.add(&format!("{folder}/{value}"), &package.name),
                _ => {}
            }
        }
        let mut component = Component::new(package, meta.path);
        component.licences.extend(record.licence.and_then(licence));
        found.components.push(component);
        Ok(())
    });
    ownership.add_to(&mut found, meta.path);
    found
}

/// Reads apk's database of installed packages.
#[must_use]
pub fn parse_installed(bytes: &[u8], ecosystem: &str) -> (Vec<Package>, Vec<Gap>) {
    let mut packages = Vec::new();
    let gaps = each_record(bytes, |record| {
        packages.extend(record.package(ecosystem)?);
        Ok(())
    });
    (packages, gaps)
}

#[derive(Clone, Copy, Default)]
struct Record<'a> {
    line: usize,
    name: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
    architecture: Option<&'a [u8]>,
    origin: Option<&'a [u8]>,
    licence: Option<&'a [u8]>,
    /// The whole record; its files are read from here.
    files: &'a [u8],
}

/// Hands out the records in turn, and says which were refused.
fn each_record<'a>(bytes: &'a [u8], mut take: impl FnMut(&Record<'a>) -> Result<(), String>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut count = 0_usize;
    let mut record = Record { line: 1, ..Record::default() };
    let (mut start, mut at) = (0, 0);
    let ended = std::iter::once(&b""[..]);
    for (number, line) in bytes.split(|byte| *byte == b'\n').chain(ended).enumerate() {
        let whole = bytes.get(start..at.min(bytes.len())).unwrap_or_default();
        at += line.len() + 1;
        let line = line.trim_ascii_end();
        if !line.is_empty() {
            record.take(line);
            continue;
        }
        let done = Record { files: whole, ..record };
        record = Record { line: number + 2, ..Record::default() };
        start = at;
        if done.name.is_none() {
            continue;
        }
        count += 1;
        if count > PACKAGES_MAX {
            gaps.push(Gap::new(done.place(), Obstacle::BeyondLimit, format!("more than {PACKAGES_MAX} packages")));
            break;
        }
        if let Err(detail) = take(&done) {
            gaps.push(Gap::new(done.place(), Obstacle::Unreadable, detail));
        }
    }
    gaps
}

impl<'a> Record<'a> {
    fn take(&mut self, line: &'a [u8]) {
        let Some((letter, value)) = line.split_at_checked(2) else { return };
        match letter {
            b"P:" => self.name = Some(value),
            b"V:" => self.version = Some(value),
            b"A:" => self.architecture = Some(value),
            b"o:" => self.origin = Some(value),
            b"L:" => self.licence = Some(value),
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

/// What the package says of its licence; rather none than half of one.
fn licence(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).trim().to_owned();
    (!text.is_empty() && text.len() <= LICENCE_BYTES_MAX && !text.chars().any(char::is_control)).then_some(text)
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
    fn a_component_has_its_licence() {
        let text = "P:musl\nV:1.2.5-r0\nL:MIT\n\nP:lost\n\nP:old\nV:1\nL:\n";
        let meta = Meta { path: "lib/apk/db/installed", size: 0, mode: 0o644 };
        assert!((READER.wants)(&meta, Setting::Installed) && !(READER.wants)(&meta, Setting::Source));
        let found = (READER.read)(&meta, &Content::of(text.as_bytes()));
        let said: Vec<_> = found.components.iter().map(|it| (it.package.name.as_str(), it.licences.join(","))).collect();
        assert_eq!(said, [("musl", "MIT".to_owned()), ("old", String::new())]);
        assert_eq!(found.gaps, [Gap::new("apk database, line 5", Obstacle::Unreadable, "lost has no version")]);
    }

    #[test]
    fn files_of_programs_have_an_owner() {
        let text =
            "P:busybox\nV:1\nF:bin\nR:busybox\nF:etc\nR:securetty\nF:usr/lib\nR:libx.so.1\n\nP:none\nV:1\nR:odd\nF:..\nR:x.so\n";
        let meta = Meta { path: "lib/apk/db/installed", size: 0, mode: 0o644 };
        let owned: Vec<_> =
            (READER.read)(&meta, &Content::of(text.as_bytes())).owned.into_iter().map(|it| (it.path, it.package)).collect();
        let expected = [("bin/busybox", "busybox"), ("usr/lib/libx.so.1", "busybox"), ("odd", "none")];
        assert_eq!(owned, expected.map(|(path, package)| (path.to_owned(), package.to_owned())));
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
            let meta = Meta { path: "lib/apk/db/installed", size: 0, mode: 0 };
            drop(read(&meta, &Content::of(&bytes)));
        }
    }
}
