//! Pipenv's `Pipfile.lock`: `default` runs, `develop` and other groups are for development.

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Word};
use serde::Deserialize;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "Pipfile.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "Pipfile.lock",
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    path: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Entries<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for (group, packages) in lock.each::<Entries<'_>>().filter(|(group, _)| *group != "_meta") {
        let scope = if group == "default" { Scope::Runtime } else { Scope::Development };
        for (name, entry) in packages.unwrap_or_default().each::<Entry<'_>>() {
            match entry {
                // A folder of the project itself.
                Some(entry) if !entry.path.text().is_empty() => {}
                Some(entry) => {
                    let version = entry.version.text().trim_start_matches('=');
                    list.add_with(&normalised(name), version, scope, None);
                }
                None => list.broken(name),
            }
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_both_groups() {
        check(
            &READER,
            "Pipfile.lock",
            r#"{"_meta":{"hash":{"sha256":"x"},"pipfile-spec":6},
                "default":{"A.b":{"version":"==1.0","markers":"x"},"own":{"editable":true,"path":"."},"g":{"git":"https://x","ref":"0"}},
                "develop":{"c":{"version":"==2"},"a-b":{"version":"==1.0"},"odd":3}}"#,
            &["a-b 1.0", "c 2 development", "! no exact version of g", "! entries that make no sense: odd"],
        );
    }
}
