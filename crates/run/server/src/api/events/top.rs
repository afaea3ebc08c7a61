//! The values that occur most.

use super::effort::{CoveredView, Effort};
use super::{Counting, PAGE_MAX, refused, window_between};
use crate::api::Answer;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::guard::Caller;
use crate::platform::Platform;
use crate::searches::not_in_common;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_lake::{Sequence, Values};
use vigie_model::time::Timestamp;

const TOP: usize = 10;

/// Which values.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct TopQuery {
    /// The name whose values are counted: an OCSF path, a short name such as `user`, a label, `unmapped.NAME`.
    by: String,
    /// Words, `field:value`, `AND`, `OR`, `NOT`.
    q: Option<String>,
    /// From this time on; by default a day ago.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Up to this time; by default now.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// 10 by default, 1000 at most.
    limit: Option<usize>,
    /// Milliseconds after which it answers with what it has found, `partial`; at most ten minutes.
    deadline_ms: Option<u64>,
    /// An id by which the caller can watch and end it: `/events/running/ID`.
    running: Option<String>,
}

/// The values that occur most.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct TopView {
    /// The most frequent first.
    values: Vec<TopValueView>,
    /// How many different values there are.
    different: u64,
    /// Events with a value that is not shown.
    others: u64,
    /// Events without any.
    without: u64,
    /// By how much a count may be too low; 0 when all are exact.
    uncertain: u64,
    /// Whether it was ended before all was gone through: what is missing is what `covered` lacks of its totals.
    partial: bool,
    covered: CoveredView,
}

/// A value and how many events have it.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct TopValueView {
    value: String,
    count: u64,
}

/// What is counted, and by what.
enum Ranked {
    Events(vigie_lake::Query, Values),
    /// By the name at this place of those that a sequence's events are joined by.
    Sequences(Sequence, usize),
}

impl Ranked {
    fn parsed(text: &str, by: &str) -> Result<Self, ApiError> {
        match Counting::parsed(text)? {
            Counting::Events(query) => Ok(Self::Events(query, Values::of(by).map_err(refused)?)),
            Counting::Sequences(sequence) => {
                let place = sequence.by().iter().position(|name| name == by).ok_or_else(|| ApiError::of(not_in_common(by)))?;
                Ok(Self::Sequences(sequence, place))
            }
        }
    }
}

/// Counts the values of a name; of a sequence (`sequence by …`) those of a name that its events are joined by.
#[utoipa::path(get, path = "/events/top", tag = "events", params(TopQuery),
    responses((status = 200, body = TopView), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn top(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<TopQuery>,
) -> Answer<TopView> {
    let ranked = Ranked::parsed(asked.q.as_deref().unwrap_or_default(), &asked.by)?;
    let window = window_between(&platform, asked.from, asked.to);
    let limit = asked.limit.unwrap_or(TOP).clamp(1, PAGE_MAX);
    let effort = Effort::of(&caller, asked.deadline_ms, asked.running)?;
    let search = effort.search(&platform, move |platform, cancel| {
        let top = match &ranked {
            Ranked::Events(query, values) => platform.lake.top(query, &window, values, limit, cancel),
            Ranked::Sequences(sequence, place) => platform.lake.top_of_sequences(sequence, &window, *place, limit, cancel),
        };
        Ok((top.map_err(ApiError::of)?, CoveredView::from(cancel.progress())))
    });
    let (top, covered) = search.await?;
    let values = top.values.into_iter().map(|value| TopValueView { value: value.value, count: value.count });
    let (different, others, without, uncertain) = (top.different, top.others, top.without, top.uncertain);
    let partial = covered.is_partial(top.partial);
    Ok(Json(TopView { values: values.collect(), different, others, without, uncertain, partial, covered }))
}
