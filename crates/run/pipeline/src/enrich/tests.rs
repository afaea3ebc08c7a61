//! Events before and after.

use super::*;
use serde_json::json;
use std::path::Path;
use vigie_kit::problem::Problem;
use vigie_model::asset::{Asset, AssetKind, Relation, RelationKind};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Label, Labels, Origin};
use vigie_model::lang::Lang;
use vigie_model::time::Timestamp;
use vigie_testkit::mmdb;

fn origin(host: &str, labels: &[(Label, &str)]) -> Arc<Origin> {
    let labels: Labels = labels.iter().copied().collect();
    Arc::new(Origin { source: "syslog/udp".into(), format: "sshd".into(), host: host.into(), labels })
}

fn event(class: Class, origin: &Arc<Origin>) -> Event {
    Event::new(class, Timestamp::EPOCH, Timestamp::EPOCH, origin.clone(), Vec::new())
}

fn owned(kind: AssetKind, key: &str, name: &str, owner: &str) -> Asset {
    Asset { owner: Some(owner.to_owned()), ..Asset::new(kind, key, name) }
}

fn enricher(assets: &[Asset]) -> Enricher {
    let enricher = Enricher::default();
    enricher.know(Known::of(assets, &[], None));
    enricher
}

/// The texts that an event has at these fields.
fn texts<const N: usize>(event: &Event, fields: [vigie_model::event::Field<Box<str>>; N]) -> [&str; N] {
    fields.map(|field| event.text(field).unwrap_or("-"))
}

#[test]
fn an_event_has_the_owner_of_its_machine_unless_it_says_better() {
    let mut web = owned(AssetKind::Host, "k", "web-1.example.org", "shop team");
    web.labels.insert("environment".into(), "production".into());
    let enricher = enricher(std::slice::from_ref(&web));
    let (short, other) = (origin("web-1", &[]), origin("db-1", &[]));
    let own = origin("web-1", &[(Label::Team, "its own"), (Label::Tenant, "acme")]);
    let mut events = [
        event(Class::Authentication, &short),
        event(Class::Authentication, &short),
        event(Class::Authentication, &own),
        event(Class::Authentication, &other),
    ];
    events[1].set(field::DEVICE_UID, "theirs").set(field::DEVICE_OWNER_NAME, "eva");
    enricher.enrich(&mut events);
    let fields = [field::DEVICE_UID, field::DEVICE_HOSTNAME, field::DEVICE_OWNER_NAME];
    let id = web.id.to_string();
    assert_eq!(texts(&events[0], fields), [&id, "web-1.example.org", "shop team"]);
    assert_eq!(texts(&events[1], fields), ["theirs", "web-1.example.org", "eva"]);
    assert_eq!(texts(&events[3], fields), ["-"; 3]);
    let label = |event: &Event, label| event.origin.labels.get(label).map(str::to_owned);
    assert_eq!(label(&events[0], Label::Team).as_deref(), Some("shop team"));
    assert_eq!(label(&events[0], Label::Environment).as_deref(), Some("production"));
    assert_eq!(label(&events[2], Label::Team).as_deref(), Some("its own"));
    assert_eq!(label(&events[2], Label::Tenant).as_deref(), Some("acme"));
    assert!(Arc::ptr_eq(&events[0].origin, &events[1].origin), "origins are shared as before");
    assert!(Arc::ptr_eq(&events[3].origin, &other));
    assert!(events.iter().all(|event| event.unknown_fields().is_empty()));
    assert_eq!(enricher.done().of_assets, 3);
}

#[test]
fn the_device_that_a_record_names_counts_before_the_machine_that_sent_it() {
    let (relay, laptop) = (owned(AssetKind::Host, "r", "relay", "net"), owned(AssetKind::Host, "l", "laptop-7", "sales"));
    let enricher = enricher(&[relay, laptop]);
    let mut events = [(); 2].map(|()| event(Class::ProcessActivity, &origin("relay", &[])));
    events[0].set(field::DEVICE_HOSTNAME, "laptop-7");
    events[1].set(field::DEVICE_HOSTNAME, "laptop-8");
    enricher.enrich(&mut events);
    assert_eq!(events.each_ref().map(|event| event.text(field::DEVICE_OWNER_NAME)), [Some("sales"), None]);
}

