//! Going through the events: the log's segments, then the files, newest first.

use super::cancel::Track;
use super::group::FileSearch;
use super::prune::{self, OfFile, Verdict};
use super::view::View;
use super::{Cancel, Key, Place, SearchError, Sink, Window};
use crate::catalogue::{Catalogue, FileRow};
use crate::codec::BatchView;
use crate::open_files::OpenFiles;
use crate::query::Expr;
use crate::row::Row;
use crate::wal::{Entry, Segment, Segments};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use vigie_model::event::Class;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) expr: &'q Expr,
    pub(crate) window: Window,
    /// Only events behind this place.
    pub(crate) before: Option<Key>,
    pub(crate) cancel: &'q Cancel,
}

impl Question<'_> {
    /// Whether an event with this key lies where the question asks.
    pub(super) fn asks_for(&self, key: Key) -> bool {
        self.window.holds(key.time) && self.before.is_none_or(|before| key < before)
    }
}

/// Where events are looked for.
pub(crate) struct Scan<'s> {
    pub(crate) catalogue: &'s Catalogue,
    pub(crate) segments: &'s Segments,
    pub(crate) files: &'s OpenFiles,
}

/// What was gone through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scanned {
    pub(crate) examined: u64,
    pub(crate) unreadable: u64,
    /// Whether it was ended before all was gone through.
    pub(crate) partial: bool,
}

/// What one thread searches at a time.
enum Part<'p> {
    Segment(&'p Arc<Segment>),
    File(&'p FileRow),
}

impl Part<'_> {
    /// How many events it has.
    fn events(&self) -> u64 {
        match self {
            Self::Segment(segment) => segment.events(),
            Self::File(row) => row.facts.rows,
        }
    }
}

/// Threads of one search; others search beside it.
const THREADS_MAX: usize = 4;

