//! Stored inventories: which packages assets list, and who has judged them.

use super::{Scene, host, run, vulnerable};
use crate::{Inventory, JudgedBy, Ledger, Report, Run, Taken};
use std::collections::BTreeMap;
use vigie_kit::clock::Clock;
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::ids::AssetId;
use vigie_model::image::ImageFacts;
use vigie_model::package::Package;

fn package(name: &str) -> Package {
    Package { ecosystem: "Debian:12".into(), name: name.into(), version: "1".into(), architecture: None, source: None }
}

fn image(packages: &[&str]) -> Facts {
    let components = packages.iter().map(|name| Component::new(package(name), "var/lib/dpkg/status")).collect();
    Facts::Image(ImageFacts { components, ..ImageFacts::default() })
}

impl Scene {
    fn save(&self, asset: AssetId, packages: &[&str], judged_by: Option<&str>) {
        let taken = Taken { at: self.clock.now(), source: "store", judged_by };
        self.ledger.save_facts(asset, &image(packages), taken).unwrap();
    }

    fn other(&self, name: &str) -> AssetId {
        let asset = host(name);
        self.ledger.save_asset(&asset).unwrap();
        asset.id
    }
}

/// Packages as `name=said`, by name.
fn known(ledger: &Ledger, unasked: bool) -> Vec<String> {
    let packages = ledger.packages(0, unasked, 100).unwrap();
    let mut said: Vec<String> = packages
        .iter()
        .map(|it| format!("{}={}", it.package.name, it.said.map_or("?".into(), |said| said.to_string())))
        .collect();
    said.sort();
    said
}

fn number(ledger: &Ledger, name: &str) -> i64 {
    ledger.packages(0, false, 100).unwrap().into_iter().find(|it| it.package.name == name).unwrap().number
}

#[test]
fn a_package_is_known_once_and_as_long_as_somebody_lists_it() {
    let scene = Scene::new();
    let (one, two) = (scene.host, scene.other("two"));
    scene.save(one, &["a", "b"], None);
    scene.save(two, &["b", "c", "b"], None);
    assert_eq!(known(&scene.ledger, false), ["a=?", "b=?", "c=?"]);
    assert_eq!(scene.ledger.ecosystems().unwrap(), ["Debian:12"]);
    let b = number(&scene.ledger, "b");
    assert_eq!(scene.ledger.assets_listing([b]).unwrap(), BTreeMap::from([(one, vec![b]), (two, vec![b])]));
    scene.save(one, &["b"], None);
    assert_eq!(known(&scene.ledger, false), ["b=?", "c=?"]);
    assert_eq!(number(&scene.ledger, "b"), b, "the same row");
    assert!(scene.ledger.forget_facts(two).unwrap());
    assert!(!scene.ledger.forget_facts(two).unwrap());
    assert_eq!(known(&scene.ledger, false), ["b=?"]);
    assert_eq!(scene.ledger.facts(one).unwrap().unwrap(), image(&["b"]));
    assert_eq!(scene.ledger.facts(two).unwrap(), None);
    let Inventory { source, packages, .. } = scene.ledger.inventories().unwrap().remove(0);
    assert_eq!((source.as_str(), packages), ("store", 1));
}

#[test]
fn inventories_know_which_data_have_judged_them() {
    let scene = Scene::new();
    let (one, two) = (scene.host, scene.other("two"));
    scene.save(one, &["a"], Some("D1"));
    scene.save(two, &["a", "b"], None);
    let stale = |data: &str| scene.ledger.stale_inventories(data).unwrap();
    assert_eq!(stale("D1").iter().map(|it| it.asset).collect::<Vec<_>>(), [two]);
    assert_eq!((stale("D2").len(), scene.ledger.said_by().unwrap()), (2, None));

    let listed = stale("D2");
    // Taken anew while the pass goes on: its word does not count for what came since.
    scene.clock.advance(1);
    scene.save(two, &["a", "b", "c"], Some("D1"));
    let said = BTreeMap::from([(number(&scene.ledger, "a"), -5), (number(&scene.ledger, "b"), 7)]);
    scene.ledger.judged_by(&JudgedBy { data: "D2", said, inventories: &listed }).unwrap();
    assert_eq!(scene.ledger.said_by().unwrap().as_deref(), Some("D2"));
    assert_eq!(stale("D2").iter().map(|it| it.asset).collect::<Vec<_>>(), [two]);
    assert_eq!(known(&scene.ledger, false), ["a=-5", "b=7", "c=?"]);
    assert_eq!(known(&scene.ledger, true), ["c=?"]);

    scene.ledger.judge_anew(one).unwrap();
    assert_eq!(stale("D2").len(), 2);
    assert_eq!(stale("D2")[0].judged_by, None);
    scene.ledger.judged_by(&JudgedBy { data: "D3", said: BTreeMap::new(), inventories: &stale("D3") }).unwrap();
    assert_eq!((stale("D3").len(), scene.ledger.said_by().unwrap().as_deref()), (0, Some("D3")));
}

#[test]
fn a_run_over_some_places_fixes_nothing_elsewhere() {
    let scene = Scene::new();
    let two = scene.other("two");
    let whole = |asset| run(asset, "vigie.advisories", &[FindingKind::Vulnerability]);
    let found = |asset| [vulnerable(asset, "CVE-1", "a"), vulnerable(asset, "CVE-2", "a"), vulnerable(asset, "CVE-3", "b")];
    for asset in [scene.host, two] {
        scene.ledger.record(&whole(asset), &found(asset)).unwrap();
    }
    let place = found(two)[0].identity.locator.text();
    let report = |asset, occurrences: &[_]| {
        let mut report = Report::new(Run { places: Some([place.clone()].into()), ..whole(asset) });
        report.add(occurrences).unwrap();
        report
    };
    let [first, second, third] = found(two);
    let reports = [report(scene.host, &[]), report(two, &[first.clone(), vulnerable(two, "CVE-4", "a")])];
    let recorded = scene.ledger.record_reports(&reports).unwrap();
    assert_eq!((recorded.new, recorded.seen, recorded.fixed), (1, 1, 3));
    assert_eq!([&first, &second, &third].map(|it| scene.state(it)), ["open", "fixed", "open"]);
    assert_eq!(found(scene.host).each_ref().map(|it| scene.state(it)), ["fixed", "fixed", "open"]);
    assert_eq!(scene.ledger.record_reports(&reports).unwrap().changed(), 0, "the same again changes nothing");
}

#[test]
fn many_reports_at_once_do_what_each_does_alone() {
    let (one, many) = (Scene::new(), Scene::new());
    let reports: Vec<Report> = (0..60)
        .map(|number| {
            let asset = host(&format!("h{number}"));
            [&one, &many].iter().for_each(|scene| scene.ledger.save_asset(&asset).unwrap());
            let mut report = Report::new(run(asset.id, "vigie.advisories", &[FindingKind::Vulnerability]));
            report.add(&(0..number).map(|cve| vulnerable(asset.id, &format!("CVE-{cve}"), "a")).collect::<Vec<_>>()).unwrap();
            report
        })
        .collect();
    for report in &reports {
        one.ledger.record_report(report).unwrap();
    }
    many.ledger.record_reports(&reports).unwrap();
    assert_eq!(one.dump(), many.dump());
    assert_eq!(many.ledger.record_reports(&[]).unwrap().changed(), 0);
}
