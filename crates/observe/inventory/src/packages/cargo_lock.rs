//! `Cargo.lock`.
//!
//! A package without source is the project's own; what those ask for is direct. Which dependencies are only for
//! development is not said.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, toml};
use crate::packages::{Found, Reader};
use ::toml::Value;
use std::collections::HashSet;
use vigie_model::component::Scope;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "crates.io";

pub(crate) static READER: Reader = Reader {
    name: "Cargo.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "Cargo.lock",
    looks_right: |_| true,
    bytes_max: toml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match toml::parse(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let own = || toml::tables(&lock, "package").filter(|package| toml::word(package, "source").is_empty());
    // `name`, `name version` when there are several, `name version (source)`.
    let asked: HashSet<(&str, Option<&str>)> = own()
        .flat_map(|package| toml::list(package, "dependencies").filter_map(Value::as_str))
        .filter_map(|dependency| {
            let mut words = dependency.split(' ');
            Some((words.next()?, words.next()))
        })
        .collect();
    let has_own = own().next().is_some();
    let mut list = List::new(meta, ECOSYSTEM);
    for package in toml::tables(&lock, "package").filter(|package| !toml::word(package, "source").is_empty()) {
        let (name, version) = (toml::word(package, "name"), toml::word(package, "version"));
        let direct = has_own.then(|| asked.contains(&(name, None)) || asked.contains(&(name, Some(version))));
        list.add_with(name, version, Scope::Runtime, direct);
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_what_comes_from_elsewhere() {
        check(
            &READER,
            "Cargo.lock",
            "version = 4\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\"a\", \"b 2.0.0\"]\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://x\"\ndependencies = [\"b 1.0.0\"]\n\
             [[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+https://x\"\n\
             [[package]]\nname = \"b\"\nversion = \"2.0.0\"\nsource = \"git+https://x/b#0123\"\n",
            &["a 1.0.0 direct", "b 1.0.0 indirect", "b 2.0.0 direct"],
        );
    }
}