#[test]
fn a_container_is_told_with_its_image_and_the_nearest_owner_counts() {
    let host = owned(AssetKind::Host, "k", "node-1", "platform");
    let image = owned(AssetKind::Image, "sha256:7", "registry.test/shop:1", "shop");
    let mut container = Asset::new(AssetKind::Container, "0123456789abcdef".repeat(4), "web");
    container.relations.push(Relation { kind: RelationKind::RunsOn, to: host.id });
    container.relations.push(Relation { kind: RelationKind::BuiltFrom, to: image.id });
    let enricher = enricher(&[host, image, container]);
    let node = origin("node-1", &[]);
    let mut events = [(); 3].map(|()| event(Class::HttpActivity, &node));
    events[0].set(field::ACTOR_PROCESS_CONTAINER_UID, "0123456789ab");
    events[1].set(field::ACTOR_PROCESS_CONTAINER_NAME, "web");
    events[2].set(field::ACTOR_PROCESS_CONTAINER_IMAGE_NAME, "registry.test/shop:1");
    enricher.enrich(&mut events);
    let fields = [
        field::ACTOR_PROCESS_CONTAINER_NAME,
        field::ACTOR_PROCESS_CONTAINER_IMAGE_NAME,
        field::ACTOR_PROCESS_CONTAINER_IMAGE_UID,
    ];
    assert_eq!(texts(&events[0], fields), ["web", "registry.test/shop:1", "sha256:7"]);
    assert_eq!(texts(&events[1], fields), ["web", "registry.test/shop:1", "sha256:7"]);
    assert_eq!(texts(&events[2], fields), ["-", "registry.test/shop:1", "sha256:7"]);
    assert_eq!(events[0].text(field::ACTOR_PROCESS_CONTAINER_UID), Some("0123456789ab"));
    for event in &events {
        assert_eq!(event.origin.labels.get(Label::Team), Some("shop"));
        assert_eq!(event.text(field::DEVICE_OWNER_NAME), Some("platform"));
    }
}

#[test]
fn machines_are_known_by_their_addresses() {
    let mut db = owned(AssetKind::Host, "k", "db-1", "data");
    db.labels.insert("ip".into(), "10.0.0.7, 10.0.0.8".into());
    let enricher = enricher(std::slice::from_ref(&db));
    let mut events = [event(Class::NetworkActivity, &origin("10.0.0.7", &[]))];
    events[0].set(field::DST_ENDPOINT_IP, "10.0.0.8").set(field::SRC_ENDPOINT_IP, "10.0.0.9");
    enricher.enrich(&mut events);
    let id = db.id.to_string();
    let fields = [field::DEVICE_HOSTNAME, field::DST_ENDPOINT_HOSTNAME, field::DST_ENDPOINT_UID, field::DST_ENDPOINT_OWNER_NAME];
    assert_eq!(texts(&events[0], fields), ["db-1", "db-1", &id, "data"]);
    assert_eq!(events[0].text(field::SRC_ENDPOINT_UID), None);
}

fn city(country: &str, city: &str) -> serde_json::Value {
    json!({"country": {"iso_code": country}, "city": {"names": {"en": city}}, "continent": {"names": {"en": "Europe"}},
           "subdivisions": [{"iso_code": "VD"}], "postal": {"code": "1000"},
           "location": {"latitude": 46.52, "longitude": 6.63, "accuracy_radius": 20}})
}

#[test]
fn addresses_are_located_by_several_databases_and_private_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["city.mmdb", "asn.mmdb"].map(|name| folder.path().join(name));
    let cities = [("192.0.2.0/24", city("CH", "Lausanne")), ("10.0.0.0/8", city("XX", "nowhere"))];
    std::fs::write(&paths[0], mmdb("GeoLite2-City", 1_700_000_000, &cities)).unwrap();
    let networks = [
        ("192.0.2.0/25", json!({"autonomous_system_number": 64496, "autonomous_system_organization": "Example"})),
        ("2001:db8::/32", json!({"asn": "AS64497", "as_name": "Flat", "country_code": "FR"})),
    ];
    std::fs::write(&paths[1], mmdb("GeoLite2-ASN", 1_700_000_000, &networks)).unwrap();
    let (enricher, files) = (Enricher::default(), GeoFiles::new(folder.path().join("geoip"), paths));
    assert_eq!(told(&files, &enricher), "");
    let origin = origin("gate", &[]);
    let mut events = [(); 3].map(|()| event(Class::NetworkActivity, &origin));
    events[0].set(field::SRC_ENDPOINT_IP, "::ffff:192.0.2.9").set(field::DST_ENDPOINT_IP, "10.0.0.1");
    events[1].set(field::DST_ENDPOINT_IP, "2001:db8::1").set(field::SRC_ENDPOINT_IP, "no address");
    events[2].set(field::SRC_ENDPOINT_IP, "192.0.2.200").set(field::SRC_ENDPOINT_LOCATION_CITY, "Genève");
    enricher.enrich(&mut events);
    let location = [
        field::SRC_ENDPOINT_LOCATION_COUNTRY,
        field::SRC_ENDPOINT_LOCATION_REGION,
        field::SRC_ENDPOINT_LOCATION_CITY,
        field::SRC_ENDPOINT_LOCATION_CONTINENT,
        field::SRC_ENDPOINT_LOCATION_POSTAL_CODE,
        field::SRC_ENDPOINT_LOCATION_GEOHASH,
        field::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NAME,
    ];
    assert_eq!(texts(&events[0], location), ["CH", "CH-VD", "Lausanne", "Europe", "1000", "u0k8w", "Example"]);
    assert_eq!(events[0].fields.integer(field::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER), Some(64496));
    assert_eq!(events[0].text(field::DST_ENDPOINT_LOCATION_COUNTRY), None);
    assert_eq!(events[1].text(field::DST_ENDPOINT_LOCATION_COUNTRY), Some("FR"));
    assert_eq!(events[1].fields.integer(field::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER), Some(64497));
    assert_eq!(texts(&events[2], location), ["-", "-", "Genève", "-", "-", "-", "-"], "a record's own word stands alone");
    assert!(events.iter().all(|event| event.unknown_fields().is_empty()));
    assert_eq!(enricher.done().located, 2 + 1);
    let reports = files.reports();
    let database = reports[0].database.as_ref().unwrap();
    assert_eq!((database.kind(), database.built_at().seconds()), ("GeoLite2-City", 1_700_000_000));
}

