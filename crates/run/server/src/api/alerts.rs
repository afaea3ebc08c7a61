//! Alerts from saved searches.

use super::error::{ApiError, ErrorBody};
use super::findings::unknown_word;
use super::guard::Caller;
use super::searches::{SearchRow, asker, row};
use super::{Answer, blocking};
use crate::platform::Platform;
use crate::searches::{Alert, NewAlert, When};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_model::lang::Lang;
use vigie_model::severity::Severity;
use vigie_model::text;

/// How long late events may come when nobody says, in seconds.
const LAG_S: i64 = 60;
/// Values that go on and are told in one answer.
const GOING_ON_MAX: usize = 50;

/// When a search alerts: `at_least` or `fewer_than` so many events in a window.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertRequest {
    /// So many events, or more,
    at_least: Option<u64>,
    /// or fewer than so many: something has gone silent. With `by`, the values that the twelve windows before had.
    fewer_than: Option<u64>,
    /// Counted for each value of this name by itself; one finding each.
    by: Option<String>,
    /// Width of a window in seconds: 60 to 31 days.
    window_s: i64,
    /// A window ends every so many seconds: 10 to `window_s`, which is usual.
    every_s: Option<i64>,
    /// How many seconds after its end a window is judged: events that arrive later are not counted. 60 is usual.
    lag_s: Option<i64>,
    /// `critical`, `high`, `medium` (usual), `low` or `info`.
    severity: Option<String>,
}

/// When a search alerts, and how that stands.
#[derive(Serialize, ToSchema)]
pub(super) struct AlertView {
    at_least: Option<u64>,
    fewer_than: Option<u64>,
    by: Option<String>,
    window_s: i64,
    every_s: i64,
    lag_s: i64,
    severity: &'static str,
    set_by: String,
    /// `quiet`, `going_on`, or `failing`: the next window could not be judged, `trouble` says why; it is tried again.
    state: &'static str,
    /// The end of the last window that was judged.
    judged_to: String,
    /// Events of that window.
    last_count: Option<u64>,
    /// What goes on, at most 50 values.
    going_on: Vec<GoingOnView>,
    going_on_total: usize,
    /// In the caller's language.
    trouble: Option<String>,
    troubled_at: Option<String>,
}

/// Something that goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct GoingOnView {
    /// The value that is counted by; empty when nothing is.
    value: String,
    /// The end of the first window of it.
    since: String,
}

/// Lets a shared search alert, instead of as it did before: what alerts is a finding of kind `detection` whose subject is
/// `search:` and the id.
#[utoipa::path(put, path = "/searches/{id}/alert", tag = "searches", params(("id" = String, Path)), request_body = AlertRequest,
    responses((status = 200, body = SearchRow), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn set(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Json(body): Json<AlertRequest>,
) -> Answer<SearchRow> {
    let (asker, lang, new) = (asker(&caller), caller.lang, body.alert()?);
    let set = blocking(move || {
        let saved = platform.searches.set_alert(&asker, &id, new)?;
        row(&platform, saved, &asker, lang)
    });
    Ok(Json(set.await?))
}

/// Lets a search alert no more.
#[utoipa::path(delete, path = "/searches/{id}/alert", tag = "searches", params(("id" = String, Path)),
    responses((status = 200, body = SearchRow), (status = 404, body = ErrorBody)))]
pub(super) async fn remove(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<SearchRow> {
    let (asker, lang) = (asker(&caller), caller.lang);
    let removed = blocking(move || {
        let saved = platform.searches.remove_alert(&asker, &id)?;
        row(&platform, saved, &asker, lang)
    });
    Ok(Json(removed.await?))
}

impl AlertRequest {
    fn alert(self) -> Result<NewAlert, ApiError> {
        let (when, count) = match (self.at_least, self.fewer_than) {
            (Some(count), None) => (When::AtLeast, count),
            (None, Some(count)) => (When::FewerThan, count),
            _ => {
                return Err(ApiError::invalid(text!(
                    en "An alert says either `at_least` or `fewer_than`",
                    fr "Une alerte dit soit `at_least`, soit `fewer_than`",
                    de "Ein Alarm sagt entweder `at_least` oder `fewer_than`",
                )));
            }
        };
        let severity = match &self.severity {
            Some(word) => word.parse().map_err(|_| unknown_word("severity", word))?,
            None => Severity::Medium,
        };
        let (window_s, lag_s) = (self.window_s, self.lag_s.unwrap_or(LAG_S));
        Ok(NewAlert { when, count, by: self.by, window_s, every_s: self.every_s.unwrap_or(window_s), lag_s, severity })
    }
}

/// An alert as the caller reads it.
pub(super) fn view(alert: Alert, lang: Lang) -> AlertView {
    let Alert { what, set_by, judged_to, memory, trouble, .. } = alert;
    let bar = |when| Some(what.count).filter(|_| what.when == when);
    let going_on = memory.going_on.iter().take(GOING_ON_MAX);
    AlertView {
        at_least: bar(When::AtLeast),
        fewer_than: bar(When::FewerThan),
        window_s: what.window_s,
        every_s: what.every_s,
        lag_s: what.lag_s,
        severity: what.severity.word(),
        set_by,
        state: match (&trouble, memory.going_on.is_empty()) {
            (Some(_), _) => "failing",
            (None, false) => "going_on",
            (None, true) => "quiet",
        },
        judged_to: judged_to.to_string(),
        last_count: memory.last_count,
        going_on: going_on.map(|(value, since)| GoingOnView { value: value.clone(), since: since.to_string() }).collect(),
        going_on_total: memory.going_on.len(),
        by: what.by,
        troubled_at: trouble.as_ref().map(|(_, since)| since.to_string()),
        trouble: trouble.map(|(said, _)| said.get(lang).to_owned()),
    }
}
