//! Events that are sent by whoever has some: lines of text, lines of JSON, or one JSON array.

use super::Answer;
use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use crate::intake::Received;
use crate::platform::Platform;
use axum::extract::{Request, State};
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_collect::intake::lines;

/// The source's name.
const PROTOCOL: &str = "events";

/// What became of events that were sent.
#[derive(Serialize, ToSchema)]
pub(super) struct TakenView {
    /// `vigie.taken/1`.
    schema: &'static str,
    /// Records that are durable now.
    taken: usize,
}

/// Takes events: one for each line, of text or JSON, or for each element of a JSON array; packed with gzip, deflate, zstd
/// or snappy, or as they are. They are durable when the answer comes. 429 and 503 say when to send again.
#[utoipa::path(post, path = "/events", tag = "events", request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = 200, body = TakenView), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 415, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(super) async fn receive(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Answer<TakenView> {
    let sender = caller.token.map_or(caller.account.name, |token| token.name);
    let (parts, body) = request.into_parts();
    let received = Received::from_sender(&platform, PROTOCOL, sender, parts, body).await.map_err(ApiError::from)?;
    let taken = received.take(|body, taking| {
        lines::decode(body, &mut |record| taking.put(record));
        taking.records()
    });
    let taken = taken.await.map_err(ApiError::from)?;
    Ok(Json(TakenView { schema: "vigie.taken/1", taken }))
}
