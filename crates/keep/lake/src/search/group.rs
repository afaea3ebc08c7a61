//! Searching one row group: cheap columns first, the record only for what is left.

use super::columns::{Rows, is_part_of_record, wanted};
use super::prune::{self, OfGroup, Verdict};
use super::scan::Question;
use super::{Key, Place, SearchError, Sink, Values};
use crate::files::{Columns, FileError, OpenFile, name};
use crate::query::{Expr, Target};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_buffer::BooleanBuffer;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use vigie_model::event::Class;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Rows looked at before the search asks whether to go on.
const BATCH_ROWS: usize = 16_384;
/// The same where the record is read.
const RECORD_ROWS: usize = 2048;

/// A file being searched.
pub(super) struct FileSearch<'q> {
    pub(super) file: Arc<OpenFile>,
    pub(super) class: Class,
    pub(super) question: &'q Question<'q>,
    /// Whether the query is known to match every row.
    pub(super) all: bool,
}

/// A row that passed the cheap conditions.
#[derive(Clone, Copy)]
struct Candidate {
    key: Key,
    row: usize,
}

impl FileSearch<'_> {
    /// Searches all row groups, newest first, and tells `pass` of the rows of each; says how many rows were looked at.
    pub(super) fn run(&self, sink: &mut dyn Sink, pass: &mut dyn FnMut(u64)) -> Result<u64, SearchError> {
        let mut examined = 0;
        let mut groups: Vec<(usize, Timestamp)> = Vec::with_capacity(self.file.groups());
        for group in 0..self.file.groups() {
            groups.push((group, self.times(group)?.1));
        }
        // In a merged file they follow each other by host.
        groups.sort_by_key(|(_, latest)| std::cmp::Reverse(*latest));
        for (group, _) in groups {
            examined += self.group(group, sink)?;
            pass(self.file.group_rows(group) as u64);
        }
        Ok(examined)
    }

    fn group(&self, group: usize, sink: &mut dyn Sink) -> Result<u64, SearchError> {
        let window = self.question.window;
        let (earliest, latest) = self.times(group)?;
        let below = self.question.before.is_none_or(|before| earliest <= before.time);
        if latest < window.from || window.last() < earliest || !below || !sink.wants_until(latest) {
            return Ok(0);
        }
        let judged = self.judge(group)?;
        if judged == Verdict::None {
            return Ok(0);
        }
        let inside =
            window.holds(earliest) && window.holds(latest) && self.question.before.is_none_or(|before| latest < before.time);
        let rows = self.file.group_rows(group);
        if judged == Verdict::All && inside && sink.add_all(earliest, latest, rows as u64) {
            return Ok(rows as u64);
        }
        let from = sink.floor().map_or(window.from, |floor| floor.time.max(window.from));
        let to = self.question.before.map_or(window.last(), |before| before.time.min(window.last()));
        let mut stretches = self.file.rows_between(group, from.micros(), to.micros());
        if judged != Verdict::All
            && let Some(pages) = prune::pages(self.question.expr, &self.file, group)?
        {
            stretches = prune::within_pages(stretches, &pages);
        }
        if stretches.is_empty() {
            // The window lies between two pages, or no page has the words.
            return Ok(0);
        }
        self.rows(group, stretches, judged, sink)
    }

    fn times(&self, group: usize) -> Result<(Timestamp, Timestamp), FileError> {
        let (low, high) = self.file.bounds(group, name::TIME).ok_or_else(|| self.file.unexpected(name::TIME))?;
        Ok((Timestamp::from_micros(low), Timestamp::from_micros(high)))
    }

    fn judge(&self, group: usize) -> Result<Verdict, FileError> {
        if self.all {
            return Ok(Verdict::All);
        }
        prune::judge(self.question.expr, &OfGroup { file: &self.file, group, class: self.class })
    }

    fn rows(&self, group: usize, stretches: Vec<Range<usize>>, judged: Verdict, sink: &mut dyn Sink) -> Result<u64, SearchError> {
        let conjuncts: &[Expr] = if judged == Verdict::All { &[] } else { self.question.expr.conjuncts() };
        let reads_record =
            |part: &&Expr| part.has(&|term| term.target == Target::Raw || is_part_of_record(&term.target, &self.file));
        let (costly, cheap): (Vec<&Expr>, Vec<&Expr>) = conjuncts.iter().partition(reads_record);
        let examined = stretches.iter().map(|stretch| stretch.len() as u64).sum();
        let candidates = self.candidates(group, stretches, &cheap, costly.is_empty(), sink)?;
        if !candidates.is_empty() {
            self.try_records(group, &candidates, &costly, sink)?;
        }
        Ok(examined)
    }

    /// The rows that pass the cheap conditions, handed to the sink right away when there are no others.
    fn candidates(
        &self,
        group: usize,
        stretches: Vec<Range<usize>>,
        cheap: &[&Expr],
        done: bool,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Candidate>, SearchError> {
        let mut candidates = Vec::new();
        let total = self.file.group_rows(group);
        let selection = RowSelection::from_consecutive_ranges(stretches.iter().cloned(), total);
        let mut rows = Selected::new(stretches);
        let values = sink.values().filter(|_| done);
        for batch in self.read(group, cheap, &[name::ID, name::TIME], values, selection, BATCH_ROWS)? {
            self.question.cancel.check()?;
            let batch = batch.map_err(|error| self.file.wrong()(error.into()))?;
            let matching = self.matching(&batch, cheap)?;
            let keys = self.keys(&batch)?;
            if done && sink.values().is_some() {
                let asked = BooleanBuffer::collect_bool(batch.num_rows(), |place| self.question.asks_for(keys.key(place)));
                self.hand_over_rows(&batch, &matching & &asked, sink)?;
                continue;
            }
            for place in matching.set_indices() {
                let key = keys.key(place);
                if !self.question.asks_for(key) {
                    continue;
                }
                if !sink.wants_until(key.time) {
                    if self.file.falls_in_time() {
                        // Nothing that follows is wanted.
                        return Ok(candidates);
                    }
                    continue;
                }
                let candidate = Candidate { key, row: rows.row(place) };
                if done {
                    self.hand_over(group, candidate, sink);
                } else {
                    candidates.push(candidate);
                }
            }
            rows.go_on(batch.num_rows());
        }
        Ok(candidates)
    }

    /// Tries the conditions that look at the record on the rows that are left.
    fn try_records(
        &self,
        group: usize,
        candidates: &[Candidate],
        costly: &[&Expr],
        sink: &mut dyn Sink,
    ) -> Result<(), SearchError> {
        let runs = candidates.chunk_by(|one, next| one.row + 1 == next.row);
        let ranges = runs.filter_map(|run| Some(run.first()?.row..run.last()?.row + 1));
        let selection = RowSelection::from_consecutive_ranges(ranges, self.file.group_rows(group));
        let mut rest = candidates;
        for batch in self.read(group, costly, &[], sink.values(), selection, RECORD_ROWS)? {
            self.question.cancel.check()?;
            let batch = batch.map_err(|error| self.file.wrong()(error.into()))?;
            let matching = self.matching(&batch, costly)?;
            let (these, others) = rest.split_at_checked(batch.num_rows()).ok_or_else(|| self.file.unexpected(name::RAW))?;
            if sink.values().is_some() {
                self.hand_over_rows(&batch, matching, sink)?;
                rest = others;
                continue;
            }
            for place in matching.set_indices() {
                if let Some(candidate) = these.get(place) {
                    self.hand_over(group, *candidate, sink);
                }
            }
            rest = others;
            if self.file.falls_in_time() && rest.first().is_some_and(|next| !sink.wants_until(next.key.time)) {
                break;
            }
        }
        Ok(())
    }

    fn hand_over(&self, group: usize, Candidate { key, row }: Candidate, sink: &mut dyn Sink) {
        sink.add(key, &|| Place::File { file: Arc::clone(&self.file), group, row });
    }

    fn hand_over_rows(&self, batch: &RecordBatch, matching: BooleanBuffer, sink: &mut dyn Sink) -> Result<(), FileError> {
        sink.add_rows(&Rows { batch, file: &self.file, class: self.class }, matching)
    }

    fn matching(&self, batch: &RecordBatch, parts: &[&Expr]) -> Result<BooleanBuffer, FileError> {
        let rows = Rows { batch, file: &self.file, class: self.class };
        let mut all = BooleanBuffer::new_set(batch.num_rows());
        for part in parts {
            all = &all & &rows.matching(part)?;
        }
        Ok(all)
    }

    fn read(
        &self,
        group: usize,
        parts: &[&Expr],
        always: &[&'static str],
        values: Option<&Values>,
        selection: RowSelection,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, FileError> {
        let mut columns: BTreeSet<&'static str> = always.iter().copied().collect();
        parts.iter().for_each(|part| wanted(part, &self.file, &mut columns));
        values.inspect(|values| values.columns(&self.file, &mut columns));
        let columns: Vec<&str> = columns.into_iter().collect();
        self.file.read(group, &Columns::Lookup(&columns), Some(selection), batch_rows)
    }

    fn keys<'b>(&self, batch: &'b RecordBatch) -> Result<Keys<'b>, FileError> {
        let time = batch.column_by_name(name::TIME).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        let id = batch.column_by_name(name::ID).and_then(|column| column.as_primitive_opt::<Int64Type>());
        match (time, id) {
            (Some(time), Some(id)) => Ok(Keys { times: time.values(), ids: id.values() }),
            _ => Err(self.file.unexpected(name::TIME)),
        }
    }
}

