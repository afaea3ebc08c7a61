//! Whatever happens in whatever order: what always holds.

use super::*;
use crate::codes::StateName;
use crate::rules::Rulebook;
use crate::selector::Asked;
use crate::stored::{stored, stored_where};
use crate::{AssetEdit, Label, NewDecision, Progress, Report, Selector};
use proptest::prelude::*;
use std::collections::BTreeMap;
use vigie_kit::clock::Clock;
use vigie_model::ids::DecisionId;
use vigie_model::life::{Justification, Ruling};

/// A finding out of a small world, so that sequences meet the same one again.
#[derive(Clone, Debug)]
struct Thing {
    rule: u8,
    place: u8,
    vulnerability: bool,
    severity: Severity,
    epss: Option<f64>,
    evidence: u8,
}

fn any_thing() -> impl Strategy<Value = Thing> {
    let epss = proptest::option::of(proptest::sample::select(&[0.0, 0.2, 0.9][..]));
    (0..3_u8, 0..2_u8, any::<bool>(), proptest::sample::select(&Severity::ALL[..]), epss, 0..3_u8).prop_map(
        |(rule, place, vulnerability, severity, epss, evidence)| Thing { rule, place, vulnerability, severity, epss, evidence },
    )
}

impl Thing {
    fn on(&self, asset: AssetId) -> Occurrence {
        let (rule, place) = (format!("RULE-{}", self.rule), format!("place-{}", self.place));
        let mut occurrence = if self.vulnerability { vulnerable(asset, &rule, &place) } else { misset(asset, &rule, &place) };
        occurrence.severity = self.severity;
        occurrence.circumstances.epss = self.epss;
        let evidence = |number: u8| Evidence {
            locator: "k".into(),
            place: format!("line {number}"),
            found: String::new(),
            expected: String::new(),
        };
        occurrence.evidence = (0..self.evidence).rev().map(evidence).collect();
        occurrence
    }
}

/// Something that happens to a ledger.
#[derive(Clone, Debug)]
enum Step {
    Record { host: u8, tool: u8, covers: Vec<FindingKind>, unclear: Option<u8>, things: Vec<Thing> },
    Detect { host: u8, things: Vec<Thing> },
    Decide { selector: Selecting, ruling: u8, days: i64 },
    Withdraw(usize),
    Work { every: usize, start: bool },
    Label { host: u8, value: u8 },
    Advance(i64),
}

/// Which parts a selector has.
#[derive(Clone, Debug)]
struct Selecting {
    findings: bool,
    rule: Option<u8>,
    place: Option<u8>,
    host: Option<u8>,
    kind: bool,
    label: Option<u8>,
}

fn any_selecting() -> impl Strategy<Value = Selecting> {
    let some = |range| proptest::option::weighted(0.4, range);
    (proptest::bool::weighted(0.2), some(0..3_u8), some(0..2_u8), some(0..2_u8), any::<bool>(), some(0..2_u8))
        .prop_map(|(findings, rule, place, host, kind, label)| Selecting { findings, rule, place, host, kind, label })
}

fn any_step() -> impl Strategy<Value = Step> {
    let things = || prop::collection::vec(any_thing(), 0..8);
    let kinds = proptest::sample::subsequence(&FindingKind::ALL[..2], 0..=2);
    prop_oneof![
        4 => (0..2_u8, 0..2_u8, kinds, proptest::option::weighted(0.2, 0..3_u8), things())
            .prop_map(|(host, tool, covers, unclear, things)| Step::Record { host, tool, covers, unclear, things }),
        1 => (0..2_u8, things()).prop_map(|(host, things)| Step::Detect { host, things }),
        3 => (any_selecting(), 0..3_u8, 1..60_i64)
            .prop_map(|(selector, ruling, days)| Step::Decide { selector, ruling, days }),
        1 => (0..10_usize).prop_map(Step::Withdraw),
        1 => (1..4_usize, any::<bool>()).prop_map(|(every, start)| Step::Work { every, start }),
        1 => (0..2_u8, 0..3_u8).prop_map(|(host, value)| Step::Label { host, value }),
        2 => (-2..40_i64).prop_map(Step::Advance),
    ]
}

fn host_number(number: u8) -> Asset {
    host(&format!("web-{number}"))
}

fn label(value: u8) -> Label {
    Label { key: "stage".into(), value: format!("s{value}") }
}

fn take(scene: &Scene, decided: &mut Vec<DecisionId>, step: &Step) {
    let ledger = &scene.ledger;
    match step {
        Step::Record { host, tool, covers, unclear, things } => {
            let asset = host_number(*host).id;
            let mut run = run(asset, &format!("tool-{tool}"), covers);
            run.inconclusive = unclear.iter().map(|rule| format!("RULE-{rule}")).collect();
            let found: Vec<_> = things.iter().map(|thing| thing.on(asset)).collect();
            ledger.record(&run, &found).unwrap();
        }
        Step::Detect { host, things } => {
            let found: Vec<_> = things.iter().map(|thing| thing.on(host_number(*host).id)).collect();
            ledger.record_detections(&found, |_| Ok(())).unwrap();
        }
        Step::Decide { selector, ruling, days } => {
            let expires_at = scene.clock.now().plus_seconds(days * DAY);
            let ruling = match ruling {
                0 => Ruling::Accept { until: expires_at },
                1 => Ruling::NotAffected { justification: Justification::ComponentNotPresent },
                _ => Ruling::FalsePositive,
            };
            let findings = if selector.findings { all_ids(ledger).into_iter().step_by(2).collect() } else { Vec::new() };
            let selector = Selector {
                findings,
                subject: selector.rule.map(|rule| format!("RULE-{rule}")),
                package: selector.place.map(|place| format!("pkg:deb/debian/place-{place}")),
                asset: selector.host.map(|host| host_number(host).id),
                kind: selector.kind.then_some(FindingKind::Vulnerability),
                label: selector.label.map(label),
            };
            let decision = NewDecision { selector, ruling, reason: "because".into(), author: "ada".into(), expires_at };
            decided.extend(ledger.decide(decision).ok().map(|decided| decided.id));
        }
        Step::Withdraw(index) => {
            // It may have ended already.
            drop(decided.get(*index).map(|id| ledger.withdraw(*id, "eve", "no")));
        }
        Step::Work { every, start } => {
            let ids: Vec<_> = all_ids(ledger).into_iter().step_by(*every).collect();
            let progress = if *start { Progress::Start } else { Progress::Stop };
            ledger.set_progress(&ids, progress, "bob", "").unwrap();
        }
        Step::Label { host, value } => {
            let Label { key, value } = label(*value);
            let edit = AssetEdit { labels: Some(BTreeMap::from([(key, value)])), ..AssetEdit::default() };
            ledger.edit_asset(host_number(*host).id, &edit).unwrap();
        }
        Step::Advance(days) => {
            scene.clock.advance(days * DAY);
            ledger.expire_due().unwrap();
        }
    }
}

