//! Loki's push, as Promtail, Alloy, Fluent Bit, Vector and the log driver of Docker speak it.

use super::{Received, Trouble};
use crate::platform::Platform;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use vigie_collect::intake::Record;
use vigie_collect::intake::body::Packing;
use vigie_collect::intake::loki;

/// The source's name.
const PROTOCOL: &str = "loki";

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new().route("/loki/api/v1/push", post(push)).route("/api/prom/push", post(push))
}

async fn push(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let json = super::is_json(request.headers());
    match take(&platform, request, json).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(trouble) => trouble.answer(|_, _, said| {
            let text = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
            ([text], said.en + "\n").into_response()
        }),
    }
}

async fn take(platform: &Platform, request: Request, json: bool) -> Result<(), Trouble> {
    let mut received = Received::of(platform, PROTOCOL, request).await?;
    if !json && received.packing() == Packing::None {
        // A message is always packed so, whether a header says it or not.
        received = received.packed(Packing::Snappy);
    }
    let taken = received.take(move |body, taking| {
        let put = &mut |record: &Record<'_>| taking.put(record);
        if json {
            loki::decode_json(body, put).map_err(|error| error.to_string())
        } else {
            loki::decode_message(body, put).map_err(|error| error.to_string())
        }
    });
    taken.await?.map_err(Trouble::Malformed)
}
