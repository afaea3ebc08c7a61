//! `pnpm-lock.yaml`, versions 5 to 9.
//!
//! Format: <https://github.com/pnpm/spec/tree/master/lockfile>. The key of a package changed twice: `/a/1.0.0_peer`
//! (5), `/a@1.0.0(peer@1)` (6), `a@1.0.0` (9). Up to 6 each package says whether it is for development; in 9
//! that follows from what the importers reach through `snapshots`.

use super::{ECOSYSTEM, is_version, split_at_version};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::text;
use crate::packages::syntax::yaml::{self, Yaml};
use crate::packages::{Found, Reader};
use std::collections::{HashMap, HashSet};
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "pnpm-lock.yaml",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "pnpm-lock.yaml",
    looks_right: |_| true,
    bytes_max: yaml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let documents = match yaml::parse(&text::decoded(content.bytes)) {
        Ok(documents) => documents,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    documents.iter().for_each(|lock| add_document(&mut list, lock));
    list.done()
}

fn add_document(list: &mut List<'_>, lock: &Yaml) {
    let version: f64 = lock.word("lockfileVersion").parse().unwrap_or_default();
    let asked = Asked::of(lock);
    let reached = (version >= 9.0).then(|| reached(lock, &asked));
    for (key, package) in lock.entries_of("packages") {
        let Some((name, version_said)) = identity(key, package, version) else {
            // A folder of the project is no package; an address without version is one nobody can name.
            if !key.contains("file:") && !key.contains("link:") {
                list.unresolved(key);
            }
            continue;
        };
        let scope = match &reached {
            Some(reached) => reached.get(without_peers(key)).copied().unwrap_or(Scope::Runtime),
            None if package.word("dev") == "true" => Scope::Development,
            None if package.word("optional") == "true" => Scope::Optional,
            None => Scope::Runtime,
        };
        list.add_with(name, version_said, scope, Some(asked.has(key, name, version_said)));
    }
}

/// Name and version of a package.
fn identity<'a>(key: &'a str, package: &'a Yaml, version: f64) -> Option<(&'a str, &'a str)> {
    let said = (package.word("name"), package.word("version"));
    if !said.0.is_empty() && !said.1.is_empty() {
        return Some(said);
    }
    let key = without_peers(key);
    let (name, of_key) = if version < 6.0 {
        let (path, version) = key.rsplit_once('/')?;
        let version = version.split('_').next().unwrap_or(version);
        // Another registry's name comes first: `registry.npmjs.org/a/1.0.0`.
        let path = path.strip_prefix('/').or_else(|| path.split_once('/').map(|(_, rest)| rest))?;
        (path, version)
    } else {
        split_at_version(key.trim_start_matches('/'))?
    };
    let version = if is_version(of_key) { of_key } else { said.1 };
    is_version(version).then_some((name, version))
}

/// A key without the peers it was resolved with: `a@1.0.0(b@2.0.0)`.
fn without_peers(key: &str) -> &str {
    key.split('(').next().unwrap_or(key)
}

/// What the importers ask for: the name and what it was resolved to.
struct Asked<'a> {
    runtime: Vec<(&'a str, &'a str)>,
    development: Vec<(&'a str, &'a str)>,
    optional: Vec<(&'a str, &'a str)>,
    all: HashSet<(&'a str, &'a str)>,
}

impl<'a> Asked<'a> {
    fn of(lock: &'a Yaml) -> Self {
        let importers: Vec<&Yaml> = match lock.get("importers") {
            Some(importers) => importers.entries().iter().map(|(_, importer)| importer).collect(),
            None => vec![lock],
        };
        let of_kind = |kind: &str| -> Vec<(&'a str, &'a str)> {
            let entries = importers.iter().flat_map(|importer| importer.entries_of(kind));
            entries.map(|(name, value)| (name.as_str(), value.text().unwrap_or_else(|| value.word("version")))).collect()
        };
        let (runtime, development, optional) =
            (of_kind("dependencies"), of_kind("devDependencies"), of_kind("optionalDependencies"));
        let all = runtime.iter().chain(&development).chain(&optional).map(|(name, to)| (*name, without_peers(to))).collect();
        Self { runtime, development, optional, all }
    }

