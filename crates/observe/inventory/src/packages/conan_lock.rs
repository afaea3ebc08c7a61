//! Conan's `conan.lock` of Conan 1 (a graph of nodes) and Conan 2 (lists of references).

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Items, Word};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;
use vigie_model::component::Scope;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "ConanCenter";

pub(crate) static READER: Reader = Reader {
    name: "conan.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "conan.lock",
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default)]
    graph_lock: Graph<'a>,
    #[serde(borrow, default)]
    requires: Items<'a>,
    #[serde(borrow, default)]
    build_requires: Items<'a>,
    #[serde(borrow, default)]
    python_requires: Items<'a>,
}

#[derive(Deserialize, Default)]
struct Graph<'a> {
    #[serde(borrow, default)]
    nodes: Entries<'a>,
}

#[derive(Deserialize)]
struct Node<'a> {
    #[serde(borrow, default, rename = "ref")]
    reference: Word<'a>,
    /// What early versions wrote instead, with the package's id after it.
    #[serde(borrow, default, rename = "pref")]
    package_reference: Word<'a>,
    #[serde(borrow, default)]
    path: Word<'a>,
    #[serde(borrow, default)]
    requires: Items<'a>,
    #[serde(borrow, default)]
    context: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    let nodes: Vec<(&str, Node<'_>)> =
        lock.graph_lock.nodes.each::<Node<'_>>().filter_map(|(number, node)| Some((number, node?))).collect();
    let asked: HashSet<String> = nodes
        .iter()
        .filter(|(number, node)| node.is_own(number))
        .flat_map(|(_, node)| node.requires.words())
        .map(Cow::into_owned)
        .collect();
    for (number, node) in nodes.iter().filter(|(number, node)| !node.is_own(number)) {
        let scope = if node.context.text() == "build" { Scope::Development } else { Scope::Runtime };
        let direct = (!asked.is_empty()).then(|| asked.contains(*number));
        add(&mut list, node.named(), scope, direct);
    }
    let lists =
        [(lock.requires, Scope::Runtime), (lock.build_requires, Scope::Development), (lock.python_requires, Scope::Development)];
    for (references, scope) in lists {
        references.words().for_each(|reference| add(&mut list, &reference, scope, None));
    }
    list.done()
}

impl Node<'_> {
    fn named(&self) -> &str {
        if self.reference.text().is_empty() { self.package_reference.text() } else { self.reference.text() }
    }

    /// Whether it is the recipe that was locked: the first node, made from a file here.
    fn is_own(&self, number: &str) -> bool {
        self.named().is_empty() || (number == "0" && !self.path.text().is_empty())
    }
}

/// `name/version[@user/channel][#revision][:package][%time]`.
fn add(list: &mut List<'_>, reference: &str, scope: Scope, direct: Option<bool>) {
    let plain = reference.split(['#', '@', '%', ':']).next().unwrap_or(reference);
    match plain.split_once('/') {
        Some((name, version)) => {
            list.add_with(name, version, scope, direct);
        }
        None => list.broken(reference),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_the_graph_of_conan_1() {
        check(
            &READER,
            "conan.lock",
            r#"{"graph_lock":{"nodes":{"0":{"ref":"own/1","path":"conanfile.py","requires":["1"]},
                "1":{"ref":"zlib/1.2.12@user/stable#01","requires":["2"]},"2":{"ref":"bzip2/1.0.8","context":"build"},"3":{"ref":"odd"}}}}"#,
            &["bzip2 1.0.8 development indirect", "zlib 1.2.12 direct", "! entries that make no sense: odd"],
        );
    }

    #[test]
    fn reads_the_lists_of_conan_2() {
        check(
            &READER,
            "conan.lock",
            r#"{"version":"0.5","requires":["zlib/1.3#01%1.5"],"build_requires":["cmake/3.27"],"python_requires":[]}"#,
            &["cmake 3.27 development", "zlib 1.3"],
        );
    }
}
