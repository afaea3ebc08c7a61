//! Haskell's `stack.yaml.lock` and `cabal.project.freeze`.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::text;
use crate::packages::syntax::yaml;
use crate::packages::{Found, Reader};

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Hackage";

pub(crate) static STACK: Reader = Reader {
    name: "stack.yaml.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "stack.yaml.lock",
    looks_right: |_| true,
    bytes_max: yaml::BYTES_MAX,
    read: read_stack,
};

pub(crate) static CABAL: Reader = Reader {
    name: "cabal.project.freeze",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "cabal.project.freeze",
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read: read_cabal,
};

/// `hackage: name-1.0@sha256:…,123` in what was completed. The packages of a snapshot are not listed.
fn read_stack(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match yaml::parse_first(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for completed in lock.items_of("packages").iter().filter_map(|package| package.get("completed")) {
        let reference = completed.word("hackage");
        let named = (completed.word("name"), completed.word("version"));
        let plain = reference.split('@').next().unwrap_or_default();
        match plain.rsplit_once('-') {
            Some((name, version)) => list.add(name, version),
            None => list.add(named.0, named.1),
        };
    }
    list.done()
}

/// `constraints: any.name ==1.0,` with flags (`name +flag`) in between.
fn read_cabal(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
    let joined = lines.collect::<Vec<_>>().join(" ");
    let mut list = List::new(meta, ECOSYSTEM);
    for clause in joined.split("constraints:").skip(1).flat_map(|rest| rest.split(',')) {
        let Some((name, version)) = clause.split_once("==") else { continue };
        let name = name.trim().trim_start_matches("any.");
        let version = version.split_whitespace().next().unwrap_or_default();
        if !version.contains('*') && !name.contains(' ') {
            list.add(name, version);
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_what_stack_completed() {
        check(
            &STACK,
            "stack.yaml.lock",
            "packages:\n- completed:\n    hackage: fuzzyset-0.2.4@sha256:01,1574\n    pantry-tree: {size: 1}\n  original:\n    hackage: fuzzyset-0.2.4\n\
             - completed:\n    name: own-fork\n    version: '1.0'\n    git: https://x\nsnapshots:\n- completed: {size: 1}\n",
            &["fuzzyset 0.2.4", "own-fork 1.0"],
        );
    }

    #[test]
    fn reads_what_cabal_froze() {
        check(
            &CABAL,
            "cabal.project.freeze",
            "active-repositories: hackage.haskell.org:merge\n-- any.no ==1\nconstraints: any.aeson ==2.1.0,\n             aeson -cffi +ordered,\n             \
             any.text ==2.0.2,\n             base ==4.*\nindex-state: hackage.haskell.org 2026-01-01T00:00:00Z\n",
            &["aeson 2.1.0", "text 2.0.2"],
        );
    }
}
