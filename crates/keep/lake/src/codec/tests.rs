use super::table::{PathTable, Slot};
use super::*;
use crate::row::{Part, Row};
use crate::testing::{any_event, at, batch, sign_in};
use crate::{Batch, Checkpoint};
use proptest::prelude::*;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, FieldId};
use vigie_model::ids::EventId;

fn decoded(payload: &[u8], table: &PathTable) -> Result<Vec<Event>, Malformed> {
    BatchView::parse(payload, table)?.events(EventId(1)).map(|event| event?.to_event()).collect()
}

#[test]
fn a_checkpoint_is_found_without_the_events() {
    let mut batch = batch(vec![sign_in(at("2026-11-21T08:00:00Z"), "web-1", "eva", "10.0.0.7")]);
    batch.checkpoint = Some(Checkpoint { source: "journald".to_owned(), position: vec![0, 255, 7] });
    let payload = encode(&batch).unwrap().payload;
    assert_eq!(BatchView::checkpoint_of(&payload), Ok(Some(("journald", &[0, 255, 7][..]))));
}

#[test]
fn an_ordinary_event_is_small() {
    let event = sign_in(at("2026-11-21T08:00:00Z"), "web-1", "eva", "10.0.0.7");
    let raw = event.raw.len();
    let one = encode(&batch(vec![event.clone()])).unwrap().payload.len();
    let ten = encode(&batch(vec![event; 10])).unwrap().payload.len();
    let beside = (ten - one) / 9 - raw;
    assert!(beside < 64, "{beside} bytes beside the raw record");
}

#[test]
fn a_field_this_program_does_not_know_becomes_unmapped() {
    let event = sign_in(at("2026-11-21T08:00:00Z"), "web-1", "eva", "10.0.0.7");
    let payload = encode(&batch(vec![event.clone()])).unwrap().payload;
    let slots = FieldId::all().map(|known| {
        let renamed = known == field::USER_NAME.id();
        let path = if renamed { "user.moniker" } else { known.path() };
        Slot { kind: known.info().kind, path: path.into(), field: (!renamed).then_some(known) }
    });
    let table = PathTable::parse(PathTable::of(slots.collect()).text()).unwrap();
    let events = decoded(&payload, &table).unwrap();
    assert_eq!(events[0].text(field::USER_NAME), None);
    assert_eq!(events[0].unmapped.iter().collect::<Vec<_>>(), [("user.moniker", "eva")]);
    assert_eq!(events[0].text(field::SRC_ENDPOINT_IP), Some("10.0.0.7"));
}

#[test]
fn a_batch_too_large_for_a_record_is_refused() {
    let mut event = sign_in(at("2026-11-21T08:00:00Z"), "web-1", "eva", "10.0.0.7");
    event.raw = vec![b'x'; BATCH_BYTES_MAX];
    assert!(encode(&batch(vec![event])).unwrap_err().bytes > BATCH_BYTES_MAX);
}

proptest! {
    #[test]
    fn every_batch_survives(events in proptest::collection::vec(any_event(), 0..8)) {
        let batch = Batch { events, checkpoint: None };
        let encoded = encode(&batch).unwrap();
        prop_assert_eq!(encoded.count as usize, batch.events.len());
        prop_assert_eq!(decoded(&encoded.payload, &PathTable::current()).unwrap(), batch.events);
    }

    #[test]
    fn a_view_shows_what_the_event_shows(event in any_event()) {
        let payload = encode(&batch(vec![event])).unwrap().payload;
        let table = PathTable::current();
        let view = BatchView::parse(&payload, &table).unwrap();
        let row = view.events(EventId(7)).next().unwrap().unwrap();
        let event = vigie_model::event::StoredEvent { id: EventId(7), event: row.to_event().unwrap() };
        prop_assert_eq!((row.id(), row.time(), row.received(), row.class()), (event.id(), event.time(), event.received(), event.class()));
        prop_assert_eq!((row.source(), row.format(), row.host(), row.raw()), (event.source(), event.format(), event.host(), event.raw()));
        for field in FieldId::all() {
            prop_assert_eq!(parts(&row, field), parts(&event, field));
        }
    }

    #[test]
    fn foreign_bytes_never_panic(bytes: Vec<u8>, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        drop(decoded(&bytes, &PathTable::current()));
        let event = sign_in(at("2026-11-21T08:00:00Z"), "web-1", "eva", "10.0.0.7");
        let mut payload = encode(&batch(vec![event.clone(), event])).unwrap().payload;
        for (place, byte) in flips {
            let place = place.index(payload.len());
            payload[place] = byte;
        }
        drop(decoded(&payload, &PathTable::current()));
    }
}

fn parts(row: &dyn Row, field: FieldId) -> Vec<String> {
    let mut parts = Vec::new();
    row.visit(field, &mut |part| {
        parts.push(match part {
            Part::Text(text) => text.to_owned(),
            Part::Integer(number) => number.to_string(),
            Part::Boolean(truth) => truth.to_string(),
        });
        false
    });
    parts
}
