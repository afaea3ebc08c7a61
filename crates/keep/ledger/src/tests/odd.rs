//! Input that nobody sends on purpose, or somebody does: very much, very long, twice, out of time.

use super::*;
use crate::bounds::{EVIDENCE_MAX, LINE_BYTES_MAX};
use crate::{NewDecision, Recorded, Selector, TREND_DAYS_MAX};
use std::thread;
use vigie_kit::clock::Clock;
use vigie_model::life::Ruling;
use vigie_testkit::check_text;

#[test]
fn a_run_of_more_than_one_piece() {
    let scene = Scene::new();
    let all: Vec<_> = (0..9_001).map(|n| misset(scene.host, "HOST-0001", &format!("place-{n}"))).collect();
    assert_eq!(scene.checked(&all), Recorded { new: 9_001, ..Recorded::default() });
    assert_eq!(scene.checked(&all), Recorded { seen: 9_001, ..Recorded::default() });
    assert_eq!(scene.checked(&all[8_000..]), Recorded { seen: 1_001, fixed: 8_000, ..Recorded::default() });
    check_counters(&scene.ledger);
}

#[test]
fn one_finding_thousands_of_times() {
    let scene = Scene::new();
    let at = |n: u32| {
        let mut found = misset(scene.host, "HOST-0001", "a");
        found.evidence[0].place = format!("/etc/a:{n:05}");
        found
    };
    let many: Vec<_> = (0..5_000).map(at).collect();
    assert_eq!(scene.checked(&many), Recorded { new: 1, ..Recorded::default() });
    let evidence = scene.detail(&many[0]).evidence;
    assert_eq!((evidence.len(), evidence[0].place.as_str()), (EVIDENCE_MAX, "/etc/a:00000"));
    let turned: Vec<_> = many.iter().rev().cloned().collect();
    assert_eq!(scene.checked(&turned), Recorded { seen: 1, ..Recorded::default() }, "in whatever order");
    check_counters(&scene.ledger);
}

#[test]
fn texts_without_end_are_cut_and_stay_different() {
    let scene = Scene::new();
    let long = "\0\u{202e}é".repeat(3_000);
    let with_end = |end: &str| {
        let mut found = vulnerable(scene.host, &format!("{long}{end}"), &format!("{long}{end}"));
        found.evidence =
            vec![Evidence { locator: long.clone(), place: long.clone(), found: long.clone(), expected: long.clone() }];
        found.vulnerability.as_mut().unwrap().aliases = vec![long.clone(); 1_000];
        found.vulnerability.as_mut().unwrap().references = vec![long.clone(); 1_000];
        found
    };
    let both = [with_end("one"), with_end("two")];
    let run = scene.run("vigie.advisories", &[FindingKind::Vulnerability]);
    assert_eq!(scene.ledger.record(&run, &both).unwrap().new, 2);
    assert_eq!(scene.ledger.record(&run, &both).unwrap(), Recorded { seen: 2, ..Recorded::default() });
    let page = scene.ledger.findings(&Filter::default(), Sort::Title, Order::Ascending, None, 50).unwrap();
    for finding in &page.findings {
        let texts = [&finding.subject, &finding.title, &finding.locator];
        assert!(texts.iter().all(|text| text.len() <= LINE_BYTES_MAX));
    }
    let detail = serde_json::to_string(&scene.detail(&both[0])).unwrap();
    assert!(detail.len() < 2_000_000, "{}", detail.len());
    assert_eq!(scene.detail(&both[0]).problem.others, 0, "another subject is another problem");
    let word = Filter { text: Some(long.chars().take(50).collect()), ..Filter::default() };
    assert_eq!(scene.ledger.count(&word).unwrap(), Some(2));
    check_counters(&scene.ledger);
}

#[test]
fn scores_that_are_no_numbers_count_as_unknown() {
    let scene = Scene::new();
    let mut openssl = vulnerable(scene.host, "CVE-2024-0001", "openssl");
    openssl.circumstances.epss = None;
    let expected = openssl.priority().number();
    let run = scene.run("vigie.advisories", &[FindingKind::Vulnerability]);
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        (openssl.circumstances.epss, openssl.circumstances.cvss) = (Some(score), Some(score));
        scene.ledger.record(&run, std::slice::from_ref(&openssl)).unwrap();
        let found = scene.detail(&openssl);
        assert_eq!((found.finding.priority, found.finding.epss, found.circumstances.cvss), (expected, None, None));
    }
    check_text("tool:vigie.advisories opened\n", &scene.history(&openssl));
}

