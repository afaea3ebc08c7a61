//! The events that are being sealed, as the log has them.

use super::Sealer;
use super::parts::{Place, Places};
use crate::codec::{BatchView, EventView, Malformed};
use crate::row::Row;
use crate::wal::{Entry, Segment};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use vigie_model::ids::EventId;

/// The records of the segments being sealed, in memory: at most about one full segment.
pub(super) struct Source {
    pub(super) segments: Vec<(Arc<Segment>, Vec<u8>)>,
    /// Records with the segment they are in.
    pub(super) records: Vec<(usize, Entry)>,
}

impl Source {
    pub(super) fn read(segments: &[Arc<Segment>], sealer: &Sealer<'_>) -> io::Result<Self> {
        let mut source = Self { segments: Vec::new(), records: Vec::new() };
        for segment in segments {
            let mut bytes = vec![0; usize::try_from(segment.end()).unwrap_or(usize::MAX)];
            segment.file().read_exact_at(0, &mut bytes)?;
            let place = source.segments.len();
            for start in (0..segment.records()).step_by(Segment::PIECE) {
                for entry in segment.entries(start) {
                    if entry.is_whole(&bytes) {
                        source.records.push((place, entry));
                    } else {
                        sealer.keep_aside(segment.number(), &entry, &bytes)?;
                    }
                }
            }
            source.segments.push((Arc::clone(segment), bytes));
        }
        Ok(source)
    }

    /// Where the events are. A record that cannot be read to its end is put aside and reported.
    pub(super) fn places(&self, sealer: &Sealer<'_>) -> io::Result<Places> {
        let mut places = Places::default();
        for (record, (segment, entry)) in self.records.iter().enumerate() {
            if self.add_places(record, entry, &mut places).is_err()
                && let Some((segment, bytes)) = self.segments.get(*segment)
            {
                sealer.keep_aside(segment.number(), entry, bytes)?;
            }
        }
        Ok(places)
    }

    fn add_places(&self, record: usize, entry: &Entry, places: &mut Places) -> Result<(), Malformed> {
        let view = self.view(record)?;
        for located in view.located(EventId(entry.first_id)) {
            let (offset, event) = located?;
            places.push(&event, place_of(&event, record, offset)?);
        }
        Ok(())
    }

    fn view(&self, record: usize) -> Result<BatchView<'_>, Malformed> {
        let (segment, entry) = self.records.get(record).ok_or(Malformed)?;
        let (segment, bytes) = self.segments.get(*segment).ok_or(Malformed)?;
        BatchView::parse(bytes.get(entry.payload()).ok_or(Malformed)?, segment.table())
    }

    pub(super) fn reader(&self) -> EventReader<'_> {
        EventReader { source: self, views: (0..self.records.len()).map(|_| None).collect() }
    }

    /// The last position of each source.
    pub(super) fn checkpoints(&self) -> HashMap<String, Vec<u8>> {
        let mut checkpoints = HashMap::new();
        for record in 0..self.records.len() {
            if let Some((source, position)) = self.view(record).ok().and_then(|view| view.checkpoint()) {
                checkpoints.insert(source.to_owned(), position.to_owned());
            }
        }
        checkpoints
    }
}

/// Reads events by their places. Keeps what was read of each record: in the order of time, events of all sources
/// alternate.
pub(super) struct EventReader<'s> {
    pub(super) source: &'s Source,
    views: Vec<Option<BatchView<'s>>>,
}

impl EventReader<'_> {
    pub(super) fn event(&mut self, place: Place) -> Result<EventView<'_>, Malformed> {
        let record = place.record as usize;
        let view = self.views.get_mut(record).ok_or(Malformed)?;
        if view.is_none() {
            *view = Some(self.source.view(record)?);
        }
        view.as_ref().ok_or(Malformed)?.event_at(place.offset as usize, EventId(place.id))
    }
}

fn place_of(event: &EventView<'_>, record: usize, offset: usize) -> Result<Place, Malformed> {
    Ok(Place {
        time: event.time(),
        id: event.id().0,
        record: u32::try_from(record).map_err(|_| Malformed)?,
        offset: u32::try_from(offset).map_err(|_| Malformed)?,
    })
}
