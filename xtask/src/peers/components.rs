//! Which components each scanner sees in the same place, and which only one of them does.

use super::{Peers, Run, Took, in_list, is_there, of, took};
use crate::error::Error;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The most differences that are listed, of each sort.
const LISTED_MAX: usize = 40;

/// Runs all on one target: a table of what it took, then who sees what.
pub(super) fn rows(peers: &Peers, target: &Path) -> Result<String, Error> {
    let (mut rows, mut differences) = (String::new(), String::new());
    let mut ours = None;
    for run in runs(&peers.vigie.display().to_string(), target) {
        let Some(program) = is_there(&run.program, &peers.bin) else {
            rows.push_str(&format!("| {} | components | not installed | | | |\n", run.name));
            continue;
        };
        let took = took(&run, &program)?;
        rows.push_str(&super::line("components", run.name, &took));
        let Some(seen) = components(&took) else { continue };
        match &ours {
            None => ours = Some(seen),
            Some(ours) => differences.push_str(&beside(run.name, ours, &seen)),
        }
    }
    Ok(format!("{rows}{differences}"))
}

fn beside(name: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> String {
    let list = |what: &str, lines: Vec<&String>| {
        let shown: String = lines.iter().take(LISTED_MAX).map(|line| format!("  {what}: {line}\n")).collect();
        let more = lines.len().saturating_sub(LISTED_MAX);
        if more == 0 { shown } else { format!("{shown}  {what}: {more} more\n") }
    };
    let (here, there): (Vec<_>, Vec<_>) = (ours.difference(theirs).collect(), theirs.difference(ours).collect());
    let same = ours.intersection(theirs).count();
    let counts = format!("\n{name}: {same} the same, {} only ours, {} only theirs\n", here.len(), there.len());
    counts + &list("only ours", here) + &list("only theirs", there)
}

fn runs(vigie: &str, target: &Path) -> Vec<Run> {
    let path = target.display().to_string();
    let (is_layout, is_folder) = (target.join("index.json").is_file(), target.is_dir());
    let mut runs = Vec::new();
    let own = ["--no-cache", "--scanners", "vulnerability", "--format", "cyclonedx"];
    if is_folder && !is_layout {
        runs.push(of("Vigie", vigie, &[&["scan", "fs", &path], &own[1..]].concat(), in_list));
        runs.push(of("Syft", "syft", &["scan", &format!("dir:{path}"), "-o", "cyclonedx-json", "-q"], in_list));
        for (name, verb) in [("Trivy fs", "fs"), ("Trivy rootfs", "rootfs")] {
            runs.push(of(name, "trivy", &[verb, &path, "--offline-scan", "--format", "cyclonedx", "-q"], in_list));
        }
    } else {
        let form = if is_layout { "oci-dir" } else { "docker-archive" };
        runs.push(of("Vigie", vigie, &[&["scan", "image", &path], &own[..]].concat(), in_list));
        runs.push(of("Syft", "syft", &["scan", &format!("{form}:{path}"), "-o", "cyclonedx-json", "-q"], in_list));
        runs.push(of("Trivy", "trivy", &["image", "--input", &path, "--offline-scan", "--format", "cyclonedx", "-q"], in_list));
    }
    runs
}

/// Kind, name and version of all components of a CycloneDX document that have a purl with a version.
fn components(took: &Took) -> Option<BTreeSet<String>> {
    let list: Value = serde_json::from_str(&took.answer).ok()?;
    let purls = list["components"].as_array()?.iter().filter_map(|component| component["purl"].as_str());
    Some(purls.filter_map(comparable).collect())
}

/// A purl without qualifiers, written as all write it.
fn comparable(purl: &str) -> Option<String> {
    let (name, version) = purl.split(['?', '#']).next()?.rsplit_once('@')?;
    let name = name.strip_prefix("pkg:")?.to_lowercase().replace("%40", "@");
    // Each has names of its own for the publishers of rpm packages.
    let name = match name.split_once('/') {
        Some(("rpm", rest)) => format!("rpm/{}", rest.rsplit('/').next()?),
        Some(("pypi", rest)) => format!("pypi/{}", rest.replace(['_', '.'], "-")),
        _ => name,
    };
    let version = version.replace("%2B", "+").replace("%2b", "+").replace("%3A", ":").replace("%7E", "~").replace("%7e", "~");
    Some(format!("{name} {}", version.trim_start_matches('v')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purls_are_compared_whoever_wrote_them() {
        assert_eq!(comparable("pkg:rpm/redhat/a@1-2?arch=x").as_deref(), Some("rpm/a 1-2"));
        assert_eq!(comparable("pkg:golang/x.org/Y@v1.0%2Bz").as_deref(), Some("golang/x.org/y 1.0+z"));
        assert_eq!(comparable("pkg:npm/%40a/b@1"), comparable("pkg:npm/@a/b@1"));
        assert_eq!(comparable("pkg:npm/a"), None);
        let set = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<BTreeSet<_>>();
        let said = beside("Syft", &set(&["a 1", "b 1"]), &set(&["b 1", "c 1"]));
        assert_eq!(said, "\nSyft: 1 the same, 1 only ours, 1 only theirs\n  only ours: a 1\n  only theirs: c 1\n");
    }
}
