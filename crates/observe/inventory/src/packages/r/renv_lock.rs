//! renv's `renv.lock`.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Word};
use serde::Deserialize;

pub(crate) static READER: Reader = Reader {
    name: "renv.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "renv.lock",
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default, rename = "Packages")]
    packages: Entries<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    #[serde(borrow, default)]
    package: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    repository: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for (name, entry) in lock.packages.each::<Entry<'_>>() {
        match entry {
            // Bioconductor and GitHub have packages of their own, which CRAN's advisories do not mean.
            Some(entry) if ["CRAN", "RSPM", "P3M"].contains(&entry.repository.text()) => {
                list.add(entry.package.text(), entry.version.text());
            }
            Some(_) => {}
            None => list.broken(name),
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages_of_cran() {
        check(
            &READER,
            "renv.lock",
            r#"{"R":{"Version":"4.2.3"},"Packages":{"a":{"Package":"a","Version":"1.0-1","Source":"Repository","Repository":"CRAN"},
                "b":{"Package":"b","Version":"2","Source":"GitHub"},"odd":3}}"#,
            &["a 1.0-1", "! entries that make no sense: odd"],
        );
    }
}
