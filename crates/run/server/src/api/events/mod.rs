//! Events: searching, counting over time, one whole with its raw record.

mod around;
mod complete;
mod effort;
mod export;
mod sequences;
mod top;

pub(super) use around::{__path_around, around};
pub(super) use complete::{__path_names, __path_values, names, values};
pub(super) use effort::{__path_enough, __path_running, enough, running};
pub(super) use export::{__path_export, export};
pub(super) use sequences::{__path_sequences, sequences};
pub(super) use top::{__path_top, top};

use super::error::{ApiError, ErrorBody};
use super::findings::unknown_word;
use super::guard::Caller;
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use effort::{CoveredView, Effort};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};
use vigie_lake::{Cancel, Cursor, QueryError, Sequence, Window};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, StoredEvent, ValueRef};
use vigie_model::ids::EventId;
use vigie_model::text;
use vigie_model::time::Timestamp;

const PAGE: usize = 100;
const PAGE_MAX: usize = 1000;
const BUCKETS: usize = 60;
const BUCKETS_MAX: usize = 500;
/// Characters of a record that stand for an event without a message.
const MESSAGE_CHARS_MAX: usize = 400;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    /// Words, `field:value`, `AND`, `OR`, `NOT`.
    q: Option<String>,
    /// From this time on; by default a day ago.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Up to this time; by default now.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Where the page before ended.
    before: Option<String>,
    /// 100 by default, 1000 at most.
    limit: Option<usize>,
    /// Of a histogram: how many pieces, 60 by default, 500 at most.
    buckets: Option<usize>,
    /// Milliseconds after which it answers with what it has found, `partial`; at most ten minutes.
    deadline_ms: Option<u64>,
    /// An id by which the caller can watch and end it: `/events/running/ID`.
    running: Option<String>,
}

/// A page of events, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct EventsPage {
    events: Vec<EventRow>,
    /// Give it as `before` for the next page.
    next: Option<String>,
    /// Events that were looked at.
    scanned: u64,
    took_ms: u64,
    /// Whether it was ended before all was gone through, or something could not be read: `covered` says what is missing.
    partial: bool,
    covered: CoveredView,
}

/// One event in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct EventRow {
    id: u64,
    time: String,
    received: String,
    /// OCSF class in words.
    class: &'static str,
    class_uid: u32,
    /// OCSF activity in words.
    activity: &'static str,
    /// OCSF severity.
    #[schema(value_type = String)]
    severity: vigie_model::event::EventSeverity,
    host: String,
    /// To whom and to what it belongs: `cluster`, `namespace`, `workload`, `team`, `environment`, `tenant`.
    labels: BTreeMap<&'static str, String>,
    source: String,
    /// The parser that understood it; empty when none did.
    format: String,
    message: String,
    /// Values by OCSF attribute path.
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// One event whole.
#[derive(Serialize, ToSchema)]
pub(super) struct EventView {
    #[serde(flatten)]
    row: EventRow,
    /// The record as received.
    raw: String,
    /// `text`, or `base64` where the record is no UTF-8.
    raw_encoding: &'static str,
    /// The event as OCSF JSON.
    #[schema(value_type = Object)]
    ocsf: Value,
    /// What the record says beyond the fields of OCSF.
    #[schema(value_type = Object)]
    unmapped: Map<String, Value>,
}

/// Events over time.
#[derive(Serialize, ToSchema)]
pub(super) struct HistogramView {
    from: String,
    to: String,
    /// Seconds of one piece.
    width_s: f64,
    counts: Vec<BucketView>,
    total: u64,
    /// Whether it was ended before all was gone through: what is missing is what `covered` lacks of its totals.
    partial: bool,
    covered: CoveredView,
}

/// Events of one piece of time.
#[derive(Serialize, ToSchema)]
pub(super) struct BucketView {
    from: String,
    count: u64,
}

impl BucketView {
    /// How many events.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }
}

/// Searches events.
#[utoipa::path(get, path = "/events", tag = "events", params(EventsQuery),
    responses((status = 200, body = EventsPage), (status = 400, body = ErrorBody)))]
pub(super) async fn list(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<EventsQuery>,
) -> Answer<EventsPage> {
    let query = parsed(asked.q.as_deref().unwrap_or_default())?;
    let window = asked_window(&platform, &asked);
    let before = before(asked.before.as_deref())?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let effort = Effort::of(&caller, asked.deadline_ms, asked.running)?;
    let page = effort.search(&platform, move |platform, cancel| {
        let begun = Instant::now();
        let page = platform.lake.search_until(&query, &window, limit, before, cancel).map_err(ApiError::of)?;
        let covered = CoveredView::from(cancel.progress());
        Ok(EventsPage {
            events: page.events.iter().map(event_row).collect(),
            next: page.next.map(|cursor| cursor.to_string()),
            scanned: page.examined,
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            partial: covered.is_partial(page.partial),
            covered,
        })
    });
    Ok(Json(page.await?))
}

/// Counts events over time; of a sequence (`sequence by …`) where it ends.
#[utoipa::path(get, path = "/events/histogram", tag = "events", params(EventsQuery),
    responses((status = 200, body = HistogramView), (status = 400, body = ErrorBody)))]
