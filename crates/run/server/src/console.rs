//! Serves the console: the built files of `console/dist`, embedded in the binary.
//!
//! Files with a hash in their name may be kept by browsers for ever; the page itself is asked for
//! anew each time. Every path that is no file and no API answers with the page, which routes itself.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../../console/dist"]
struct Files;

const PAGE: &str = "index.html";

/// Answers with a file of the console, or with its page.
pub(crate) async fn serve(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        return super::api::ApiError::not_found().into_response();
    }
    match Files::get(path).filter(|_| !path.is_empty()) {
        Some(file) => answer(path, file.data.into_owned()),
        None if looks_like_a_file(path) => StatusCode::NOT_FOUND.into_response(),
        None => match Files::get(PAGE) {
            Some(file) => answer(PAGE, file.data.into_owned()),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

fn looks_like_a_file(path: &str) -> bool {
    path.starts_with("static/") || path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn answer(path: &str, bytes: Vec<u8>) -> Response {
    let cache = if path.starts_with("static/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
