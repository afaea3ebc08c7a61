//! npm's `package-lock.json` (versions 1 to 3) and `npm-shrinkwrap.json`.
//!
//! Format: <https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json>. From version 2 on `packages`
//! lists every folder; version 1 nests `dependencies`. What is linked or lies in the tree itself is the
//! project's own and no package of the registry.

use super::{ECOSYSTEM, is_version, split_at_version};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, add_licence, beside, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Flag, Word};
use serde::Deserialize;
use std::collections::BTreeSet;
use vigie_model::component::Scope;
use vigie_model::observed::Obstacle;

/// How deep dependencies of version 1 may nest.
const DEPTH_MAX: usize = 64;

pub(crate) static READER: Reader = Reader {
    name: "npm lock file",
    wants: |meta, setting| setting == Setting::Source && ["package-lock.json", "npm-shrinkwrap.json"].contains(&meta.name()),
    looks_right: |_| true,
    bytes_max: 64 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default)]
    packages: Entries<'a>,
    #[serde(borrow, default)]
    dependencies: Entries<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    license: Word<'a>,
    #[serde(default)]
    dev: Flag,
    #[serde(default)]
    optional: Flag,
    #[serde(default)]
    dev_optional: Flag,
    #[serde(default)]
    link: Flag,
    #[serde(borrow, default)]
    dependencies: Entries<'a>,
}

/// What a project asks for itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(borrow, default)]
    dependencies: Entries<'a>,
    #[serde(borrow, default)]
    dev_dependencies: Entries<'a>,
    #[serde(borrow, default)]
    optional_dependencies: Entries<'a>,
    #[serde(borrow, default)]
    peer_dependencies: Entries<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    if lock.packages.is_empty() {
        add_nested(&mut list, &lock.dependencies, 0);
    } else {
        add_folders(&mut list, &lock.packages);
    }
    let mut found = list.done();
    if meta.name() == "npm-shrinkwrap.json" {
        found.supersedes.push(beside(meta, "package-lock.json"));
    }
    found
}

/// Versions 2 and 3: each key is a folder, `node_modules/a/node_modules/b`.
fn add_folders(list: &mut List<'_>, packages: &Entries<'_>) {
    let asked = asked_for(packages);
    for (folder, entry) in packages.each::<Entry<'_>>() {
        let Some((_, folder_name)) = folder.rsplit_once("node_modules/") else { continue };
        let Some(entry) = entry else {
            list.broken(folder);
            continue;
        };
        if entry.link.0 {
            continue;
        }
        let name = if entry.name.text().is_empty() { folder_name } else { entry.name.text() };
        let component = list.add_with(name, entry.version.text(), entry.scope(), Some(asked.contains(folder)));
        if let Some(component) = component {
            add_licence(component, entry.license.text());
        }
    }
    if packages.cut {
        list.gap(Obstacle::BeyondLimit, "more packages than are read");
    }
}

/// The folders in which a project or one of its workspaces finds what it asks for.
fn asked_for(packages: &Entries<'_>) -> BTreeSet<String> {
    let folders: BTreeSet<&str> = packages.keys().collect();
    let mut asked = BTreeSet::new();
    for (place, entry) in packages.each::<Asked<'_>>().filter(|(place, _)| !place.contains("node_modules/")) {
        let Some(entry) = entry else { continue };
        let kinds = [&entry.dependencies, &entry.dev_dependencies, &entry.optional_dependencies, &entry.peer_dependencies];
        for name in kinds.into_iter().flat_map(Entries::keys) {
            let own = format!("{place}/node_modules/{name}");
            let top = format!("node_modules/{name}");
            asked.insert(if folders.contains(own.as_str()) { own } else { top });
        }
    }
    asked
}

/// Version 1.
fn add_nested(list: &mut List<'_>, dependencies: &Entries<'_>, depth: usize) {
    if depth == DEPTH_MAX {
        list.gap(Obstacle::BeyondLimit, format!("dependencies nested deeper than {DEPTH_MAX}"));
        return;
    }
    for (name, entry) in dependencies.each::<Entry<'_>>() {
        let Some(entry) = entry else {
            list.broken(name);
            continue;
        };
        let version = entry.version.text();
        let alias = version.strip_prefix("npm:").and_then(split_at_version);
        match alias.or_else(|| is_version(version).then_some((name, version))) {
            Some((name, version)) => {
                list.add_with(name, version, entry.scope(), None);
            }
            // A folder is the project's own; an address has no version of the registry.
            None if version.starts_with("file:") => {}
            None => list.unresolved(name),
        }
        add_nested(list, &entry.dependencies, depth + 1);
    }
}

impl Entry<'_> {
    fn scope(&self) -> Scope {
        match (self.dev.0, self.optional.0 || self.dev_optional.0) {
            (true, _) => Scope::Development,
            (false, true) => Scope::Optional,
            (false, false) => Scope::Runtime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_folders() {
        check(
            &READER,
            "web/package-lock.json",
            r#"{"name":"own","version":"9","lockfileVersion":3,"packages":{
              "":{"name":"own","version":"9","dependencies":{"a":"^1"},"devDependencies":{"@s/d":"1"},"workspaces":["w"]},
              "w":{"version":"1","dependencies":{"b":"1","a":"2"}},
              "node_modules/w":{"resolved":"w","link":true},
              "node_modules/a":{"version":"1.2.3","license":"MIT"},
              "node_modules/a/node_modules/b":{"version":"2.0.0","optional":true},
              "node_modules/b":{"version":"1.0.0"},
              "w/node_modules/a":{"version":"2.0.1"},
              "node_modules/@s/d":{"version":"3.0.0","dev":true},
              "node_modules/alias":{"name":"real","version":"4.0.0","devOptional":true},
              "node_modules/none":{},
              "node_modules/odd":3}}"#,
            &[
                "@s/d 3.0.0 development direct",
                "a 1.2.3 direct [MIT]",
                "a 2.0.1 direct",
                "b 1.0.0 direct",
                "b 2.0.0 optional indirect",
                "real 4.0.0 optional indirect",
                "! no exact version of none",
                "! entries that make no sense: node_modules/odd",
            ],
        );
    }

    #[test]
    fn reads_the_nested_first_version() {
        check(
            &READER,
            "package-lock.json",
            r#"{"lockfileVersion":1,"dependencies":{
              "a":{"version":"1.0.0","requires":{"b":"1"},"dependencies":{"b":{"version":"1.5.0","dev":true}}},
              "b":{"version":"2.0.0"},
              "c":{"version":"npm:@x/real@3.0.0"},
              "d":{"version":"git+ssh://git@example.org/d.git#0123"},
              "e":{"version":"file:../e"}}}"#,
            &["@x/real 3.0.0", "a 1.0.0", "b 1.5.0 development", "b 2.0.0", "! no exact version of d"],
        );
    }

    #[test]
    fn a_shrinkwrap_counts_before_a_lock_beside_it() {
        let found = crate::packages::told::read(&READER, "a/npm-shrinkwrap.json", b"{}");
        assert_eq!(found.supersedes, ["a/package-lock.json"]);
        check(&READER, "package-lock.json", "[", &["! EOF while parsing a list at line 1 column 1"]);
    }
}
