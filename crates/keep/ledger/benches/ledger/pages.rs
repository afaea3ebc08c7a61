//! Pages: every filter in every order, from the beginning and from deep within.

use crate::{Scene, Took, time, world};
use vigie_ledger::{Cursor, Filter, Ledger, Order, Sort, StateName, States};
use vigie_model::finding::FindingKind;
use vigie_model::severity::Severity;

/// Times each page is asked for; the slowest counts.
const TIMES: u32 = 3;
const PAGE: u32 = 50;
const ORDERS: [Order; 2] = [Order::Descending, Order::Ascending];
/// Each sort with a place amid a million findings, as a cursor without its direction.
const SORTS: [(&str, Sort, &str); 5] = [
    ("priority", Sort::Priority, "p.0.500000.35"),
    ("severity", Sort::Severity, "s.2.500000.38"),
    ("first seen", Sort::FirstSeen, "f.0.500000.1791000000000000"),
    ("last seen", Sort::LastSeen, "l.0.500000.1795176000000000"),
    ("title", Sort::Title, "t.0.500000.6376652d323031382d"),
];

/// The slowest of several pages.
#[derive(Default)]
struct Slowest {
    took: Took,
    what: String,
}

impl Slowest {
    fn note(&mut self, took: Took, what: impl FnOnce() -> String) {
        if took > self.took {
            *self = Self { took, what: what() };
        }
    }
}

pub(crate) fn pages(ledger: &Ledger) {
    println!("\n{:34} {:>9} {:>11} {:>11}  slowest", "page of 50, ms", "findings", "first", "deep");
    let mut slowest = Slowest::default();
    for (name, filter) in filters() {
        let (mut first, mut deep, mut total) = (Slowest::default(), Slowest::default(), None);
        for (sort_name, sort, place) in SORTS {
            for order in ORDERS {
                let cursor = cursor(place, order);
                for _ in 0..TIMES {
                    let (took, page) = time(|| ledger.findings(&filter, sort, order, None, PAGE).unwrap());
                    first.note(took, || format!("{sort_name} {order:?}"));
                    total = page.total;
                    let (took, _) = time(|| ledger.findings(&filter, sort, order, Some(&cursor), PAGE).unwrap());
                    deep.note(took, || format!("{sort_name} {order:?}"));
                }
            }
        }
        let total = total.map_or("many".to_owned(), |total| total.to_string());
        println!("{name:34} {total:>9} {:>11} {:>11}  {}, {}", first.took, deep.took, first.what, deep.what);
        for part in [first, deep] {
            slowest.note(part.took, || format!("{name}, {}", part.what));
        }
    }
    println!("the slowest page of all: {} ms, {}", slowest.took, slowest.what);
}

fn cursor(place: &str, order: Order) -> Cursor {
    let direction = if order == Order::Descending { "d" } else { "a" };
    let (sort, rest) = place.split_at(1);
    format!("{sort}{direction}{rest}").parse().unwrap()
}

