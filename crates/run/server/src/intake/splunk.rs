//! Splunk's HTTP Event Collector, with acknowledgement.
//!
//! Specified in "HTTP Event Collector REST API endpoints" of Splunk's documentation. Every answer that says yes says that
//! the events are on disk, so the number that a channel asks for is acknowledged from the moment it is handed out.

use super::received::admitted;
use super::{Received, Trouble};
use crate::platform::Platform;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use vigie_collect::intake::Record;
use vigie_collect::intake::Refused;
use vigie_collect::intake::splunk::{self, About, Fault};

/// The source's name.
const PROTOCOL: &str = "splunk";
/// The header that names a channel.
const CHANNEL: &str = "x-splunk-request-channel";
/// Bytes of a question about acknowledgements.
const QUESTION_BYTES_MAX: usize = 1 << 20;

type Parameters = Query<BTreeMap<String, String>>;

#[derive(Deserialize)]
struct Question {
    acks: Vec<i64>,
}

pub(super) fn routes() -> Router<Arc<Platform>> {
    // The log driver of Docker asks with OPTIONS whether somebody is there.
    let events = || post(events).options(health);
    let mut router = Router::new().route("/services/collector/ack", post(acknowledged));
    for path in ["/services/collector", "/services/collector/event", "/services/collector/event/1.0"] {
        router = router.route(path, events());
    }
    for path in ["/services/collector/raw", "/services/collector/raw/1.0"] {
        router = router.route(path, post(lines));
    }
    for path in ["/services/collector/health", "/services/collector/health/1.0"] {
        router = router.route(path, get(health));
    }
    router
}

async fn events(State(platform): State<Arc<Platform>>, Query(said): Parameters, request: Request) -> Response {
    take(&platform, said, request, false).await
}

async fn lines(State(platform): State<Arc<Platform>>, Query(said): Parameters, request: Request) -> Response {
    take(&platform, said, request, true).await
}

async fn take(platform: &Platform, mut said: BTreeMap<String, String>, request: Request, raw: bool) -> Response {
    let channel = has_channel(request.headers(), &said);
    let about = About {
        host: said.remove("host"),
        source: said.remove("source"),
        sourcetype: said.remove("sourcetype"),
        index: said.remove("index"),
    };
    let received = match Received::of(platform, PROTOCOL, request).await {
        Ok(received) => received,
        Err(trouble) => return refused(trouble),
    };
    let fault = received.take(move |body, taking| {
        let put = &mut |record: &Record<'_>| taking.put(record);
        if raw { splunk::decode_raw(body, &about, put) } else { splunk::decode(body, &about, put) }
    });
    match fault.await {
        Ok(None) if channel => {
            let number = platform.intake().map_or(0, |intake| intake.promise());
            axum::Json(json!({ "text": "Success", "code": 0, "ackId": number })).into_response()
        }
        Ok(None) => axum::Json(json!({ "text": "Success", "code": 0 })).into_response(),
        Ok(Some(fault)) => faulty(fault),
        Err(trouble) => refused(trouble),
    }
}

/// Whether events are durable, by the numbers that their answers had.
async fn acknowledged(State(platform): State<Arc<Platform>>, Query(said): Parameters, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(trouble) = admitted(&platform, &parts) {
        return refused(trouble);
    }
    if !has_channel(&parts.headers, &said) {
        return told(StatusCode::BAD_REQUEST, "Data channel is missing", 10);
    }
    let Some(intake) = platform.intake() else { return refused(Refused::Closed.into()) };
    let body = to_bytes(body, QUESTION_BYTES_MAX).await.unwrap_or_default();
    let Ok(Question { acks }) = serde_json::from_slice(&body) else {
        return told(StatusCode::BAD_REQUEST, "Invalid data format", 6);
    };
    let acks: Map<String, Value> = acks.into_iter().map(|number| (number.to_string(), intake.is_kept(number).into())).collect();
    axum::Json(json!({ "acks": acks })).into_response()
}

/// Whether anything can be taken; asked without token, tells nothing else.
async fn health(State(platform): State<Arc<Platform>>) -> Response {
    if platform.intake().is_some_and(|intake| intake.has_room()) {
        told(StatusCode::OK, "HEC is healthy", 17)
    } else {
        told(StatusCode::SERVICE_UNAVAILABLE, "HEC is unhealthy, queues are full", 18)
    }
}

fn has_channel(headers: &HeaderMap, said: &BTreeMap<String, String>) -> bool {
    headers.contains_key(CHANNEL) || said.contains_key("channel")
}

fn faulty(fault: Fault) -> Response {
    let (text, code, number) = match fault {
        Fault::NoData => ("No data", 5, None),
        Fault::NotJson(number) => ("Invalid data format", 6, Some(number)),
        Fault::NoEvent(number) => ("Event field is required", 12, Some(number)),
        Fault::Blank(number) => ("Event field cannot be blank", 13, Some(number)),
    };
    let mut answer = json!({ "text": text, "code": code });
    if let (Some(number), Some(object)) = (number, answer.as_object_mut()) {
        object.insert("invalid-event-number".into(), number.into());
    }
    (StatusCode::BAD_REQUEST, axum::Json(answer)).into_response()
}

fn refused(trouble: Trouble) -> Response {
    let (text, code) = match &trouble {
        Trouble::NoToken => ("Token is required", 2),
        Trouble::Token(_) | Trouble::NotAllowed => ("Invalid token", 4),
        Trouble::Malformed(_) | Trouble::Packing | Trouble::Slow => ("Invalid data format", 6),
        Trouble::Refused(Refused::TooLarge | Refused::TooMany) => ("Request entity too large", 27),
        Trouble::Refused(Refused::Busy | Refused::NotDurable | Refused::Closed) => ("Server is busy", 9),
        Trouble::Refused(Refused::Broken) => ("Internal server error", 8),
    };
    trouble.answer(|status, _, _| told(status, text, code))
}

fn told(status: StatusCode, text: &str, code: u8) -> Response {
    (status, axum::Json(json!({ "text": text, "code": code }))).into_response()
}
