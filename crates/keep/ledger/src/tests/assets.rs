//! Assets, their facts and their verdicts.

use super::*;
use crate::{AssetEdit, AssetFilter, LedgerError, Side, Taken};
use std::collections::BTreeMap;
use vigie_kit::clock::Clock;
use vigie_model::asset::{Criticality, Relation, RelationKind};
use vigie_model::facts::Facts;
use vigie_model::host::HostFacts;
use vigie_model::observed::Observed;
use vigie_model::package::Package;
use vigie_model::priority::Exposure;
use vigie_model::text;
use vigie_model::verdict::Verdict;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn what_a_person_says_stays() {
    let scene = Scene::new();
    let mut web = host("web-1");
    web.exposure = Exposure::Network;
    web.labels = labels(&[("rack", "7"), ("stage", "old")]);
    scene.ledger.save_asset(&web).unwrap();
    let edit = AssetEdit {
        owner: Some("ada".into()),
        criticality: Some(Criticality::Vital),
        labels: Some(labels(&[("stage", ""), ("team", "web")])),
        ..AssetEdit::default()
    };
    scene.ledger.edit_asset(web.id, &edit).unwrap();
    scene.ledger.edit_asset(web.id, &AssetEdit { exposure: Some(Exposure::Internet), ..AssetEdit::default() }).unwrap();

    scene.clock.advance(DAY);
    web.name = "web-1.example.org".into();
    web.labels = labels(&[("rack", "8"), ("stage", "new")]);
    scene.ledger.save_asset(&web).unwrap();
    let seen = scene.ledger.asset_in_effect(web.id).unwrap().unwrap();
    assert_eq!((seen.name.as_str(), seen.owner.as_deref()), ("web-1.example.org", Some("ada")));
    assert_eq!((seen.criticality, seen.exposure), (Criticality::Vital, Exposure::Internet));
    assert_eq!(seen.labels, labels(&[("rack", "8"), ("team", "web")]));
    let detail = scene.ledger.asset(web.id).unwrap().unwrap();
    assert_eq!(detail.summary.last_seen.since(detail.summary.first_seen), DAY * 1_000_000);

    scene.ledger.edit_asset(web.id, &AssetEdit { owner: Some(String::new()), ..AssetEdit::default() }).unwrap();
    assert_eq!(scene.ledger.asset_in_effect(web.id).unwrap().unwrap().owner, None);
    let nobody = AssetId::of(&["nobody"]);
    assert!(matches!(scene.ledger.edit_asset(nobody, &edit), Err(LedgerError::UnknownAsset(_))));
    assert_eq!(scene.ledger.asset(nobody).unwrap(), None);
}

#[test]
fn relations_are_seen_from_both_ends() {
    let scene = Scene::new();
    let image = AssetId::of(&["image", "sha256:1"]);
    let mut container = Asset::new(AssetKind::Container, "c1", "nginx");
    let on_host = Relation { kind: RelationKind::RunsOn, to: scene.host };
    container.relations = vec![on_host, Relation { kind: RelationKind::BuiltFrom, to: image }];
    scene.ledger.save_asset(&container).unwrap();
    let ends = |id| {
        let relations = scene.ledger.asset(id).unwrap().unwrap().relations;
        relations.into_iter().map(|end| (end.kind, end.direction, end.asset, end.name)).collect::<Vec<_>>()
    };
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(ends(scene.host), [(RelationKind::RunsOn, Side::From, container.id, name("nginx"))]);
    let both = [(RelationKind::RunsOn, Side::To, scene.host, name("web-1")), (RelationKind::BuiltFrom, Side::To, image, None)];
    assert_eq!(ends(container.id), both);
    container.relations.pop();
    scene.ledger.save_asset(&container).unwrap();
    assert_eq!(ends(container.id).len(), 1);
    assert_eq!(scene.ledger.asset_in_effect(container.id).unwrap().unwrap(), container);
}

