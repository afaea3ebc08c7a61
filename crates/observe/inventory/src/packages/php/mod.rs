//! PHP packages of Packagist, under their names in lower case.

pub(crate) mod composer_lock;
pub(crate) mod installed;

use crate::packages::list::{List, add_licence};
use crate::packages::syntax::json::{Items, Word};
use serde::Deserialize;
use vigie_model::component::Scope;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Packagist";

/// A package as Composer writes it everywhere.
#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    license: Items<'a>,
}

fn add(list: &mut List<'_>, packages: &Items<'_>, scope: impl Fn(&str) -> Scope) {
    for package in packages.each::<Package<'_>>() {
        let Some(package) = package else {
            list.broken("a package");
            continue;
        };
        let name = package.name.text().to_lowercase();
        if let Some(component) = list.add_with(&name, package.version.text(), scope(package.name.text()), None) {
            package.license.words().for_each(|licence| add_licence(component, &licence));
        }
    }
}
