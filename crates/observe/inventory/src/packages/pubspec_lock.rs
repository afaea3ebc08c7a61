//! Dart's `pubspec.lock`.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::text;
use crate::packages::syntax::yaml;
use crate::packages::{Found, Reader};
use vigie_model::component::Scope;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Pub";

pub(crate) static READER: Reader = Reader {
    name: "pubspec.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "pubspec.lock",
    looks_right: |_| true,
    bytes_max: yaml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match yaml::parse_first(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for (name, package) in lock.entries_of("packages") {
        // Packages of the SDK have no version of their own (0.0.0); a path is the project's own.
        if ["sdk", "path"].contains(&package.word("source")) {
            continue;
        }
        let asked = package.word("dependency");
        let scope = if asked == "direct dev" { Scope::Development } else { Scope::Runtime };
        list.add_with(name, package.word("version"), scope, Some(asked.starts_with("direct")));
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages() {
        check(
            &READER,
            "pubspec.lock",
            "packages:\n  a:\n    dependency: \"direct main\"\n    source: hosted\n    version: \"1.0.0\"\n  \
             b:\n    dependency: \"direct dev\"\n    source: hosted\n    version: 2.0.0\n  \
             c:\n    dependency: transitive\n    source: git\n    version: \"3.0.0+1\"\n  \
             flutter:\n    dependency: \"direct main\"\n    source: sdk\n    version: \"0.0.0\"\nsdks:\n  dart: x\n",
            &["a 1.0.0 direct", "b 2.0.0 development direct", "c 3.0.0+1 indirect"],
        );
    }
}
