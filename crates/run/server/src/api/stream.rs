//! `GET /stream`: what changes, as server-sent events.

use super::events::{EventRow, event_row};
use super::guard::Caller;
use crate::live::Change;
use crate::platform::Platform;
use axum::Extension;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use vigie_access::permission::Permission;
use vigie_model::event::StoredEvent;

/// Events of one message at most; the rest is left for a search.
const EVENTS_MAX: usize = 20;
const PING: Duration = Duration::from_secs(15);

/// What changes: `findings`, `events` and `system` messages, and a comment every 15 seconds.
#[utoipa::path(get, path = "/stream", tag = "live",
    responses((status = 200, description = "text/event-stream", content_type = "text/event-stream", body = String)))]
pub(super) async fn stream(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let may_read_events = caller.may(Permission::ReadEvents);
    let until = platform.stopping();
    let changes = BroadcastStream::new(platform.live.listen())
        .filter_map(move |change| async move { message(change, may_read_events) })
        .take_until(until);
    Sse::new(changes.map(Ok)).keep_alive(KeepAlive::new().interval(PING))
}

fn message(change: Result<Change, BroadcastStreamRecvError>, may_read_events: bool) -> Option<Event> {
    let event = match change {
        Ok(Change::Findings { changed }) => Event::default().event("findings").data(json!({ "changed": changed }).to_string()),
        Ok(Change::System) => Event::default().event("system").data("{}"),
        Ok(Change::Events(events)) if may_read_events => {
            let id = events.last().map_or(0, |last| last.id.0);
            Event::default().event("events").id(id.to_string()).data(rows(&events))
        }
        Ok(Change::Events(_)) => return None,
        // Whoever lagged behind asks again for everything.
        Err(BroadcastStreamRecvError::Lagged(_)) => Event::default().event("findings").data(json!({ "changed": 0 }).to_string()),
    };
    Some(event)
}

fn rows(events: &[StoredEvent]) -> String {
    let newest = events.iter().rev().take(EVENTS_MAX);
    let rows: Vec<EventRow> = newest.map(event_row).collect();
    json!(rows).to_string()
}
