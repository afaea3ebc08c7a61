//! uv's `uv.lock`.
//!
//! Packages whose source is a folder of the project (`editable`, `virtual`, `directory`) are its own; what they
//! ask for is direct, and what only their development groups reach is for development.

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, toml};
use crate::packages::{Found, Reader};
use ::toml::{Table, Value};
use std::collections::{HashMap, HashSet};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "uv.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "uv.lock",
    looks_right: |_| true,
    bytes_max: toml::BYTES_MAX,
    read,
};

/// The groups of dependencies of a package: by a table of lists, or one list.
const EXTRAS: &str = "optional-dependencies";
const GROUPS: [&str; 2] = ["dev-dependencies", "dependency-groups"];

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match toml::parse(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let packages: Vec<&Table> = toml::tables(&lock, "package").collect();
    let asked = Asked::of(&packages);
    let mut list = List::new(meta, ECOSYSTEM);
    for package in packages.iter().filter(|package| !is_own(package)) {
        let name = toml::word(package, "name");
        let reached = asked.reached.get(name).copied().unwrap_or(Scope::Runtime);
        list.add_with(&normalised(name), toml::word(package, "version"), reached, Some(asked.direct.contains(name)));
    }
    list.done()
}

fn is_own(package: &Table) -> bool {
    let source = package.get("source").and_then(Value::as_table);
    source.is_some_and(|source| ["editable", "virtual", "directory"].iter().any(|kind| source.contains_key(*kind)))
}

struct Asked<'a> {
    direct: HashSet<&'a str>,
    reached: HashMap<&'a str, Scope>,
}

impl<'a> Asked<'a> {
    /// Follows names, not versions: a package locked twice counts as one here.
    fn of(packages: &[&'a Table]) -> Self {
        let mut by_name: HashMap<&str, Vec<&'a Table>> = HashMap::new();
        packages.iter().for_each(|package| by_name.entry(toml::word(package, "name")).or_default().push(package));
        let own: Vec<&Table> = packages.iter().copied().filter(|package| is_own(package)).collect();
        let mut asked = Self { direct: HashSet::new(), reached: HashMap::new() };
        for scope in [Scope::Runtime, Scope::Optional, Scope::Development] {
            let mut waiting: Vec<&'a str> = own.iter().flat_map(|package| named(package, scope)).collect();
            asked.direct.extend(waiting.iter().copied());
            let mut seen = HashSet::new();
            while let Some(name) = waiting.pop() {
                if seen.insert(name) {
                    asked.reached.entry(name).or_insert(scope);
                    let next = by_name.get(name).into_iter().flatten().filter(|package| !is_own(package));
                    waiting.extend(next.flat_map(|package| {
                        let extras = named(package, Scope::Optional);
                        named(package, Scope::Runtime).into_iter().chain(extras).collect::<Vec<_>>()
                    }));
                }
            }
        }
        asked
    }
}

/// The names a package asks for, of one sort.
fn named(package: &Table, sort: Scope) -> Vec<&str> {
    let in_groups = |groups: &str| -> Vec<&Value> {
        let groups = package.get(groups).and_then(Value::as_table).into_iter().flatten();
        groups.filter_map(|(_, list)| list.as_array()).flatten().collect()
    };
    let entries: Vec<&Value> = match sort {
        Scope::Runtime => toml::list(package, "dependencies").collect(),
        Scope::Optional => in_groups(EXTRAS),
        Scope::Development => GROUPS.iter().flat_map(|groups| in_groups(groups)).collect(),
    };
    entries.into_iter().filter_map(|entry| entry.get("name").and_then(Value::as_str)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages_and_follows_what_is_asked_for() {
        check(
            &READER,
            "uv.lock",
            "version = 1\n[[package]]\nname = \"own\"\nversion = \"0.1\"\nsource = { editable = \".\" }\n\
             dependencies = [{ name = \"a\" }]\n[package.optional-dependencies]\nx = [{ name = \"o\" }]\n\
             [package.dev-dependencies]\ndev = [{ name = \"t\" }]\n\
             [[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://pypi.org/simple\" }\n\
             dependencies = [{ name = \"b\", marker = \"x\" }]\n\
             [[package]]\nname = \"b\"\nversion = \"2\"\nsource = { git = \"https://x/b?rev=1#0\" }\n\
             [[package]]\nname = \"o\"\nversion = \"3\"\n[[package]]\nname = \"t\"\nversion = \"4\"\n\
             dependencies = [{ name = \"b\" }, { name = \"u\" }]\n[[package]]\nname = \"u\"\nversion = \"5\"\n",
            &["a 1 direct", "b 2 indirect", "o 3 optional direct", "t 4 development direct", "u 5 development indirect"],
        );
    }
}
