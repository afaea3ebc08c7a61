//! `conda-meta/*.json`: what is installed in an environment.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, add_licence, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::Word;
use serde::Deserialize;

pub(crate) static READER: Reader = Reader {
    name: "conda-meta",
    wants: |meta, setting| setting == Setting::Installed && is_meta(meta.path),
    looks_right: |_| true,
    bytes_max: 64 * 1024 * 1024,
    read,
};

fn is_meta(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    name.ends_with(".json") && (folder == "conda-meta" || folder.ends_with("/conda-meta"))
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    license: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let package: Package<'_> = match json::parse(&text) {
        Ok(package) => package,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    if let Some(component) = list.add(package.name.text(), package.version.text()) {
        add_licence(component, package.license.text());
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_a_package() {
        let path = "opt/conda/conda-meta/openssl-1.1.1q-0.json";
        check(
            &READER,
            path,
            r#"{"name":"openssl","version":"1.1.1q","license":"OpenSSL","files":["a"]}"#,
            &["openssl 1.1.1q [OpenSSL]"],
        );
        assert!(is_meta(path) && !is_meta("conda-meta/history") && !is_meta("a.json"));
    }
}
