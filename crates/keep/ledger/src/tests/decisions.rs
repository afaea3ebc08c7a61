//! What decisions do, and when they stop.

use super::*;
use crate::{AssetEdit, Decided, LedgerError, NewDecision, Progress, Selector, Settings};
use std::collections::BTreeMap;
use vigie_kit::clock::Clock;
use vigie_kit::problem::Explain;
use vigie_model::ids::DecisionId;
use vigie_model::lang::Lang;
use vigie_model::life::{Justification, Ruling};
use vigie_testkit::check_text;

impl Scene {
    /// An acceptance by ada for 30 days.
    fn acceptance(&self, selector: Selector) -> NewDecision {
        let until = self.clock.now().plus_seconds(30 * DAY);
        NewDecision {
            selector,
            ruling: Ruling::Accept { until },
            reason: "planned for the next window".into(),
            author: "ada".into(),
            expires_at: until,
        }
    }

    fn accept(&self, selector: Selector) -> Decided {
        self.ledger.decide(self.acceptance(selector)).unwrap()
    }

    /// A ruling by bob for 60 days.
    fn false_positive(&self, selector: Selector) -> Decided {
        let decision = NewDecision {
            selector,
            ruling: Ruling::FalsePositive,
            reason: "looked at it".into(),
            author: "bob".into(),
            expires_at: self.clock.now().plus_seconds(60 * DAY),
        };
        self.ledger.decide(decision).unwrap()
    }

    fn covers(&self, id: DecisionId) -> u64 {
        self.ledger.decision(id).unwrap().unwrap().covers
    }
}

fn about(subject: &str) -> Selector {
    Selector { subject: Some(subject.into()), ..Selector::default() }
}

