//! `bun.lock`, Bun's text lock file.
//!
//! JSONC (<https://bun.com/docs/install/lockfile>): `packages` maps a place in the tree (`a/b` is the `b` that
//! only `a` sees) to a list that begins with `name@version`; `workspaces` say what is asked for.

use super::{ECOSYSTEM, is_version, split_at_version};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Items, Word};
use serde::Deserialize;
use std::collections::HashMap;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "bun.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "bun.lock",
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default)]
    workspaces: Entries<'a>,
    #[serde(borrow, default)]
    packages: Entries<'a>,
}

/// What a workspace or a package asks for.
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
    let text = json::without_comments(&text::decoded(content.bytes));
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let packages: HashMap<&str, Items<'_>> =
        lock.packages.each::<Items<'_>>().map(|(place, items)| (place, items.unwrap_or_default())).collect();
    let roles = roles(&lock.workspaces, &packages);
    let mut list = List::new(meta, ECOSYSTEM);
    for (place, items) in &packages {
        let identity = items.0.first().and_then(|first| json::of::<Word<'_>>(first)).unwrap_or_default();
        let Some((name, version)) = split_at_version(identity.text()) else {
            list.broken(place);
            continue;
        };
        let (scope, direct) = roles.get(place).copied().unwrap_or((Scope::Runtime, false));
        if is_version(version) {
            list.add_with(name, version, scope, Some(direct));
        } else if !["workspace:", "file:", "link:", "root:"].iter().any(|own| version.starts_with(own)) {
            list.unresolved(name);
        }
    }
    list.done()
}

/// What each place is for, and whether a workspace asks for it.
fn roles<'p>(workspaces: &Entries<'_>, packages: &HashMap<&'p str, Items<'_>>) -> HashMap<&'p str, (Scope, bool)> {
    let workspaces: Vec<_> = workspaces.each::<Asked<'_>>().filter_map(|(_, asked)| asked).collect();
    let mut roles: HashMap<&'p str, (Scope, bool)> = HashMap::new();
    for scope in [Scope::Runtime, Scope::Optional, Scope::Development] {
        let asked = workspaces.iter().flat_map(|asked| match scope {
            Scope::Runtime => asked.dependencies.keys().chain(asked.peer_dependencies.keys()).collect::<Vec<_>>(),
            Scope::Optional => asked.optional_dependencies.keys().collect(),
            Scope::Development => asked.dev_dependencies.keys().collect(),
        });
        let mut waiting: Vec<&'p str> = asked.filter_map(|name| place(packages, "", name)).collect();
        waiting.iter().for_each(|direct| roles.entry(direct).or_insert((scope, true)).1 = true);
        let mut seen: std::collections::HashSet<&str> = std::collections::HashSet::new();
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) {
                continue;
            }
            roles.entry(at).or_insert((scope, false));
            let asked = packages.get(at).and_then(|items| items.0.iter().find_map(|item| json::of::<Asked<'_>>(item)));
            let Some(asked) = asked else { continue };
            let kinds = [&asked.dependencies, &asked.optional_dependencies, &asked.peer_dependencies];
            let names = kinds.into_iter().flat_map(Entries::keys);
            waiting.extend(names.filter_map(|name| place(packages, at, name)));
        }
    }
    roles
}

/// Where a package at a place finds a name: beside itself, or nearer to the root.
fn place<'p>(packages: &HashMap<&'p str, Items<'_>>, from: &str, name: &str) -> Option<&'p str> {
    let mut folder = from;
    while !folder.is_empty() {
        if let Some((place, _)) = packages.get_key_value(format!("{folder}/{name}").as_str()) {
            return Some(place);
        }
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
    packages.get_key_value(name).map(|(place, _)| *place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_places_and_follows_what_is_asked_for() {
        check(
            &READER,
            "bun.lock",
            r#"{ // Bun
              "lockfileVersion": 1,
              "workspaces": { "": { "name": "own", "dependencies": { "a": "^1" }, "devDependencies": { "@s/d": "1", }, }, },
              "packages": {
                "a": ["a@1.0.0", "", { "dependencies": { "b": "^2" } }, "sha512-x"],
                "a/b": ["b@2.0.0", "", {}, "sha512-x"],
                "b": ["b@1.0.0", "", {}, "sha512-x"],
                "@s/d": ["@s/d@3.0.0", "", { "dependencies": { "b": "1" } }, "sha512-x"],
                "w": ["w@workspace:packages/w"],
                "g": ["g@github:o/g#0123", {}, "x"],
                "odd": [],
              },
            }"#,
            &[
                "@s/d 3.0.0 development direct",
                "a 1.0.0 direct",
                "b 1.0.0 development indirect",
                "b 2.0.0 indirect",
                "! no exact version of g",
                "! entries that make no sense: odd",
            ],
        );
    }
}