pub(super) async fn histogram(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<EventsQuery>,
) -> Answer<HistogramView> {
    let window = asked_window(&platform, &asked);
    let pieces = asked.buckets.unwrap_or(BUCKETS).clamp(1, BUCKETS_MAX);
    let query = Counting::parsed(asked.q.as_deref().unwrap_or_default())?;
    let effort = Effort::of(&caller, asked.deadline_ms, asked.running)?;
    let view = effort.search(&platform, move |platform, cancel| {
        let (counts, ended_early) = counted(platform, &query, &window, pieces, cancel)?;
        let covered = CoveredView::from(cancel.progress());
        Ok(HistogramView {
            from: window.from.to_string(),
            to: window.to.to_string(),
            width_s: window.to.since(window.from) as f64 / 1e6 / pieces as f64,
            total: counts.iter().map(BucketView::count).sum(),
            counts,
            partial: covered.is_partial(ended_early),
            covered,
        })
    });
    Ok(Json(view.await?))
}

/// One event with its raw record.
#[utoipa::path(get, path = "/events/{id}", tag = "events", params(("id" = u64, Path)),
    responses((status = 200, body = EventView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(State(platform): State<Arc<Platform>>, Path(id): Path<u64>) -> Answer<EventView> {
    let stored = blocking(move || platform.lake.get(EventId(id)).map_err(ApiError::of)).await?.ok_or_else(ApiError::not_found)?;
    let row = event_row(&stored);
    let event = stored.event;
    let (raw, raw_encoding) = match String::from_utf8(event.raw.clone()) {
        Ok(text) => (text, "text"),
        Err(bytes) => (BASE64_STANDARD.encode(bytes.as_bytes()), "base64"),
    };
    let unmapped = event.unmapped.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    Ok(Json(EventView { row, raw, raw_encoding, ocsf: json!(event.to_ocsf()), unmapped }))
}

/// An event as callers read it.
pub(super) fn event_row(stored: &StoredEvent) -> EventRow {
    let event = &stored.event;
    EventRow {
        id: stored.id.0,
        time: event.time.to_string(),
        received: event.received.to_string(),
        class: event.class.caption(),
        class_uid: event.class.uid(),
        activity: event.class.activity_caption(event.activity).unwrap_or("Other"),
        severity: event.severity,
        host: event.origin.host.to_string(),
        labels: event.origin.labels.iter().map(|(label, value)| (label.name(), value.to_owned())).collect(),
        source: event.origin.source.to_string(),
        format: event.origin.format.to_string(),
        message: message(event),
        fields: event.fields.iter().map(|(field, value)| (field.path().to_owned(), field_value(value))).collect(),
    }
}

/// Counts of equal pieces of a window.
pub(super) fn buckets(platform: &Platform, query: &str, window: &Window, pieces: usize) -> Result<Vec<BucketView>, ApiError> {
    Ok(counted(platform, &Counting::parsed(query)?, window, pieces, &Cancel::new())?.0)
}

/// The counts, and whether counting was ended early.
fn counted(
    platform: &Platform,
    query: &Counting,
    window: &Window,
    pieces: usize,
    cancel: &Cancel,
) -> Result<(Vec<BucketView>, bool), ApiError> {
    let counted = match query {
        Counting::Events(query) => platform.lake.histogram(query, window, pieces, cancel),
        Counting::Sequences(sequence) => platform.lake.sequence_histogram(sequence, window, pieces, cancel),
    };
    let counted = counted.map_err(ApiError::of)?;
    let starts = (0..).map(|piece| window.from.plus_micros(counted.width_micros.saturating_mul(piece)));
    let buckets = starts.zip(counted.counts).map(|(from, count)| BucketView { from: from.to_string(), count });
    Ok((buckets.collect(), counted.partial))
}

/// A window of time.
pub(super) const fn window(from: Timestamp, to: Timestamp) -> Window {
    Window { from, to }
}

/// The window that was asked for; "now" includes what clocks ahead of ours have sent already.
fn asked_window(platform: &Platform, asked: &EventsQuery) -> Window {
    window_between(platform, asked.from, asked.to)
}

fn window_between(platform: &Platform, from: Option<Timestamp>, to: Option<Timestamp>) -> Window {
    let to = to.unwrap_or_else(|| platform.clock.now().plus_seconds(1));
    window(from.unwrap_or_else(|| to.plus_seconds(-86_400)), to)
}

fn message(event: &Event) -> String {
    match event.text(field::MESSAGE) {
        Some(message) => message.to_owned(),
        None => String::from_utf8_lossy(&event.raw).chars().take(MESSAGE_CHARS_MAX).collect(),
    }
}

fn field_value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Text(text) => json!(text),
        ValueRef::Integer(number) => json!(number),
        ValueRef::Boolean(truth) => json!(truth),
        ValueRef::Texts(texts) => json!(texts),
    }
}

/// What is counted.
enum Counting {
    Events(vigie_lake::Query),
    Sequences(Sequence),
}

impl Counting {
    fn parsed(text: &str) -> Result<Self, ApiError> {
        if Sequence::is_meant(text) {
            return Sequence::parse(text).map(Self::Sequences).map_err(refused);
        }
        parsed(text).map(Self::Events)
    }
}

/// Where the page before ended.
fn before(text: Option<&str>) -> Result<Option<Cursor>, ApiError> {
    text.map(|text| text.parse().map_err(|_| unknown_word("before", text))).transpose()
}

/// The query, or where it cannot be understood.
pub(super) fn parsed(text: &str) -> Result<vigie_lake::Query, ApiError> {
    vigie_lake::Query::parse(text).map_err(refused)
}

/// A query that is not understood, with the place where.
pub(super) fn refused(error: QueryError) -> ApiError {
    let at = error.at + 1;
    let vigie_model::lang::Text { en, fr, de } = *error.said;
    let said = text!(
        en "{en} (at character {at})",
        fr "{fr} (au caractère {at})",
        de "{de} (bei Zeichen {at})",
    );
    let refused = ApiError::new(StatusCode::BAD_REQUEST, "query", said);
    match error.hint {
        Some(hint) => refused.with_hint(*hint),
        None => refused,
    }
}
