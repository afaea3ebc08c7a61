//! Headers of every answer: what browsers must not do with our pages (OWASP ASVS 5.0 §3.4).

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Adds the headers.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    let named_host = has_public_name(&request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if named_host {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether the request names a real host. For `localhost` the header would force TLS on every other
/// program that serves pages there; for addresses it has no meaning (RFC 6797 §8.1.1).
fn has_public_name(request: &Request) -> bool {
    let authority = request.uri().host().or_else(|| request.headers().get(header::HOST)?.to_str().ok());
    let Some(authority) = authority else { return false };
    let host = authority.rsplit_once(':').map_or(authority, |(host, _port)| host);
    host != "localhost" && !host.starts_with('[') && host.parse::<std::net::IpAddr>().is_err()
}
