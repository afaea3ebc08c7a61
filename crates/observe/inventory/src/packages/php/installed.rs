//! `vendor/composer/installed.json`: what Composer installed. Composer 1 wrote only the list.

use super::{ECOSYSTEM, add};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::Items;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "composer's installed.json",
    wants: |meta, setting| {
        // Alone at the top where somebody looks at Composer's own folder.
        setting == Setting::Installed && (meta.path.ends_with("composer/installed.json") || meta.path == "installed.json")
    },
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Installed<'a> {
    #[serde(borrow, default)]
    packages: Items<'a>,
    #[serde(borrow, default)]
    dev_package_names: Items<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let parsed = if text.trim_start().starts_with('[') {
        json::parse(&text).map(|packages| Installed { packages, dev_package_names: Items::default() })
    } else {
        json::parse(&text)
    };
    let installed: Installed<'_> = match parsed {
        Ok(installed) => installed,
        Err(error) => return unreadable(meta, error),
    };
    let development: HashSet<String> = installed.dev_package_names.words().map(Cow::into_owned).collect();
    let mut list = List::new(meta, ECOSYSTEM);
    let scope = |name: &str| if development.contains(name) { Scope::Development } else { Scope::Runtime };
    add(&mut list, &installed.packages, scope);
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_both_forms() {
        let path = "app/vendor/composer/installed.json";
        let text = r#"{"packages":[{"name":"a/b","version":"1.0"},{"name":"c/d","version":"2.0"}],"dev":true,"dev-package-names":["c/d"]}"#;
        check(&READER, path, text, &["a/b 1.0", "c/d 2.0 development"]);
        check(&READER, path, r#" [{"name":"a/b","version":"1.0","license":["MIT"]}]"#, &["a/b 1.0 [MIT]"]);
    }
}
