//! `package.json` of an installed npm package.
//!
//! Only the one at the top of a package's folder in `node_modules` (or where Debian puts them) says what is
//! installed; those deeper down are test data and parts of it.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, add_licence, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Items, Word};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) static READER: Reader = Reader {
    name: "package.json",
    wants: |meta, setting| setting == Setting::Installed && meta.name() == "package.json" && is_installed(meta.path),
    looks_right: |_| true,
    bytes_max: 4 * 1024 * 1024,
    read,
};

/// `…/node_modules/name/package.json`, with a scope or without.
fn is_installed(path: &str) -> bool {
    let Some(folder) = path.strip_suffix("/package.json") else { return false };
    let inside = ["node_modules/", "usr/share/nodejs/"].iter().find_map(|place| {
        let at = folder.rfind(place)?;
        folder.get(at + place.len()..)
    });
    inside.is_some_and(|name| match name.strip_prefix('@') {
        Some(scoped) => scoped.split('/').count() == 2,
        None => !name.is_empty() && !name.contains('/'),
    })
}

#[derive(Deserialize)]
struct Manifest<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    license: Option<&'a RawValue>,
    #[serde(borrow, default)]
    licenses: Items<'a>,
}

/// The old form of a licence: `{"type": "MIT", "url": …}`.
#[derive(Deserialize)]
struct Licence<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let manifest: Manifest<'_> = match json::parse(&text) {
        Ok(manifest) => manifest,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    // A folder that only says `"type": "module"` is no package.
    if manifest.version.text().is_empty() {
        return Found::default();
    }
    if let Some(component) = list.add(manifest.name.text(), manifest.version.text()) {
        for licence in manifest.license.into_iter().chain(manifest.licenses.0) {
            let word = json::of::<Word<'_>>(licence).unwrap_or_default();
            let kind = json::of::<Licence<'_>>(licence).map(|licence| licence.kind).unwrap_or_default();
            add_licence(component, word.text());
            add_licence(component, kind.text());
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_name_version_and_licences() {
        let path = "app/node_modules/@s/a/package.json";
        check(&READER, path, r#"{"name":"@s/a","version":"1.0.0","license":"MIT OR ISC"}"#, &["@s/a 1.0.0 [MIT OR ISC]"]);
        check(&READER, path, r#"{"name":"a","version":"1","license":{"type":"MIT"}}"#, &["a 1 [MIT]"]);
        check(&READER, path, r#"{"name":"a","version":"1","licenses":[{"type":"MIT"},"X"]}"#, &["a 1 [MIT, X]"]);
        check(&READER, path, r#"{"type":"module"}"#, &[]);
    }

    #[test]
    fn knows_where_packages_are_installed() {
        for path in [
            "node_modules/a/package.json",
            "x/node_modules/.pnpm/a@1/node_modules/@s/a/package.json",
            "usr/share/nodejs/a/package.json",
        ] {
            assert!(is_installed(path), "{path}");
        }
        for path in
            ["package.json", "node_modules/a/test/package.json", "node_modules/@s/package.json", "node_modules//package.json"]
        {
            assert!(!is_installed(path), "{path}");
        }
    }
}
