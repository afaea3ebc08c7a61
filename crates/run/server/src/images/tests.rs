//! Images of a store of Podman's that the test writes: read once, judged as they are used, gone when they go.

use super::*;
use crate::advisories::{AdvisoryFile, import};
use crate::rematch;
use crate::rest::Means;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::sync::Arc;
use vigie_db::Db;
use vigie_inventory::image::Stores;
use vigie_inventory::secrets::{FingerprintKey, Scanner};
use vigie_ledger::{Filter, Order, Sort, States};
use vigie_model::host::{Container, Engine, Socket, SocketOwner, Transport};
use vigie_model::priority::Exposure;
use vigie_testkit::FakeClock;

struct Machine {
    root: tempfile::TempDir,
    ledger: Ledger,
    clock: Arc<FakeClock>,
    host: Asset,
    /// Entries of `images.json` and `layers.json`.
    lists: (Vec<Value>, Vec<Value>),
    kinds: Vec<FindingKind>,
    means: Means,
}

impl Machine {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
        let ledger = Ledger::open(Db::in_memory().unwrap(), clock.clone()).unwrap();
        let host = Asset::new(AssetKind::Host, "machine", "machine");
        ledger.save_asset(&host).unwrap();
        let (root, lists) = (tempfile::tempdir().unwrap(), (Vec::new(), Vec::new()));
        Self { root, ledger, clock, host, lists, kinds: Vec::new(), means: Means::default() }
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.path().join("var/lib/containers/storage").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Puts an image of one layer into the store; gives its id.
    fn image(&mut self, name: &str, packages: &str) -> String {
        let layer = hex(name);
        let config = json!({"os": "linux", "architecture": "amd64", "config": {},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer}")]},
            "history": [{"created_by": format!("/bin/sh -c build {name}")}]});
        let config = config.to_string();
        let id = hex(&config);
        let status: String = packages
            .split(", ")
            .map(|package| {
                let (name, version) = package.split_once(' ').unwrap();
                format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n")
            })
            .collect();
        self.write(&format!("overlay/{layer}/diff/etc/os-release"), "ID=debian\nVERSION_ID=12\n");
        self.write(&format!("overlay/{layer}/diff/var/lib/dpkg/status"), status);
        self.write(&format!("overlay-images/{id}/={}", STANDARD.encode(format!("sha256:{id}"))), config);
        self.lists.0.push(json!({"id": id, "names": [name], "layer": layer, "digest": ""}));
        self.lists.1.push(json!({"id": layer, "diff-size": 10}));
        self.write_lists();
        format!("sha256:{id}")
    }

    fn remove(&mut self, name: &str) {
        self.lists.0.retain(|image| image["names"][0] != name);
        self.write_lists();
    }

    fn write_lists(&self) {
        self.write("overlay-images/images.json", json!(self.lists.0).to_string());
        self.write("overlay-layers/layers.json", json!(self.lists.1).to_string());
    }

    fn data(&self, records: &[&str]) -> Arc<Data> {
        let feeds = self.root.path().join("feeds");
        fs::create_dir_all(&feeds).unwrap();
        for record in records {
            let [id, name, fixed] = record.split(' ').collect::<Vec<_>>()[..] else { panic!("{record}") };
            let json = json!({"id": id, "affected": [{"package": {"ecosystem": "Debian:12", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]});
            fs::write(feeds.join(format!("{id}.json")), json.to_string()).unwrap();
        }
        let file = AdvisoryFile::at(self.root.path().join("advisories"));
        import(&file, self.clock.as_ref(), &[feeds], &mut |_| {}).unwrap();
        file.take_up().unwrap();
        file.current().unwrap()
    }

    fn look(&self, data: Option<&Data>, facts: Option<&HostFacts>, stop: bool) -> Looked {
        let images = Images {
            ledger: &self.ledger,
            clock: self.clock.as_ref(),
            data,
            host: &self.host,
            facts,
            listing: &Stores::below(self.root.path()).list(self.clock.as_ref()),
            seekers: &Seekers::of(&self.kinds.iter().copied().collect(), &self.means),
            kinds: &self.kinds,
            cache: &self.root.path().join("layers"),
            stop: &|| stop,
        };
        images.look().unwrap()
    }

    /// Findings as `asset subject state priority`.
    fn findings(&self) -> Vec<String> {
        let filter = Filter { states: States::All, ..Filter::default() };
        let page = self.ledger.findings(&filter, Sort::Title, Order::Ascending, None, 100).unwrap();
        let line = |found: vigie_ledger::Finding| {
            format!("{} {} {} {}", found.asset.name, found.subject, found.state.word(), found.priority)
        };
        page.findings.into_iter().map(line).collect()
    }
}

fn hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn container(id: &str, image_id: &str, image: &str) -> Container {
    let (image, image_id) = (image.into(), image_id.into());
    let (name, state) = (format!("c-{id}"), "running".into());
    Container { engine: Engine::Podman, id: id.into(), name, image, image_id, state, pid: 1, labels: BTreeMap::new() }
}

fn running(containers: Vec<Container>, listening: &str) -> HostFacts {
    let owner = SocketOwner { pid: 1, name: "x".into(), exe: String::new(), uid: 0, container: Some(listening.into()) };
    let socket = Socket { protocol: Transport::Tcp, address: "0.0.0.0".parse().unwrap(), port: 80, process: Some(owner) };
    let sockets = Observed::Seen(vec![socket]);
    HostFacts { containers: Observed::Seen(containers), sockets, ..HostFacts::default() }
}

#[test]
fn images_are_read_once_and_close_when_they_go() {
    let mut machine = Machine::new();
    machine.image("web:1", "curl 1-1, openssl 3-1");
    machine.image("db:1", "postgres 15-1");
    let data = machine.data(&["CVE-2026-0001 curl 1-2", "CVE-2026-0002 postgres 15-2"]);
    let looked = machine.look(Some(&data), None, false);
    assert_eq!((looked.images, looked.read, looked.changed, looked.gaps.len()), (2, 2, 2, 0));
    let again = machine.look(Some(&data), None, false);
    assert_eq!((again.images, again.read, again.changed, again.moved), (2, 0, 0, false));
    assert_eq!(machine.findings().len(), 2);
    assert_eq!(rematch::pass(&machine.ledger, &data, &|| false).unwrap().changed, 0, "judged the same way");

    machine.remove("db:1");
    let looked = machine.look(Some(&data), None, false);
    assert_eq!((looked.images, looked.read, looked.changed), (1, 0, 1));
    assert_eq!(machine.findings().iter().filter(|line| line.contains(" fixed ")).count(), 1);
    assert_eq!(machine.ledger.inventories().unwrap().len(), 1);
    assert_eq!(machine.look(Some(&data), None, false).changed, 0);

    // A list that cannot be read is not an empty one.
    machine.write("overlay-images/images.json", "[{]");
    let looked = machine.look(Some(&data), None, false);
    assert_eq!((looked.images, looked.changed, looked.gaps.len()), (0, 0, 1));
    machine.write_lists();
    assert_eq!(machine.look(Some(&data), None, false).read, 0);
}

#[test]
fn who_runs_an_image_and_who_reaches_it_changes_what_comes_first() {
    let mut machine = Machine::new();
    let web = machine.image("web:1", "curl 1-1");
    machine.image("idle:1", "curl 1-1");
    let data = machine.data(&["CVE-2026-0001 curl 1-2"]);
    let facts = running(vec![container("a", &web, "web:1"), container("b", "", "idle:1"), container("c", "", "other:1")], "a");
    assert_eq!(machine.look(Some(&data), Some(&facts), false).read, 2);
    let asset = |key: &str| machine.ledger.asset_in_effect(Asset::id_of(AssetKind::Image, key)).unwrap().unwrap();
    let seen = asset(&web);
    assert_eq!(
        (seen.name.as_str(), seen.exposure, seen.labels[vulnerabilities::RUNNING].as_str()),
        ("web:1", Exposure::Network, "yes")
    );
    assert_eq!(asset("other:1").labels.get(vulnerabilities::RUNNING), None, "of an image that no store lists little is known");
    let relations = |key: &str| {
        let detail = machine.ledger.asset(Asset::id_of(AssetKind::Container, key)).unwrap().unwrap();
        detail.relations.into_iter().filter_map(|relation| relation.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (relations("a"), relations("b")),
        (vec!["machine".into(), "web:1".into()], vec!["machine".into(), "idle:1".into()])
    );

    // One container ends and is removed: nothing of its image runs any more.
    let before = machine.findings();
    let facts = running(vec![container("a", &web, "web:1")], "a");
    let looked = machine.look(Some(&data), Some(&facts), false);
    assert!(looked.moved && looked.read == 0);
    assert_eq!(rematch::pass(&machine.ledger, &data, &|| false).unwrap().changed, 1);
    let priority = |lines: &[String], name: &str| {
        let line = lines.iter().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u8>().unwrap()
    };
    assert!(priority(&machine.findings(), "idle:1") < priority(&before, "idle:1"), "{before:?} {:?}", machine.findings());
    assert_eq!(priority(&machine.findings(), "web:1"), priority(&before, "web:1"));
    let gone = machine.ledger.asset_in_effect(Asset::id_of(AssetKind::Container, "b")).unwrap().unwrap();
    assert_eq!(gone.labels["state"], "gone");
}

#[test]
fn whoever_stops_waits_for_nothing_and_the_next_look_goes_on() {
    let mut machine = Machine::new();
    machine.image("web:1", "curl 1-1");
    assert_eq!(machine.look(None, None, true).read, 0);
    assert!(machine.ledger.inventories().unwrap().is_empty());
    // Without data the image is read all the same, and judged when data come.
    assert_eq!(machine.look(None, None, false).read, 1);
    let data = machine.data(&["CVE-2026-0001 curl 1-2"]);
    assert_eq!(rematch::pass(&machine.ledger, &data, &|| false).unwrap().changed, 1);
}

#[test]
fn what_cannot_be_read_is_a_gap_that_is_told_once() {
    let mut machine = Machine::new();
    let id = machine.image("broken:1", "curl 1-1");
    let name = format!("={}", STANDARD.encode(&id));
    machine.write(&format!("overlay-images/{}/{name}", &id[7..]), "{}");
    let looked = machine.look(None, None, false);
    assert_eq!((looked.read, looked.gaps.len()), (1, 1));
    let again = machine.look(None, None, false);
    assert_eq!((again.read, again.gaps.len()), (0, 0));
    let facts = machine.ledger.facts(Asset::id_of(AssetKind::Image, &id)).unwrap().unwrap();
    assert_eq!(facts.gaps().len(), 1);
}

#[test]
fn secrets_of_an_image_are_findings_and_kept_nowhere() {
    let mut machine = Machine::new();
    machine.image("web:1", "curl 1-1");
    let layer = hex("web:1");
    // Made up, and put together here so that no scanner of sources takes it for one.
    let key = format!(
        "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n",
        "OPENSSH PRIVATE KEY",
        "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ".repeat(8)
    );
    machine.write(&format!("overlay/{layer}/diff/root/.ssh/id_ed25519"), &key);
    (machine.kinds, machine.means.scanner) =
        (vec![FindingKind::Secret], Some(Scanner::with_all_rules(FingerprintKey::new(&[7; 32]))));
    assert_eq!(machine.look(None, None, false).read, 1);
    assert_eq!(machine.findings().len(), 1, "{:?}", machine.findings());
    let (asset, _) = machine.ledger.inventories().unwrap().into_iter().map(|it| (it.asset, it.source)).next().unwrap();
    let kept = serde_json::to_string(&machine.ledger.facts(asset).unwrap()).unwrap();
    assert!(!kept.contains("b3BlbnNzaC1rZXkt"));
    machine.remove("web:1");
    assert_eq!(machine.look(None, None, false).changed, 1);
}

#[test]
fn an_image_that_a_name_leads_to_stays_when_the_machine_removes_it() {
    let mut machine = Machine::new();
    let id = machine.image("shop/web:1", "curl 1-1");
    let data = machine.data(&["CVE-2026-0001 curl 1-2"]);
    assert_eq!(machine.look(Some(&data), None, false).read, 1);
    let asset = Asset::id_of(AssetKind::Image, &id);
    // A pipeline sent a scan of it.
    assert!(machine.ledger.lead_names(asset, &["shop/web:1".to_owned()]).unwrap().is_empty());
    machine.remove("shop/web:1");
    assert_eq!(machine.look(Some(&data), None, false).changed, 0);
    let seen = machine.ledger.asset_in_effect(asset).unwrap().unwrap();
    assert_eq!(seen.labels.keys().collect::<Vec<_>>(), ["repository"], "nothing is said of a store or of where it runs");
    assert_eq!(machine.ledger.inventory(asset).unwrap().unwrap().source, scans::SOURCE);
    assert_eq!(machine.findings().iter().filter(|line| line.contains(" open ")).count(), 1);
    assert_eq!(machine.look(Some(&data), None, false).changed, 0);

    machine.image("shop/web:1", "curl 1-1");
    assert_eq!(machine.look(Some(&data), None, false).read, 1, "back in the store, it is read and held again");
    assert!(is_held(&machine.ledger.inventory(asset).unwrap().unwrap().source));
}

#[test]
fn an_image_goes_by_its_configuration_whatever_its_engine_calls_it() {
    let mut machine = Machine::new();
    let id = machine.image("shop/web:1", "curl 1-1");
    let listing = Stores::below(machine.root.path()).list(machine.clock.as_ref());
    let keys = BTreeMap::from([(id.clone(), "sha256:of-the-configuration".to_owned())]);
    let facts = running(vec![container("a", "sha256:of-the-configuration", ""), container("b", &id, "")], "a");
    let surroundings = Surroundings::of(&listing, &keys, Some(&facts));
    let asset = surroundings.asset(&listing.images[0]);
    assert_eq!((asset.key.as_str(), asset.exposure), ("sha256:of-the-configuration", Exposure::Network));
    let containers = facts.containers.value().unwrap();
    assert!(containers.iter().all(|container| surroundings.image_of(container) == Some(asset.id)));
    assert!(surroundings.unlisted().is_empty());
    assert!(same("store h docker k reader r user 0", "store h containerd k reader r user 0"));
    assert!(!same("store h docker k reader r user 0", "store h docker k reader s user 0"));
}
