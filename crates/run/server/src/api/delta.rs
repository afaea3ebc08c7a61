//! The stored events as a table that other engines read.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::audit::Entry;

/// Whether there is to be a Delta log.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeltaRequest {
    on: bool,
}

/// The table, as far as it is there.
#[derive(Serialize, ToSchema)]
pub(super) struct DeltaAnswer {
    on: bool,
    /// Where it is, on the machine where the platform runs.
    path: Option<String>,
    /// Its last version.
    version: Option<u64>,
    /// How many files it has.
    files: Option<u64>,
    /// How many events.
    events: Option<u64>,
}

/// Writes a Delta log over the files of events and keeps it up to date from then on, or removes it.
#[utoipa::path(post, path = "/lake/delta", tag = "lake", request_body = DeltaRequest,
    responses((status = 200, body = DeltaAnswer), (status = 400, body = ErrorBody)))]
pub(super) async fn delta(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<DeltaRequest>,
) -> Answer<DeltaAnswer> {
    let answer = blocking(move || {
        let table = if body.on {
            Some(platform.lake.publish_delta().map_err(ApiError::of)?)
        } else {
            platform.lake.end_delta().map_err(ApiError::of)?;
            None
        };
        let what = if body.on { "publish_events" } else { "unpublish_events" };
        let entry = Entry { who: caller.account.name, what: what.to_owned(), on: "delta".to_owned(), detail: "{}".to_owned() };
        platform.access.note(&entry).map_err(ApiError::from)?;
        Ok(DeltaAnswer {
            on: body.on,
            path: table.as_ref().map(|table| table.path.display().to_string()),
            version: table.as_ref().map(|table| table.version),
            files: table.as_ref().map(|table| table.files),
            events: table.as_ref().map(|table| table.events),
        })
    });
    Ok(Json(answer.await?))
}
