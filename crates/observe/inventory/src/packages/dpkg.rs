//! What dpkg has installed, and which files it brought.
//!
//! Reads `/var/lib/dpkg/status` (dpkg-query(1), deb-control(5)) and the single-paragraph files of
//! `/var/lib/dpkg/status.d` that images without a package manager carry instead. A package counts
//! when its files are on disk: also half-configured ones, not those of which only settings are left.
//! Files are listed in `/var/lib/dpkg/info/NAME.list` and, with checksums, in `NAME.md5sums` there and
//! in `status.d`.

use super::owned::Ownership;
use super::{Found, Reader};
use crate::content::{Content, Meta, Setting};
use crate::packages::control::{Paragraph, Paragraphs};
use vigie_model::component::Component;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::{Package, SourcePackage};

/// The largest status file that is read. The database of a desktop with 5,000 packages is 6 MB.
pub const BYTES_MAX: usize = 64 * 1024 * 1024;
/// The most packages of one database.
pub const PACKAGES_MAX: usize = 200_000;
/// The longest name or version; dpkg itself has none near it.
const WORD_BYTES_MAX: usize = 512;

/// The database, and the same in parts.
pub(crate) static STATUS: Reader =
    Reader { name: "dpkg status", wants: wants_status, looks_right: |_| true, bytes_max: BYTES_MAX as u64, read: read_status };

/// Lists of the files of one package.
pub(crate) static FILES: Reader =
    Reader { name: "dpkg file list", wants: wants_files, looks_right: |_| true, bytes_max: BYTES_MAX as u64, read: read_files };

const STATUS_DIR: &str = "var/lib/dpkg/status.d/";

fn wants_status(meta: &Meta<'_>, setting: Setting) -> bool {
    let part = meta.path.strip_prefix(STATUS_DIR).is_some_and(|name| !name.contains('/') && !name.ends_with(".md5sums"));
    setting == Setting::Installed && (part || meta.path == "var/lib/dpkg/status")
}

fn read_status(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let (packages, gaps) = parse_status(content.bytes, "dpkg");
    let components = packages.into_iter().map(|package| Component::new(package, meta.path)).collect();
    Found { components, gaps, ..Found::default() }
}

fn wants_files(meta: &Meta<'_>, setting: Setting) -> bool {
    setting == Setting::Installed && package_of_list(meta.path).is_some()
}

/// The package whose files this file lists: `var/lib/dpkg/info/libc6:amd64.list` → `libc6`.
fn package_of_list(path: &str) -> Option<&str> {
    let name = match path.strip_prefix("var/lib/dpkg/info/") {
        Some(file) => file.strip_suffix(".list").or_else(|| file.strip_suffix(".md5sums"))?,
        None => path.strip_prefix(STATUS_DIR)?.strip_suffix(".md5sums")?,
    };
    let name = name.split(':').next().unwrap_or_default();
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

fn read_files(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let Some(package) = package_of_list(meta.path) else { return Found::default() };
    let mut ownership = Ownership::default();
    for line in content.bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()) {
        // `list` has a path on each line, `md5sums` has `checksum  path`.
        let path = if line.starts_with('/') { Some(line) } else { line.split_once("  ").map(|(_, path)| path) };
        if let Some(path) = path {
            ownership.add(path, package);
        }
    }
    ownership.found(meta.path)
}

/// Reads a dpkg status file, or one file of `status.d`, whose paragraph has no `Status` field.
#[must_use]
pub fn parse_status(bytes: &[u8], ecosystem: &str) -> (Vec<Package>, Vec<Gap>) {
    let (mut packages, mut gaps) = (Vec::new(), Vec::new());
    for paragraph in Paragraphs::new(bytes) {
        if packages.len() == PACKAGES_MAX {
            let detail = format!("more than {PACKAGES_MAX} packages");
            gaps.push(Gap::new(place(&paragraph), Obstacle::BeyondLimit, detail));
            break;
        }
        match package(&paragraph, ecosystem) {
            Ok(Some(package)) => packages.push(package),
            Ok(None) => {}
            Err(detail) => gaps.push(Gap::new(place(&paragraph), Obstacle::Unreadable, detail)),
        }
    }
    (packages, gaps)
}

fn place(paragraph: &Paragraph<'_>) -> String {
    format!("dpkg status, line {}", paragraph.line())
}

/// One paragraph; `None` when the package is not on disk.
fn package(paragraph: &Paragraph<'_>, ecosystem: &str) -> Result<Option<Package>, String> {
    if paragraph.bytes_of("Status").is_some_and(|status| !is_on_disk(status)) {
        return Ok(None);
    }
    let name = word(paragraph, "Package")?.ok_or("no Package field")?;
    let version = word(paragraph, "Version")?.ok_or_else(|| format!("{name} has no version"))?;
    let source = match word(paragraph, "Source")? {
        Some(text) => source_package(&text, &name, &version),
        None => None,
    };
    let architecture = word(paragraph, "Architecture")?;
    Ok(Some(Package { ecosystem: ecosystem.to_owned(), name, version, architecture, source }))
}

/// A field that must be short and printable, because it ends up in tables and identities.
fn word(paragraph: &Paragraph<'_>, field: &str) -> Result<Option<String>, String> {
    let Some(text) = paragraph.text_of(field).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.len() > WORD_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(format!("the {field} field is too long or not printable"));
    }
    Ok(Some(text.into_owned()))
}

