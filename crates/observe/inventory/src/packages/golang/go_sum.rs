//! `go.sum`: hashes of every module that was looked at.
//!
//! It keeps hashes of versions that lost against newer ones, so only the newest of each module counts, and only
//! those whose files were needed (not just their `go.mod`). Counts beside a `go.mod` before Go 1.17, which does
//! not list what its requirements require.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::List;
use crate::packages::syntax::text;
use crate::packages::{Found, Reader};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use vigie_model::version::semver;

pub(crate) static READER: Reader = Reader {
    name: "go.sum",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "go.sum",
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(path), Some(version)) = (words.next(), words.next()) else { continue };
        if version.ends_with("/go.mod") {
            continue;
        }
        let known = newest.entry(path).or_insert(version);
        if semver::compare(known, version) == Ordering::Less {
            *known = version;
        }
    }
    let mut list = List::new(meta, ECOSYSTEM);
    for (path, version) in newest {
        list.add(path, version);
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn the_newest_of_each_module_counts() {
        check(
            &READER,
            "go.sum",
            "example.org/a v1.2.0 h1:x=\nexample.org/a v1.2.0/go.mod h1:x=\nexample.org/a v1.10.0 h1:x=\n\
             example.org/b v1.0.0/go.mod h1:x=\nexample.org/c v0.1.0 h1:x=\n\nodd\n",
            &["example.org/a v1.10.0", "example.org/c v0.1.0"],
        );
    }
}
