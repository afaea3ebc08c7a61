//! As Filebeat, Logstash, Vector and Fluent Bit speak to Elasticsearch.

use super::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// As Filebeat writes an event of a container.
const BEAT: &str = r#"{"@timestamp":"2026-11-21T08:30:00.123Z","message":"it broke","stream":"stderr","log":{"file":{"path":"/var/log/containers/web.log"},"offset":7},"host":{"name":"node-1"},"agent":{"type":"filebeat","version":"8.17.0"},"kubernetes":{"namespace":"shop","pod":{"name":"web-7d4b9c6f5d-x2x7k"},"deployment":{"name":"web"}},"ecs":{"version":"8.0.0"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_request_is_durable_when_it_is_answered() {
    let house = house().await;
    let line = "Nov 21 08:30:00 web-1 sshd[842]: Failed password for root from 192.0.2.7 port 50022 ssh2";
    let body = format!(
        "{{\"create\":{{}}}}\n{BEAT}\n{{\"index\":{{\"_index\":\"auth\"}}}}\n{{\"@timestamp\":\"2026-11-21T08:30:05Z\",\"message\":{line:?}}}\n\
         {{\"delete\":{{\"_id\":\"1\"}}}}\n"
    );
    let key = BASE64_STANDARD.encode(format!("id:{}", house.token));
    let headers = [("authorization", &*format!("ApiKey {key}")), ("content-encoding", "gzip")];
    let answer = house.ask("POST", "/logs-app/_bulk", &headers, gzip_of(body.as_bytes())).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["x-elastic-product"], "Elasticsearch");
    let json = answer.json();
    assert_eq!(json["errors"], true);
    assert_eq!(json["items"][0]["create"]["status"], 201);
    assert_eq!(json["items"][1]["index"]["_index"], "auth");
    assert_eq!(json["items"][2]["delete"]["status"], 405);

    let beat = &house.found("it broke")[0];
    assert_eq!((&*beat.origin.source, &*beat.origin.host), ("elastic:edge", "node-1"));
    assert_eq!((beat.time.to_string(), beat.raw.as_slice()), ("2026-11-21T08:30:00.123Z".into(), BEAT.as_bytes()));
    assert_eq!(house.found("namespace:shop workload:web unmapped._index:logs-app").len(), 1);
    assert_eq!(house.found("format:sshd host:web-1 unmapped._index:auth").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_document_is_durable_when_it_is_answered() {
    let house = house().await;
    for (method, path, number) in [("POST", "/logs/_doc", 1), ("PUT", "/logs/_doc/a", 2), ("PUT", "/logs/_create/b", 3)] {
        let key = BASE64_STANDARD.encode(format!("id:{}", house.token));
        let body = format!("{{\n  \"@timestamp\": \"2026-11-21T08:30:00Z\",\n  \"message\": \"single{number}\"\n}}");
        let answer = house.ask(method, path, &[("authorization", &format!("ApiKey {key}"))], body).await;
        assert_eq!((answer.status, &answer.json()["result"]), (StatusCode::CREATED, &"created".into()), "{path}");
        let found = house.found(&format!("single{number} unmapped._index:logs"));
        assert_eq!(found.iter().map(|event| event.time.to_string()).collect::<Vec<_>>(), ["2026-11-21T08:30:00Z"], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_ask_first_is_answered_and_browsers_get_the_console() {
    let house = house().await;
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("elastic:{}", house.token)));
    let root = house.ask("GET", "/", &[("authorization", &basic)], "").await;
    assert_eq!((root.status, &root.json()["tagline"]), (StatusCode::OK, &"You Know, for Search".into()));
    assert_eq!(root.headers["x-elastic-product"], "Elasticsearch");
    let page = house.ask("GET", "/", &[], "").await;
    assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let license = house.ask("GET", "/_license", &[("authorization", &basic)], "").await;
    assert_eq!(license.json()["license"]["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_the_shape_that_clients_know() {
    let house = house().await;
    let answer = house.ask("POST", "/_bulk", &[("authorization", "ApiKey nonsense")], "").await;
    assert_eq!((answer.status, &answer.json()["error"]["type"]), (StatusCode::UNAUTHORIZED, &"security_exception".into()));
    let answer = house.send("/_bulk", &[("content-encoding", "gzip")], "not packed").await;
    assert_eq!((answer.status, &answer.json()["status"]), (StatusCode::BAD_REQUEST, &400.into()));
}
