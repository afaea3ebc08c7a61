//! Pages hold what a plain filter and sort over all rows would give, on every way to them.

use super::*;
use crate::counts::Cells;
use crate::filter::words;
use crate::narrow::{Narrowed, Way};
use crate::page::{Question, finding_where, read_finding};
use crate::{Cursor, Finding, LedgerError, StateName, gather, walk};
use proptest::prelude::*;
use std::cmp::Ordering;

/// What a page can be made of.
#[derive(Clone, Debug)]
struct Sample {
    host: usize,
    rule: usize,
    place: usize,
    vulnerability: bool,
    severity: Severity,
    epss: Option<f64>,
    exploited: bool,
    fix: bool,
    seen_on_day: i64,
}

const WORDS: [&str; 5] = ["openssl", "OpenSSH", "zlib_1", "100%", "Äpfel"];

fn any_sample() -> impl Strategy<Value = Sample> {
    (
        (0..3_usize, 0..6_usize, 0..5_usize, any::<bool>()),
        proptest::sample::select(&Severity::ALL[..]),
        proptest::option::of(0.0..=1.0),
        (any::<bool>(), any::<bool>(), 0..4_i64),
    )
        .prop_map(|((host, rule, place, vulnerability), severity, epss, (exploited, fix, seen_on_day))| Sample {
            host,
            rule,
            place,
            vulnerability,
            severity,
            epss,
            exploited,
            fix,
            seen_on_day,
        })
}

impl Sample {
    fn occurrence(&self) -> Occurrence {
        let asset = host(&format!("web-{}", self.host)).id;
        let place = WORDS[self.place];
        let mut occurrence = if self.vulnerability {
            vulnerable(asset, &format!("CVE-{}", self.rule), place)
        } else {
            misset(asset, &format!("HOST-{}", self.rule), place)
        };
        occurrence.severity = self.severity;
        occurrence.circumstances.epss = self.epss;
        if self.exploited {
            occurrence.circumstances.known_exploited = KnownExploited::Yes;
        }
        if let Some(vulnerability) = occurrence.vulnerability.as_mut().filter(|_| !self.fix) {
            vulnerability.fixed = None;
        }
        occurrence
    }
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let states = prop_oneof![
        Just(States::Active),
        Just(States::All),
        proptest::sample::subsequence(&StateName::ALL[..], 0..=6).prop_map(States::Only)
    ];
    let few = |all: &'static [Severity]| proptest::sample::subsequence(all, 0..=3);
    const TEXTS: [&str; 9] = ["openssl", "open web-1", "100%", "äpfel", "z_ib", "cve-3", "debian-cve", "nowhere", ""];
    (
        states,
        few(&Severity::ALL),
        proptest::sample::subsequence(&FindingKind::ALL[..2], 0..=2),
        proptest::option::weighted(0.3, 0..4_usize),
        proptest::option::weighted(0.3, 0..7_usize),
        proptest::option::weighted(0.4, proptest::sample::select(&TEXTS[..])),
        proptest::option::weighted(0.3, 0..=100_u8),
        (proptest::option::weighted(0.2, any::<bool>()), proptest::option::weighted(0.2, any::<bool>())),
    )
        .prop_map(|(states, severities, kinds, host_number, subject, text, priority_min, (fixable, known_exploited))| {
            Filter {
                states,
                severities,
                kinds,
                asset: host_number.map(|number| host(&format!("web-{number}")).id),
                subject: subject.map(|number| format!("HOST-{number}")),
                text: text.map(str::to_owned),
                priority_min,
                fixable,
                known_exploited,
            }
        })
}

const SORTS: [Sort; 5] = [Sort::Priority, Sort::Severity, Sort::FirstSeen, Sort::LastSeen, Sort::Title];

/// A ledger with these findings in all sorts of states.
fn with(samples: &[Sample]) -> Scene {
    let scene = Scene::new();
    (0..3).for_each(|number| scene.ledger.save_asset(&host(&format!("web-{number}"))).unwrap());
    for day in 0..4 {
        for number in 0..3 {
            let today = samples.iter().filter(|sample| sample.host == number && sample.seen_on_day == day);
            let found: Vec<_> = today.map(Sample::occurrence).collect();
            let asset = host(&format!("web-{number}")).id;
            // What yesterday's runs saw and today's do not is fixed, on one of the hosts.
            let kinds: &[FindingKind] = if number == 2 { &FindingKind::ALL } else { &[] };
            scene.ledger.record(&run(asset, "tool", kinds), &found).unwrap();
        }
        scene.clock.advance(DAY);
    }
    let some: Vec<_> = all_ids(&scene.ledger).into_iter().step_by(3).collect();
    scene.ledger.set_progress(&some, crate::Progress::Start, "ada", "").unwrap();
    scene
}

