//! Writing a batch.

use super::bytes::{put_bytes, put_number, put_signed, put_text};
use super::{BATCH_BYTES_MAX, VERSION};
use crate::Batch;
use std::collections::HashMap;
use std::sync::Arc;
use vigie_model::event::{Event, Origin, ValueRef};
use vigie_model::time::Timestamp;

/// A batch ready for the log.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) payload: Vec<u8>,
    pub(crate) count: u32,
    /// Earliest and latest time of its events; the epoch when there are none.
    pub(crate) times: (Timestamp, Timestamp),
}

/// The batch does not fit into one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchTooLarge {
    pub(crate) bytes: usize,
}

/// Encodes a batch with this program's field numbers.
pub(crate) fn encode(batch: &Batch) -> Result<Encoded, BatchTooLarge> {
    #[cfg(test)]
    assert!(
        !batch.events.iter().any(|event| event.raw.starts_with(crate::testing::POISON_OF_CODEC)),
        "as an encoder that is wrong"
    );
    let times = batch.events.iter().map(|event| event.time);
    let earliest = times.clone().min().unwrap_or_default();
    let latest = times.max().unwrap_or_default();
    let (origins, places) = distinct_origins(&batch.events);

    let mut out = Vec::with_capacity(64 + batch.events.iter().map(estimate).sum::<usize>());
    out.push(VERSION);
    out.push(u8::from(batch.checkpoint.is_some()));
    if let Some(checkpoint) = &batch.checkpoint {
        put_text(&mut out, &checkpoint.source);
        put_bytes(&mut out, &checkpoint.position);
    }
    put_signed(&mut out, earliest.micros());
    put_number(&mut out, origins.len() as u64);
    for origin in &origins {
        put_text(&mut out, &origin.source);
        put_text(&mut out, &origin.format);
        put_text(&mut out, &origin.host);
        put_number(&mut out, origin.labels.iter().count() as u64);
        for (label, value) in origin.labels.iter() {
            put_text(&mut out, label.name());
            put_text(&mut out, value);
        }
    }
    put_number(&mut out, batch.events.len() as u64);
    let mut body = Vec::new();
    for (event, origin) in batch.events.iter().zip(places) {
        body.clear();
        put_event(&mut body, event, earliest, origin);
        put_bytes(&mut out, &body);
    }
    let too_large = BatchTooLarge { bytes: out.len() };
    if out.len() > BATCH_BYTES_MAX {
        return Err(too_large);
    }
    let count = u32::try_from(batch.events.len()).map_err(|_| too_large)?;
    Ok(Encoded { payload: out, count, times: (earliest, latest) })
}

fn estimate(event: &Event) -> usize {
    // The fixed part, and for each value its field and the lengths.
    let values = event.fields.text_bytes() + event.fields.len() * 8 + event.unmapped.text_bytes() + event.unmapped.len() * 4;
    event.raw.len() + 48 + values
}

/// The origins of a batch, each once, and for each event which is its own.
fn distinct_origins(events: &[Event]) -> (Vec<&Origin>, Vec<usize>) {
    let mut origins: Vec<&Origin> = Vec::new();
    let mut shared: HashMap<*const Origin, usize> = HashMap::new();
    let mut known: HashMap<&Origin, usize> = HashMap::new();
    let mut places = Vec::with_capacity(events.len());
    for event in events {
        // Batches come from one source: mostly the origin is the one before.
        let place = match places.last() {
            Some(&last) if std::ptr::from_ref::<Origin>(origins[last]) == Arc::as_ptr(&event.origin) => last,
            // Events of a source share their origins, so mostly the address tells.
            _ => *shared.entry(Arc::as_ptr(&event.origin)).or_insert_with(|| {
                *known.entry(&*event.origin).or_insert_with(|| {
                    origins.push(&event.origin);
                    origins.len() - 1
                })
            }),
        };
        places.push(place);
    }
    (origins, places)
}

fn put_event(out: &mut Vec<u8>, event: &Event, base: Timestamp, origin: usize) {
    put_signed(out, event.time.since(base));
    put_signed(out, event.received.since(event.time));
    put_number(out, u64::from(event.class.uid()));
    out.push(event.activity);
    out.push(event.severity.number());
    put_number(out, origin as u64);
    put_bytes(out, &event.raw);
    put_number(out, event.fields.len() as u64);
    for (field, value) in event.fields.iter() {
        put_number(out, field.index() as u64);
        put_value(out, value);
    }
    put_number(out, event.unmapped.len() as u64);
    for (name, value) in event.unmapped.iter() {
        put_text(out, name);
        put_text(out, value);
    }
}

fn put_value(out: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Text(text) => put_text(out, text),
        ValueRef::Integer(number) => put_signed(out, number),
        ValueRef::Boolean(truth) => out.push(u8::from(truth)),
        ValueRef::Texts(texts) => {
            put_number(out, texts.len() as u64);
            texts.iter().for_each(|text| put_text(out, text));
        }
    }
}
