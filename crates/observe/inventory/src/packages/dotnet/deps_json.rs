//! `*.deps.json`, which .NET puts beside a program it built: the libraries it runs with.
//!
//! Format: <https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md>.

use super::ECOSYSTEM;
use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::{json, text};
use crate::packages::{Found, Reader};
use json::{Entries, Word};
use serde::Deserialize;
use std::collections::HashSet;

pub(crate) static READER: Reader = Reader {
    name: "deps.json",
    wants: |meta, setting| setting == Setting::Installed && meta.name().ends_with(".deps.json"),
    looks_right: |_| true,
    bytes_max: 32 * 1024 * 1024,
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deps<'a> {
    #[serde(borrow, default)]
    runtime_target: Target<'a>,
    #[serde(borrow, default)]
    targets: Entries<'a>,
    #[serde(borrow, default)]
    libraries: Entries<'a>,
}

#[derive(Deserialize, Default)]
struct Target<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
}

#[derive(Deserialize)]
struct Library<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Word<'a>,
}

/// What a library brings to a target; one that is there and brings nothing only helped to build.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Brings<'a> {
    #[serde(borrow, default)]
    runtime: Entries<'a>,
    #[serde(borrow, default)]
    runtime_targets: Entries<'a>,
    #[serde(borrow, default)]
    native: Entries<'a>,
    #[serde(borrow, default)]
    resources: Entries<'a>,
}

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let text = text::decoded(content.bytes);
    let deps: Deps<'_> = match json::parse(&text) {
        Ok(deps) => deps,
        Err(error) => return unreadable(meta, error),
    };
    let target = deps.targets.each::<Entries<'_>>().find(|(name, _)| *name == deps.runtime_target.name.text());
    let target = target.and_then(|(_, target)| target);
    let target = target.unwrap_or_default();
    let idle: HashSet<&str> = target
        .each::<Brings<'_>>()
        .filter(|(_, brings)| {
            brings
                .as_ref()
                .is_some_and(|b| [&b.runtime, &b.runtime_targets, &b.native, &b.resources].iter().all(|kind| kind.is_empty()))
        })
        .map(|(name, _)| name)
        .collect();
    let mut list = List::new(meta, ECOSYSTEM);
    for (library, entry) in deps.libraries.each::<Library<'_>>() {
        let kind = entry.unwrap_or(Library { kind: Word::default() }).kind;
        let is_package = kind.text().eq_ignore_ascii_case("package");
        let is_runtime = kind.text().eq_ignore_ascii_case("runtimepack");
        let Some((name, version)) = library.split_once('/').filter(|_| is_package || is_runtime) else { continue };
        if !idle.contains(library) {
            list.add(name.strip_prefix("runtimepack.").unwrap_or(name), version);
        }
    }
    list.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_libraries_that_run() {
        check(
            &READER,
            "app/own.deps.json",
            r#"{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0","signature":""},
              "targets":{".NETCoreApp,Version=v8.0":{
                "own/1.0.0":{"runtime":{"own.dll":{}}},"A/1.0":{"runtime":{"lib/a.dll":{}}},"Build/2.0":{},
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"runtime":{"x.dll":{}}}}},
              "libraries":{"own/1.0.0":{"type":"project"},"A/1.0":{"type":"package"},"Build/2.0":{"type":"package"},
                "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1":{"type":"runtimepack"},"odd":3}}"#,
            &["A 1.0", "Microsoft.NETCore.App.Runtime.linux-x64 8.0.1"],
        );
        check(&READER, "x.deps.json", r#"{"libraries":{"A/1.0":{"type":"package"}}}"#, &["A 1.0"]);
    }
}
