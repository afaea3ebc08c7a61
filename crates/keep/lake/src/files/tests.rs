use super::*;
use crate::disk::{Disk, RealDisk};
use crate::testing::{any_event, at, of_tenant, sign_in};
use proptest::prelude::*;
use std::sync::Arc;
use vigie_model::event::{Class, StoredEvent};
use vigie_model::ids::EventId;

fn written(class: Class, events: &[StoredEvent]) -> (tempfile::TempDir, PathBuf, FileFacts) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("class=1/tenant=default/eventDay=20261121/x.parquet");
    let facts =
        write::<FileError>(&(Arc::new(RealDisk) as Arc<dyn Disk>), &path, class, Order::Time, events.iter().cloned().map(Ok))
            .unwrap();
    (directory, path, facts)
}

fn read_back(path: &std::path::Path) -> Vec<StoredEvent> {
    let file = OpenFile::open(&RealDisk, path).unwrap();
    let mut events = Vec::new();
    for group in 0..file.groups() {
        for batch in file.read(group, &Columns::All, None, 1000).unwrap() {
            events.extend(stored_events(&batch.unwrap(), file.tenant()).unwrap());
        }
    }
    events
}

fn sign_ins(count: u64) -> Vec<StoredEvent> {
    let start = at("2026-11-21T08:00:00Z");
    let event = |id: u64| {
        let back = i64::try_from(count - id).unwrap();
        let user = format!("user{}", id % 7);
        sign_in(start.plus_seconds(-back), "web-1", &user, "10.0.0.1")
    };
    (0..count).rev().map(|id| StoredEvent { id: EventId(id), event: event(id) }).collect()
}

#[test]
fn a_file_tells_what_it_holds() {
    let events = sign_ins(100);
    let (_directory, path, facts) = written(Class::Authentication, &events);
    assert_eq!((facts.rows, facts.ids), (100, (EventId(0), EventId(99))));
    assert_eq!(facts.times, (events[99].event.time, events[0].event.time));
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(facts.bytes, bytes.len() as u64);
    assert_eq!(facts.sha256[..], <sha2::Sha256 as sha2::Digest>::digest(&bytes)[..]);
    assert_eq!(read_back(&path), events);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing half-written stays");
}

#[test]
fn entities_have_bloom_filters_and_pages_have_bounds() {
    let events = sign_ins(20_000);
    let (_directory, path, _) = written(Class::Authentication, &events);
    let file = OpenFile::open(&RealDisk, &path).unwrap();
    let bloom = file.bloom(0, "user.name").unwrap().unwrap();
    assert!(bloom.check("user3") && !bloom.check("nobody"));
    assert!(bloom.num_blocks() <= 4, "a filter is as large as its values need: {}", bloom.num_blocks());
    assert!(file.bloom(0, "service.name").unwrap().is_none());
    assert!(file.is_empty(0, "actor.user.name") && !file.is_empty(0, "user.name"));
    assert_eq!(file.bounds(0, "src_endpoint.port"), Some((50122, 50122)));

    let (newest, oldest) = (events[0].event.time.micros(), events[19_999].event.time.micros());
    let stretch = |from, to| {
        let stretches = file.rows_between(0, from, to);
        assert_eq!(stretches.len(), 1);
        stretches[0].clone()
    };
    assert_eq!(stretch(oldest, newest), 0..20_000);
    assert_eq!(stretch(newest, newest), 0..8192);
    assert_eq!(stretch(oldest, oldest), 16_384..20_000);
    let middle = events[9000].event.time.micros();
    assert_eq!(stretch(middle, middle), 8192..16_384);
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let (_directory, path, _) = written(Class::Authentication, &sign_ins(50));
    let whole = std::fs::read(&path).unwrap();
    for cut in [0, 4, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(OpenFile::open(&RealDisk, &path).is_err(), "{cut}");
    }
    assert!(OpenFile::open(&RealDisk, &path.with_extension("absent")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_event_survives(events in proptest::collection::vec(any_event(), 1..20)) {
        let events: Vec<StoredEvent> = events
            .into_iter()
            .zip(1..)
            .map(|(mut event, id)| {
                event.class = Class::Authentication;
                StoredEvent { id: EventId(id), event: of_tenant(event, "acme") }
            })
            .collect();
        let (_directory, path, _) = written(Class::Authentication, &events);
        prop_assert_eq!(read_back(&path), events);
    }
}
