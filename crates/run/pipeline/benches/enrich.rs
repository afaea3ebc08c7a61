//! What it costs to put into an event what is known beside its record.
//!
//! `cargo bench -p vigie-pipeline --bench enrich`. 10,000 assets, batches of 1,000 events from 200 machines. Says the time of
//! one event for: machines with owners, the same with containers and images, and public addresses at both ends.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "a benchmark tells what it measures")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vigie_kit::files;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, Labels, Origin};
use vigie_model::time::Timestamp;
use vigie_pipeline::enrich::{Database, Enricher, Geo, Known};

/// The one that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HOSTS: usize = 200;
const EVENTS: usize = 1_000;
const ROUNDS: u32 = 300;

fn event(number: usize, origins: &[Arc<Origin>]) -> Event {
    let origin = origins[number * 7 % origins.len()].clone();
    let mut event = Event::new(Class::Authentication, Timestamp::EPOCH, Timestamp::EPOCH, origin, Vec::new());
    event.set(field::USER_NAME, "user17").set(field::SRC_ENDPOINT_PORT, 50_022).set(field::STATUS_ID, 2);
    event.set(field::SRC_ENDPOINT_IP, "192.0.2.17").set(field::ACTOR_PROCESS_NAME, "sshd").set(field::ACTOR_PROCESS_PID, 4711);
    event.set(field::AUTH_PROTOCOL, "password").set(field::SERVICE_NAME, "sshd").set(field::STATUS, "Failure");
    event
}

fn time(what: &str, events: &[Event], enricher: &Enricher) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let mut events = events.to_vec();
        let begun = Instant::now();
        enricher.enrich(black_box(&mut events));
        best = best.min(begun.elapsed());
        drop(events);
    }
    println!("{what:<28} {:>5} ns an event", best.as_nanos() / EVENTS as u128);
}

fn main() {
    let host = |number: usize| {
        let key = format!("name:web-{number:03}");
        Asset {
            owner: Some(format!("team {}", number % 20)),
            ..Asset::new(AssetKind::Host, key, format!("web-{number:03}.example.org"))
        }
    };
    let image =
        |number: usize| Asset::new(AssetKind::Image, format!("sha256:{number:064x}"), format!("registry.test/app:{number}"));
    let container = |number: usize| Asset::new(AssetKind::Container, format!("{number:064x}"), format!("app-{number}"));
    let hosts: Vec<Asset> = (0..5_000).map(host).collect();
    let others: Vec<Asset> = (0..2_500).flat_map(|number| [image(number), container(number)]).collect();
    let origin = |host: usize| Origin {
        source: "syslog/tcp".into(),
        format: "sshd".into(),
        host: format!("web-{host:03}").into(),
        labels: Labels::none(),
    };
    let origins: Vec<Arc<Origin>> = (0..HOSTS).map(|host| Arc::new(origin(host))).collect();
    let plain: Vec<Event> = (0..EVENTS).map(|number| event(number, &origins)).collect();

    let enricher = Enricher::default();
    time("nothing known", &plain, &enricher);
    enricher.know(Known::of(&hosts, &[], None));
    time("machines", &plain, &enricher);
    let whole = Known::of(&[hosts, others].concat(), &[], None);
    enricher.know(whole);
    time("machines, containers known", &plain, &enricher);
    let mut contained = plain.clone();
    for (number, event) in contained.iter_mut().enumerate() {
        event.set(field::ACTOR_PROCESS_CONTAINER_UID, format!("{number:064x}"));
    }
    time("machines and containers", &contained, &enricher);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.mmdb");
    let place = serde_json::json!({"country": {"iso_code": "CH"}, "city": {"names": {"en": "Lausanne"}},
        "continent": {"names": {"en": "Europe"}}, "location": {"latitude": 46.52, "longitude": 6.63, "accuracy_radius": 20},
        "autonomous_system_number": 64_496, "autonomous_system_organization": "Example"});
    files::write_atomic(&path, &vigie_testkit::mmdb("City", 1, &[("192.0.0.0/8", place)]), 0o600).unwrap();
    let database = Database::read(&path, files::map(&path).unwrap()).unwrap();
    let enricher = Enricher::default();
    enricher.locate_by(Geo::of(vec![Arc::new(database)]));
    time("an address seen before", &plain, &enricher);
    let mut many = plain.clone();
    for (number, event) in many.iter_mut().enumerate() {
        event.set(field::SRC_ENDPOINT_IP, format!("192.{}.{}.1", number / 250, number % 250));
    }
    time("addresses of a thousand", &many, &enricher);
    let database = Database::read(&path, files::map(&path).unwrap()).unwrap();
    let begun = Instant::now();
    let geo = Geo::of(vec![Arc::new(database)]);
    for number in 0..EVENTS as u32 {
        black_box(geo.place(std::net::Ipv4Addr::from(0xC000_0000 | number << 8).into()));
    }
    println!("{:<28} {:>5} ns an address", "never seen before", begun.elapsed().as_nanos() / EVENTS as u128);
}
