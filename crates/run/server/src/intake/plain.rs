//! Lines of text or JSON on the listener for shippers alone: the one address of the API that they need there.

use super::{Received, Trouble};
use crate::platform::Platform;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use std::sync::Arc;
use vigie_collect::intake::lines;

/// The source's name, as it is for the same address of the API.
const PROTOCOL: &str = "events";

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new().route("/api/v1/events", post(events))
}

async fn events(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    match take(&platform, request).await {
        Ok(taken) => axum::Json(json!({ "schema": "vigie.taken/1", "taken": taken })).into_response(),
        Err(trouble) => {
            trouble.answer(|_, code, said| axum::Json(json!({ "error": { "code": code, "said": said.en } })).into_response())
        }
    }
}

async fn take(platform: &Platform, request: Request) -> Result<usize, Trouble> {
    let received = Received::of(platform, PROTOCOL, request).await?;
    let taken = received.take(|body, taking| {
        lines::decode(body, &mut |record| taking.put(record));
        taking.records()
    });
    taken.await
}