fn filters() -> Vec<(&'static str, Filter)> {
    let all = || Filter { states: States::All, ..Filter::default() };
    let only = |state| Filter { states: States::Only(vec![state]), ..Filter::default() };
    let text = |text: &str| Filter { text: Some(text.into()), ..Filter::default() };
    let asset = |number| Some(world::asset(number).id);
    let common = world::vulnerabilities(&world::asset(9), 9, 1).remove(0).identity.subject;
    vec![
        ("active", Filter::default()),
        ("all states", all()),
        ("open", only(StateName::Open)),
        ("in progress", only(StateName::InProgress)),
        ("fixed", only(StateName::Fixed)),
        ("accepted", only(StateName::Accepted)),
        ("not affected", only(StateName::NotAffected)),
        ("false positive", only(StateName::FalsePositive)),
        ("critical", Filter { severities: vec![Severity::Critical], ..Filter::default() }),
        ("critical and high", Filter { severities: vec![Severity::Critical, Severity::High], ..Filter::default() }),
        ("vulnerabilities", Filter { kinds: vec![FindingKind::Vulnerability], ..Filter::default() }),
        ("detections", Filter { kinds: vec![FindingKind::Detection], ..Filter::default() }),
        ("fixable", Filter { fixable: Some(true), ..Filter::default() }),
        ("known to be exploited", Filter { known_exploited: Some(true), ..Filter::default() }),
        (
            "exploited, fixable, critical",
            Filter {
                known_exploited: Some(true),
                fixable: Some(true),
                severities: vec![Severity::Critical],
                ..Filter::default()
            },
        ),
        ("priority at least 30", Filter { priority_min: Some(30), ..Filter::default() }),
        ("priority at least 90", Filter { priority_min: Some(90), ..Filter::default() }),
        ("one asset", Filter { asset: asset(9), ..Filter::default() }),
        ("one asset, all states", Filter { asset: asset(10), ..all() }),
        ("one asset and a word", Filter { asset: asset(9), ..text("openssl") }),
        ("one vulnerability", Filter { subject: Some(common.clone()), ..Filter::default() }),
        ("one rule", Filter { subject: Some("MISCONFIGURATION-0011".into()), ..all() }),
        ("one vulnerability on one asset", Filter { subject: Some(common.clone()), asset: asset(9), ..Filter::default() }),
        ("text: one vulnerability", text(&common)),
        ("text: DEBIAN- alias", text(&format!("debian-{common}"))),
        ("text: one package", text("openssl-7-dev")),
        ("text: a sixteenth", text("openssl")),
        ("text: a sixteenth, all states", Filter { states: States::All, ..text("openssl") }),
        ("text: a sixteenth, accepted", Filter { states: States::Only(vec![StateName::Accepted]), ..text("openssl") }),
        ("text: a sixteenth, fixed", Filter { states: States::Only(vec![StateName::Fixed]), ..text("openssl") }),
        ("text: a sixteenth, detections", Filter { kinds: vec![FindingKind::Detection], ..text("openssl") }),
        ("text: a sixteenth, misconfigured", Filter { kinds: vec![FindingKind::Misconfiguration], ..text("openssl") }),
        ("text: a sixteenth, exploited", Filter { known_exploited: Some(true), ..text("openssl") }),
        ("text: a sixteenth, priority 80", Filter { priority_min: Some(80), ..text("openssl") }),
        ("text: almost all", text("cve-")),
        ("text: all", text("e")),
        ("text: all, eight words", text("c v e d i n - 2")),
        ("text: almost all, misconfigured", Filter { kinds: vec![FindingKind::Misconfiguration], ..text("cve-") }),
        ("text: misconfigured, by name", Filter { states: States::All, ..text("misconfiguration") }),
        ("text: two words, few together", text("cve-2015 openssl")),
        ("text: two words, none together", text("openssl samba")),
        ("text: three words, none together", text("openssl samba cve-")),
        ("text: one host", text("web-0040")),
        ("text: a quarter of the hosts", text("web-")),
        ("text: hosts and a package", text("web- openssl")),
        ("text: hosts and two packages", text("web- openssl samba")),
        ("text: a host and a package", text("web-0040 openssl")),
        ("text: hosts and containers", text("web- app-")),
        ("text: an address", text("10.17.")),
        ("text: nothing", text("nowhere")),
        ("text: signs", text("100%_\\ ' \"")),
    ]
}

pub(crate) fn others(scene: &Scene) {
    let ledger = &scene.ledger;
    println!();
    let say = |what: &str, work: &dyn Fn()| {
        let slowest = (0..TIMES).map(|_| time(work).0).max().unwrap_or_default();
        println!("{what:34} {slowest:>21}");
    };
    let page = |limit| ledger.findings(&Filter::default(), Sort::Priority, Order::Descending, None, limit).unwrap();
    let ids: Vec<_> = page(100).findings.iter().map(|finding| finding.id).collect();
    say("a page of 1,000", &|| drop(page(1_000)));
    say("100 findings, each whole", &|| ids.iter().for_each(|id| drop(ledger.finding(*id).unwrap())));
    say("counts", &|| drop(ledger.counts().unwrap()));
    say("trend of 90 days", &|| drop(ledger.trend(90).unwrap()));
    say("active by rule", &|| drop(ledger.active_by_subject().unwrap()));
    say("detections of a day", &|| {
        let since = vigie_kit::clock::Clock::now(&*scene.clock).plus_seconds(-crate::DAY_S);
        ledger.seen_since(FindingKind::Detection, since).unwrap();
    });
    say("coverage", &|| drop(ledger.coverage().unwrap()));
    say("assets", &|| drop(ledger.assets(&vigie_ledger::AssetFilter::default(), None, 1_000).unwrap()));
    say("an id from its beginning", &|| assert_eq!(ledger.complete_id(&ids[0].to_string()).unwrap(), Some(ids[0])));
    let word = Filter { text: Some("openssl".into()), ..Filter::default() };
    say("export of 20,000 by a word", &|| {
        let mut left = 20_000;
        ledger
            .each_finding(&word, Sort::Priority, Order::Descending, |_| {
                left -= 1;
                if left == 0 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
            })
            .unwrap();
    });
}
