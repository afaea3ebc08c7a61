//! Elasticsearch, as far as shippers need it: `_bulk`, single documents, and the questions they ask before they send.
//!
//! Specified in the API reference of Elasticsearch. Templates, lifecycle policies and pipelines are not there: shippers
//! can be told not to ask for them, and `docs/sending-events.md` says how.

use super::received::admitted;
use super::{Received, Trouble};
use crate::platform::Platform;
use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use vigie_collect::intake::elastic;

/// The source's name.
const PROTOCOL: &str = "elastic";
/// The version whose `_bulk` this is. Shippers compare it with their own and warn of older ones.
const VERSION: &str = "8.19.0";
/// The header by which clients of Elasticsearch know their server; without it they refuse to speak.
const PRODUCT: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-elastic-product"), HeaderValue::from_static("Elasticsearch"));

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new()
        .route("/_bulk", post(bulk).put(bulk))
        .route("/{index}/_bulk", post(bulk_into).put(bulk_into))
        .route("/{index}/_doc", post(one))
        .route("/{index}/_doc/{id}", post(one_named).put(one_named))
        .route("/{index}/_create/{id}", post(one_named).put(one_named))
        .route("/_license", get(license))
        .route("/_xpack", get(license))
        .route("/_cluster/health", get(health))
        .route("/_cat/health", get(cat_health))
}

/// What clients ask first of all.
pub(crate) async fn info(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let about = json!({
        "name": "vigie",
        "cluster_name": "vigie",
        "cluster_uuid": "_na_",
        "version": {
            "number": VERSION,
            "build_flavor": "default",
            "build_type": "vigie",
            "build_hash": "unknown",
            "build_date": "1970-01-01T00:00:00Z",
            "build_snapshot": false,
            "lucene_version": "9.12.0",
            "minimum_wire_compatibility_version": "7.17.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    });
    told(&platform, request, about)
}

async fn license(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let license = json!({ "license": { "status": "active", "uid": "vigie", "type": "basic", "issued_to": "vigie" } });
    told(&platform, request, license)
}

async fn health(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let health = json!({ "cluster_name": "vigie", "status": "green", "timed_out": false, "number_of_nodes": 1 });
    told(&platform, request, health)
}

async fn cat_health(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    match admitted(&platform, &request.into_parts().0) {
        Ok(_) => ([PRODUCT], "vigie green 1 1\n").into_response(),
        Err(trouble) => refused(trouble),
    }
}

async fn bulk(State(platform): State<Arc<Platform>>, query: RawQuery, request: Request) -> Response {
    take(&platform, String::new(), query, request).await
}

async fn bulk_into(
    State(platform): State<Arc<Platform>>,
    Path(index): Path<String>,
    query: RawQuery,
    request: Request,
) -> Response {
    take(&platform, index, query, request).await
}

async fn take(platform: &Platform, index: String, RawQuery(query): RawQuery, request: Request) -> Response {
    let began = Instant::now();
    let brief = query.is_some_and(|query| query.contains("filter_path=") && query.contains("status"));
    let received = match Received::of(platform, PROTOCOL, request).await {
        Ok(received) => received,
        Err(trouble) => return refused(trouble),
    };
    let taken = received.take(move |body, taking| {
        let items = elastic::decode(body, &index, &mut |record| taking.put(record));
        elastic::answer(&items, began.elapsed().as_millis(), brief)
    });
    match taken.await {
        Ok(answer) => {
            let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            ([PRODUCT, json], answer).into_response()
        }
        Err(trouble) => refused(trouble),
    }
}

async fn one(State(platform): State<Arc<Platform>>, Path(index): Path<String>, request: Request) -> Response {
    take_one(&platform, index, None, request).await
}

async fn one_named(
    State(platform): State<Arc<Platform>>,
    Path((index, id)): Path<(String, String)>,
    request: Request,
) -> Response {
    take_one(&platform, index, Some(id), request).await
}

/// A single document, as client libraries send one.
async fn take_one(platform: &Platform, index: String, id: Option<String>, request: Request) -> Response {
    let received = match Received::of(platform, PROTOCOL, request).await {
        Ok(received) => received,
        Err(trouble) => return refused(trouble),
    };
    let taken = received.take(move |body, taking| {
        let item = elastic::document(body, &index, id.as_deref(), &mut |record| taking.put(record));
        elastic::answer_one(&item)
    });
    match taken.await {
        Ok((answer, stored)) => {
            let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let status = if stored { StatusCode::CREATED } else { StatusCode::BAD_REQUEST };
            (status, [PRODUCT, json], answer).into_response()
        }
        Err(trouble) => refused(trouble),
    }
}

fn told(platform: &Platform, request: Request, answer: Value) -> Response {
    match admitted(platform, &request.into_parts().0) {
        Ok(_) => ([PRODUCT], axum::Json(answer)).into_response(),
        Err(trouble) => refused(trouble),
    }
}

fn refused(trouble: Trouble) -> Response {
    trouble.answer(|status, _, said| {
        let kind = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "security_exception",
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "es_rejected_execution_exception",
            _ => "illegal_argument_exception",
        };
        let error = json!({ "error": { "type": kind, "reason": said.en }, "status": status.as_u16() });
        ([PRODUCT], axum::Json(error)).into_response()
    })
}
