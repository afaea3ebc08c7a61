//! Asking the lake for events that follow each other.

use crate::lake::{Lake, PAGE_MAX};
use crate::query::{Sequence, folded};
use crate::search::SequenceSearch;
use crate::{Cancel, Counted, Cursor, Histogram, ReadError, Sequences, Top, Value, Window};
use std::collections::HashMap;

/// Most different values that sequences are counted by.
const VALUES_MAX: usize = 100_000;

impl Lake {
    /// Events that follow each other, all of them in a window: the newest sequences, at most `limit`, or those behind the end
    /// of a page. Where several end with one event, a page has all of them.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn sequences(
        &self,
        sequence: &Sequence,
        window: &Window,
        limit: usize,
        before: Option<Cursor>,
        cancel: &Cancel,
    ) -> Result<Sequences, ReadError> {
        let search = SequenceSearch::new(self.core().scan(), sequence, *window, limit.min(PAGE_MAX), cancel);
        Ok(SequenceSearch { before: before.map(Cursor::key), ..search }.run()?)
    }

    /// The same without their events.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn sequences_alone(
        &self,
        sequence: &Sequence,
        window: &Window,
        limit: usize,
        cancel: &Cancel,
    ) -> Result<Sequences, ReadError> {
        let search = SequenceSearch::new(self.core().scan(), sequence, *window, limit.min(PAGE_MAX), cancel);
        Ok(SequenceSearch { with_events: false, ..search }.run()?)
    }

    /// How many sequences lie in a window.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn count_sequences(&self, sequence: &Sequence, window: &Window, cancel: &Cancel) -> Result<Counted, ReadError> {
        let mut count = 0;
        let search = SequenceSearch::new(self.core().scan(), sequence, *window, 0, cancel);
        let gone = search.each(&mut |_| {
            count += 1;
            Ok(true)
        })?;
        Ok(Counted { count, unreadable: gone.unreadable, partial: gone.partial })
    }

    /// How many sequences lie in a window, by the time of their last events in so many buckets of the same width.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn sequence_histogram(
        &self,
        sequence: &Sequence,
        window: &Window,
        buckets: usize,
        cancel: &Cancel,
    ) -> Result<Histogram, ReadError> {
        let mut told = Histogram::of(window, buckets);
        let search = SequenceSearch::new(self.core().scan(), sequence, *window, 0, cancel);
        let gone = search.each(&mut |ending| {
            told.add(window, ending.at().time);
            Ok(true)
        })?;
        Ok(Histogram { unreadable: gone.unreadable, partial: gone.partial, ..told })
    }

    /// The values that most sequences have in common under one of the names that they are joined by, the first being 0: at
    /// most `limit`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn top_of_sequences(
        &self,
        sequence: &Sequence,
        window: &Window,
        place: usize,
        limit: usize,
        cancel: &Cancel,
    ) -> Result<Top, ReadError> {
        // What differs only by case is one value, as it is for the sequences.
        let mut counts: HashMap<String, Value> = HashMap::new();
        let (mut total, mut too_many) = (0, false);
        let search = SequenceSearch::new(self.core().scan(), sequence, *window, 0, cancel);
        let gone = search.each(&mut |ending| {
            total += 1;
            let value = ending.values().into_iter().nth(place).unwrap_or_default();
            let key = folded(&value);
            let full = counts.len() >= VALUES_MAX;
            match counts.get_mut(&key) {
                Some(known) => known.count += 1,
                None if full => too_many = true,
                None => drop(counts.insert(key, Value { value, count: 1 })),
            }
            Ok(true)
        })?;
        let different = counts.len() as u64;
        let mut values: Vec<Value> = counts.into_values().collect();
        values.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values.truncate(limit.min(PAGE_MAX));
        let shown: u64 = values.iter().map(|value| value.count).sum();
        let (unreadable, partial) = (gone.unreadable, gone.partial || too_many);
        Ok(Top { values, different, others: total - shown, unreadable, partial, ..Top::default() })
    }
}
