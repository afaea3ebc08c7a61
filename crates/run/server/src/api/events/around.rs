//! What was said just before and after.

use super::{EventRow, event_row, parsed};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::{Answer, blocking};
use crate::platform::Platform;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_lake::{Cancel, Cursor, Query as Asked, Window};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

const COUNT: usize = 10;
const COUNT_MAX: usize = 100;
/// The stretch of time after the event that is looked at first, in µs.
const FIRST_STRETCH: i64 = 1_000_000;
/// By how much a stretch with too few events grows, and one with too many shrinks.
const FACTOR: i64 = 16;
/// Events of a stretch that are fetched to find the first of them.
const FETCHED_MAX: usize = 2_000;

/// How many events around one.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AroundQuery {
    /// On either side: 10 by default, 100 at most.
    count: Option<usize>,
}

/// What the same source said about the same host, in the order of time.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AroundView {
    before: Vec<EventRow>,
    after: Vec<EventRow>,
}

/// The events before and after one, of the same source and host.
#[utoipa::path(get, path = "/events/{id}/around", tag = "events", params(("id" = u64, Path), AroundQuery),
    responses((status = 200, body = AroundView), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn around(
    State(platform): State<Arc<Platform>>,
    Path(id): Path<u64>,
    Query(asked): Query<AroundQuery>,
) -> Answer<AroundView> {
    let count = asked.count.unwrap_or(COUNT).clamp(1, COUNT_MAX);
    let view = blocking(move || {
        let Some(event) = platform.lake.get(EventId(id)).map_err(ApiError::of)? else { return Ok(None) };
        let like = parsed(&same_place(&event))?;
        let mut before = earlier(&platform, &like, &event, count)?;
        before.reverse();
        let after = later(&platform, &like, &event, count)?;
        let rows = |events: Vec<StoredEvent>| events.iter().map(event_row).collect();
        Ok(Some(AroundView { before: rows(before), after: rows(after) }))
    });
    view.await?.map(Json).ok_or_else(ApiError::not_found)
}

/// The query for events of the same source that speak of the same host.
fn same_place(event: &StoredEvent) -> String {
    let origin = &event.event.origin;
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let host = if origin.host.is_empty() { String::new() } else { format!(" host:{}", quoted(&origin.host)) };
    format!("source:{}{host}", quoted(&origin.source))
}

/// The nearest before, the latest first.
fn earlier(platform: &Platform, like: &Asked, event: &StoredEvent, count: usize) -> Result<Vec<StoredEvent>, ApiError> {
    let window = Window { from: Timestamp::MIN, to: event.event.time.plus_micros(1) };
    let here = Cursor::at(event);
    Ok(platform.lake.search(like, &window, count, Some(here)).map_err(ApiError::of)?.events)
}

/// The nearest after, the earliest first. Searches give the newest first, so the stretch of time that holds enough and
/// not too many is found by counting.
fn later(platform: &Platform, like: &Asked, event: &StoredEvent, count: usize) -> Result<Vec<StoredEvent>, ApiError> {
    let from = event.event.time;
    // Those of the same moment before it, and itself, are found again.
    let end = platform.clock.now().plus_seconds(86_400).max(from.plus_micros(1));
    let (mut stretch, mut too_many) = (FIRST_STRETCH, i64::MAX);
    let window = loop {
        let window = Window { from, to: from.plus_micros(stretch).min(end) };
        let found = platform.lake.count(like, &window, &Cancel::new()).map_err(ApiError::of)?.count;
        if found > FETCHED_MAX as u64 && stretch > 1 {
            too_many = stretch;
            stretch = (stretch / FACTOR).max(1);
        } else if found <= count as u64 && window.to < end && stretch.saturating_mul(FACTOR) < too_many {
            stretch = stretch.saturating_mul(FACTOR);
        } else {
            break window;
        }
    };
    let page = platform.lake.search(like, &window, FETCHED_MAX.max(count), None).map_err(ApiError::of)?;
    let here = (event.event.time, event.id);
    let mut after: Vec<StoredEvent> = page.events.into_iter().filter(|other| (other.event.time, other.id) > here).collect();
    after.reverse();
    after.truncate(count);
    Ok(after)
}
