//! CocoaPods' `Podfile.lock`.
//!
//! A part of a pod (`Firebase/Core`) has its pod's version and is released with it, so the pod counts.

use crate::content::{Content, Meta, Setting};
use crate::packages::list::{List, unreadable};
use crate::packages::syntax::text;
use crate::packages::syntax::yaml::{self, Yaml};
use crate::packages::{Found, Reader};
use std::collections::HashSet;
use vigie_model::component::Scope;

/// Nobody publishes advisories for it in OSV's form; the name is ours.
const ECOSYSTEM: &str = "CocoaPods";

pub(crate) static READER: Reader = Reader {
    name: "Podfile.lock",
    wants: |meta, setting| setting == Setting::Source && meta.name() == "Podfile.lock",
    looks_right: |_| true,
    bytes_max: yaml::BYTES_MAX,
    read,
};

fn read(meta: &Meta<'_>, content: &Content<'_>) -> Found {
    let lock = match yaml::parse_first(&text::decoded(content.bytes)) {
        Ok(lock) => lock,
        Err(error) => return unreadable(meta, error),
    };
    let asked: HashSet<&str> = lock.items_of("DEPENDENCIES").iter().filter_map(Yaml::text).map(pod).collect();
    let own: HashSet<&str> = lock
        .entries_of("EXTERNAL SOURCES")
        .iter()
        .filter(|(_, source)| source.entries().iter().any(|(key, _)| key.trim_start_matches(':') == "path"))
        .map(|(name, _)| pod(name))
        .collect();
    let mut list = List::new(meta, ECOSYSTEM);
    for item in lock.items_of("PODS") {
        let entry = item.text().or_else(|| item.entries().first().map(|(key, _)| key.as_str())).unwrap_or_default();
        let Some((_, version)) = entry.strip_suffix(')').and_then(|entry| entry.split_once(" (")) else {
            list.broken(entry);
            continue;
        };
        let name = pod(entry);
        if !own.contains(name) {
            list.add_with(name, version, Scope::Runtime, Some(asked.contains(name)));
        }
    }
    list.done()
}

/// The pod of `Pod/Part (1.0)`.
fn pod(entry: &str) -> &str {
    entry.split(['/', ' ']).next().unwrap_or(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::told::check;

    #[test]
    fn reads_pods() {
        check(
            &READER,
            "Podfile.lock",
            "PODS:\n  - A (1.0.0)\n  - B/Core (2.0.0):\n    - A (~> 1.0)\n  - B/More (2.0.0)\n  - Own (0.1)\n  - odd\n\n\
             DEPENDENCIES:\n  - B/Core (from `x`)\n  - Own (from `.`)\n\nEXTERNAL SOURCES:\n  Own:\n    :path: \"../Own\"\n",
            &["A 1.0.0 indirect", "B 2.0.0 direct", "! entries that make no sense: odd"],
        );
    }
}
