//! What shippers of other makers bring, in the protocols they speak: Elasticsearch's `_bulk` and its like.
//!
//! One file for each protocol: which addresses it has, how it is answered. What a body says is taken apart in
//! `vigie_collect::intake`. Everything here asks for a token with the right to send events, in whatever header a
//! shipper can put it ([`credentials`]); and an answer that says yes says that the events are on disk. Who is told 429
//! or 503 is told when to come back.
//!
//! The addresses are those that the shippers were made for, so they lie beside the API and not below it.

pub(crate) mod credentials;
mod elastic;
mod gelf;
mod kubernetes;
mod loki;
mod otlp;
mod plain;
mod received;
mod splunk;
mod trouble;

#[cfg(test)]
mod tests;

pub(crate) use received::Received;
pub(crate) use trouble::Trouble;

use crate::platform::Platform;
use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::get;
use std::sync::Arc;

pub(crate) use elastic::info as elastic_info;

/// The addresses of all protocols, for a listener that has others besides.
pub(crate) fn routes(platform: Arc<Platform>) -> Router {
    let routes = [gelf::routes(), kubernetes::routes(), loki::routes(), otlp::routes(), splunk::routes()];
    routes.into_iter().fold(elastic::routes(), Router::merge).with_state(platform)
}

/// Whether a body says that it is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.trim_start().to_ascii_lowercase().starts_with("application/json")
}

/// The same for a listener of its own.
pub(crate) fn alone(platform: Arc<Platform>) -> Router {
    let own = plain::routes().route("/", get(elastic::info));
    routes(platform.clone()).merge(own.with_state(platform))
}