#[test]
fn of_two_tools_that_disagree_one_is_listened_to() {
    let scene = Scene::new();
    let kinds = [FindingKind::Vulnerability];
    let (ours, theirs) = (scene.run("vigie.advisories", &kinds), scene.run("scanner", &kinds));
    let high = vulnerable(scene.host, "CVE-2024-0001", "openssl");
    let low = Occurrence { severity: Severity::Low, title: "openssl: CVE-2024-0001".into(), ..high.clone() };
    let see = |run: &Run, found: &Occurrence| scene.ledger.record(run, std::slice::from_ref(found)).unwrap().changed;
    for _ in 0..3 {
        scene.clock.advance(DAY);
        assert_eq!((see(&ours, &high), see(&theirs, &low)), (0, 0));
    }
    let found = scene.detail(&high);
    assert_eq!((found.finding.severity, found.finding.last_seen), (Severity::High, scene.clock.now()));
    check_text("tool:vigie.advisories opened\n", &scene.history(&high));

    // One that has fallen silent is no longer waited for, but what it saw is not fixed either.
    scene.clock.advance(31 * DAY);
    assert_eq!((see(&theirs, &low), scene.detail(&high).finding.severity), (1, Severity::Low));
    assert_eq!(scene.ledger.record(&theirs, &[]).unwrap().fixed, 0);
    assert_eq!(see(&ours, &high), 1);
    // One that no longer sees it has no say.
    scene.ledger.record(&theirs, std::slice::from_ref(&low)).unwrap();
    scene.ledger.record(&ours, &[]).unwrap();
    assert_eq!((see(&theirs, &low), scene.state(&high)), (1, "open"));
    check_counters(&scene.ledger);
}

#[test]
fn the_clock_is_set_back() {
    let scene = Scene::new();
    let (first, second) = (misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0001", "b"));
    scene.checked(std::slice::from_ref(&first));
    let until = scene.clock.now().plus_seconds(10 * DAY);
    let decision = NewDecision {
        selector: Selector::of_findings([first.identity.id()]),
        ruling: Ruling::Accept { until },
        reason: "planned".into(),
        author: "ada".into(),
        expires_at: until,
    };
    scene.ledger.decide(decision).unwrap();
    scene.clock.advance(-5 * DAY);
    assert_eq!(scene.checked(&[first.clone(), second.clone()]), Recorded { new: 1, seen: 1, ..Recorded::default() });
    let found = scene.detail(&first).finding;
    assert_eq!(found.last_seen, found.first_seen, "never seen last before it was seen first");
    assert_eq!(scene.ledger.expire_due().unwrap(), 0);
    assert_eq!(scene.checked(&[second]), Recorded { seen: 1, fixed: 1, ..Recorded::default() });
    scene.checked(std::slice::from_ref(&first));
    assert_eq!(scene.state(&first), "accepted", "the decision holds again");
    scene.clock.advance(15 * DAY);
    assert_eq!((scene.ledger.expire_due().unwrap(), scene.state(&first)), (1, "open"));
    let trend = scene.ledger.trend(30).unwrap();
    assert_eq!(trend.last().unwrap().active, 1);
    assert!(trend.iter().all(|day| day.active <= 2), "{trend:?}");
    check_counters(&scene.ledger);
}

#[test]
fn a_decision_whose_time_is_over_rules_nothing_new() {
    let scene = Scene::new();
    let (first, second) = (misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0001", "b"));
    scene.checked(std::slice::from_ref(&first));
    let until = scene.clock.now().plus_seconds(DAY);
    let selector = Selector { subject: Some("HOST-0001".into()), ..Selector::default() };
    let (ruling, reason, author) = (Ruling::Accept { until }, "planned".to_owned(), "ada".to_owned());
    scene.ledger.decide(NewDecision { selector, ruling, reason, author, expires_at: until }).unwrap();
    // Nobody has called `expire_due` yet.
    scene.clock.advance(DAY);
    scene.checked(&[first.clone(), second.clone()]);
    assert_eq!((scene.state(&first), scene.state(&second)), ("accepted", "open"));
    assert_eq!(scene.ledger.expire_due().unwrap(), 1);
    assert_eq!((scene.state(&first), scene.state(&second)), ("open", "open"));
    check_counters(&scene.ledger);
}

#[test]
fn two_reports_at_once_come_one_after_the_other() {
    let scene = Scene::new();
    let (a, b) = (misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0001", "b"));
    for _ in 0..20 {
        thread::scope(|scope| {
            for found in [&a, &b] {
                scope.spawn(|| scene.checked(std::slice::from_ref(found)));
            }
        });
        let mut states = [scene.state(&a), scene.state(&b)];
        states.sort_unstable();
        assert_eq!(states, ["fixed", "open"]);
    }
    check_counters(&scene.ledger);
}

#[test]
fn a_trend_of_all_days_there_are_has_an_end() {
    assert_eq!(Scene::new().ledger.trend(u32::MAX).unwrap().len(), TREND_DAYS_MAX as usize);
    assert!(Scene::new().ledger.trend(0).unwrap().is_empty());
}
