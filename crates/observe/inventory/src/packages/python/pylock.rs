//! `pylock.toml`, the lock file all of Python's tools may share (PEP 751).

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, toml};
use crate::packages::{Found, Reader};

pub(crate) static READER: Reader = Reader {
    name: "pylock.toml",
    wants: |meta, setting| setting == Setting::Source && is_pylock(meta.name()),
    looks_right: |_| true,
    bytes_max: toml::BYTES_MAX,
    read,
};

/// `pylock.toml` or `pylock.name.toml`.
fn is_pylock(name: &str) -> bool {
    let middle = name.strip_prefix("pylock.").and_then(|rest| rest.strip_suffix("toml"));
    middle.is_some_and(|middle| middle.is_empty() || (middle.ends_with('.') && !middle.trim_end_matches('.').contains('.')))
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match toml::parse(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for package in toml::tables(&lock, "packages").filter(|package| !package.contains_key("directory")) {
        list.add(&normalised(toml::word(package, "name")), toml::word(package, "version"));
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages() {
        check(
            &READER,
            "pylock.toml",
            "lock-version = \"1.0\"\n[[packages]]\nname = \"A\"\nversion = \"1\"\n\
             [[packages]]\nname = \"own\"\n[packages.directory]\npath = \".\"\n\
             [[packages]]\nname = \"g\"\n[packages.vcs]\ntype = \"git\"\n",
            &["a 1", "! no exact version of g"],
        );
        assert!(
            is_pylock("pylock.toml")
                && is_pylock("pylock.dev.toml")
                && !is_pylock("pylock.a.b.toml")
                && !is_pylock("pylockatoml")
        );
    }
}
