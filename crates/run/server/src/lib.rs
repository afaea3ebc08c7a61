//! The platform wired together: stores, rooms, HTTP API, rounds, console.
//!
//! Wiring only. What a thing is stands in `model`, how it is judged in the judges, how it is kept in
//! `lake` and `ledger`. The only rooms that know each other know each other here.

pub mod advisories;
pub mod api;
mod base;
mod console;
mod detection;
mod enrichment;
#[cfg(test)]
mod enrichment_tests;
pub mod explain;
mod formats;
mod habits;
mod headers;
mod hosts;
mod images;
mod intake;
pub mod lineage;
mod live;
pub mod local;
pub mod look;
mod platform;
pub mod rematch;
pub mod rest;
mod rounds;
mod running;
pub mod scans;
mod searches;
mod tls;
pub mod vulnerabilities;

pub use platform::{KEEP_DAYS, Opening, Platform};
pub use running::{Running, Settings};
pub use vigie_collect::{TenantOf, Tenants};

use axum::extract::{Request, State};
use axum::response::Response;
use std::sync::Arc;

/// The version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The API with the console and what shippers bring beside it, and the headers that browsers obey.
fn with_console(api: axum::Router, platform: Arc<Platform>) -> axum::Router {
    api.merge(intake::routes(platform.clone()))
        .fallback(move |request: Request| page(platform, request))
        .layer(tower_http::compression::CompressionLayer::new().gzip(true))
        .layer(axum::middleware::from_fn(headers::secure))
}

/// The console; or, at the one address that both have, what clients of Elasticsearch ask: these bring a token with the
/// question, and no browser does. What begins as an address of the API and is none is told so in its form.
async fn page(platform: Arc<Platform>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") {
        return api::ApiError::not_found().spoken(api::language(request.headers()));
    }
    if request.uri().path() == "/" && intake::credentials::token(request.headers()).is_some() {
        return intake::elastic_info(State(platform), request).await;
    }
    console::serve(request.uri().clone()).await
}
