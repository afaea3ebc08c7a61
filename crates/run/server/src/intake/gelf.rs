//! GELF over HTTP: one message, or several in lines.

use super::Received;
use crate::platform::Platform;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;
use vigie_collect::intake::body::guess;
use vigie_collect::intake::gelf;

/// The source's name.
const PROTOCOL: &str = "gelf/http";

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new().route("/gelf", post(messages))
}

async fn messages(State(platform): State<Arc<Platform>>, mut request: Request) -> Response {
    // graypy names all that it knows instead of what it did; what came tells by its first bytes.
    let names_several = |value: &header::HeaderValue| value.as_bytes().contains(&b',');
    let is_guessed = request.headers().get(header::CONTENT_ENCODING).is_some_and(names_several);
    if is_guessed {
        request.headers_mut().remove(header::CONTENT_ENCODING);
    }
    let taken = async {
        let mut received = Received::of(&platform, PROTOCOL, request).await?;
        if is_guessed {
            received = received.unwrapped(|body| Ok((body.clone(), guess(body))))?;
        }
        received.take(|body, taking| gelf::decode(body, &mut |record| taking.put(record))).await
    };
    match taken.await {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(trouble) => trouble.answer(|_, _, said| said.en.into_response()),
    }
}