#[test]
fn lists_are_filtered_and_go_on() {
    let scene = Scene::new();
    for name in ["db-1", "DB-2", "web_2"] {
        scene.ledger.save_asset(&host(name)).unwrap();
    }
    scene.ledger.save_asset(&Asset::new(AssetKind::Container, "c", "db-1")).unwrap();
    let names = |kind, text: &str, after: Option<(&str, AssetId)>, limit| {
        let filter = AssetFilter { kind, text: (!text.is_empty()).then(|| text.to_owned()) };
        let found = scene.ledger.assets(&filter, after, limit).unwrap();
        found.into_iter().map(|asset| asset.name).collect::<Vec<_>>()
    };
    assert_eq!(names(None, "", None, 10), ["DB-2", "db-1", "db-1", "web-1", "web_2"]);
    assert_eq!(names(Some(AssetKind::Host), "db", None, 10), ["DB-2", "db-1"]);
    assert_eq!(names(None, "web_2", None, 10), ["web_2"]);
    assert_eq!(names(None, "", Some(("web-1", scene.host)), 1), ["web_2"]);

    scene.checked(&[misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0001", "b")]);
    let web = scene.ledger.asset(scene.host).unwrap().unwrap().summary;
    assert_eq!(web.findings, BTreeMap::from([(Severity::Medium, 2)]));
}

#[test]
fn facts_and_verdicts_are_the_latest() {
    let scene = Scene::new();
    let package = |name: &str| Package {
        ecosystem: "Debian:12".into(),
        name: name.into(),
        version: "1".into(),
        architecture: None,
        source: None,
    };
    let taken = Taken { at: scene.clock.now(), source: "", judged_by: None };
    scene.ledger.save_facts(scene.host, &Facts::Host(HostFacts::default()), taken).unwrap();
    let packages = Observed::Seen(vec![package("a"), package("b")]);
    let facts = Facts::Host(HostFacts { taken_at: scene.clock.now(), packages, ..HostFacts::default() });
    scene.ledger.save_facts(scene.host, &facts, taken).unwrap();
    assert_eq!(scene.ledger.facts(scene.host).unwrap().unwrap(), facts);
    let inventories = scene.ledger.inventories().unwrap();
    assert_eq!((inventories.len(), inventories[0].packages), (1, 2));

    let unknown = Verdict::unknown(text!(en "not root", fr "pas root", de "nicht root"));
    let first = [("HOST-0001", &Verdict::Pass), ("HOST-0002", &unknown), ("HOST-0003", &Verdict::Pass)];
    scene.ledger.save_verdicts(scene.host, first).unwrap();
    scene.ledger.save_verdicts(scene.host, [("HOST-0002", &Verdict::Pass), ("HOST-0003", &unknown)]).unwrap();
    let verdicts = scene.ledger.verdicts(scene.host).unwrap();
    let rules: Vec<_> = verdicts.iter().map(|verdict| (verdict.rule.as_str(), verdict.verdict.word())).collect();
    assert_eq!(rules, [("HOST-0002", "pass"), ("HOST-0003", "unknown")]);

    let coverage = scene.ledger.coverage().unwrap();
    assert_eq!((coverage.assets, coverage.packages), (BTreeMap::from([(AssetKind::Host, 1)]), 2));
    assert_eq!((coverage.checks.pass, coverage.checks.unknown, coverage.checks.fail), (1, 1, 0));
    let nobody = AssetId::of(&["nobody"]);
    assert!(matches!(scene.ledger.save_facts(nobody, &facts, taken), Err(LedgerError::UnknownAsset(_))));
    assert!(matches!(scene.ledger.save_verdicts(nobody, []), Err(LedgerError::UnknownAsset(_))));
}

#[test]
fn all_assets_are_given_at_once_and_writing_shows() {
    let scene = Scene::new();
    let before = scene.ledger.asset_writes();
    let (web, mut image) = (host("web-1"), Asset::new(AssetKind::Image, "sha256:7", "shop:1"));
    image.relations = vec![Relation { kind: RelationKind::BuiltFrom, to: web.id }];
    image.labels = labels(&[("team", "shop")]);
    scene.ledger.save_asset(&web).unwrap();
    scene.ledger.save_asset(&image).unwrap();
    scene.ledger.edit_asset(web.id, &AssetEdit { owner: Some("ada".into()), ..AssetEdit::default() }).unwrap();
    scene.ledger.lead_names(image.id, &["registry.test/shop:1".to_owned()]).unwrap();
    assert_eq!(scene.ledger.asset_writes(), before + 4);
    let all = scene.ledger.assets_in_effect(&[AssetKind::Image, AssetKind::Host], 10).unwrap();
    assert_eq!(all, [Asset { owner: Some("ada".into()), ..web.clone() }, image.clone()]);
    assert_eq!(scene.ledger.assets_in_effect(&[AssetKind::Image], 10).unwrap(), std::slice::from_ref(&image));
    assert_eq!(scene.ledger.assets_in_effect(&[AssetKind::Image, AssetKind::Host], 1).unwrap().len(), 1);
    assert_eq!(scene.ledger.image_names().unwrap(), [("registry.test/shop:1".to_owned(), image.id)]);
}
