//! Saved searches, alerts, dashboards, sequences and completion as a program asks for them.

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

struct House {
    router: axum::Router,
    platform: Arc<Platform>,
    clock: Arc<FakeClock>,
    _dir: tempfile::TempDir,
}

/// A platform that has taken in two refused passwords of eva and one that was let in.
fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at("2026-11-21T12:00:00Z"));
    let platform = Platform::open(DataDir::open(dir.path()).unwrap(), clock.clone(), Opening::default()).unwrap();
    let origin = Arc::new(Origin { source: "t".into(), format: "sshd".into(), host: "web-1".into(), labels: Labels::none() });
    let event = |seconds: i64, status: i64| {
        let time = Timestamp::parse("2026-11-21T11:59:00Z").unwrap().plus_seconds(seconds);
        let mut event = Event::new(Class::Authentication, time, time, Arc::clone(&origin), b"x".to_vec());
        event.set(field::USER_NAME, "eva").set(field::STATUS_ID, status);
        event
    };
    platform.lake.append(&Batch { events: vec![event(0, 2), event(1, 2), event(2, 1)], checkpoint: None }).unwrap();
    let platform = Arc::new(platform);
    House { router: local::router(platform.clone()), platform, clock, _dir: dir }
}

impl House {
    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if method == Method::GET { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("content-type", "application/json");
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_saved_shown_changed_and_removed() {
    let house = house();
    let new = json!({ "name": "refused", "q": "status_id:2", "last_s": 3600, "columns": ["time", "user.name"] });
    let (status, saved) = house.ask(Method::POST, "/searches", new.clone()).await;
    assert_eq!((status, &saved["editable"], &saved["owner"]), (StatusCode::OK, &json!(true), &json!("local")), "{saved}");
    let (status, answer) = house.ask(Method::POST, "/searches", new).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("name_taken")));
    let wrong = json!({ "name": "x", "q": "usr:x" });
    let (status, answer) = house.ask(Method::POST, "/searches", wrong).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("query")));
    let both = json!({ "name": "x", "last_s": 60, "to": "2026-11-21T12:00:00Z" });
    assert_eq!(house.ask(Method::POST, "/searches", both).await.0, StatusCode::BAD_REQUEST);

    let id = saved["id"].as_str().unwrap();
    let between = json!({ "name": "all", "from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z", "shared": true });
    let (_, changed) = house.ask(Method::PUT, "/searches/refused", between).await;
    assert_eq!((&changed["id"], &changed["to"], &changed["q"]), (&saved["id"], &json!("2026-11-22T00:00:00Z"), &json!("")));
    assert_eq!(house.get(&format!("/searches/{id}")).await, house.get("/searches").await[0]);
    assert_eq!(house.ask(Method::DELETE, "/searches/all", Value::Null).await.0, StatusCode::OK);
    assert_eq!(house.ask(Method::GET, "/searches/all", Value::Null).await.0, StatusCode::NOT_FOUND);
    let trail = house.get("/audit").await;
    let what: Vec<&str> = trail.as_array().unwrap().iter().filter_map(|entry| entry["what"].as_str()).collect();
    assert_eq!(what, ["remove_search", "change_search", "save_search"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_told_at_its_search_and_its_finding_names_it() {
    let house = house();
    let new = json!({ "name": "refused", "q": "status_id:2", "shared": true });
    let id = house.ask(Method::POST, "/searches", new).await.1["id"].as_str().unwrap().to_owned();
    let (status, set) =
        house.ask(Method::PUT, "/searches/refused/alert", json!({ "at_least": 2, "window_s": 300, "by": "user" })).await;
    assert_eq!((status, &set["alert"]["state"], &set["alert"]["lag_s"]), (StatusCode::OK, &json!("quiet"), &json!(60)), "{set}");
    let both = json!({ "at_least": 2, "fewer_than": 2, "window_s": 300 });
    assert_eq!(house.ask(Method::PUT, "/searches/refused/alert", both).await.0, StatusCode::BAD_REQUEST);
    house.clock.advance(360);
    // The window from 12:00 to 12:05 has nothing: let the alert begin with the one before.
    let sql = "UPDATE search_alert SET judged_to = judged_to - 300000000";
    house.platform.db.write(|writer| writer.execute(sql, vigie_db::params![])).unwrap();
    crate::searches::judge_due(&house.platform).unwrap();
    let findings = house.get("/findings").await;
    let finding = &findings["findings"][0];
    assert_eq!((&finding["subject"], &finding["severity"]), (&json!(format!("search:{id}")), &json!("medium")), "{findings}");
    let whole = house.get(&format!("/findings/{}", finding["id"].as_str().unwrap())).await;
    assert_eq!((&whole["search"], &whole["detection"]["count"]), (&json!(id), &json!(2)));
    let alert = &house.get("/searches/refused").await["alert"];
    assert_eq!((&alert["state"], &alert["judged_to"]), (&json!("quiet"), &json!("2026-11-21T12:05:00Z")), "{alert}");
    let (_, off) = house.ask(Method::DELETE, "/searches/refused/alert", Value::Null).await;
    assert_eq!(off["alert"], Value::Null);
    assert_eq!(house.ask(Method::DELETE, "/searches/refused/alert", Value::Null).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_tells_what_each_tile_asks() {
    let house = house();
    let search = json!({ "name": "refused", "q": "status_id:2", "last_s": 3600, "columns": ["time"] });
    let id = house.ask(Method::POST, "/searches", search).await.1["id"].clone();
    let tile = |more: Value| {
        let mut tile = json!({ "show": "table", "x": 0, "y": 0, "width": 6, "height": 2 });
        tile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        tile
    };
    let tiles = json!([tile(json!({ "search": "refused" })), tile(json!({ "q": "x", "show": "top", "by": "user", "x": 6 }))]);
    let (status, saved) = house.ask(Method::POST, "/dashboards", json!({ "name": "mine", "last_s": 60, "tiles": tiles })).await;
    assert_eq!(status, StatusCode::OK, "{saved}");
    let first = &saved["tiles"][0];
    assert_eq!((&first["search"], &first["q"], &first["title"]), (&id, &json!("status_id:2"), &json!("refused")));
    assert_eq!((&first["last_s"], &saved["tiles"][1]["last_s"], &first["columns"]), (&json!(3600), &json!(60), &json!(["time"])));
    house.ask(Method::DELETE, "/searches/refused", Value::Null).await;
    let path = format!("/dashboards/{}", saved["id"].as_str().unwrap());
    assert_eq!(house.get(&path).await["tiles"][0]["q"], Value::Null, "its search is gone");
    let shown = json!({ "name": "mine", "tiles": [tile(json!({ "q": "x", "show": "pie" }))] });
    assert_eq!(house.ask(Method::PUT, &path, shown).await.0, StatusCode::BAD_REQUEST);

    let all = house.get("/dashboards").await;
    let names: Vec<&str> = all.as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["mine", "Sign-ins", "Web"]);
    let shipped = &all[1];
    assert_eq!((&shipped["editable"], &shipped["owner"]), (&json!(false), &json!("vigie")));
    assert_eq!(house.ask(Method::DELETE, "/dashboards/web", Value::Null).await.0, StatusCode::FORBIDDEN);
    let sequences: Vec<bool> =
        shipped["tiles"].as_array().unwrap().iter().filter_map(|tile| tile["sequence"].as_bool()).collect();
    assert_eq!(sequences.iter().filter(|is| **is).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sequences_values_and_names_are_found_and_told_how_far() {
    let house = house();
    let asked = "sequence%20by%20user%20with%20maxspan%3D5m%20%5Bstatus_id%3A2%5D%20with%20runs%3D2%20%5Bstatus_id%3A1%5D";
    let answer = house.get(&format!("/events/sequences?q={asked}")).await;
    let (found, covered) = (&answer["sequences"][0], &answer["covered"]);
    assert_eq!((&found["by"], &answer["by"], &answer["partial"]), (&json!(["eva"]), &json!(["user"]), &json!(false)), "{answer}");
    let ids: Vec<i64> = found["events"].as_array().unwrap().iter().filter_map(|event| event["id"].as_i64()).collect();
    assert_eq!((ids, &covered["events"]), (vec![1, 2, 3], &covered["events_total"]));

    let counted = house.get(&format!("/events/histogram?q={asked}&buckets=2")).await;
    assert_eq!((&counted["total"], &counted["partial"]), (&json!(1), &json!(false)));
    let top = house.get(&format!("/events/top?q={asked}&by=user")).await;
    assert_eq!((&top["values"], &top["others"]), (&json!([{ "value": "eva", "count": 1 }]), &json!(0)));
    let (status, refused) = house.ask(Method::GET, &format!("/events/top?q={asked}&by=host"), Value::Null).await;
    assert_eq!(
        (status, &refused["error"]["hint"]),
        (StatusCode::BAD_REQUEST, &json!("count by one of the names behind `sequence by`"))
    );
    let behind = house.get(&format!("/events/sequences?q={asked}&before=0.0")).await;
    assert_eq!((&behind["sequences"], &behind["next"]), (&json!([]), &Value::Null));

    let values = house.get("/events/values?name=user&prefix=E").await;
    assert_eq!(values, json!({ "values": [{ "value": "eva", "count": 3 }], "partial": false }));
    assert_eq!(house.get("/events/names?prefix=user&limit=1").await, json!(["user"]));
    let page = house.get("/events?limit=1&deadline_ms=60000&running=1").await;
    assert_eq!((&page["partial"], &page["covered"]["events_total"]), (&json!(false), &json!(3)));
    assert_eq!(house.ask(Method::GET, "/events/running/1", Value::Null).await.0, StatusCode::NOT_FOUND, "it is over");
}

/// The files of events below a directory.
fn event_files(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: std::path::PathBuf| if path.is_dir() { event_files(&path) } else { vec![path] };
    entries.flat_map(below).filter(|path| path.extension().is_some_and(|end| end == "parquet")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_in_every_answer() {
    let house = house();
    house.platform.lake.seal().unwrap();
    let [file] = &event_files(&house._dir.path().join("lake"))[..] else { panic!("one file") };
    std::fs::write(file, b"PAR1 no more PAR1").unwrap();
    let asked = "q=user:eva&from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";
    for path in ["/events?", "/events/histogram?", "/events/top?by=user&"] {
        let answer = house.get(&format!("{path}{asked}")).await;
        assert_eq!((&answer["partial"], &answer["covered"]["unreadable"]), (&json!(true), &json!(1)), "{path}: {answer}");
        assert!(answer["covered"]["events"].as_u64() < answer["covered"]["events_total"].as_u64(), "{answer}");
    }
    for format in ["ndjson", "csv", "parquet"] {
        let request = Request::get(format!("/api/v1/events/export?format={format}&{asked}")).body(Body::empty()).unwrap();
        let response = house.router.clone().oneshot(request).await.unwrap();
        assert!(response.into_body().collect().await.is_err(), "{format} ended as if it were whole");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_one_form_whoever_finds_them() {
    let house = house();
    for (path, status, hint) in [
        ("/events?limit=abc", StatusCode::BAD_REQUEST, true),
        ("/events/abc", StatusCode::BAD_REQUEST, true),
        ("/events?q=-rf", StatusCode::BAD_REQUEST, true),
        ("/events/99", StatusCode::NOT_FOUND, false),
    ] {
        let (said, answer) = house.ask(Method::GET, path, Value::Null).await;
        assert_eq!(said, status, "{path}: {answer}");
        assert!(answer["error"]["code"].is_string() && answer["error"]["said"].is_string(), "{path}: {answer}");
        assert_eq!(answer["error"]["hint"].is_string(), hint, "{path}: {answer}");
    }
}
