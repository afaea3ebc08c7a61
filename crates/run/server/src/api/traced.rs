//! A span for each request, in the trace that the caller names (w3.org/TR/trace-context).
//!
//! The names are those of opentelemetry.io/docs/specs/semconv/http. The path is the route's: an address may hold what
//! somebody searched for. While no traces are sent this costs a look at a flag.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

/// Makes the span.
pub(super) async fn traced(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let caller = request.headers().get("traceparent").and_then(|header| header.to_str().ok());
    let span = info_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{} {route}", request.method()),
        traceparent = caller,
        http.request.method = request.method().as_str(),
        http.route = route,
        http.response.status_code = Empty,
        error = Empty,
    );
    if span.is_disabled() {
        return next.run(request).await;
    }
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("error", true);
    }
    response
}
