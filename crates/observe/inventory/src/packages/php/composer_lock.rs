//! `composer.lock`.

use super::{ECOSYSTEM, add};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::Items;
use serde::Deserialize;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "composer.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "composer.lock",
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Lock<'a> {
    #[serde(borrow, default)]
    packages: Items<'a>,
    #[serde(borrow, default)]
    packages_dev: Items<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    add(&mut list, &lock.packages, |_| Scope::Runtime);
    add(&mut list, &lock.packages_dev, |_| Scope::Development);
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_both_lists() {
        check(
            &READER,
            "composer.lock",
            r#"{"packages":[{"name":"A/b","version":"v1.0","license":["MIT","GPL-2.0-only"]}, 3],
                "packages-dev":[{"name":"c/d","version":"2.0"}]}"#,
            &["a/b v1.0 [MIT, GPL-2.0-only]", "c/d 2.0 development", "! entries that make no sense: a package"],
        );
    }
}
