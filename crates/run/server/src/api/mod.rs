//! The HTTP API under `/api/v1`: what the console, the command line and other programs ask.
//!
//! One file per subject. Handlers translate: a request into a question for a room, its answer into
//! the documented JSON form. JSON is a promise, so the forms are types of their own here and the
//! rooms' types stay free to change. Every route has a rule ([`guard`]), and the OpenAPI document is
//! made from the same routes.

mod alerts;
mod assets;
mod audit;
mod catalogue;
mod coverage;
mod dashboards;
mod decisions;
mod delta;
mod error;
mod events;
mod explanation;
mod findings;
mod formats;
mod guard;
mod image;
mod keeping;
mod lake_view;
mod metrics;
mod overview;
mod rows;
mod scans;
mod searches;
mod sending;
mod session;
mod stream;
mod system;
mod tokens;
mod traced;

#[cfg(test)]
mod keeping_tests;
#[cfg(test)]
mod searches_tests;
#[cfg(test)]
mod tests;

pub use error::ApiError;
pub(crate) use error::language;
pub use guard::{LocalPeer, Needs, Rule};

use crate::platform::Platform;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Json, Router};
use guard::Guarded;
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa_axum::routes;
use vigie_access::permission::Permission;

/// What a handler gives.
type Answer<T> = Result<Json<T>, ApiError>;

/// Bytes of a request's body at most: decisions about many findings are the longest.
const BODY_BYTES_MAX: usize = 1 << 20;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vigie",
        description = "What the console, the command line and other programs ask the platform. \
            Signed-in callers send the session cookie, and with everything but GET the CSRF word of `GET /session` as `X-Vigie-CSRF`. \
            Programs send a token as `Authorization: Bearer vigie_…` and no CSRF word; `vigie token create` makes one. \
            Texts come in the language of `Accept-Language` (en, fr, de). Times are RFC 3339 in UTC.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/api/v1")),
    components(schemas(error::ErrorBody))
)]
struct Document;

/// The API with its OpenAPI document and its rules.
pub fn router(platform: Arc<Platform>) -> (Router, utoipa::openapi::OpenApi, Vec<Rule>) {
    let needs = Needs::Permission;
    let public = Needs::Nothing;
    let (routes, document, rules) = Guarded::new(platform.clone(), Document::openapi())
        .route(public, routes!(session::show, session::sign_in, session::sign_out))
        .route(public, routes!(session::set_up))
        .route(public, routes!(session::check_passphrase))
        .route(needs(Permission::ManageOwnAccount), routes!(session::sessions))
        .route(needs(Permission::ManageOwnAccount), routes!(session::end_session))
        .route(needs(Permission::ManageOwnAccount), routes!(session::begin_totp, session::remove_totp))
        .route(needs(Permission::ManageOwnAccount), routes!(session::confirm_totp))
        .route(needs(Permission::ReadFindings), routes!(overview::show))
        .route(needs(Permission::ReadFindings), routes!(findings::list))
        .route(needs(Permission::ReadFindings), routes!(findings::export))
        .route(needs(Permission::WorkOnFindings), routes!(findings::progress))
        .route(needs(Permission::ReadFindings), routes!(findings::show))
        .route(needs(Permission::ReadFindings), routes!(explanation::show))
        .route(needs(Permission::ReadFindings), routes!(decisions::list))
        .route(needs(Permission::DecideFindings), routes!(decisions::decide))
        .route(needs(Permission::DecideFindings), routes!(decisions::withdraw))
        .route(needs(Permission::ReadEvents), routes!(events::list))
        .route(needs(Permission::ReadEvents), routes!(events::histogram))
        .route(needs(Permission::ReadEvents), routes!(events::top))
        .route(needs(Permission::ReadEvents), routes!(events::export))
        .route(needs(Permission::ReadEvents), routes!(events::sequences))
        .route(needs(Permission::ReadEvents), routes!(events::values))
        .route(needs(Permission::ReadEvents), routes!(events::names))
        .route(needs(Permission::ReadEvents), routes!(events::running))
        .route(needs(Permission::ReadEvents), routes!(events::enough))
        .route(needs(Permission::ReadEvents), routes!(events::around))
        .route(needs(Permission::ReadEvents), routes!(events::show))
        .route(needs(Permission::ReadEvents), routes!(searches::list))
        .route(needs(Permission::SaveSearches), routes!(searches::save))
        .route(needs(Permission::ReadEvents), routes!(searches::show))
        .route(needs(Permission::SaveSearches), routes!(searches::change, searches::remove))
        .route(needs(Permission::ShareSearches), routes!(alerts::set, alerts::remove))
        .route(needs(Permission::ReadEvents), routes!(dashboards::list))
        .route(needs(Permission::SaveSearches), routes!(dashboards::save))
        .route(needs(Permission::ReadEvents), routes!(dashboards::show))
        .route(needs(Permission::SaveSearches), routes!(dashboards::change, dashboards::remove))
        .route(needs(Permission::ReadAssets), routes!(assets::list))
        .route(needs(Permission::ReadAssets), routes!(assets::show))
        .route(needs(Permission::EditAssets), routes!(assets::edit))
        .route(needs(Permission::ReadAssets), routes!(image::show))
        .route(needs(Permission::ReadCatalogue), routes!(catalogue::list))
        .route(needs(Permission::ReadCatalogue), routes!(catalogue::show))
        .route(needs(Permission::ReadEvents), routes!(coverage::list))
        .route(needs(Permission::ReadEvents), routes!(formats::list))
        .route(needs(Permission::ReadEvents), routes!(formats::words))
        .route(needs(Permission::ManageFormats), routes!(formats::draft))
        .route(needs(Permission::ManageFormats), routes!(formats::preview))
        .route(needs(Permission::ManageFormats), routes!(formats::create))
        .route(needs(Permission::ManageFormats), routes!(formats::show, formats::change, formats::remove))
        .route(needs(Permission::ReadSystem), routes!(system::show))
        .route(needs(Permission::ReadSystem), routes!(metrics::show))
        .route(needs(Permission::RunRounds), routes!(system::start_round))
        .route(needs(Permission::ReadAudit), routes!(audit::list))
        .route(needs(Permission::ReadAudit), routes!(audit::verify))
        .route(needs(Permission::ReadAudit), routes!(keeping::verify))
        .route(needs(Permission::ReadAudit), routes!(keeping::holds))
        .route(needs(Permission::KeepEvents), routes!(keeping::hold))
        .route(needs(Permission::KeepEvents), routes!(keeping::release))
        .route(needs(Permission::ReadAudit), routes!(keeping::erasures))
        .route(needs(Permission::KeepEvents), routes!(keeping::erase))
        .route(needs(Permission::KeepEvents), routes!(delta::delta))
        .route(needs(Permission::ReadSystem), routes!(stream::stream))
        .route(needs(Permission::ManageTokens), routes!(tokens::list, tokens::create))
        .route(needs(Permission::ManageTokens), routes!(tokens::revoke))
        .route(needs(Permission::SendScans), routes!(scans::receive))
        .route(needs(Permission::SendEvents), routes!(sending::receive))
        .finish();
    let written = document.clone();
    let router = Router::new()
        .nest("/api/v1", routes)
        .route("/api/v1/openapi.json", get(move || async move { Json(written) }))
        .route("/healthz", get(|| async { StatusCode::NO_CONTENT }))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn(error::speak))
        .layer(from_fn(traced::traced))
        .with_state(platform);
    (router, document, rules)
}

/// Does work that waits for a disk on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ApiError> + Send + 'static) -> Result<T, ApiError> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request broke off");
        Err(ApiError::broke_off())
    })
}