impl Scan<'_> {
    /// Shows the sink every event that is asked for and that it wants.
    pub(crate) fn run<S: Sink>(&self, question: &Question<'_>, sink: &mut S) -> Result<Scanned, SearchError> {
        let mut scanned = Scanned::default();
        if question.window.is_empty() {
            return Ok(scanned);
        }
        let span = tracing::info_span!("search", parts = tracing::field::Empty, examined = tracing::field::Empty).entered();
        let view = View::now(self.catalogue, self.segments)?;
        let files = view.newest_first((question.window.from, question.window.last()));
        let segments = view.unsealed.segments.iter().rev().map(Part::Segment);
        let parts: Vec<Part<'_>> = segments.chain(files.map(Part::File)).collect();
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(THREADS_MAX).min(parts.len());
        let next = AtomicUsize::new(0);
        let track = Track::begin(question.cancel, parts.len() as u64, parts.iter().map(Part::events).sum());
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map(|_| {
                    let mut own = sink.fork();
                    let (next, parts, track) = (&next, &parts, &track);
                    scope.spawn(move || self.parts(parts, next, track, question, &mut own).map(|scanned| (own, scanned)))
                })
                .collect();
            scanned = self.parts(&parts, &next, &track, question, sink)?;
            for other in others {
                let (own, more) = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                sink.join(own);
                scanned.examined += more.examined;
                scanned.unreadable += more.unreadable;
                scanned.partial |= more.partial;
            }
            Ok::<_, SearchError>(())
        })?;
        span.record("parts", parts.len()).record("examined", scanned.examined);
        if !scanned.partial && scanned.unreadable == 0 {
            track.finish();
        }
        Ok(scanned)
    }

    /// The first time and the last of what may lie in a window; none when nothing does.
    pub(crate) fn times(&self, window: &Window) -> Result<Option<(Timestamp, Timestamp)>, SearchError> {
        let view = View::now(self.catalogue, self.segments)?;
        let files = view.newest_first((window.from, window.last())).map(|row| row.facts.times);
        let segments = view.unsealed.segments.iter().filter_map(|segment| segment.times());
        Ok(files.chain(segments).reduce(|(first, last), (from, to)| (first.min(from), last.max(to))))
    }

    /// Takes one part after another that no other thread has, until none is left or wanted.
    fn parts(
        &self,
        parts: &[Part<'_>],
        next: &AtomicUsize,
        track: &Track<'_>,
        question: &Question<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Scanned, SearchError> {
        let mut scanned = Scanned::default();
        while let Some(part) = parts.get(next.fetch_add(1, Relaxed)) {
            let (mut passed, unreadable) = (0, scanned.unreadable);
            let mut pass = |events| {
                track.events(events);
                passed += events;
            };
            let searched = match part {
                Part::Segment(segment) => scan_segment(segment, question, sink, &mut scanned, &mut pass),
                Part::File(file) if sink.wants_until(file.facts.times.1) => {
                    self.file(file, question, sink, &mut scanned, &mut pass)
                }
                // They come by falling time.
                Part::File(_) => break,
            };
            match searched {
                Err(SearchError::Enough) => {
                    scanned.partial = true;
                    break;
                }
                other => other?,
            }
            if scanned.unreadable == unreadable {
                track.events(part.events().saturating_sub(passed));
                track.file();
            }
        }
        Ok(scanned)
    }

    /// Shows the sink what of one file is asked for.
    pub(crate) fn in_file(&self, row: &FileRow, question: &Question<'_>, sink: &mut dyn Sink) -> Result<Scanned, SearchError> {
        let mut scanned = Scanned::default();
        self.file(row, question, sink, &mut scanned, &mut |_| ())?;
        Ok(scanned)
    }

    fn file(
        &self,
        row: &FileRow,
        question: &Question<'_>,
        sink: &mut dyn Sink,
        scanned: &mut Scanned,
        pass: &mut dyn FnMut(u64),
    ) -> Result<(), SearchError> {
        question.cancel.check()?;
        let class = Class::from_uid(row.class_uid).unwrap_or(Class::BaseEvent);
        let facts = &row.facts;
        let known = OfFile { class, tenant: &facts.tenant, times: facts.times, received: facts.received, ids: facts.ids };
        let verdict = prune::judge(question.expr, &known)?;
        if verdict == Verdict::None || question.before.is_some_and(|before| facts.times.0 > before.time) {
            return Ok(());
        }
        let (earliest, latest) = facts.times;
        let inside = question.window.holds(earliest) && question.window.holds(latest);
        let all = verdict == Verdict::All;
        if all && inside && question.before.is_none() && sink.add_all(earliest, latest, facts.rows) {
            scanned.examined += facts.rows;
            return Ok(());
        }
        let open = self.files.open(row).map_err(SearchError::from);
        let searched = open.and_then(|file| FileSearch { file, class, question, all }.run(sink, pass));
        match searched {
            Ok(examined) => scanned.examined += examined,
            Err(SearchError::File(error)) => {
                scanned.unreadable += 1;
                question.cancel.cannot_read();
                tracing::error!(path = row.path, %error, "a file of events cannot be read");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn scan_segment(
    segment: &Arc<Segment>,
    question: &Question<'_>,
    sink: &mut dyn Sink,
    scanned: &mut Scanned,
    pass: &mut dyn FnMut(u64),
) -> Result<(), SearchError> {
    let mut buffer = Vec::new();
    let records = segment.records();
    // Newest first, so that early ones are soon not wanted any more.
    for start in (0..records.div_ceil(Segment::PIECE)).rev().map(|piece| piece * Segment::PIECE) {
        let entries = segment.entries(start);
        let here = entries.len().min(records - start);
        for entry in entries[..here].iter().rev() {
            // A record is a batch of any size: whoever ends a search waits for one of them.
            question.cancel.check()?;
            pass(u64::from(entry.events));
            let outside = entry.latest < question.window.from || question.window.last() < entry.earliest;
            if entry.events == 0 || outside || !sink.wants_until(entry.latest) {
                continue;
            }
            scanned.examined += u64::from(entry.events);
            match scan_record(segment, entry, &mut buffer, question, sink) {
                Err(SearchError::Record(error)) => {
                    scanned.unreadable += 1;
                    question.cancel.cannot_read();
                    tracing::error!(first_id = entry.first_id, %error, "a record of the log cannot be read");
                }
                other => other?,
            }
        }
    }
    Ok(())
}

fn scan_record(
    segment: &Arc<Segment>,
    entry: &Entry,
    buffer: &mut Vec<u8>,
    question: &Question<'_>,
    sink: &mut dyn Sink,
) -> Result<(), SearchError> {
    let payload = segment.read_record(entry, buffer)?;
    let view = BatchView::parse(payload, segment.table())?;
    for event in view.events(EventId(entry.first_id)) {
        let event = event?;
        let key = Key { time: event.time(), id: event.id() };
        if question.asks_for(key) && sink.wants(key) && question.expr.matches(&event) {
            sink.add(key, &|| Place::Log { segment: Arc::clone(segment), entry: *entry });
            if sink.values().is_some() {
                sink.add_row(&event);
            }
        }
    }
    Ok(())
}
