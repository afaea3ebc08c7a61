//! Events that follow each other.

use super::effort::{CoveredView, Effort};
use super::{EventRow, before, event_row, refused, window_between};
use crate::api::Answer;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::guard::Caller;
use crate::platform::Platform;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_lake::{FoundSequence, Sequence};
use vigie_model::time::Timestamp;

const SEQUENCES: usize = 50;
const SEQUENCES_MAX: usize = 500;

/// Which sequences.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SequencesQuery {
    /// `sequence by NAME with maxspan=5m [ query ] [ query ]`: up to five steps, each perhaps `with runs=N` or `by` names
    /// of its own, and `until [ query ]` behind them.
    q: String,
    /// From this time on; by default a day ago. All events of a sequence lie in the window.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Up to this time; by default now.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Where the page before ended.
    before: Option<String>,
    /// 50 by default, 500 at most.
    limit: Option<usize>,
    /// Milliseconds after which it answers with what it has found, `partial`; at most ten minutes.
    deadline_ms: Option<u64>,
    /// An id by which the caller can watch and end it: `/events/running/ID`.
    running: Option<String>,
}

/// Sequences, by falling time of their last events.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SequencesView {
    /// The names that their events are joined by.
    by: Vec<String>,
    sequences: Vec<SequenceView>,
    /// Whether there are more.
    more: bool,
    /// Give it as `before` for the next page, or to go on where one was ended early.
    next: Option<String>,
    /// Whether it was ended before all was gone through, or parts of the window had too many events: some may be missing.
    partial: bool,
    covered: CoveredView,
}

/// Events that follow each other.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SequenceView {
    /// The values that they have in common, in the order of the names.
    by: Vec<String>,
    first: String,
    last: String,
    /// The events, in their order.
    events: Vec<EventRow>,
}

/// Finds events that follow each other within a span.
#[utoipa::path(get, path = "/events/sequences", tag = "events", params(SequencesQuery),
    responses((status = 200, body = SequencesView), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn sequences(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<SequencesQuery>,
) -> Answer<SequencesView> {
    let sequence = Sequence::parse(&asked.q).map_err(refused)?;
    let window = window_between(&platform, asked.from, asked.to);
    let before = before(asked.before.as_deref())?;
    let limit = asked.limit.unwrap_or(SEQUENCES).clamp(1, SEQUENCES_MAX);
    let effort = Effort::of(&caller, asked.deadline_ms, asked.running)?;
    let view = effort.search(&platform, move |platform, cancel| {
        let found = platform.lake.sequences(&sequence, &window, limit, before, cancel).map_err(ApiError::of)?;
        let covered = CoveredView::from(cancel.progress());
        Ok(SequencesView {
            by: sequence.by().to_vec(),
            sequences: found.found.into_iter().map(view).collect(),
            more: found.more,
            next: found.next.map(|cursor| cursor.to_string()),
            partial: covered.is_partial(found.partial),
            covered,
        })
    });
    Ok(Json(view.await?))
}

fn view(found: FoundSequence) -> SequenceView {
    let FoundSequence { by, first, last, events } = found;
    let events = events.iter().map(event_row).collect();
    SequenceView { by, first: first.to_string(), last: last.to_string(), events }
}
