//! Every page's examples, and what holds for all checks.

use crate::check::{GROUPS, Judge};
use crate::{KNOWN, Known, judge};
use std::collections::BTreeSet;
use vigie_catalogue::{Example, Family, of};
use vigie_inventory::configuration;
use vigie_model::host::HostFacts;
use vigie_model::image::ImageFacts;
use vigie_model::observed::{Gap, Observed, Obstacle};
use vigie_model::verdict::Verdict;

#[test]
fn every_page_has_a_function_and_every_function_a_page() {
    let pages: BTreeSet<(&str, &str)> = of(Family::Checks).map(|entry| (entry.group(), entry.name())).collect();
    let functions: BTreeSet<(&str, &str)> =
        GROUPS.iter().flat_map(|group| group.checks.iter().map(|check| (group.name, check.name))).collect();
    assert_eq!(functions, pages);
    assert!(GROUPS.is_sorted_by(|a, b| a.name < b.name), "groups are sorted and names are unique");
    for group in GROUPS {
        assert!(group.checks.is_sorted_by(|a, b| a.name < b.name), "{}: the list is sorted and names are unique", group.name);
    }
}

#[test]
fn every_example_gets_its_outcome() {
    let mut wrong = Vec::new();
    for known in KNOWN.iter() {
        for (number, example) in known.entry.examples.iter().enumerate() {
            let said = match verdict(known, example) {
                Ok(verdict) if verdict.word() == example.kind.verdict() => continue,
                Ok(verdict) => format!("{verdict:?}"),
                Err(error) => error,
            };
            wrong.push(format!("{} example {} ({:?}): {said}", known.entry.path, number + 1, example.note));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a check says of an example: JSON of the facts, or configuration as people write it.
fn verdict(known: &Known, example: &Example) -> Result<Verdict, String> {
    let said = |error: serde_json::Error| format!("no facts: {error}");
    match known.check.judge {
        Judge::Host(judge) => Ok(judge(&serde_json::from_str::<HostFacts>(&example.body).map_err(said)?)),
        Judge::Image(judge) => Ok(judge(&serde_json::from_str::<ImageFacts>(&example.body).map_err(said)?)),
        Judge::Piece(judge) => {
            let file = file_of(known.entry.group(), &example.language)
                .ok_or_else(|| format!("no form is written in `{}`", example.language))?;
            let mut pieces = configuration::read(file, example.body.as_bytes()).map_err(|error| error.to_string())?;
            configuration::link(&mut pieces);
            let judged = pieces.iter().filter(|piece| known.forms.contains(&piece.form)).map(|piece| judge(piece, &pieces));
            judged.max_by_key(weight).ok_or_else(|| "no piece of configuration is found in it".to_owned())
        }
    }
}

/// The name that a file with such text has.
fn file_of(group: &str, language: &str) -> Option<&'static str> {
    match (group, language) {
        (_, "dockerfile") => Some("Dockerfile"),
        ("compose", "yaml") => Some("compose.yaml"),
        (_, "yaml") => Some("manifest.yaml"),
        (_, "hcl") => Some("main.tf"),
        (_, "json") => Some("template.json"),
        _ => None,
    }
}

/// Of several pieces, the one that says most stands for the example.
fn weight(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Fail { .. } => 3,
        Verdict::Unknown { .. } => 2,
        Verdict::Pass => 1,
        Verdict::NotApplicable { .. } => 0,
    }
}

#[test]
fn nothing_passes_that_nobody_looked_at() {
    for judged in judge(&HostFacts::default()) {
        assert!(matches!(judged.verdict, Verdict::Unknown { .. }), "{}: {:?}", judged.entry.id, judged.verdict);
    }
}

#[test]
fn nothing_passes_that_could_not_be_seen() {
    fn hidden<T>() -> Observed<T> {
        Observed::Unseen(Gap::new("it", Obstacle::NotPermitted, ""))
    }
    let facts = HostFacts {
        os: hidden(),
        pending_updates: hidden(),
        last_list_refresh: hidden(),
        reboot_required: hidden(),
        users: hidden(),
        groups: hidden(),
        sockets: hidden(),
        ssh_server: hidden(),
        sudo: hidden(),
        sysctl: hidden(),
        mounts: hidden(),
        files: hidden(),
        private_keys: hidden(),
        ..HostFacts::default()
    };
    for judged in judge(&facts) {
        assert!(matches!(judged.verdict, Verdict::Unknown { .. }), "{}: {:?}", judged.entry.id, judged.verdict);
    }
}
