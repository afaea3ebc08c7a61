//! Every page's examples, and what holds for all checks.

use crate::list::CHECKS;
use crate::{CHECKED, judge};
use std::collections::BTreeSet;
use vigie_catalogue::{Family, all};
use vigie_model::host::HostFacts;
use vigie_model::observed::{Gap, Observed, Obstacle};
use vigie_model::verdict::Verdict;

#[test]
fn every_page_has_a_function_and_every_function_a_page() {
    let pages: BTreeSet<&str> =
        all().iter().filter(|entry| entry.family == Family::Checks).map(vigie_catalogue::Entry::name).collect();
    let functions: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(functions, pages);
    assert!(CHECKS.is_sorted_by(|a, b| a.name < b.name), "the list is sorted and names are unique");
}

#[test]
fn every_example_gets_its_outcome() {
    let mut wrong = Vec::new();
    for (entry, check) in CHECKED.iter() {
        for (number, example) in entry.examples.iter().enumerate() {
            let facts: HostFacts = match serde_json::from_str(&example.body) {
                Ok(facts) => facts,
                Err(error) => {
                    wrong.push(format!("{} example {}: no facts: {error}", entry.path, number + 1));
                    continue;
                }
            };
            let verdict = (check.judge)(&facts);
            if verdict.word() != example.kind.verdict() {
                wrong.push(format!("{} example {} ({:?}): {verdict:?}", entry.path, number + 1, example.note));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
