//! Holds, erasures and verification as a program asks for them.

use crate::local;
use crate::platform::{Opening, Platform};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use vigie_kit::data_dir::DataDir;
use vigie_lake::Batch;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, Labels, Origin};
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

fn origin() -> Origin {
    Origin { source: "test".into(), format: "sshd".into(), host: "web-1".into(), labels: Labels::default() }
}

async fn ask(router: &axum::Router, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let body = if method == Method::GET { Body::empty() } else { Body::from(body.to_string()) };
    let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("content-type", "application/json");
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_released_before_it_is_erased_and_both_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at("2026-11-21T12:00:00Z"));
    let platform = Platform::open(DataDir::open(directory.path()).unwrap(), clock, Opening::default()).unwrap();
    let time = Timestamp::parse("2026-11-21T08:00:00Z").unwrap();
    let event = |user: &str| {
        let mut event = Event::new(Class::Authentication, time, time, origin(), user.as_bytes().to_vec());
        event.set(field::USER_NAME, user);
        event
    };
    platform.lake.append(&Batch { events: vec![event("eva"), event("otto")], checkpoint: None }).unwrap();
    let platform = Arc::new(platform);
    let router = local::router(platform.clone());
    let get = async |path: &str| ask(&router, Method::GET, path, &Value::Null).await;
    let post = async |path: &str, body: Value| ask(&router, Method::POST, path, &body).await;

    let hold = json!({ "name": "case 7", "q": "user:eva", "class": "authentication", "reason": "court" });
    let (status, answer) = post("/lake/holds", hold.clone()).await;
    assert_eq!((status, &answer["state"], &answer["q"]), (StatusCode::OK, &json!("in_force"), &json!("user:eva")), "{answer}");
    let (status, answer) = post("/lake/holds", hold).await;
    assert!(status.is_client_error() && answer["error"]["said"].as_str().unwrap().contains("case 7"), "{answer}");

    let (_, before) = get("/audit/verify/events?files=false").await;
    let erasure = |preview: bool| json!({ "q": "user:eva", "reason": "request 12", "preview": preview });
    let (status, answer) = post("/lake/erasures", erasure(true)).await;
    assert_eq!((status, &answer["events"], &answer["held"]), (StatusCode::OK, &json!(0), &json!(1)), "{answer}");
    let (status, answer) = post("/lake/erasures", erasure(false)).await;
    assert!(status.is_client_error() && answer["error"]["said"].as_str().unwrap().contains("case 7"), "{answer}");

    let (status, _) = post("/lake/holds/case%207/release", json!({ "reason": "settled" })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, answer) = post("/lake/erasures", erasure(false)).await;
    assert_eq!((status, &answer["events"], &answer["held"]), (StatusCode::OK, &json!(1), &json!(0)), "{answer}");
    assert!(answer["secret"].is_string());
    let (_, proofs) = get("/lake/erasures").await;
    assert_eq!(
        (&proofs[0]["number"], &proofs[0]["reason"], &proofs[0]["q"]),
        (&answer["proof"], &json!("request 12"), &Value::Null)
    );

    let head = before["head"].as_str().unwrap();
    let (_, verdict) = get(&format!("/audit/verify/events?expect={head}")).await;
    assert_eq!((&verdict["whole"], &verdict["expected_at"]), (&json!(true), &before["links"]), "{verdict}");
    let (_, verdict) = get(&format!("/audit/verify/events?expect={}", "0f".repeat(32))).await;
    assert_eq!((&verdict["whole"], &verdict["faults"][0]["kind"]), (&json!(false), &json!("unexpected")));
    let (status, table) = post("/lake/delta", json!({ "on": true })).await;
    assert_eq!((status, &table["events"], &table["version"]), (StatusCode::OK, &json!(1), &json!(0)), "{table}");
    let log = directory.path().join("lake/_delta_log/00000000000000000000.json");
    assert!(log.exists(), "{table}");
    let (status, table) = post("/lake/delta", json!({ "on": false })).await;
    assert_eq!((status, &table["version"], log.exists()), (StatusCode::OK, &Value::Null, false), "{table}");
    let (_, trail) = get("/audit").await;
    let what: Vec<&str> = trail.as_array().unwrap().iter().filter_map(|entry| entry["what"].as_str()).collect();
    assert_eq!(what[..2], ["unpublish_events", "publish_events"], "{trail}");
    assert_eq!(what[2..5], ["erase_events", "release_events", "hold_events"], "{trail}");
    let erased = trail[2].to_string();
    assert!(!erased.contains("eva"), "the trail does not name the subject: {erased}");
}
