//! `obj/project.assets.json`: everything NuGet restored for a project.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Word};
use serde::Deserialize;
use std::collections::HashSet;
use vigie_model::component::Scope;

pub(crate) static READER: Reader = Reader {
    name: "project.assets.json",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "project.assets.json",
    looks_right: |_| true,
    bytes_max: 64 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
struct Assets<'a> {
    #[serde(borrow, default)]
    libraries: Entries<'a>,
    #[serde(borrow, default)]
    project: Project<'a>,
}

#[derive(Deserialize, Default)]
struct Project<'a> {
    #[serde(borrow, default)]
    frameworks: Entries<'a>,
    #[serde(borrow, default)]
    restore: Restore<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Restore<'a> {
    #[serde(borrow, default)]
    project_path: Word<'a>,
}

#[derive(Deserialize)]
struct Framework<'a> {
    #[serde(borrow, default)]
    dependencies: Entries<'a>,
}

#[derive(Deserialize)]
struct Library<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Word<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let assets: Assets<'_> = match json::parse(&text) {
        Ok(assets) => assets,
        Err(error) => return unreadable(meta, error),
    };
    let frameworks = assets.project.frameworks.each::<Framework<'_>>().filter_map(|(_, framework)| framework);
    let asked: HashSet<String> =
        frameworks.flat_map(|framework| framework.dependencies.keys().map(str::to_lowercase).collect::<Vec<_>>()).collect();
    let mut list = List::new(meta, ECOSYSTEM);
    for (library, entry) in assets.libraries.each::<Library<'_>>() {
        let is_package = entry.is_some_and(|entry| entry.kind.text() == "package");
        if let Some((name, version)) = library.split_once('/').filter(|_| is_package) {
            list.add_with(name, version, Scope::Runtime, Some(asked.contains(&name.to_lowercase())));
        }
    }
    let mut found = list.done();
    let project = assets.project.restore.project_path;
    if let (Some(folder), Some(file)) =
        (meta.path.strip_suffix("obj/project.assets.json"), project.text().rsplit(['/', '\\']).next())
    {
        found.supersedes = vec![format!("{folder}{file}"), format!("{folder}packages.lock.json")];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::{check, read};

    #[test]
    fn reads_libraries() {
        let text = r#"{"version":3,"libraries":{"A/1.0":{"type":"package"},"B/2.0":{"type":"package"},"own/1":{"type":"project"}},
            "project":{"restore":{"projectPath":"C:\\src\\own.csproj"},"frameworks":{"net8.0":{"dependencies":{"a":{"version":"[1, )"}}}}}}"#;
        check(&READER, "src/obj/project.assets.json", text, &["A 1.0 direct", "B 2.0 indirect"]);
        let found = read(&READER, "src/obj/project.assets.json", text.as_bytes());
        assert_eq!(found.supersedes, ["src/own.csproj", "src/packages.lock.json"]);
    }
}
