//! Shippers as they speak, against the platform with its lake.

use crate::platform::Platform;
use crate::{Opening, api};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tower::ServiceExt;
use vigie_access::NewApiToken;
use vigie_access::permission::{Permission, Role};
use vigie_collect::CollectConfig;
use vigie_kit::data_dir::DataDir;
use vigie_lake::{Query, Window};
use vigie_model::event::Event;
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

mod elastic;
mod others;

/// A platform that takes in, without its listeners.
struct House {
    router: Router,
    platform: Arc<Platform>,
    token: String,
    _dir: tempfile::TempDir,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

async fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at("2026-11-22T00:00:00Z"));
    let platform = Arc::new(Platform::open(DataDir::open(dir.path()).unwrap(), clock.clone(), Opening::default()).unwrap());
    let (sender, deliveries) = mpsc::channel(8);
    tokio::spawn(vigie_pipeline::run(platform.pipeline(), deliveries));
    let sources =
        vigie_collect::spawn(CollectConfig::nothing("here"), Arc::new(|_| None), clock, sender, platform.stop_sources());
    let sources = sources.await.unwrap();
    platform.set_sources(Box::new(sources.sources()));
    platform.set_intake(sources.intake());
    let token = token(&platform, "edge", Permission::SendEvents);
    let router = crate::with_console(api::router(platform.clone()).0, platform.clone());
    House { router, platform, token, _dir: dir }
}

fn token(platform: &Platform, name: &str, permission: Permission) -> String {
    let new = NewApiToken { name: name.into(), permissions: [permission].into(), days: 1 };
    platform.access.create_api_token(&new, "ada", Role::Administrator).unwrap().0.reveal().to_owned()
}

impl House {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 9], 4000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
    }

    /// The same with the token.
    async fn send(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        self.ask("POST", path, &[&[("authorization", bearer.as_str())], headers].concat(), body).await
    }

    /// The events that match, oldest first.
    fn found(&self, query: &str) -> Vec<Event> {
        let window = Window { from: Timestamp::EPOCH, to: Timestamp::parse("2027-01-01T00:00:00Z").unwrap() };
        let page = self.platform.lake.search(&Query::parse(query).unwrap(), &window, 1000, None).unwrap();
        page.events.into_iter().rev().map(|stored| stored.event).collect()
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_text_and_json_are_taken() {
    let house = house().await;
    let line = "Nov 21 08:30:00 web-1 sshd[842]: Failed password for root from 192.0.2.7 port 50022 ssh2";
    let body =
        format!("{line}\n{{\"time\":\"2026-11-21T08:31:00Z\",\"msg\":\"it broke\",\"level\":\"error\",\"env\":\"test\"}}\n");
    let answer = house.send("/api/v1/events", &[], body).await;
    assert_eq!((answer.status, &answer.json()["taken"]), (StatusCode::OK, &2.into()), "{}", answer.json());
    let events = house.found("source:events*");
    assert_eq!(events.len(), 2);
    assert_eq!((&*events[0].origin.format, &*events[0].origin.host), ("sshd", "web-1"));
    assert_eq!((&*events[1].origin.format, events[1].severity.number()), ("json", 4));
    assert_eq!(house.found("environment:test broke").len(), 1);
    let reports = house.platform.sources();
    let report = reports.iter().find(|report| &*report.source == "events:edge").unwrap();
    assert_eq!((report.received, report.parsed, report.acknowledged), (2, 2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_come_packed_and_have_an_end() {
    let house = house().await;
    let line = b"one line\n";
    let zstd = zstd_of(line);
    let answer = house.send("/api/v1/events", &[("content-encoding", "zstd")], zstd.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    for (encoding, body, status, code) in [
        ("br", zstd.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding"),
        ("gzip", zstd, StatusCode::BAD_REQUEST, "malformed"),
        ("gzip", gzip_of(&vec![b'x'; 32 << 20]), StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        ("identity", b"a\n".repeat(100_001), StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
    ] {
        let answer = house.send("/api/v1/events", &[("content-encoding", encoding)], body).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (status, &code.into()));
    }
    assert_eq!(house.found("").len(), 1, "what is refused leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_without_the_right_to() {
    let house = house().await;
    let reader = token(&house.platform, "reader", Permission::ReadEvents);
    for path in ADDRESSES {
        let (method, path) = path.split_once(' ').unwrap();
        let answer = house.ask(method, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        let answer = house.ask(method, path, &[("authorization", &format!("Bearer {reader}"))], "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        let answer = house.ask(method, path, &[("authorization", &format!("Bearer {}", house.token))], "").await;
        assert!(
            ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&answer.status),
            "{method} {path}"
        );
    }
    assert_eq!(house.found("").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_of_their_own_takes_the_same() {
    let mut house = house().await;
    house.router = super::alone(house.platform.clone());
    for path in ADDRESSES {
        let (method, path) = path.split_once(' ').unwrap();
        assert_eq!(house.ask(method, path, &[], "").await.status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    let answer = house.send("/api/v1/events", &[], "one\ntwo\n").await;
    assert_eq!((answer.status, &answer.json()["taken"]), (StatusCode::OK, &2.into()));
    assert_eq!(house.ask("GET", "/api/v1/findings", &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_cannot_write_says_when_to_come_back() {
    let house = house().await;
    house.platform.tell_sources_to_stop();
    let answer = house.send("/api/v1/events", &[("accept-language", "fr")], "x").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
    assert!(answer.json()["error"]["said"].as_str().unwrap().contains("renvoyez"));
}

/// Every address that wants a token.
const ADDRESSES: &[&str] = &[
    "POST /api/v1/events",
    "POST /_bulk",
    "POST /logs/_bulk",
    "POST /logs/_doc",
    "PUT /logs/_doc/1",
    "PUT /logs/_create/1",
    "GET /_license",
    "GET /_xpack",
    "GET /_cluster/health",
    "GET /_cat/health",
    "POST /services/collector",
    "POST /services/collector/event",
    "POST /services/collector/event/1.0",
    "POST /services/collector/raw",
    "POST /services/collector/raw/1.0",
    "POST /services/collector/ack",
    "POST /loki/api/v1/push",
    "POST /api/prom/push",
    "POST /v1/logs",
    "POST /kubernetes/audit",
    "POST /gelf",
];

fn gzip_of(body: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(body).unwrap();
    packer.finish().unwrap()
}

/// One frame of zstd with one raw block (RFC 8878 §3.1.1): a window of 1 KiB, no checksum.
fn zstd_of(body: &[u8]) -> Vec<u8> {
    let header = (u32::try_from(body.len()).unwrap() << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00], &header[..3], body].concat()
}
