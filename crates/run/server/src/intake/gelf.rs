//! GELF over HTTP: one message, or several in lines.

use super::Received;
use crate::platform::Platform;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use vigie_collect::intake::gelf;

/// The source's name.
const PROTOCOL: &str = "gelf/http";

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new().route("/gelf", post(messages))
}

async fn messages(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let taken = async {
        let received = Received::of(&platform, PROTOCOL, request).await?;
        received.take(|body, taking| gelf::decode(body, &mut |record| taking.put(record))).await
    };
    match taken.await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(trouble) => trouble.answer(|_, _, said| said.en.into_response()),
    }
}
