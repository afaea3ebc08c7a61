//! What a query may go on with: names, and values of a name.

use super::effort::Effort;
use super::{refused, window_between};
use crate::api::Answer;
use crate::api::error::{ApiError, ErrorBody};
use crate::platform::Platform;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use vigie_lake::{Query as Asked, Values};
use vigie_model::time::Timestamp;

/// What stands before the name of a value that the schema has no field for.
const UNMAPPED: &str = "unmapped.";
const OFFERED: usize = 20;
const OFFERED_MAX: usize = 200;
/// How long values are looked for: whoever types does not wait longer.
const DEADLINE: Duration = Duration::from_millis(300);

/// Which values.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ValuesQuery {
    /// The name: an OCSF path, a short name such as `user`, a label, `unmapped.NAME`.
    name: String,
    /// What they begin with, case ignored.
    prefix: Option<String>,
    /// From this time on; by default a day ago.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Up to this time; by default now.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// 20 by default, 200 at most.
    limit: Option<usize>,
}

/// Values that a query may go on with.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ValuesView {
    /// The most frequent first.
    values: Vec<OfferedView>,
    /// Whether time was up before all events of the window were looked at, the newest first.
    partial: bool,
}

/// A value to go on with.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct OfferedView {
    value: String,
    /// How many of the events that were looked at have it.
    count: u64,
}

/// Values of a name that begin with a text, out of the newest events: what can be found in 0.3 seconds.
#[utoipa::path(get, path = "/events/values", tag = "events", params(ValuesQuery),
    responses((status = 200, body = ValuesView), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn values(
    State(platform): State<Arc<Platform>>,
    Query(asked): Query<ValuesQuery>,
) -> Answer<ValuesView> {
    let values = Values::of(&asked.name).map_err(refused)?;
    let window = window_between(&platform, asked.from, asked.to);
    let limit = asked.limit.unwrap_or(OFFERED).clamp(1, OFFERED_MAX);
    let found = Effort::within(DEADLINE).search(&platform, move |platform, cancel| {
        let prefix = asked.prefix.unwrap_or_default();
        platform.lake.complete(&window, &values, &prefix, limit, cancel).map_err(ApiError::of)
    });
    let found = found.await?;
    let values = found.values.into_iter().map(|value| OfferedView { value: value.value, count: value.count });
    Ok(Json(ValuesView { values: values.collect(), partial: found.partial }))
}

/// Which names.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NamesQuery {
    /// What they begin with, or a part of them does; case ignored.
    prefix: Option<String>,
    /// 20 by default, 200 at most.
    limit: Option<usize>,
}

/// Names that may stand before a colon: first those that begin so, then OCSF paths of which a later part does. Behind
/// `unmapped.` those that the newest events of a day have: what can be found in 0.3 seconds.
#[utoipa::path(get, path = "/events/names", tag = "events", params(NamesQuery),
    responses((status = 200, body = Vec<String>), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn names(State(platform): State<Arc<Platform>>, Query(asked): Query<NamesQuery>) -> Answer<Vec<String>> {
    let limit = asked.limit.unwrap_or(OFFERED).clamp(1, OFFERED_MAX);
    let prefix = asked.prefix.unwrap_or_default().to_lowercase();
    let Some(own) = prefix.strip_prefix(UNMAPPED).map(str::to_owned) else { return Ok(Json(offered(&prefix, limit))) };
    let window = window_between(&platform, None, None);
    let found = Effort::within(DEADLINE).search(&platform, move |platform, cancel| {
        platform.lake.complete_unmapped(&window, &own, limit, cancel).map_err(ApiError::of)
    });
    Ok(Json(found.await?.values.into_iter().map(|name| format!("{UNMAPPED}{}", name.value)).collect()))
}

fn offered(prefix: &str, limit: usize) -> Vec<String> {
    let within = format!(".{prefix}");
    let mut all: Vec<&str> = Asked::names();
    // Short names are what people mean first.
    all.sort_by_key(|name| (name.matches('.').count(), *name));
    let begin = all.iter().filter(|name| name.starts_with(prefix));
    let contain = all.iter().filter(|name| !prefix.is_empty() && !name.starts_with(prefix) && name.contains(&within));
    begin.chain(contain).take(limit).map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::offered;

    #[test]
    fn short_names_come_before_paths_and_paths_by_their_parts_last() {
        assert_eq!(offered("ho", 1), ["host"]);
        let user = offered("user", 200);
        assert_eq!(user.first().map(String::as_str), Some("user"));
        let place = |name: &str| user.iter().position(|known| known == name).unwrap();
        assert!(place("user.name") < place("actor.user.name"));
        assert!(offered("", 3).iter().all(|name| !name.contains('.')));
        assert!(offered("zzz", 9).is_empty());
    }
}
