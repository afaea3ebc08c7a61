//! `build.sbt.lock` of sbt's dependency-lock plugin.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Items, Word};
use serde::Deserialize;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "sbt lock file",
    wants: |meta, setting| setting == Setting::Source && meta.name().ends_with(".sbt.lock"),
    looks_right: |_| true,
    bytes_max: 16 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default)]
    dependencies: Items<'a>,
}

#[derive(Deserialize)]
struct Dependency<'a> {
    #[serde(borrow, default)]
    org: Word<'a>,
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    configurations: Items<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let lock: Lock<'_> = match json::parse(&text) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let mut list = List::new(meta, ECOSYSTEM);
    for dependency in lock.dependencies.each::<Dependency<'_>>() {
        let Some(dependency) = dependency else {
            list.broken("a dependency");
            continue;
        };
        let configurations: Vec<_> = dependency.configurations.words().collect();
        let runs = configurations.is_empty() || configurations.iter().any(|name| name != "test");
        let scope = if runs { Scope::Runtime } else { Scope::Development };
        let name = format!("{}:{}", dependency.org.text(), dependency.name.text());
        list.add_with(&name, dependency.version.text(), scope, None);
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_dependencies() {
        check(
            &READER,
            "build.sbt.lock",
            r#"{"lockVersion":1,"dependencies":[
              {"org":"org.a","name":"b_2.13","version":"1.0","configurations":["test","compile"]},
              {"org":"org.c","name":"d","version":"2.0","configurations":["test"]}, 3]}"#,
            &["org.a:b_2.13 1.0", "org.c:d 2.0 development", "! entries that make no sense: a dependency"],
        );
    }
}
