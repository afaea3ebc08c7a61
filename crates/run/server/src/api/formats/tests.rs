//! Formats made from records, as the console asks for them.

use crate::local;
use crate::platform::{Opening, Platform};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;
use vigie_collect::dialect::Dialect;
use vigie_collect::reader::Reader;
use vigie_kit::data_dir::DataDir;
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

const LINES: &str = "2026-11-21T08:30:00Z till/3 eva paid 12.50 EUR from 192.0.2.7:4711\n2026-11-21T08:31:00Z till/4 ada paid 7 EUR from 192.0.2.8:80";

struct House {
    router: axum::Router,
    platform: Arc<Platform>,
    dir: tempfile::TempDir,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at("2026-11-21T12:00:00Z"));
    let platform = Platform::open(DataDir::open(dir.path()).unwrap(), clock, Opening::default()).unwrap();
    let platform = Arc::new(platform);
    House { router: local::router(platform.clone()), platform, dir }
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

    async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn drafted(&self) -> Value {
        let mut draft = self.done(Method::POST, "/formats/draft", json!({ "records": LINES })).await["draft"].clone();
        draft["title"] = json!("Till");
        draft["format"] = json!("till");
        for part in draft["parts"].as_array_mut().unwrap() {
            if part["name"] == "word" {
                part["target"] = json!("actor.user.name");
            }
        }
        draft
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_is_made_from_lines_and_used_at_once() {
    let house = house();
    // A source that runs all the while.
    let zone = vigie_collect::CollectConfig::nothing("here").zone;
    let pages = house.platform.formats.pages().clone();
    let mut reader = Reader::new("s".into(), Dialect::Syslog, zone, "".into()).with_pages(pages);
    let mut read = |line: &str| {
        let mut formats = Vec::new();
        let piece = vigie_collect::frame::Piece { bytes: line.as_bytes(), continues: false, cut: false };
        reader.records(piece, Timestamp::EPOCH, &mut |event| formats.push(event.origin.format.to_string()));
        formats.remove(0)
    };
    let line = LINES.lines().next().unwrap();
    assert_ne!(read(line), "till");
    let draft = house.drafted().await;
    let preview = house.done(Method::POST, "/formats/preview", json!({ "draft": draft, "records": format!("{LINES}\nx") })).await;
    assert_eq!((&preview["problem"], preview["lines"][0]["read"].as_bool()), (&Value::Null, Some(true)), "{preview}");
    let fields = &preview["lines"][0]["fields"];
    assert!(fields.as_array().unwrap().contains(&json!({ "name": "actor.user.name", "value": "eva" })), "{fields}");
    assert_eq!(preview["lines"][2]["why"], "The line fits for 0 characters; then the pattern expects %{time:time}");

    let kept = house.done(Method::POST, "/formats/own", json!({ "draft": draft, "records": LINES })).await;
    assert_eq!((&kept["name"], kept["records"].as_array().unwrap().len()), (&json!("till"), 2), "{kept}");
    assert_eq!(kept["draft"]["lines"], draft["lines"]);
    assert_eq!(read(line), "till", "without a restart");
    let text = std::fs::read_to_string(house.dir.path().join("parsers/till.toml")).unwrap();
    assert!(text.contains("[[sample]]") && text.contains("\"actor.user.name\" = \"eva\""), "{text}");
    let list = house.done(Method::GET, "/formats", Value::Null).await;
    assert_eq!(list["own"], json!([{ "name": "till", "format": "till", "title": "Till", "samples": 2, "problem": null }]));
    assert!(list["formats"].as_array().unwrap().contains(&json!({ "format": "till", "title": "Till", "by": ["own"] })));
    let known = house.done(Method::POST, "/formats/draft", json!({ "records": LINES })).await;
    assert_eq!((&known["lines"][0]["format"], &known["draft"]), (&json!("till"), &Value::Null));

    let (status, answer) = house.ask(Method::POST, "/formats/own", json!({ "draft": draft, "records": LINES })).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::CONFLICT, &json!("name_taken")));
    let mut renamed = kept["draft"].clone();
    renamed["title"] = json!("Tills");
    let changed = house.done(Method::PUT, "/formats/own/till", json!({ "draft": renamed, "records": LINES })).await;
    assert_eq!(changed["draft"]["title"], "Tills");
    house.done(Method::DELETE, "/formats/own/till", json!({})).await;
    assert_ne!(read(line), "till");
    assert_eq!(house.ask(Method::GET, "/formats/own/till", Value::Null).await.0, StatusCode::NOT_FOUND);
    let trail = house.done(Method::GET, "/audit", Value::Null).await;
    let what: Vec<&str> = trail.as_array().unwrap().iter().filter_map(|entry| entry["what"].as_str()).collect();
    assert_eq!(what, ["remove_format", "change_format", "save_format"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_and_nothing_is_kept() {
    let house = house();
    let page = "title = \"T\"\nformat = \"till\"\nclass = \"base_event\"\nline = \"a %{word:who}\"\n";
    let kept = |page: String, records: &str| json!({ "page": page, "records": records });
    for (body, code) in [
        (kept(page.to_owned(), "b eva"), "sample"),
        (kept(page.replace("base_event", "nothing"), "a eva"), "page"),
        (kept(page.replace("\"till\"", "\"sshd\""), "a eva"), "name_taken"),
        (kept(page.replace("\"till\"", "\"../x\""), "a eva"), "page"),
        (kept(format!("{page}[[sample]]\nrecord = \"a eva\"\nclass = \"authentication\"\n"), ""), "sample"),
        (json!({ "records": "a" }), "invalid"),
        (kept(page.to_owned(), &"a".repeat(300_000)), "invalid"),
    ] {
        let (status, answer) = house.ask(Method::POST, "/formats/own", body).await;
        assert!(status.is_client_error(), "{answer}");
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    assert!(!house.dir.path().join("parsers").exists());
    for name in ["..%2Fx", ".x", "a%2Fb"] {
        let (status, _) = house.ask(Method::DELETE, &format!("/formats/own/{name}"), json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}");
    }
    // What somebody wrote by hand and broke is shown with what is wrong.
    std::fs::create_dir(house.dir.path().join("parsers")).unwrap();
    std::fs::write(house.dir.path().join("parsers/broken.toml"), "title = 7").unwrap();
    let list = house.done(Method::GET, "/formats", Value::Null).await;
    assert_eq!(list["own"][0]["problem"], "format: has to be small letters, digits and hyphens");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_those_of_a_class() {
    let house = house();
    let words = house.done(Method::GET, "/formats/words?class=authentication", Value::Null).await;
    assert!(words["activities"].as_array().unwrap().contains(&json!({ "word": "logon", "caption": "Logon" })));
    assert!(words["fields"].as_array().unwrap().contains(&json!({ "path": "user.name", "kind": "text" })));
    assert!(words["kinds"].as_array().unwrap().contains(&json!("time")));
    assert!(words["classes"].as_array().unwrap().len() > 40);
}
