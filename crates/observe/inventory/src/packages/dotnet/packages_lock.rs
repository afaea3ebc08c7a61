//! NuGet's `packages.lock.json`: what is resolved, by target framework.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Word};
use serde::Deserialize;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "packages.lock.json",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "packages.lock.json",
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default)]
    dependencies: Entries<'a>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow, default)]
    resolved: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for (_, packages) in lock.dependencies.each::<Entries<'_>>() {
        for (name, entry) in packages.unwrap_or_default().each::<Entry<'_>>() {
            match entry {
                Some(entry) if entry.kind.text().eq_ignore_ascii_case("project") => {}
                Some(entry) => {
                    let direct = entry.kind.text().eq_ignore_ascii_case("direct");
                    list.add_with(name, entry.resolved.text(), Scope::Runtime, Some(direct));
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
    fn reads_all_frameworks() {
        check(
            &READER,
            "packages.lock.json",
            "\u{feff}{\"version\":1,\"dependencies\":{\
               \"net6.0\":{\"A\":{\"type\":\"Direct\",\"requested\":\"[1, )\",\"resolved\":\"1.0.1\"},\"own\":{\"type\":\"Project\"}},\
               \"net8.0\":{\"A\":{\"type\":\"Transitive\",\"resolved\":\"1.0.1\"},\"B\":{\"type\":\"CentralTransitive\",\"resolved\":\"2\"}}}}",
            &["A 1.0.1 direct", "B 2 indirect"],
        );
    }
}