    /// Whether an importer asks for this package: by its name and version, or by its key, which an alias has.
    fn has(&self, key: &str, name: &str, version: &str) -> bool {
        let key = without_peers(key);
        let of_address = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('@')).unwrap_or(key);
        self.all.contains(&(name, version))
            || self.all.contains(&(name, of_address))
            || self.all.iter().any(|(asked, to)| *asked == name && to.split('_').next() == Some(version))
    }
}

/// The packages that are reached, by their key without peers, and what for.
fn reached(lock: &Yaml, asked: &Asked<'_>) -> HashMap<String, Scope> {
    let snapshots: HashMap<&str, &Yaml> = lock.entries_of("snapshots").iter().map(|(key, node)| (key.as_str(), node)).collect();
    let mut scopes = HashMap::new();
    let kinds = [(&asked.runtime, Scope::Runtime), (&asked.optional, Scope::Optional), (&asked.development, Scope::Development)];
    for (kind, scope) in kinds {
        let mut seen: HashSet<String> = HashSet::new();
        let mut waiting: Vec<String> = kind.iter().map(|(name, to)| snapshot_key(&snapshots, name, to)).collect();
        while let Some(key) = waiting.pop() {
            if let Some(node) = snapshots.get(key.as_str()).filter(|_| !seen.contains(&key)) {
                for list in ["dependencies", "optionalDependencies"] {
                    let next = node.entries_of(list).iter();
                    waiting.extend(next.map(|(name, to)| snapshot_key(&snapshots, name, to.text().unwrap_or_default())));
                }
            }
            scopes.entry(without_peers(&key).to_owned()).or_insert(scope);
            seen.insert(key);
        }
    }
    scopes
}

/// An alias is resolved to a whole key, anything else to the version of its own name.
fn snapshot_key(snapshots: &HashMap<&str, &Yaml>, name: &str, to: &str) -> String {
    if snapshots.contains_key(to) { to.to_owned() } else { format!("{name}@{to}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_version_5() {
        check(
            &READER,
            "pnpm-lock.yaml",
            "lockfileVersion: 5.4\ndependencies:\n  a: 1.0.0_b@2.0.0\npackages:\n  /a/1.0.0_b@2.0.0:\n    dev: false\n  \
             /@s/b/2.0.0:\n    dev: true\n  registry.example.org/c/3.0.0:\n    optional: true\n  \
             github.com/o/d/0123abc:\n    name: d\n    version: 4.0.0\n  file:../e:\n    dev: true\n",
            &["@s/b 2.0.0 development indirect", "a 1.0.0 direct", "c 3.0.0 optional indirect", "d 4.0.0 indirect"],
        );
    }

    #[test]
    fn reads_version_6() {
        check(
            &READER,
            "pnpm-lock.yaml",
            "lockfileVersion: '6.0'\nimporters:\n  .:\n    devDependencies:\n      a:\n        specifier: ^1\n        \
             version: 1.0.0(b@2.0.0)\npackages:\n  /a@1.0.0(b@2.0.0):\n    dev: true\n  /@s/b@2.0.0:\n    dev: false\n",
            &["@s/b 2.0.0 indirect", "a 1.0.0 development direct"],
        );
    }

    #[test]
    fn reads_version_9_and_follows_what_is_asked_for() {
        check(
            &READER,
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: ^1, version: 1.0.0(p@1.0.0)}\n    \
             devDependencies:\n      x: {specifier: '2', version: 2.0.0}\n      t: {specifier: u, version: 'https://example.org/t.tgz'}\n\
             packages:\n  a@1.0.0:\n    resolution: {integrity: x}\n  p@1.0.0: {}\n  x@2.0.0: {}\n  y@2.0.0: {}\n  \
             t@https://example.org/t.tgz: {version: 7.0.0}\n  u@https://example.org/u.tgz: {}\n\
             snapshots:\n  a@1.0.0(p@1.0.0):\n    dependencies: {p: 1.0.0}\n  p@1.0.0:\n    dependencies: {a: 1.0.0(p@1.0.0)}\n  \
             x@2.0.0:\n    dependencies: {y: 2.0.0, p: 1.0.0}\n  y@2.0.0: {}\n  t@https://example.org/t.tgz: {}\n",
            &[
                "a 1.0.0 direct",
                "p 1.0.0 indirect",
                "t 7.0.0 development direct",
                "x 2.0.0 development direct",
                "y 2.0.0 development indirect",
                "! no exact version of u@https://example.org/u.tgz",
            ],
        );
    }
}