#[test]
fn a_decision_rules_what_is_there_and_what_comes() {
    let scene = Scene::new();
    let (now, later) = (misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0001", "b"));
    let other = misset(scene.host, "HOST-0002", "a");
    scene.checked(&[now.clone(), other.clone()]);
    let decided = scene.accept(about("HOST-0001"));
    assert_eq!((decided.applied, scene.state(&now), scene.state(&other)), (1, "accepted", "open"));
    scene.checked(&[now.clone(), other, later.clone()]);
    assert_eq!(scene.state(&later), "accepted");
    assert_eq!(scene.covers(decided.id), 2);
    assert_eq!(scene.detail(&later).decision.unwrap().id, decided.id);
    check_text("tool:vigie.checks opened\nada accepted: planned for the next window\n", &scene.history(&later));
    check_counters(&scene.ledger);
}

#[test]
fn it_rules_again_what_comes_back() {
    let scene = Scene::new();
    let one = misset(scene.host, "HOST-0001", "a");
    scene.checked(std::slice::from_ref(&one));
    let decided = scene.accept(about("HOST-0001"));
    scene.checked(&[]);
    assert_eq!((scene.state(&one), scene.covers(decided.id)), ("fixed", 0));
    scene.checked(std::slice::from_ref(&one));
    assert_eq!((scene.state(&one), scene.covers(decided.id)), ("accepted", 1));
    check_text(
        "tool:vigie.checks opened\n\
         ada accepted: planned for the next window\n\
         tool:vigie.checks fixed\n\
         tool:vigie.checks reopened\n\
         ada accepted: planned for the next window\n",
        &scene.history(&one),
    );
    check_counters(&scene.ledger);
}

#[test]
fn it_ends_by_itself() {
    let scene = Scene::new();
    let one = misset(scene.host, "HOST-0001", "a");
    scene.checked(std::slice::from_ref(&one));
    scene.ledger.set_progress(&[one.identity.id()], Progress::Start, "ada", "").unwrap();
    let decided = scene.accept(Selector::of_findings([one.identity.id()]));
    let ends = scene.clock.now().plus_seconds(31 * DAY);
    assert_eq!(scene.ledger.decisions_ending_before(ends).unwrap().len(), 1);
    scene.clock.advance(30 * DAY - 1);
    assert_eq!(scene.ledger.expire_due().unwrap(), 0);
    scene.clock.advance(1);
    assert_eq!(scene.ledger.expire_due().unwrap(), 1);
    assert_eq!(scene.ledger.expire_due().unwrap(), 0);
    assert_eq!(scene.state(&one), "open");
    let decision = scene.ledger.decision(decided.id).unwrap().unwrap();
    assert_eq!((decision.ended_by.as_deref(), decision.covers), (Some("vigie"), 0));
    assert!(scene.ledger.decisions_ending_before(ends).unwrap().is_empty());
    check_text(
        "tool:vigie.checks opened\nada started\nada accepted: planned for the next window\nvigie ruling_ended\n",
        &scene.history(&one),
    );
    check_counters(&scene.ledger);
}

#[test]
fn the_latest_wins_and_hands_back_when_it_is_withdrawn() {
    let scene = Scene::new();
    let one = misset(scene.host, "HOST-0001", "a");
    scene.checked(std::slice::from_ref(&one));
    let first = scene.accept(about("HOST-0001"));
    let second = scene.false_positive(Selector::of_findings([one.identity.id()]));
    assert_eq!((scene.state(&one), scene.covers(first.id), scene.covers(second.id)), ("false_positive", 0, 1));
    assert_eq!(scene.ledger.withdraw(second.id, "eve", "it is real").unwrap(), 1);
    assert_eq!((scene.state(&one), scene.covers(first.id)), ("accepted", 1));
    assert_eq!(scene.ledger.withdraw(first.id, "eve", "fix it now").unwrap(), 1);
    assert_eq!(scene.state(&one), "open");
    check_text(
        "tool:vigie.checks opened\n\
         ada accepted: planned for the next window\n\
         bob false_positive: looked at it\n\
         ada accepted: planned for the next window\n\
         eve ruling_ended: fix it now\n",
        &scene.history(&one),
    );
    assert!(matches!(scene.ledger.withdraw(first.id, "eve", "again"), Err(LedgerError::DecisionEnded(_))));
    let unknown = DecisionId::of(&["unknown"]);
    assert!(matches!(scene.ledger.withdraw(unknown, "eve", "x"), Err(LedgerError::UnknownDecision(_))));
    assert!(matches!(scene.ledger.withdraw(first.id, "eve", "  "), Err(LedgerError::NoReason)));
    let ids: Vec<_> = scene.ledger.decisions().unwrap().iter().map(|decision| decision.id).collect();
    assert_eq!(ids, [second.id, first.id]);
    check_counters(&scene.ledger);
}

#[test]
fn the_same_ruling_by_another_person_is_noted() {
    let scene = Scene::new();
    let one = misset(scene.host, "HOST-0001", "a");
    scene.checked(std::slice::from_ref(&one));
    scene.false_positive(about("HOST-0001"));
    let second = scene.false_positive(about("HOST-0001"));
    assert_eq!(scene.covers(second.id), 1);
    assert_eq!(scene.history(&one).matches("bob false_positive").count(), 2);
    check_counters(&scene.ledger);
}

#[test]
fn it_selects_by_package_asset_kind_and_label() {
    let scene = Scene::new();
    let mut test_host = host("test-1");
    test_host.labels.insert("environment".into(), "test".into());
    scene.ledger.save_asset(&test_host).unwrap();
    let see = |asset, occurrences: &[Occurrence]| {
        scene.ledger.record(&run(asset, "vigie.advisories", &[]), occurrences).unwrap();
    };
    let (here, there) =
        (vulnerable(scene.host, "CVE-2024-0001", "openssl"), vulnerable(test_host.id, "CVE-2024-0001", "openssl"));
    let zlib = vulnerable(test_host.id, "CVE-2024-0002", "zlib");
    see(scene.host, std::slice::from_ref(&here));
    see(test_host.id, &[there.clone(), zlib.clone()]);
    let ruled = |selector: &str| {
        let decided = scene.accept(serde_json::from_str(selector).unwrap());
        let states = [&here, &there, &zlib].map(|finding| scene.state(finding) == "accepted");
        scene.ledger.withdraw(decided.id, "ada", "test").unwrap();
        states
    };
    assert_eq!(ruled(r#"{"package":"pkg:deb/debian/openssl@3.0"}"#), [true, true, false]);
    assert_eq!(ruled(&format!(r#"{{"asset":"{}"}}"#, test_host.id)), [false, true, true]);
    assert_eq!(ruled(r#"{"label":"environment=test"}"#), [false, true, true]);
    assert_eq!(ruled(r#"{"label":"environment=test","subject":"CVE-2024-0001"}"#), [false, true, false]);
    assert_eq!(ruled(r#"{"subject":"CVE-2024-0001","kind":"misconfiguration"}"#), [false, false, false]);
    check_counters(&scene.ledger);
}

#[test]
fn a_decision_by_label_follows_the_label() {
    let scene = Scene::new();
    let one = misset(scene.host, "HOST-0001", "a");
    scene.checked(std::slice::from_ref(&one));
    let decided = scene.accept(serde_json::from_str(r#"{"label":"environment=test"}"#).unwrap());
    assert_eq!((decided.applied, scene.state(&one)), (0, "open"));
    let label = |value: &str| {
        let labels = BTreeMap::from([("environment".to_owned(), value.to_owned())]);
        let edit = AssetEdit { labels: Some(labels), ..AssetEdit::default() };
        scene.ledger.edit_asset(scene.host, &edit).unwrap();
    };
    label("test");
    assert_eq!((scene.state(&one), scene.covers(decided.id)), ("accepted", 1));
    label("production");
    assert_eq!((scene.state(&one), scene.covers(decided.id)), ("open", 0));
    check_counters(&scene.ledger);
}

#[test]
fn it_needs_a_reason_an_end_and_something_to_be_about() {
    let scene = Scene::new();
    let good = scene.acceptance(about("HOST-0001"));
    let refused = |decision: NewDecision| scene.ledger.decide(decision).unwrap_err();
    let until = |days: i64| {
        let until = scene.clock.now().plus_seconds(days * DAY);
        NewDecision { ruling: Ruling::Accept { until }, expires_at: until, ..good.clone() }
    };
    let vex = Ruling::NotAffected { justification: Justification::ComponentNotPresent };

    assert!(matches!(refused(NewDecision { reason: " \n".into(), ..good.clone() }), LedgerError::NoReason));
    assert!(matches!(refused(NewDecision { reason: "x".repeat(4_001), ..good.clone() }), LedgerError::TooLong { .. }));
    assert!(matches!(refused(until(0)), LedgerError::BadExpiry { .. }));
    assert!(matches!(refused(until(366)), LedgerError::BadExpiry { days_max: 365 }));
    assert!(scene.ledger.decide(until(365)).is_ok());
    let expires_at = scene.clock.now().plus_seconds(400 * DAY);
    assert!(scene.ledger.decide(NewDecision { ruling: vex, expires_at, ..good.clone() }).is_ok());
    let expires_at = good.expires_at.plus_seconds(1);
    assert!(matches!(refused(NewDecision { expires_at, ..good.clone() }), LedgerError::TwoEnds));
    assert!(matches!(refused(NewDecision { selector: Selector::default(), ..good.clone() }), LedgerError::TooBroad));
    let many = (0..10_001).map(|n: u32| FindingId::of(&[&n.to_string()]));
    let selector = Selector::of_findings(many);
    assert!(matches!(refused(NewDecision { selector, ..good.clone() }), LedgerError::TooManyFindings { .. }));

    let strict = scene.ledger.clone().with_settings(Settings { accept_days_max: 7, ruling_days_max: 7 });
    assert!(matches!(strict.decide(good), Err(LedgerError::BadExpiry { days_max: 7 })));
}

#[test]
fn refusals_are_said_in_every_language() {
    let all = [
        LedgerError::UnknownAsset(AssetId::of(&["x"])),
        LedgerError::ForeignOccurrence { run: AssetId::of(&["x"]), occurrence: AssetId::of(&["y"]) },
        LedgerError::TooManyTools { max: 63 },
        LedgerError::UnknownDecision(DecisionId::of(&["x"])),
        LedgerError::DecisionEnded(DecisionId::of(&["x"])),
        LedgerError::NoReason,
        LedgerError::TooLong { what: "a reason", max: 4_000 },
        LedgerError::BadExpiry { days_max: 365 },
        LedgerError::TwoEnds,
        LedgerError::TooBroad,
        LedgerError::TooManyFindings { max: 10_000 },
        LedgerError::BadCursor,
        LedgerError::stored("decision", "nonsense"),
        LedgerError::Db(vigie_db::DbError::NoRow),
    ];
    for error in all {
        let problem = error.explain();
        for lang in Lang::ALL {
            let said = problem.said.get(lang);
            assert!(!said.is_empty() && !said.ends_with('.') && said.lines().count() == 1, "{said}");
        }
    }
}
