//! Poetry's `poetry.lock`.
//!
//! What is for development stood in `category` (lock version 1.1), then nowhere, and stands in `groups` since 2.1.
//! What is asked for stands in `pyproject.toml`, so nothing is known to be direct.

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, toml};
use crate::packages::{Found, Reader};
use ::toml::{Table, Value};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "poetry.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "poetry.lock",
    looks_right: |_| true,
    bytes_max: toml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match toml::parse(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for package in toml::tables(&lock, "package") {
        let source = package.get("source").and_then(Value::as_table).map_or("", |source| toml::word(source, "type"));
        if source != "directory" {
            list.add_with(&normalised(toml::word(package, "name")), toml::word(package, "version"), scope(package), None);
        }
    }
    list.done()
}

fn scope(package: &Table) -> Scope {
    let mut groups = toml::list(package, "groups").filter_map(Value::as_str).peekable();
    let only_groups = groups.peek().is_some() && !groups.any(|group| group == "main");
    if only_groups || toml::word(package, "category") == "dev" {
        Scope::Development
    } else if package.get("optional").and_then(Value::as_bool) == Some(true) {
        Scope::Optional
    } else {
        Scope::Runtime
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages_and_their_groups() {
        check(
            &READER,
            "poetry.lock",
            "[[package]]\nname = \"A_b\"\nversion = \"1.0\"\ncategory = \"dev\"\noptional = false\n\
             [[package]]\nname = \"c\"\nversion = \"2\"\noptional = true\n\
             [[package]]\nname = \"d\"\nversion = \"3\"\ngroups = [\"dev\", \"test\"]\n\
             [[package]]\nname = \"e\"\nversion = \"4\"\ngroups = [\"main\", \"dev\"]\n\
             [[package]]\nname = \"own\"\nversion = \"0\"\n[package.source]\ntype = \"directory\"\nurl = \"../own\"\n\
             [[package]]\nname = 7\n[metadata]\nlock-version = \"2.1\"\n",
            &["a-b 1.0 development", "c 2 optional", "d 3 development", "e 4", "! entries that make no sense: "],
        );
        check(&READER, "poetry.lock", "[[package", &["! unclosed array table, expected `]]`"]);
    }
}
