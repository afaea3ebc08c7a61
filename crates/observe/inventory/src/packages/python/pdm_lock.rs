//! PDM's `pdm.lock`: each package names the groups that want it, of which `default` is what runs.

use super::{ECOSYSTEM, normalised};
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{text, toml};
use crate::packages::{Found, Reader};
use ::toml::Value;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "pdm.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "pdm.lock",
    looks_right: |_| true,
    bytes_max: toml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match toml::parse(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for package in toml::tables(&lock, "package") {
        let groups: Vec<&str> = toml::list(package, "groups").filter_map(Value::as_str).collect();
        let scope = match groups.as_slice() {
            [] => Scope::Runtime,
            groups if groups.contains(&"default") => Scope::Runtime,
            groups if groups.contains(&"dev") => Scope::Development,
            _ => Scope::Optional,
        };
        let is_own = toml::word(package, "path").starts_with('.');
        if !is_own {
            list.add_with(&normalised(toml::word(package, "name")), toml::word(package, "version"), scope, None);
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_packages_and_their_groups() {
        check(
            &READER,
            "pdm.lock",
            "[[package]]\nname = \"A\"\nversion = \"1\"\ngroups = [\"default\", \"dev\"]\n\
             [[package]]\nname = \"b\"\nversion = \"2\"\ngroups = [\"dev\"]\n\
             [[package]]\nname = \"c\"\nversion = \"3\"\ngroups = [\"extra\"]\n\
             [[package]]\nname = \"d\"\nversion = \"4\"\n[[package]]\nname = \"own\"\nversion = \"5\"\npath = \"./own\"\n",
            &["a 1", "b 2 development", "c 3 optional", "d 4"],
        );
    }
}