/// What went wrong at a look.
fn told(files: &GeoFiles, enricher: &Enricher) -> String {
    files.look(enricher, Timestamp::EPOCH).iter().map(Problem::chain).collect()
}

fn country_of(enricher: &Enricher, address: &str) -> Option<String> {
    let mut events = [event(Class::NetworkActivity, &origin("gate", &[]))];
    events[0].set(field::SRC_ENDPOINT_IP, address);
    enricher.enrich(&mut events);
    events[0].text(field::SRC_ENDPOINT_LOCATION_COUNTRY).map(str::to_owned)
}

fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(beside, path).unwrap();
}

#[test]
fn a_database_that_is_replaced_is_read_again_and_a_broken_one_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.mmdb");
    let (enricher, files) = (Enricher::default(), GeoFiles::new(folder.path().join("geoip"), [path.clone()]));
    let missing = files.look(&enricher, Timestamp::EPOCH);
    assert!(missing[0].told(Lang::En).contains("does not exist"), "{}", missing[0].told(Lang::En));
    assert_eq!(told(&files, &enricher), "", "told once");
    let of = |country| mmdb("City", 1, &[("192.0.2.0/24", city(country, "x"))]);
    replace(&path, &of("CH"));
    assert_eq!(told(&files, &enricher), "");
    assert_eq!(country_of(&enricher, "192.0.2.1").as_deref(), Some("CH"));
    let whole = of("FR");
    replace(&path, &whole[..whole.len() / 2]);
    let broken = files.look(&enricher, Timestamp::EPOCH);
    assert!(broken[0].told(Lang::En).contains("is not a whole database"), "{}", broken[0].told(Lang::En));
    assert!(broken[0].hint.is_some() && files.reports()[0].problem.is_some());
    assert_eq!(country_of(&enricher, "192.0.2.1").as_deref(), Some("CH"), "the old one stays");
    replace(&path, &whole);
    assert!(files.look(&enricher, Timestamp::from_seconds(9)).is_empty());
    assert_eq!(country_of(&enricher, "192.0.2.1").as_deref(), Some("FR"));
    assert_eq!(files.reports()[0].read_at, Some(Timestamp::from_seconds(9)));
    assert!(files.reports()[0].problem.is_none());
}

#[test]
fn what_is_broken_inside_a_database_locates_nothing_and_stops_nothing() {
    let whole = mmdb("City", 1, &[("192.0.2.0/24", city("CH", "x")), ("2001:db8::/32", city("FR", "y"))]);
    let folder = tempfile::tempdir().unwrap();
    for place in 0..whole.len() {
        let mut broken = whole.clone();
        broken[place] ^= 0xff;
        let path = folder.path().join("x.mmdb");
        std::fs::write(&path, &broken).unwrap();
        if let Ok(database) = Database::read(&path, vigie_kit::files::map(&path).unwrap()) {
            let geo = Geo::of(vec![Arc::new(database)]);
            for address in ["192.0.2.1", "2001:db8::1", "8.8.8.8"] {
                drop(geo.place(address.parse().unwrap()));
            }
        }
    }
}