/// `want error state`; the last word tells whether the files are there.
fn is_on_disk(status: &[u8]) -> bool {
    let state = status.split(u8::is_ascii_whitespace).rfind(|word| !word.is_empty());
    state.is_some_and(|state| {
        [&b"installed"[..], b"unpacked", b"half-configured", b"triggers-awaited", b"triggers-pending"].contains(&state)
    })
}

/// `Source: name (version)`, where the version is only given when it is another than the binary's,
/// as after a rebuild (`+b1`). `None` when both are the binary's own.
fn source_package(text: &str, name: &str, version: &str) -> Option<SourcePackage> {
    let (source, rest) = text.split_once(' ').unwrap_or((text, ""));
    let source_version = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map_or(version, str::trim);
    let differs = source != name || source_version != version;
    differs.then(|| SourcePackage { name: source.to_owned(), version: source_version.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATUS: &str = "\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.15-1~deb12u1
Description: libraries
 Package: not one

Package: gcc-12-base
Status: hold ok installed
Architecture: amd64
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14+b1

Package: removed
Status: deinstall ok config-files
Version: 1

Package: half
Status: install reinstreq half-configured
Version: 2:1.0
Architecture: all

Package: broken
Status: install ok installed

Package: same
Status: install ok installed
Version: 1
Source: same
";

    fn check(text: &str, expected: &[&str]) {
        let (packages, _) = parse_status(text.as_bytes(), "Debian:12");
        let said: Vec<String> = packages
            .iter()
            .map(|p| {
                let arch = p.architecture.as_deref().unwrap_or("-");
                let source = p.source.as_ref().map(|s| format!(" from {} {}", s.name, s.version)).unwrap_or_default();
                format!("{} {} {arch}{source}", p.name, p.version)
            })
            .collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn reads_what_is_on_disk() {
        check(
            STATUS,
            &[
                "libssl3 3.0.15-1~deb12u1 amd64 from openssl 3.0.15-1~deb12u1",
                "gcc-12-base 12.2.0-14+b1 amd64 from gcc-12 12.2.0-14",
                "half 2:1.0 all",
                "same 1 -",
            ],
        );
        let (_, gaps) = parse_status(STATUS.as_bytes(), "Debian:12");
        assert_eq!(gaps, [Gap::new("dpkg status, line 24", Obstacle::Unreadable, "broken has no version")]);
    }

    #[test]
    fn reads_an_image_without_package_manager() {
        check("Package: base-files\nVersion: 12.4\nArchitecture: amd64\n", &["base-files 12.4 amd64"]);
    }

    #[test]
    fn wants_its_own_files_only() {
        let wanted = |path: &str, reader: &Reader| (reader.wants)(&Meta { path, size: 1, mode: 0o644 }, Setting::Installed);
        let table = [
            ("var/lib/dpkg/status", true, false),
            ("var/lib/dpkg/status-old", false, false),
            ("var/lib/dpkg/status.d/base-files", true, false),
            ("var/lib/dpkg/status.d/base-files.md5sums", false, true),
            ("var/lib/dpkg/status.d/a/b", false, false),
            ("var/lib/dpkg/info/libc6:amd64.list", false, true),
            ("var/lib/dpkg/info/adduser.md5sums", false, true),
            ("var/lib/dpkg/info/adduser.postinst", false, false),
            ("srv/var/lib/dpkg/status", false, false),
        ];
        for (path, status, files) in table {
            assert_eq!((wanted(path, &super::STATUS), wanted(path, &FILES)), (status, files), "{path}");
        }
        assert_eq!(package_of_list("var/lib/dpkg/info/libc6:amd64.list"), Some("libc6"));
    }

    #[test]
    fn files_of_programs_have_an_owner() {
        let owned = |path: &str, text: &str| {
            let meta = Meta { path, size: 0, mode: 0o644 };
            let found = (FILES.read)(&meta, &Content::of(text.as_bytes()));
            found.owned.into_iter().map(|it| format!("{} {}", it.path, it.package)).collect::<Vec<_>>()
        };
        let list = "/.\n/usr\n/usr/bin/openssl\n/usr/share/doc/openssl/copyright\n/etc/ssl/openssl.cnf\n";
        assert_eq!(owned("var/lib/dpkg/info/openssl:amd64.list", list), ["usr openssl", "usr/bin/openssl openssl"]);
        let sums = "0123  lib/x86_64-linux-gnu/libz.so.1.2.13\n";
        assert_eq!(owned("var/lib/dpkg/status.d/zlib1g.md5sums", sums), ["lib/x86_64-linux-gnu/libz.so.1.2.13 zlib1g"]);
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(parse_status(&bytes, "Debian:12"));
            let meta = Meta { path: "var/lib/dpkg/info/a.list", size: 0, mode: 0 };
            drop(read_files(&meta, &Content::of(&bytes)));
        }

        #[test]
        fn survives_any_lines(lines in proptest::collection::vec("(Package|Status|Version|Source|): ?[ -~é()]{0,20}", 0..40)) {
            drop(parse_status(lines.join("\n").as_bytes(), "Debian:12"));
        }
    }
}
