//! What ships, held against its own cases.

use crate::correlation::Settings;
use crate::engine::{RuleState, Sources};
use crate::rule::RuleSet;
use crate::sample::{Case, cases};
use crate::{Detector, Index};
use std::fmt::Write as _;
use vigie_catalogue::{Entry, Family};
use vigie_model::ids::AssetId;
use vigie_model::occurrence::Occurrence;

fn host(name: &str) -> AssetId {
    AssetId::of(&["host", name])
}

fn run(detector: &mut Detector, case: &Case) -> Vec<Occurrence> {
    case.events.iter().flat_map(|event| detector.observe(event, &host)).collect()
}

fn alone(entry: &Entry) -> Detector {
    let mut rules = RuleSet::default();
    rules.add_entry(entry);
    Detector::new(rules, &Sources::shipped(), Settings::default())
}

/// Collects what is wrong with every entry, so that one run shows all of it.
#[track_caller]
fn every(promise: impl Fn(&Entry, &mut String)) {
    let mut said = String::new();
    for entry in vigie_catalogue::of(Family::Detections) {
        promise(entry, &mut said);
    }
    assert!(said.is_empty(), "{said}");
}

#[test]
fn every_rule_is_whole() {
    every(|entry, said| {
        for report in alone(entry).rules_report() {
            if let Some(why) = report.state.said() {
                writeln!(said, "{}: {}: {}", entry.path, report.info.title, why.en).unwrap();
            }
        }
    });
}

#[test]
fn every_rule_fires_and_is_silent_where_it_should() {
    every(|entry, said| {
        let (fires, silent) = (cases(entry.fires).unwrap(), cases(entry.silent).unwrap());
        if fires.len() < 2 || silent.len() < 3 {
            writeln!(said, "{}: needs two cases that fire and three near misses", entry.path).unwrap();
        }
        let mut detector = alone(entry);
        let blank = detector.snapshot();
        for (fires, case) in fires.iter().map(|case| (true, case)).chain(silent.iter().map(|case| (false, case))) {
            for index in [Index::On, Index::Off] {
                detector.restore(&blank).unwrap();
                detector.set_index(index);
                let found = run(&mut detector, case);
                let raw = String::from_utf8_lossy(&case.events[0].event.raw);
                if found.is_empty() == fires {
                    writeln!(said, "{}: fires {} on `{}` {raw}", entry.path, !fires, case.name).unwrap();
                }
                if found.iter().any(|occurrence| occurrence.identity.subject != entry.id) {
                    writeln!(said, "{}: reports under another id on {raw}", entry.path).unwrap();
                }
                if !detector.notices().is_empty() {
                    writeln!(said, "{}: could not count some events of `{}`", entry.path, case.name).unwrap();
                }
            }
        }
    });
}

#[test]
fn every_rule_says_what_it_is() {
    every(|entry, said| {
        let reports = alone(entry).rules_report();
        let main: Vec<_> = reports.iter().filter(|report| report.info.subject == entry.id).collect();
        let [main] = main[..] else { return writeln!(said, "{}: one document reports, not {}", entry.path, main.len()).unwrap() };
        let info = &main.info;
        let wrong = [
            (info.title != entry.title.en, "title of page and rule differ"),
            (info.severity != entry.severity, "severity of page and rule differ"),
            (info.techniques.is_empty(), "no ATT&CK technique"),
            (info.author.is_empty() || info.id.is_none(), "no author or id"),
            (info.false_positives.is_empty(), "says nothing of false positives"),
            (info.part_only, "is only a part of a correlation"),
        ];
        for (_, what) in wrong.iter().filter(|(wrong, _)| *wrong) {
            writeln!(said, "{}: {what}", entry.path).unwrap();
        }
        for technique in info.techniques.iter().filter(|technique| !has_tag(entry, technique)) {
            writeln!(said, "{}: the page has no tag attack.{}", entry.path, technique.to_ascii_lowercase()).unwrap();
        }
    });
}

fn has_tag(entry: &Entry, technique: &str) -> bool {
    entry.tags.iter().any(|tag| tag.strip_prefix("attack.").is_some_and(|tag| tag.eq_ignore_ascii_case(technique)))
}

#[test]
fn all_rules_together_say_what_each_says_alone() {
    let mut said = String::new();
    let mut together = Detector::shipped();
    let blank = together.snapshot();
    for entry in vigie_catalogue::of(Family::Detections) {
        let mut alone = alone(entry);
        for case in cases(entry.fires).unwrap() {
            together.restore(&blank).unwrap();
            alone.restore(&blank).unwrap();
            let mut found = run(&mut together, &case);
            found.retain(|occurrence| occurrence.identity.subject == entry.id);
            if found != run(&mut alone, &case) {
                writeln!(said, "{}: `{}`", entry.path, case.name).unwrap();
            }
        }
    }
    assert!(said.is_empty(), "{said}");
    let reports = together.rules_report();
    let broken: Vec<_> = reports.iter().filter(|report| report.state != RuleState::Live { gaps: Vec::new() }).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn there_is_as_much_as_was_promised() {
    let rules: Vec<_> = vigie_catalogue::of(Family::Detections).filter_map(|entry| entry.rule).collect();
    let correlations = rules.iter().filter(|rule| rule.contains("\ncorrelation:")).count();
    assert!(rules.len() - correlations >= 20 && correlations >= 2, "{} rules, {correlations} correlations", rules.len());
}

#[test]
fn the_tables_name_what_exists() {
    let sources = Sources::shipped();
    assert!(sources.rows.len() > 20);
    let mut more = sources.clone();
    let wrong = more.add("x.toml", "[[source]]\nformat = \"x\"\nclasses = [\"nonsense\"]\nproduct = [\"linux\"]\n").unwrap_err();
    assert_eq!(wrong.to_string(), "the log source table x.toml names the class `nonsense`, which OCSF does not have");
    assert!(more.add("x.toml", "[[source]]\nformats = \"x\"\n").is_err());
}
