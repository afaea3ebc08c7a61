//! pip's `requirements.txt`.
//!
//! Format: <https://pip.pypa.io/en/stable/reference/requirements-file-format/> and PEP 508. Only `==` and `===`
//! pin a version; everything else is decided when somebody installs. A file named by `-r` is read when its own
//! name is one of those we know, and is a gap otherwise. Environment markers do not matter here: what is pinned
//! for one platform counts.

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use std::borrow::Cow;
use vigie_model::component::Scope;
use vigie_model::observed::Obstacle;

pub(crate) static READER: Reader = Reader {
    name: "requirements.txt",
    wants: |meta, setting| setting == Setting::Source && is_requirements(meta.path),
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements/dev.txt`.
fn is_requirements(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(stem) = name.strip_suffix(".txt") else { return false };
    stem.starts_with("requirements")
        || ["-requirements", "_requirements", ".requirements"].iter().any(|ending| stem.ends_with(ending))
        || folder.rsplit('/').next() == Some("requirements")
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let scope = if is_for_development(meta.name()) { Scope::Development } else { Scope::Runtime };
    let mut list = List::new(meta, ECOSYSTEM);
    for line in logical_lines(&text) {
        if let Some(file) = included(&line) {
            if !is_requirements(file) {
                list.gap(Obstacle::Missing, format!("includes {file}, which is not read"));
            }
            continue;
        }
        add(&mut list, &line, scope);
    }
    list.done()
}

fn is_for_development(name: &str) -> bool {
    let words = name.trim_end_matches(".txt").split(['-', '_', '.']);
    words.into_iter().any(|word| ["dev", "develop", "development", "test", "tests", "testing", "lint", "docs"].contains(&word))
}

/// Adds what one requirement pins; also for requirements inside other files.
pub(super) fn add(list: &mut List<'_>, requirement: &str, scope: Scope) {
    match pinned(requirement) {
        Pinned::To(name, version) => {
            list.add_with(&normalised(name), version, scope, None);
        }
        Pinned::Open(name) => list.unresolved(&normalised(name)),
        Pinned::Nothing => {}
    }
}

/// What one line says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pinned<'a> {
    /// One version.
    To(&'a str, &'a str),
    /// A name, and not which version.
    Open(&'a str),
    /// No requirement.
    Nothing,
}

/// Reads one requirement (PEP 508).
pub(crate) fn pinned(requirement: &str) -> Pinned<'_> {
    let requirement = requirement.split(" -").next().unwrap_or_default();
    let requirement = requirement.split(';').next().unwrap_or_default().trim();
    let name_end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(name_end);
    if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Pinned::Nothing;
    }
    let mut rest = rest.trim_start();
    if rest.starts_with('[') {
        rest = rest.split_once(']').map_or("", |(_, rest)| rest.trim_start());
    }
    // A path or an address of its own is no name.
    if rest.starts_with(['/', ':', '\\', '+']) {
        return Pinned::Nothing;
    }
    let rest = rest.trim_start_matches('(').trim_end_matches(')');
    let exact = rest.split(',').find_map(|clause| {
        let version = clause.trim().strip_prefix("==")?.trim_start_matches('=').trim();
        let version = version.split('#').next().unwrap_or_default();
        let is_one = version.starts_with(|c: char| c.is_ascii_alphanumeric()) && !version.contains(['*', ' ', '{', '$', '"']);
        is_one.then_some(version)
    });
    exact.map_or(Pinned::Open(name), |version| Pinned::To(name, version))
}

/// The file of `-r file` or `-c file`.
fn included(line: &str) -> Option<&str> {
    let rest = ["--requirement", "--constraint", "-r", "-c"].iter().find_map(|option| line.strip_prefix(option))?;
    Some(rest.trim_start_matches('=').trim())
}

/// Lines joined where they end in `\`, without comments, options and empty ones.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut line = Cow::Borrowed(lines.next()?);
        while let Some(head) = line.strip_suffix('\\') {
            line = Cow::Owned(format!("{head} {}", lines.next().unwrap_or_default()));
        }
        Some(line)
    })
    .map(|line| {
        let comment = if line.trim_start().starts_with('#') { Some(0) } else { line.find(" #").or_else(|| line.find("\t#")) };
        let end = comment.unwrap_or(line.len());
        line.get(..end).unwrap_or_default().trim().to_owned()
    })
    .filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;
    use proptest::prelude::*;

    #[test]
    fn reads_pins() {
        check(
            &READER,
            "requirements.txt",
            "# comment\nDjango==4.2.1  # why\nrequests[security] == 2.8.1 ; python_version < '3'\n\
             zope.interface===5.4.0 \\\n  --hash=sha256:01 \\\n  --hash=sha256:02\n\
             flask>=1,<2\nurllib3\nnumpy==1.*\na>=1,==1.5\nb (==2.0)\n-e .\n--index-url https://x/y\n./local\n\
             git+https://x/y.git#egg=z\nname @ https://x/y.whl\n-r requirements-dev.txt\n-r base.in\nx=={{ v }}\n",
            &[
                "a 1.5",
                "b 2.0",
                "django 4.2.1",
                "requests 2.8.1",
                "zope-interface 5.4.0",
                "! includes base.in, which is not read",
                "! no exact version of flask, urllib3, numpy, name, x",
            ],
        );
    }

    #[test]
    fn the_name_tells_what_it_is_for() {
        check(&READER, "requirements-dev.txt", "a==1", &["a 1 development"]);
        for path in ["requirements.txt", "x/requirements_test.txt", "dev-requirements.txt", "requirements/base.txt"] {
            assert!(is_requirements(path), "{path}");
        }
        for path in ["readme.txt", "requirements.in", "requirements/a/b.txt", "myrequirements.txt.bak"] {
            assert!(!is_requirements(path), "{path}");
        }
    }

    #[test]
    fn reads_what_powershell_writes() {
        let bytes: Vec<u8> = "\u{feff}a==1\r\nb==2\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = crate::packages::told::read(&READER, "requirements.txt", &bytes);
        assert_eq!(crate::packages::told::told(&found), ["a 1", "b 2"]);
    }

    proptest! {
        #[test]
        fn survives_any_lines(text in "[a-z=\\[\\];@ #\\\\\n*,.é-]{0,80}") {
            drop(crate::packages::told::read(&READER, "requirements.txt", text.as_bytes()));
        }
    }
}