/// The rows that a reader gives, by their places among those that were selected.
struct Selected {
    stretches: std::vec::IntoIter<Range<usize>>,
    /// The rest of the stretch that the next row is in.
    here: Range<usize>,
    /// Rows given since the last batch.
    given: usize,
}

impl Selected {
    fn new(stretches: Vec<Range<usize>>) -> Self {
        let mut stretches = stretches.into_iter();
        let here = stretches.next().unwrap_or_default();
        Self { stretches, here, given: 0 }
    }

    /// The row at a place of this batch; places ascend.
    fn row(&mut self, place: usize) -> usize {
        self.skip(place - self.given);
        self.given = place;
        self.here.start
    }

    /// The next batch begins.
    fn go_on(&mut self, batch_rows: usize) {
        self.skip(batch_rows - self.given);
        self.given = 0;
    }

    fn skip(&mut self, mut rows: usize) {
        while rows >= self.here.len() && rows > 0 {
            rows -= self.here.len();
            let Some(next) = self.stretches.next() else {
                self.here = self.here.end..self.here.end;
                return;
            };
            self.here = next;
        }
        self.here.start += rows;
    }
}

struct Keys<'b> {
    times: &'b [i64],
    ids: &'b [i64],
}

impl Keys<'_> {
    fn key(&self, place: usize) -> Key {
        Key { time: Timestamp::from_micros(self.times[place]), id: EventId(self.ids[place].cast_unsigned()) }
    }
}
