//! Swift's `Package.resolved`, versions 1 to 3.
//!
//! A package is named after its repository, as in advisories: `github.com/apple/swift-nio`.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Items, Word};
use serde::Deserialize;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "SwiftURL";

pub(crate) static READER: Reader = Reader {
    name: "Package.resolved",
    wants: |meta, setting| {
        setting == Setting::Source && (meta.name() == "Package.resolved" || meta.name() == ".package.resolved")
    },
    looks_right: |_| true,
    bytes_max: 8 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Resolved<'a> {
    #[serde(borrow, default)]
    pins: Items<'a>,
    #[serde(borrow, default)]
    object: Pins<'a>,
}

/// Version 1 wraps the list.
#[derive(Deserialize, Default)]
struct Pins<'a> {
    #[serde(borrow, default)]
    pins: Items<'a>,
}

#[derive(Deserialize)]
struct Pin<'a> {
    #[serde(borrow, default)]
    location: Word<'a>,
    #[serde(borrow, default, rename = "repositoryURL")]
    repository: Word<'a>,
    #[serde(borrow, default)]
    kind: Word<'a>,
    #[serde(borrow, default)]
    state: State<'a>,
}

#[derive(Deserialize, Default)]
struct State<'a> {
    #[serde(borrow, default)]
    version: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let resolved: Resolved<'_> = match json::parse(&text) {
        Ok(resolved) => resolved,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for pin in resolved.pins.each::<Pin<'_>>().chain(resolved.object.pins.each()) {
        match pin {
            Some(pin) if pin.kind.text() == "localSourceControl" => {}
            // A pin to a branch or a commit has no version.
            Some(pin) => {
                let address = if pin.location.text().is_empty() { pin.repository.text() } else { pin.location.text() };
                list.add(repository(address).as_str(), pin.state.version.text());
            }
            None => list.broken("a pin"),
        }
    }
    list.done()
}

/// An address without scheme, account and `.git`: `git@github.com:a/b.git` is `github.com/a/b`.
fn repository(address: &str) -> String {
    let address = address.trim().trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    match address.split_once("://") {
        Some((_, rest)) => rest.split_once('@').map_or(rest, |(_, rest)| rest).to_owned(),
        None => match address.split_once('@').map_or(address, |(_, rest)| rest).split_once(':') {
            Some((host, path)) => format!("{host}/{path}"),
            None => address.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_all_versions() {
        check(
            &READER,
            "Package.resolved",
            r#"{"version":2,"pins":[
              {"identity":"a","kind":"remoteSourceControl","location":"https://github.com/o/a.git","state":{"revision":"0","version":"1.0.0"}},
              {"identity":"b","location":"git@github.com:o/b.git","state":{"revision":"0","branch":"main"}}]}"#,
            &["github.com/o/a 1.0.0", "! no exact version of github.com/o/b"],
        );
        check(
            &READER,
            "Package.resolved",
            r#"{"object":{"pins":[{"package":"a","repositoryURL":"ssh://git@h/o/a","state":{"branch":null,"version":"2.0.0"}}]},"version":1}"#,
            &["h/o/a 2.0.0"],
        );
    }
}
