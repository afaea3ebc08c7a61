use super::*;
use std::sync::Mutex;
use vigie_db::Db;
use vigie_kit::clock::SystemClock;
use vigie_model::event::{Labels, Origin};
use vigie_model::time::Timestamp;

fn event(raw: &str) -> Event {
    let origin = Arc::new(Origin { source: "s".into(), format: "f".into(), host: "h".into(), labels: Labels::none() });
    Event::new(Class::BaseEvent, Timestamp::EPOCH, Timestamp::EPOCH, origin, raw.as_bytes().to_vec())
}

#[test]
fn an_event_that_is_too_large_is_set_aside_and_the_others_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("state.db")).unwrap();
    let settings = vigie_lake::Settings::default();
    let lake = Lake::open(&folder.path().join("lake"), db, Arc::new(SystemClock), settings).unwrap();
    let mut large = event("poison");
    large.unmapped.push("much", &"x".repeat(40 << 20));
    append(&lake, &Batch { events: vec![event("one"), large.clone(), event("two")], checkpoint: None }).unwrap();
    assert_eq!(lake.stats().unwrap().events, 3);
    let aside = set_aside(&large, TOO_LARGE);
    assert!(is_set_aside(&aside) && aside.raw == b"poison");
}

/// A lake that breaks off over some events.
#[derive(Default)]
struct Brittle {
    taken: Mutex<Vec<Event>>,
    aside: Mutex<Vec<Vec<u8>>>,
    checkpoints: Mutex<Vec<Option<String>>>,
}

impl Takes for Brittle {
    fn take(&self, batch: &Batch) -> Result<(), AppendError> {
        let breaks = |event: &Event| event.raw.starts_with(b"record") || event.raw.starts_with(b"field") && !is_set_aside(event);
        if batch.events.iter().any(breaks) {
            return Err(AppendError::Poison);
        }
        self.taken.lock().unwrap().extend(batch.events.iter().cloned());
        self.checkpoints.lock().unwrap().push(batch.checkpoint.as_ref().map(|checkpoint| checkpoint.source.clone()));
        Ok(())
    }

    fn put_aside(&self, record: &[u8]) -> std::io::Result<PathBuf> {
        self.aside.lock().unwrap().push(record.to_vec());
        Ok("/aside/1".into())
    }
}

#[test]
fn an_event_that_breaks_the_lake_is_set_aside_and_the_others_are_taken() {
    let lake = Brittle::default();
    let events = ["one", "field", "two", "three", "record", "four"].map(event).to_vec();
    let checkpoint = Some(Checkpoint { source: "s".to_owned(), position: b"here".to_vec() });
    append(&lake, &Batch { events, checkpoint }).unwrap();
    let taken = lake.taken.into_inner().unwrap();
    let raws: Vec<String> = taken.iter().map(|event| String::from_utf8_lossy(&event.raw).into_owned()).collect();
    assert_eq!(raws, ["one", "field", "two", "three", "", "four"], "in order, each once");
    let aside: Vec<bool> = taken.iter().map(is_set_aside).collect();
    assert_eq!(aside, [false, true, false, false, true, false]);
    assert!(taken[4].unmapped.contains("set_aside_file", "/aside/1"));
    assert_eq!(lake.aside.into_inner().unwrap(), [b"record"]);
    let checkpoints = lake.checkpoints.into_inner().unwrap();
    assert_eq!(checkpoints.iter().flatten().count(), 1, "with the last");
    assert!(checkpoints.last().unwrap().is_some());
}

#[test]
fn what_is_no_matter_of_the_event_sets_nothing_aside() {
    struct Full;
    impl Takes for Full {
        fn take(&self, _batch: &Batch) -> Result<(), AppendError> {
            Err(AppendError::Full { free: 0, needed: 1 })
        }

        fn put_aside(&self, _record: &[u8]) -> std::io::Result<PathBuf> {
            unreachable!("nothing is to be put aside")
        }
    }
    let refused = append(&Full, &Batch { events: vec![event("one"), event("two")], checkpoint: None });
    assert!(matches!(refused, Err(AppendError::Full { .. })));
}
