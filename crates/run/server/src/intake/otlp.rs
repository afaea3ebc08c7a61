//! OTLP logs over HTTP and gRPC.
//!
//! Specified in <https://opentelemetry.io/docs/specs/otlp/>. gRPC is HTTP/2 with five bytes before each message and its
//! status behind the last: for two unary methods that is less than a library for it, and the listener is the one that
//! speaks HTTP/2 anyway (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use super::{Received, Trouble};
use crate::platform::Platform;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt, Full};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use vigie_collect::intake::Record;
use vigie_collect::intake::Refused;
use vigie_collect::intake::body::Packing;
use vigie_collect::intake::otlp;

const HTTP: &str = "otlp/http";
const GRPC: &str = "otlp/grpc";

const MESSAGE: HeaderValue = HeaderValue::from_static("application/x-protobuf");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// `HealthCheckResponse` with the status SERVING.
const SERVING: &[u8] = &[0x08, 0x01];
/// A flag and the length of the message.
const PREFIX: usize = 5;

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new()
        .route("/v1/logs", post(logs))
        .route("/opentelemetry.proto.collector.logs.v1.LogsService/Export", post(export))
        .route("/grpc.health.v1.Health/Check", post(check))
}

async fn logs(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let json = super::is_json(request.headers());
    let taken = match Received::of(&platform, HTTP, request).await {
        Ok(received) => take(received, json).await,
        Err(trouble) => Err(trouble),
    };
    match taken {
        // An empty message: everything was taken.
        Ok(()) if json => axum::Json(json!({})).into_response(),
        Ok(()) => ([(header::CONTENT_TYPE, MESSAGE)], Body::empty()).into_response(),
        Err(trouble) => {
            let code = grpc_code(&trouble);
            trouble.answer(|_, _, said| {
                if json {
                    axum::Json(json!({ "code": code, "message": said.en })).into_response()
                } else {
                    ([(header::CONTENT_TYPE, MESSAGE)], status_message(code, &said.en)).into_response()
                }
            })
        }
    }
}

async fn take(received: Received, json: bool) -> Result<(), Trouble> {
    let taken = received.take(move |body, taking| {
        let put = &mut |record: &Record<'_>| taking.put(record);
        if json {
            otlp::decode_json(body, put).map_err(|error| error.to_string())
        } else {
            otlp::decode_message(body, put).map_err(|error| error.to_string())
        }
    });
    taken.await?.map_err(Trouble::Malformed)
}

async fn export(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let packing = request.headers().get("grpc-encoding").map(|value| value.to_str().ok().and_then(Packing::named));
    let taken = async {
        let packing = packing.unwrap_or(Some(Packing::None)).ok_or(Trouble::Packing)?;
        let received = Received::of(&platform, GRPC, request).await?;
        let received = received.unwrapped(|body| unframed(body, packing))?;
        take(received, false).await
    };
    match taken.await {
        Ok(()) => answered(&[]),
        Err(trouble) => failed(trouble),
    }
}

/// Whether the service is there; asked without token, tells nothing else.
async fn check(State(platform): State<Arc<Platform>>) -> Response {
    if platform.intake().is_some() { answered(SERVING) } else { failed(Refused::Closed.into()) }
}

/// The one message of a unary call.
fn unframed(body: &Bytes, packing: Packing) -> Result<(Bytes, Packing), Trouble> {
    let broken = || Trouble::Malformed("not one message of gRPC".into());
    let &[flag, a, b, c, d, ..] = &body[..] else { return Err(broken()) };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    if body.len() - PREFIX != length {
        return Err(broken());
    }
    Ok((body.slice(PREFIX..), if flag == 0 { Packing::None } else { packing }))
}

fn answered(message: &[u8]) -> Response {
    let length = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
    let framed = Bytes::from([&[0], &length[..], message].concat());
    let mut trailers = HeaderMap::new();
    trailers.insert(STATUS, HeaderValue::from_static("0"));
    let body = Full::new(framed).with_trailers(std::future::ready(Some(Ok::<_, Infallible>(trailers))));
    (grpc_type(), Body::new(body)).into_response()
}

/// The status alone. It is of gRPC: that of HTTP stays 200.
fn failed(trouble: Trouble) -> Response {
    let mut response = (grpc_type(), [(STATUS, HeaderValue::from(grpc_code(&trouble)))]).into_response();
    // Our sentences in English are ASCII; a `%` would begin an escape.
    if let Ok(said) = HeaderValue::from_str(&trouble.said().en.replace('%', "%25")) {
        response.headers_mut().insert(HeaderName::from_static("grpc-message"), said);
    }
    response
}

const fn grpc_type() -> [(HeaderName, HeaderValue); 1] {
    [(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"))]
}

/// The status code of gRPC. What is to be sent again is 14, which every exporter sends again; 8 is for what never fits.
const fn grpc_code(trouble: &Trouble) -> u32 {
    match trouble {
        Trouble::NoToken => 16,
        Trouble::NotAllowed => 7,
        Trouble::Packing => 12,
        Trouble::Malformed(_) => 3,
        Trouble::Refused(Refused::TooLarge | Refused::TooMany) => 8,
        Trouble::Slow | Trouble::Refused(Refused::Busy | Refused::NotDurable | Refused::Closed) => 14,
        Trouble::Refused(Refused::Broken) => 13,
        Trouble::Token(_) => match trouble.status() {
            StatusCode::TOO_MANY_REQUESTS => 14,
            StatusCode::UNAUTHORIZED => 16,
            _ => 13,
        },
    }
}

/// `google.rpc.Status`: code (1) and message (2).
fn status_message(code: u32, said: &str) -> Vec<u8> {
    // Codes are below 128, and so is the length of what is said, after cutting.
    let said = said.get(..said.floor_char_boundary(127)).unwrap_or_default();
    [&[0x08, code as u8, 0x12, said.len() as u8], said.as_bytes()].concat()
}