/// What must hold of every finding at any time.
fn check_findings(ledger: &Ledger) {
    let labels: BTreeMap<i64, (AssetId, BTreeMap<String, String>)> = ledger
        .db
        .read(|r| {
            r.query("SELECT number, id, labels FROM asset", params![], |row| {
                let labels: String = row.get(2)?;
                Ok((row.get(0)?, (row.get(1)?, serde_json::from_str(&labels).unwrap())))
            })
        })
        .unwrap()
        .into_iter()
        .collect();
    let (rules, findings) = ledger
        .db
        .read(|r| {
            Ok::<_, crate::LedgerError>((Rulebook::load(r, ledger.clock.now())?, r.query(stored_where!(""), params![], stored)?))
        })
        .unwrap();
    for (finding, named) in findings {
        let state = finding.place.bucket.state;
        assert_eq!(finding.seen_by == 0, state == StateName::Fixed, "fixed is what no tool sees");
        let (asset, labels) = &labels[&finding.place.asset];
        let asked =
            Asked { id: finding.id, kind: named.kind, subject: &named.subject, locator: &named.locator, asset: *asset, labels };
        let best = rules.best(&asked).map(|rule| rule.number).filter(|_| state != StateName::Fixed);
        assert_eq!(finding.place.decision, best, "the latest decision in force is in effect");
        let decided = matches!(state, StateName::Accepted | StateName::NotAffected | StateName::FalsePositive);
        assert_eq!(decided, best.is_some());
        let detail = ledger.finding(finding.id).unwrap().unwrap();
        let of_state = |entry: &&crate::HistoryEntry| !matches!(entry.what, Change::SeverityChanged | Change::PriorityChanged);
        let last = detail.history.iter().rfind(of_state).unwrap();
        assert_eq!(last.to.as_deref(), Some(state.word()), "the history ends where the finding is");
    }
}

fn small_world() -> Scene {
    let scene = Scene::new();
    (0..2).for_each(|number| scene.ledger.save_asset(&host_number(number)).unwrap());
    scene
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_counters_and_decisions_are_right(steps in prop::collection::vec(any_step(), 1..20)) {
        let scene = small_world();
        let mut decided = Vec::new();
        for step in &steps {
            take(&scene, &mut decided, step);
            check_counters(&scene.ledger);
        }
        check_findings(&scene.ledger);
    }

    #[test]
    fn neither_order_nor_pieces_matter(
        before in prop::collection::vec(any_thing(), 0..8),
        things in prop::collection::vec(any_thing(), 0..12),
        order in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let found: Vec<_> = things.iter().map(|thing| thing.on(host_number(0).id)).collect();
        let start = || {
            let scene = small_world();
            let earlier: Vec<_> = before.iter().map(|thing| thing.on(host_number(0).id)).collect();
            scene.ledger.record(&run(host_number(0).id, "tool", &FindingKind::ALL), &earlier).unwrap();
            scene
        };
        let covering = |kinds: &[FindingKind]| run(host_number(0).id, "tool", kinds);
        let whole = start();
        let recorded = whole.ledger.record(&covering(&FindingKind::ALL), &found).unwrap();

        let mut turned = found.clone();
        turned.reverse();
        if !turned.is_empty() {
            let by = order.index(turned.len());
            turned.rotate_left(by);
        }
        let other = start();
        prop_assert_eq!(other.ledger.record(&covering(&FindingKind::ALL), &turned).unwrap(), recorded);
        prop_assert_eq!(other.dump(), whole.dump());

        let pieces = start();
        let mut report = Report::new(covering(&FindingKind::ALL));
        let (one, two) = found.split_at(cut.index(found.len() + 1));
        report.add(two).unwrap();
        report.add(one).unwrap();
        report.add(two).unwrap();
        pieces.ledger.record_report(&report).unwrap();
        prop_assert_eq!(pieces.dump(), whole.dump());

        // Two reports, each covering its kinds, in the place of one.
        let by_kind = start();
        for kind in FindingKind::ALL {
            let of_kind: Vec<_> = found.iter().filter(|thing| thing.identity.kind == kind).cloned().collect();
            by_kind.ledger.record(&covering(&[kind]), &of_kind).unwrap();
        }
        prop_assert_eq!(by_kind.dump(), whole.dump());

        // And once more changes nothing.
        let again = whole.ledger.record(&covering(&FindingKind::ALL), &found).unwrap();
        prop_assert_eq!(again.changed(), 0);
        prop_assert_eq!(other.dump(), whole.dump());
        check_counters(&whole.ledger);
    }
}