/// All findings with their keys for a sort, read plainly.
fn plainly(ledger: &Ledger, sort: Sort) -> Vec<(i64, Finding, String)> {
    let rows = ledger.db.read(|r| r.query(finding_where!(""), params![], |row| Ok((row.get::<i64>(16)?, read_finding(row)?))));
    let mut all: Vec<_> = rows
        .unwrap()
        .into_iter()
        .map(|(number, finding)| {
            let key = match sort {
                Sort::Priority => format!("{:03}", finding.priority),
                Sort::Severity => format!("{}{:03}", finding.severity.number(), finding.priority),
                Sort::FirstSeen => format!("{:020}", finding.first_seen.micros()),
                Sort::LastSeen => format!("{:020}", finding.last_seen.micros()),
                Sort::Title => finding.title.to_lowercase().chars().take(40).collect(),
            };
            (number, finding, key)
        })
        .collect();
    all.sort_by(|(number, _, key), (other, _, other_key)| key.cmp(other_key).then(number.cmp(other)));
    all
}

fn fits(filter: &Filter, finding: &Finding) -> bool {
    let state = StateName::from(finding.state);
    let states = match &filter.states {
        States::Active => state.is_active(),
        States::All => true,
        States::Only(states) => states.contains(&state),
    };
    let aliases = if finding.kind == FindingKind::Vulnerability { format!("DEBIAN-{}", finding.subject) } else { String::new() };
    let Finding { title, subject, locator, asset, .. } = finding;
    let text = format!("{title} {subject} {locator} {aliases}").to_lowercase();
    let asset_text = format!("{} machine-id-of-{}", asset.name, asset.name);
    states
        && (filter.severities.is_empty() || filter.severities.contains(&finding.severity))
        && (filter.kinds.is_empty() || filter.kinds.contains(&finding.kind))
        && filter.asset.is_none_or(|id| id == asset.id)
        && filter.subject.as_ref().is_none_or(|wanted| wanted == subject)
        && filter.priority_min.is_none_or(|least| finding.priority >= least)
        && filter.fixable.is_none_or(|fixable| fixable == finding.fixed_version.is_some())
        && filter.known_exploited.is_none_or(|known| known == (finding.known_exploited != KnownExploited::No))
        && words(filter.text.as_deref().unwrap_or_default()).iter().all(|word| text.contains(word) || asset_text.contains(word))
}

