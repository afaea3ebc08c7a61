//! The values that occur most.

use super::effort::{CoveredView, Effort};
use super::{PAGE_MAX, parsed, refused, window_between};
use crate::api::Answer;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::guard::Caller;
use crate::platform::Platform;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_lake::Values;
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

/// Counts the values of a name.
#[utoipa::path(get, path = "/events/top", tag = "events", params(TopQuery),
    responses((status = 200, body = TopView), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn top(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<TopQuery>,
) -> Answer<TopView> {
    let query = parsed(asked.q.as_deref().unwrap_or_default())?;
    let values = Values::of(&asked.by).map_err(refused)?;
    let window = window_between(&platform, asked.from, asked.to);
    let limit = asked.limit.unwrap_or(TOP).clamp(1, PAGE_MAX);
    let effort = Effort::of(&caller, asked.deadline_ms, asked.running)?;
    let search = effort.search(&platform, move |platform, cancel| {
        let top = platform.lake.top(&query, &window, &values, limit, cancel).map_err(ApiError::of)?;
        Ok((top, cancel.progress().into()))
    });
    let (top, covered) = search.await?;
    let values = top.values.into_iter().map(|value| TopValueView { value: value.value, count: value.count });
    let (different, others, without, uncertain) = (top.different, top.others, top.without, top.uncertain);
    Ok(Json(TopView { values: values.collect(), different, others, without, uncertain, partial: top.partial, covered }))
}
