//! A pass leaves what a look at everything would have left, and judges only what there is news for.

use super::*;
use crate::advisories::{AdvisoryFile, import};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use vigie_db::Db;
use vigie_kit::clock::Clock;
use vigie_ledger::{Filter, Order, Sort, States, Taken};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::host::{HostFacts, Kernel};
use vigie_model::image::ImageFacts;
use vigie_model::observed::Observed;
use vigie_model::package::Package;
use vigie_testkit::FakeClock;

/// `CVE NAME FIXED` of Debian 12.
fn data(dir: &Path, records: &[&str]) -> Arc<Data> {
    let feeds = dir.join("feeds");
    drop(fs::remove_dir_all(&feeds));
    drop(fs::remove_dir_all(dir.join("advisories")));
    fs::create_dir_all(&feeds).unwrap();
    for record in records {
        let [id, name, fixed] = record.split(' ').collect::<Vec<_>>()[..] else { panic!("{record}") };
        let json = format!(
            r#"{{"id":"DEBIAN-{id}","affected":[{{"package":{{"ecosystem":"Debian:12","name":"{name}"}},
                "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
        );
        fs::write(feeds.join(format!("{id}-{name}.json")), json).unwrap();
    }
    let file = AdvisoryFile::at(dir.join("advisories"));
    import(&file, &FakeClock::at("2026-11-21T08:00:00Z"), &[feeds], &mut |_| {}).unwrap();
    file.take_up().unwrap();
    file.current().unwrap()
}

fn package(text: &str) -> Package {
    let (name, version) = text.split_once(' ').unwrap();
    Package { ecosystem: "Debian:12".into(), name: name.into(), version: version.into(), architecture: None, source: None }
}

fn image(packages: &[&str]) -> Facts {
    let components = packages.iter().map(|text| Component::new(package(text), "var/lib/dpkg/status")).collect();
    Facts::Image(ImageFacts { components, ..ImageFacts::default() })
}

struct House {
    ledger: Ledger,
    clock: Arc<FakeClock>,
    dir: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
        let ledger = Ledger::open(Db::in_memory().unwrap(), clock.clone()).unwrap();
        Self { ledger, clock, dir: tempfile::tempdir().unwrap() }
    }

    fn save(&self, kind: AssetKind, name: &str, facts: &Facts) {
        let asset = Asset::new(kind, name, name);
        self.ledger.save_asset(&asset).unwrap();
        let taken = Taken { at: self.clock.now(), source: "", judged_by: None };
        self.ledger.save_facts(asset.id, facts, taken).unwrap();
    }

    fn pass(&self, data: &Data) -> (usize, usize, u64) {
        let pass = pass(&self.ledger, data, &|| false).unwrap();
        (pass.inventories, pass.concerned, pass.changed)
    }

    /// Active findings as `asset CVE`, and the rest of them as `asset CVE state`.
    fn findings(&self) -> Vec<String> {
        let filter = Filter { states: States::All, ..Filter::default() };
        let page = self.ledger.findings(&filter, Sort::Title, Order::Ascending, None, 100).unwrap();
        let line = |found: vigie_ledger::Finding| {
            let state = if found.state.is_active() { "" } else { " fixed" };
            format!("{} {}{state}", found.asset.name, found.subject.trim_start_matches("DEBIAN-"))
        };
        let mut lines: Vec<String> = page.findings.into_iter().map(line).collect();
        lines.sort();
        lines
    }
}

#[test]
fn an_update_is_news_only_for_those_who_have_the_package() {
    let house = House::new();
    house.save(AssetKind::Image, "web", &image(&["curl 1-1", "openssl 3-1"]));
    house.save(AssetKind::Image, "db", &image(&["openssl 3-1", "postgres 15-1"]));
    house.save(AssetKind::Image, "tool", &image(&["jq 1-1"]));
    let first = ["CVE-1 curl 1-2", "CVE-2 openssl 3-2"];
    assert_eq!(house.pass(&data(house.dir.path(), &first)), (3, 3, 3));
    assert_eq!(house.findings(), ["db CVE-2", "web CVE-1", "web CVE-2"]);
    assert_eq!(house.pass(&data(house.dir.path(), &first)), (0, 0, 0), "the same data say nothing new");

    let more = ["CVE-1 curl 1-2", "CVE-2 openssl 3-2", "CVE-3 postgres 15-2", "CVE-9 nginx 1-1"];
    assert_eq!(house.pass(&data(house.dir.path(), &more)), (3, 1, 1));
    assert_eq!(house.findings(), ["db CVE-2", "db CVE-3", "web CVE-1", "web CVE-2"]);

    // The vendor takes one back and moves the repair of another.
    let corrected = data(house.dir.path(), &["CVE-1 curl 1-3", "CVE-3 postgres 15-2"]);
    assert_eq!(house.pass(&corrected), (3, 2, 3));
    assert_eq!(house.findings(), ["db CVE-2 fixed", "db CVE-3", "web CVE-1", "web CVE-2 fixed"]);
    assert_eq!(house.pass(&corrected), (0, 0, 0));
}

#[test]
fn whatever_comes_meanwhile_is_judged_by_the_next_pass() {
    let house = House::new();
    let first = data(house.dir.path(), &["CVE-1 curl 1-2"]);
    house.save(AssetKind::Image, "web", &image(&["curl 1-1"]));
    assert_eq!(house.pass(&first), (1, 1, 1));
    // Another image with a package that is known, judged by nobody yet.
    house.save(AssetKind::Image, "new", &image(&["curl 1-1", "jq 1-1"]));
    assert_eq!(house.pass(&first), (1, 1, 1));
    // A scan that began before the update and was saved after it.
    let second = data(house.dir.path(), &["CVE-1 curl 1-2", "CVE-2 curl 1-3"]);
    assert_eq!(house.pass(&second), (2, 2, 2));
    let asset = Asset::new(AssetKind::Image, "late", "late");
    house.ledger.save_asset(&asset).unwrap();
    let (at, judged_by) = (house.clock.now(), Some(first.fingerprint()));
    let taken = Taken { at, source: "", judged_by: judged_by.as_deref() };
    house.ledger.save_facts(asset.id, &image(&["curl 1-1"]), taken).unwrap();
    assert_eq!(house.pass(&second), (1, 1, 2));
    assert_eq!(house.findings().len(), 6);
}

#[test]
fn a_pass_that_is_stopped_is_made_again_and_kernels_count_as_they_run() {
    let house = House::new();
    let kernels = ["linux-image-6.1.0-9-amd64 6.1.27-1", "linux-image-6.1.0-25-amd64 6.1.106-3", "jq 1-1"];
    let kernel = Kernel { release: "6.1.0-25-amd64".into(), ..Kernel::default() };
    let mut packages: Vec<Package> = kernels.map(package).into();
    for image in &mut packages[..2] {
        let version = image.version.clone();
        image.source = Some(vigie_model::package::SourcePackage { name: "linux".into(), version });
    }
    let packages = Observed::Seen(packages);
    let host = HostFacts { packages, kernel: Observed::Seen(kernel), ..HostFacts::default() };
    house.save(AssetKind::Host, "host", &Facts::Host(host));
    house.save(AssetKind::Host, "blind", &Facts::Host(HostFacts::default()));
    let records = ["CVE-1 linux 6.1.50-1", "CVE-2 linux 6.1.200-1"];
    let data = data(house.dir.path(), &records);
    assert_eq!(super::pass(&house.ledger, &data, &|| true).unwrap(), Pass::default());
    assert_eq!(house.pass(&data), (2, 2, 1));
    assert_eq!(house.findings(), ["host CVE-2"]);
}