fn expected(ledger: &Ledger, filter: &Filter, sort: Sort, order: Order) -> Vec<i64> {
    let all = plainly(ledger, sort);
    let fitting = all.into_iter().filter(|(_, finding, _)| fits(filter, finding)).map(|(number, ..)| number);
    match order {
        Order::Ascending => fitting.collect(),
        Order::Descending => fitting.rev().collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_way_gives_the_same_right_page(
        samples in prop::collection::vec(any_sample(), 0..60),
        filters in prop::collection::vec(any_filter(), 5),
        sort in proptest::sample::select(&SORTS[..]),
        ascending: bool,
        limit in 1..30_usize,
    ) {
        let scene = with(&samples);
        let order = if ascending { Order::Ascending } else { Order::Descending };
        for filter in &filters {
            let expected = expected(&scene.ledger, filter, sort, order);
            scene.ledger.db.read(|r| {
                let cells = Cells::load(r)?;
                let Some(narrowed) = Narrowed::of(r, filter)? else {
                    assert!(expected.is_empty());
                    return Ok(());
                };
                let question = Question { filter, sort, order, after: None, limit };
                for (most, way) in narrowed.ways(&question, &cells) {
                    assert!(most >= expected.len() as u64, "{way:?} reads too little");
                    let mut found: Vec<i64> = Vec::new();
                    let mut after = None;
                    loop {
                        let question = Question { after: after.as_ref(), ..question };
                        let answer = match &way {
                            Way::Walk => walk::answer(r, &question, &narrowed, &cells)?,
                            Way::Gather(source) => gather::answer(r, &question, &narrowed, source, &cells)?,
                        };
                        assert!(answer.total.is_none_or(|total| total == expected.len() as u64), "{way:?}");
                        found.extend(answer.keys.iter().take(limit).map(|key| key.number));
                        if answer.keys.len() <= limit {
                            break;
                        }
                        after = answer.keys.into_iter().nth(limit - 1);
                    }
                    assert_eq!(found, expected, "{way:?} for {filter:?}");
                }
                Ok::<_, LedgerError>(())
            }).unwrap();
        }
    }

    #[test]
    fn counts_beside_a_list_leave_their_own_part_open(
        samples in prop::collection::vec(any_sample(), 0..40),
        filter in any_filter(),
    ) {
        let scene = with(&samples);
        let page = scene.ledger.findings(&filter, Sort::Priority, Order::Descending, None, 1).unwrap();
        let (total, facets) = (page.total.unwrap(), page.facets.unwrap());
        let all = plainly(&scene.ledger, Sort::Priority);
        let count = |filter: &Filter| all.iter().filter(|(_, finding, _)| fits(filter, finding)).count() as u64;
        prop_assert_eq!(total, count(&filter));
        for severity in Severity::ALL {
            let alone = Filter { severities: vec![severity], ..filter.clone() };
            prop_assert_eq!(facets.severity.get(&severity).copied().unwrap_or(0), count(&alone));
        }
        for state in StateName::ALL {
            let alone = Filter { states: States::Only(vec![state]), ..filter.clone() };
            prop_assert_eq!(facets.state.get(&state).copied().unwrap_or(0), count(&alone));
        }
        for kind in FindingKind::ALL {
            let alone = Filter { kinds: vec![kind], ..filter.clone() };
            prop_assert_eq!(facets.kind.get(&kind).copied().unwrap_or(0), count(&alone));
        }
    }
}

#[test]
fn a_cursor_is_good_for_its_sort_only() {
    let scene = Scene::new();
    scene.checked(&[misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0001", "b")]);
    let page = |sort, order, after: Option<&Cursor>| scene.ledger.findings(&Filter::default(), sort, order, after, 1);
    let first = page(Sort::Title, Order::Ascending, None).unwrap();
    assert_eq!((first.total, first.findings[0].title.as_str()), (Some(2), "HOST-0001 at a"));
    let cursor: Cursor = first.next.unwrap().to_string().parse().unwrap();
    let second = page(Sort::Title, Order::Ascending, Some(&cursor)).unwrap();
    assert_eq!((second.findings[0].title.as_str(), second.next), ("HOST-0001 at b", None));
    assert!(matches!(page(Sort::Title, Order::Descending, Some(&cursor)), Err(LedgerError::BadCursor)));
    assert!(matches!(page(Sort::Priority, Order::Ascending, Some(&cursor)), Err(LedgerError::BadCursor)));
}

#[test]
fn a_page_and_a_finding_in_json() {
    let scene = Scene::new();
    let mut openssl = vulnerable(scene.host, "CVE-2024-0001", "openssl");
    openssl.circumstances.known_exploited = KnownExploited::Ransomware;
    let run = scene.run("vigie.advisories", &[FindingKind::Vulnerability]);
    scene.ledger.record(&run, &[openssl.clone(), vulnerable(scene.host, "CVE-2024-0001", "libssl3")]).unwrap();
    let page = scene.ledger.findings(&Filter::default(), Sort::Priority, Order::Descending, None, 1).unwrap();
    let page = serde_json::to_string_pretty(&page).unwrap();
    vigie_testkit::check_golden("src/testdata/page.json", &format!("{page}\n"));
    let detail = serde_json::to_string_pretty(&scene.detail(&openssl)).unwrap();
    vigie_testkit::check_golden("src/testdata/finding.json", &format!("{detail}\n"));
}

#[test]
fn heads_of_decks_compare_like_pages() {
    // Descending pages take the greatest key first, and ties by number as well.
    let key = |value, number| crate::filter::Key { severity: 0, value: crate::filter::KeyValue::Number(value), number };
    assert_eq!(Order::Descending.compare(&key(2, 1), &key(1, 9)), Ordering::Less);
    assert_eq!(Order::Descending.compare(&key(1, 9), &key(1, 1)), Ordering::Less);
    assert_eq!(Order::Ascending.compare(&key(1, 1), &key(1, 9)), Ordering::Less);
}
