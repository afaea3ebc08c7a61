//! A scan that is sent is recorded as a look would be: judged here, idempotent, and it fixes only what it looked for.

use super::*;
use crate::advisories::{AdvisoryFile, import};
use crate::rematch;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use vigie_db::Db;
use vigie_ledger::{Filter, Order, Sort, States};
use vigie_model::component::Component;
use vigie_model::finding::FindingKind;
use vigie_model::image::{ImageConfig, ImageFacts, ImageLayer, TreeFacts};
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::package::Package;
use vigie_testkit::FakeClock;

struct House {
    ledger: Ledger,
    clock: Arc<FakeClock>,
    dir: tempfile::TempDir,
    data: Option<Arc<Data>>,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
        let ledger = Ledger::open(Db::in_memory().unwrap(), clock.clone()).unwrap();
        let mut house = Self { ledger, clock, dir: tempfile::tempdir().unwrap(), data: None };
        house.data = Some(house.data(&["CVE-2026-0001 curl 2", "CVE-2026-0002 zlib 2"]));
        house
    }

    fn data(&self, records: &[&str]) -> Arc<Data> {
        let feeds = self.dir.path().join("feeds");
        fs::create_dir_all(&feeds).unwrap();
        for record in records {
            let [id, name, fixed] = record.split(' ').collect::<Vec<_>>()[..] else { panic!("{record}") };
            let json = json!({"id": id, "affected": [{"package": {"ecosystem": "Debian:12", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]});
            fs::write(feeds.join(format!("{id}.json")), json.to_string()).unwrap();
        }
        let file = AdvisoryFile::at(self.dir.path().join("advisories"));
        import(&file, self.clock.as_ref(), &[feeds], &mut |_| {}).unwrap();
        file.take_up().unwrap();
        file.current().unwrap()
    }

    fn take(&self, scan: &Observation) -> Received {
        self.try_take(scan).unwrap()
    }

    fn try_take(&self, scan: &Observation) -> Result<Received, IntakeError> {
        // As it comes over the wire.
        let scan = Observation::parse(&serde_json::to_vec(scan).unwrap()).unwrap();
        Intake { ledger: &self.ledger, clock: self.clock.as_ref(), data: self.data.as_deref() }.take(scan)
    }

    /// Findings as `asset subject state`.
    fn findings(&self) -> Vec<String> {
        let filter = Filter { states: States::All, ..Filter::default() };
        let page = self.ledger.findings(&filter, Sort::Title, Order::Ascending, None, 100).unwrap();
        let mut lines: Vec<String> = page
            .findings
            .into_iter()
            .map(|found| format!("{} {} {}", found.asset.name, found.subject, found.state.word()))
            .collect();
        lines.sort();
        lines
    }
}

fn component(name: &str, path: &str) -> Component {
    let package =
        Package { ecosystem: "Debian:12".into(), name: name.into(), version: "1".into(), architecture: None, source: None };
    Component::new(package, path)
}

fn digest(character: char) -> String {
    format!("sha256:{}", character.to_string().repeat(64))
}

fn image(id: char, name: &str, packages: &[&str]) -> Facts {
    Facts::Image(ImageFacts {
        names: vec![name.to_owned()],
        config: ImageConfig { id: Some(digest(id)), ..ImageConfig::default() },
        layers: vec![ImageLayer { diff_id: digest(id), complete: true, ..ImageLayer::default() }],
        components: packages.iter().map(|name| component(name, "var/lib/dpkg/status")).collect(),
        ..ImageFacts::default()
    })
}

fn kinds(words: &[&str]) -> BTreeSet<FindingKind> {
    words.iter().map(|word| FindingKind::from_word(word).unwrap()).collect()
}

const ALL: &[&str] = &["vulnerability", "malware", "misconfiguration", "secret"];

/// Found is (kind, subject, path).
fn scan(target: (AssetKind, &str, &str), sought: &[&str], inventory: Option<Facts>, found: &[(&str, &str, &str)]) -> Observation {
    let (kind, key, name) = (target.0, target.1.to_owned(), target.2.to_owned());
    let found = found.iter().map(|(kind, subject, path)| {
        let found = json!({"kind": kind, "subject": subject, "locator": {"file": {"path": path, "symbol": "f"}},
            "severity": "high", "title": subject});
        serde_json::from_value(found).unwrap()
    });
    Observation {
        schema: SCHEMA.into(),
        version: "0".into(),
        taken_at: vigie_model::time::Timestamp::parse("2026-11-21T08:00:00Z").unwrap(),
        target: Target { kind, key, name },
        scanners: kinds(sought),
        everywhere: kinds(sought),
        inventory,
        findings: found.collect(),
        unknown: Vec::new(),
        gaps: Vec::new(),
    }
}

fn of_image(id: char, packages: &[&str], sought: &[&str], found: &[(&str, &str, &str)]) -> Observation {
    scan((AssetKind::Image, &digest(id), "shop:1"), sought, Some(image(id, "shop:1", packages)), found)
}

const REPOSITORY: (AssetKind, &str, &str) = (AssetKind::Repository, "git:https://git.example/shop", "shop");

fn of_tree(packages: &[(&str, &str)], gaps: &[&str], found: &[(&str, &str, &str)]) -> Observation {
    let gaps: Vec<Gap> = gaps.iter().map(|what| Gap::new(*what, Obstacle::Unreadable, "")).collect();
    let components = packages.iter().map(|(name, path)| component(name, path)).collect();
    let tree = TreeFacts { components, gaps: gaps.clone(), ..TreeFacts::default() };
    Observation { gaps, ..scan(REPOSITORY, ALL, Some(Facts::Tree(tree)), found) }
}

#[test]
fn a_scan_is_judged_here_and_the_same_one_twice_changes_nothing() {
    let mut house = House::new();
    let sent = of_image('a', &["curl", "jq"], ALL, &[("secret", "SEC-0001", "root/.npmrc")]);
    let received = house.take(&sent);
    assert_eq!((received.recorded.new, received.matched), (2, true));
    assert_eq!(house.findings(), ["shop:1 CVE-2026-0001 open", "shop:1 SEC-0001 open"]);
    assert_eq!(received.asset.labels["repository"], "shop");
    let again = house.take(&sent).recorded;
    assert_eq!((again.seen, again.changed()), (2, 0));
    assert_eq!(house.findings().len(), 2);
    // New data are matched against what was kept, as with whatever the platform looked at itself.
    let data = house.data(&["CVE-2026-0003 jq 2"]);
    assert_eq!(rematch::pass(&house.ledger, &data, &|| false).unwrap().changed, 1);
    house.data = Some(data);
    assert_eq!(house.take(&sent).recorded.changed(), 0);
}

#[test]
fn without_data_it_is_kept_and_judged_when_data_come() {
    let mut house = House::new();
    let data = house.data.take().unwrap();
    let received = house.take(&of_image('a', &["curl"], ALL, &[]));
    assert_eq!((received.matched, received.recorded.new), (false, 0));
    assert_eq!(rematch::pass(&house.ledger, &data, &|| false).unwrap().changed, 1);
}

#[test]
fn a_partial_scan_fixes_nothing_that_it_did_not_look_for() {
    let house = House::new();
    let found = [("secret", "SEC-0001", "a"), ("misconfiguration", "IMG-0001", "b")];
    house.take(&of_image('a', &["curl"], ALL, &found));
    house.take(&of_image('a', &["curl"], &["vulnerability"], &[]));
    house.take(&scan((AssetKind::Image, &digest('a'), "shop:1"), &["secret"], None, &found[..1]));
    // Looked for, but not everywhere.
    house.take(&Observation { everywhere: BTreeSet::new(), ..of_image('a', &["curl"], ALL, &[]) });
    assert_eq!(house.findings(), ["shop:1 CVE-2026-0001 open", "shop:1 IMG-0001 open", "shop:1 SEC-0001 open"]);
    // A rule that cannot tell fixes nothing either.
    let unknown = vec![Unknown { rule: "IMG-0001".into(), reason: String::new() }];
    let unclear = Observation { unknown, ..of_image('a', &["curl"], ALL, &[]) };
    assert_eq!(house.take(&unclear).recorded.fixed, 1);
    assert_eq!(house.findings(), ["shop:1 CVE-2026-0001 open", "shop:1 IMG-0001 open", "shop:1 SEC-0001 fixed"]);
}

#[test]
fn what_lies_below_a_gap_is_not_gone() {
    let house = House::new();
    let packages = [("curl", "web/lock"), ("zlib", "api/lock")];
    let found = [("secret", "SEC-0001", "web/.env"), ("secret", "SEC-0002", "api/.env")];
    house.take(&of_tree(&packages, &[], &found));
    assert_eq!(house.take(&of_tree(&[], &["web"], &[])).recorded.fixed, 2);
    let expected = ["shop CVE-2026-0001 open", "shop CVE-2026-0002 fixed", "shop SEC-0001 open", "shop SEC-0002 fixed"];
    assert_eq!(house.findings(), expected);
    // Nor when data change.
    let data = house.data(&["CVE-2026-0009 curl 3"]);
    assert_eq!(rematch::pass(&house.ledger, &data, &|| false).unwrap().changed, 0);
    assert_eq!(house.findings(), expected);
    assert_eq!(house.take(&of_tree(&[], &[], &[])).recorded.fixed, 2);
}

#[test]
fn an_image_goes_when_its_name_leads_elsewhere_and_comes_back_with_it() {
    let house = House::new();
    house.take(&of_image('a', &["curl", "zlib"], ALL, &[("secret", "SEC-0001", "a")]));
    let newer = house.take(&of_image('b', &["zlib"], ALL, &[]));
    assert_eq!((newer.recorded.new, newer.left_behind), (1, 3));
    let open = || house.findings().iter().filter(|line| line.ends_with(" open")).count();
    assert_eq!((open(), house.ledger.inventories().unwrap().len()), (1, 1));
    let gone = house.ledger.asset_in_effect(Asset::id_of(AssetKind::Image, &digest('a'))).unwrap().unwrap();
    assert_eq!(gone.labels["state"], "gone");
    let back = house.take(&of_image('a', &["curl", "zlib"], ALL, &[("secret", "SEC-0001", "a")]));
    assert_eq!((back.recorded.reopened, back.left_behind, open()), (3, 1, 3));
    assert!(!back.asset.labels.contains_key("state"));
}

#[test]
fn what_a_machine_has_read_is_not_replaced_and_stays_when_its_name_goes() {
    let house = House::new();
    let held = Asset::new(AssetKind::Image, digest('a'), "shop:1");
    house.ledger.save_asset(&held).unwrap();
    let taken = Taken { at: house.clock.now(), source: "store 00 docker x", judged_by: None };
    house.ledger.save_facts(held.id, &image('a', "shop:1", &["curl"]), taken).unwrap();
    // Somebody says that there is nothing in it.
    let forged = house.take(&of_image('a', &[], ALL, &[]));
    assert_eq!(forged.recorded.new, 1, "judged by what the machine saw");
    let facts = house.ledger.facts(held.id).unwrap().unwrap();
    assert_eq!(facts.components().len(), 1);
    assert_eq!(house.ledger.inventory(held.id).unwrap().unwrap().source, "store 00 docker x");
    assert_eq!(house.take(&of_image('b', &[], ALL, &[])).left_behind, 0, "the machine has it still");
}

#[test]
fn an_older_scan_does_not_take_the_place_of_a_later_one_and_a_fast_clock_shuts_nobody_out() {
    let house = House::new();
    let at = |time: &str, packages: &[(&str, &str)]| Observation {
        taken_at: vigie_model::time::Timestamp::parse(time).unwrap(),
        ..of_tree(packages, &[], &[])
    };
    house.clock.advance(3600);
    house.take(&at("2026-11-21T08:30:00Z", &[("curl", "lock")]));
    assert!(matches!(house.try_take(&at("2026-11-21T08:29:00Z", &[])), Err(IntakeError::Older { .. })));
    house.take(&at("2099-01-01T00:00:00Z", &[("curl", "lock")]));
    house.clock.advance(60);
    assert_eq!(house.take(&at("2026-11-21T09:00:30Z", &[])).recorded.fixed, 1);
}

#[test]
fn secrets_in_an_image_s_words_are_kept_nowhere() {
    let house = House::new();
    let Facts::Image(mut facts) = image('a', "shop:1", &[]) else { panic!("an image") };
    // Made up, and put together here so that no scanner of sources takes it for one.
    let secret = format!("{}{}", "ghp_", "aDx2OvsUrwU2cszuMioX8kh3RvIGO70nffXK");
    facts.config.env = vec![format!("TOKEN={secret}")];
    let target = (AssetKind::Image, facts.key().to_owned(), "shop:1");
    house.take(&scan((target.0, &target.1, target.2), ALL, Some(Facts::Image(facts)), &[]));
    let kept = house.ledger.facts(Asset::id_of(AssetKind::Image, &digest('a'))).unwrap();
    assert!(!serde_json::to_string(&kept).unwrap().contains(&secret));
}
