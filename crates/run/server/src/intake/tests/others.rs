//! The other protocols, as their shippers speak them.

use super::*;
use serde_json::json;

const LINE: &str = "Nov 21 08:30:00 web-1 sshd[842]: Failed password for root from 192.0.2.7 port 50022 ssh2";

#[tokio::test(flavor = "multi_thread")]
async fn splunk_acknowledges_what_is_durable() {
    let house = house().await;
    let splunk = format!("Splunk {}", house.token);
    let headers = [("authorization", splunk.as_str()), ("x-splunk-request-channel", "c1")];
    let body = json!({ "time": 1_795_249_800.25, "host": "db-1", "source": "/var/log/auth.log", "event": LINE }).to_string()
        + &json!({ "event": { "action": "login", "user": "eva" }, "fields": { "env": "test" } }).to_string();
    let answer = house.ask("POST", "/services/collector/event", &headers, body).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::OK, &0.into()), "{}", answer.json());
    let number = answer.json()["ackId"].as_i64().unwrap();
    assert_eq!(house.found("format:sshd host:web-1").len(), 1);
    assert_eq!(house.found("environment:test login").len(), 1);

    let asked = json!({ "acks": [number, number + 1] }).to_string();
    let answer = house.ask("POST", "/services/collector/ack", &headers, asked).await;
    assert_eq!(answer.json(), json!({ "acks": { number.to_string(): true, (number + 1).to_string(): false } }));
    let answer = house.ask("POST", "/services/collector/ack", &headers[..1], "{\"acks\":[1]}").await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::BAD_REQUEST, &10.into()));

    let answer = house.ask("POST", "/services/collector/raw?host=raw-1", &headers[..1], "one\ntwo\n").await;
    assert_eq!(answer.json(), json!({ "text": "Success", "code": 0 }));
    assert_eq!(house.found("host:raw-1").len(), 2);
    let answer = house.ask("POST", "/services/collector", &headers, "{\"event\":\"kept\"}{\"event\": broken").await;
    assert_eq!((answer.status, &answer.json()["invalid-event-number"]), (StatusCode::BAD_REQUEST, &1.into()));
    assert_eq!(house.found("source:splunk* (kept OR broken)").len(), 2, "what is broken is set aside");
    for (method, path) in [("GET", "/services/collector/health"), ("OPTIONS", "/services/collector/event/1.0")] {
        assert_eq!(house.ask(method, path, &[], "").await.json()["code"], 17);
    }
    let answer = house.ask("POST", "/services/collector", &[("authorization", "Splunk x")], "").await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::UNAUTHORIZED, &4.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn loki_takes_streams_in_both_forms() {
    let house = house().await;
    let body = json!({ "streams": [{ "stream": { "namespace": "shop", "app": "web", "filename": "/var/log/auth.log" },
        "values": [["1795249800250000000", LINE], ["1795249800250000000", "it broke", { "trace": "t1" }]] }] });
    let answer = house.send("/loki/api/v1/push", &[("content-type", "application/json")], body.to_string()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(house.found("format:sshd namespace:shop workload:web").len(), 1);
    assert_eq!(house.found("broke unmapped.trace:t1 unmapped.app:web").len(), 1);

    // PushRequest { stream { labels, entry { timestamp, line } } }, then snappy with one literal.
    let entry = field(2, &[field(1, &[0x08, 0x88, 0xa7, 0x85, 0xd8, 0x06]), field(2, b"in a message")].concat());
    let message = field(1, &[field(1, br#"{namespace="shop"}"#), entry].concat());
    let packed =
        [&[u8::try_from(message.len()).unwrap(), 60 << 2, u8::try_from(message.len() - 1).unwrap()], &message[..]].concat();
    let answer = house.send("/loki/api/v1/push", &[("content-type", "application/x-protobuf")], packed).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(house.found("namespace:shop \"in a message\"").len(), 1);
    let answer = house.send("/loki/api/v1/push", &[("content-type", "application/json")], "{\"streams\":1}").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

/// A field of bytes in a message of Protocol Buffers.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let (low, high) = (u8::try_from(value.len() & 0x7f).unwrap(), u8::try_from(value.len() >> 7).unwrap());
    let length = if high == 0 { vec![low] } else { vec![low | 0x80, high] };
    [&[number << 3 | 2][..], &length, value].concat()
}

fn export(line: &str) -> Vec<u8> {
    let text = |text: &str| field(1, text.as_bytes());
    let namespace = field(1, &[field(1, b"k8s.namespace.name"), field(2, &text("shop"))].concat());
    let record = field(2, &field(5, &text(line)));
    field(1, &[field(1, &namespace), field(2, &record)].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn otlp_over_http_in_both_forms() {
    let house = house().await;
    let answer = house.send("/v1/logs", &[("content-type", "application/x-protobuf")], export(LINE)).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(answer.headers["content-type"], "application/x-protobuf");
    assert_eq!(house.found("source:otlp* format:sshd namespace:shop").len(), 1);
    let body = json!({ "resourceLogs": [{ "resource": { "attributes": [
        { "key": "deployment.environment.name", "value": { "stringValue": "staging" } }, { "key": "service.name", "value": { "stringValue": "cart" } }] },
        "scopeLogs": [{ "logRecords": [{ "timeUnixNano": "1795249800250000000", "severityNumber": 17, "body": { "stringValue": "it broke" } }] }] }] });
    let answer = house.send("/v1/logs", &[("content-type", "application/json")], body.to_string()).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({})));
    let found = house.found("environment:staging workload:cart broke");
    assert_eq!((found[0].severity.number(), found[0].time.to_string()), (4, "2026-11-21T08:30:00.25Z".into()));
    let answer = house.send("/v1/logs", &[], "nonsense").await;
    assert_eq!((answer.status, answer.body[..2].to_vec()), (StatusCode::BAD_REQUEST, vec![0x08, 3]));
}

const EXPORT: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

#[tokio::test(flavor = "multi_thread")]
async fn otlp_over_grpc() {
    let house = house().await;
    let grpc = [("content-type", "application/grpc")];
    let framed = |flag: u8, message: &[u8]| [&[flag][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let answer = house.send(EXPORT, &grpc, framed(0, &export(LINE))).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, vec![0; 5]));
    assert_eq!(answer.headers["content-type"], "application/grpc");
    let packed = [grpc[0], ("grpc-encoding", "gzip")];
    let answer = house.send(EXPORT, &packed, framed(1, &gzip_of(&export("packed")))).await;
    assert_eq!(answer.body, vec![0; 5]);
    assert_eq!(house.found("source:otlp/grpc*").len(), 2);
    for (headers, body, code) in [
        (&grpc[..], framed(0, b"nonsense"), "3"),
        (&grpc[..], vec![0, 0], "3"),
        (&[grpc[0], ("grpc-encoding", "br")], framed(1, b"x"), "12"),
    ] {
        let answer = house.send(EXPORT, headers, body).await;
        assert_eq!((answer.status, answer.headers["grpc-status"].to_str().unwrap()), (StatusCode::OK, code));
    }
    assert_eq!(house.ask("POST", EXPORT, &grpc, "").await.headers["grpc-status"], "16");
    let answer = house.ask("POST", "/grpc.health.v1.Health/Check", &grpc, framed(0, b"")).await;
    assert_eq!(answer.body, [0, 0, 0, 0, 2, 8, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_webhook_and_gelf() {
    let house = house().await;
    let body = json!({ "kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [{ "level": "Metadata", "auditID": "a1", "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/secrets/x", "verb": "get", "user": { "username": "eva" }, "sourceIPs": ["192.0.2.7"],
        "objectRef": { "resource": "secrets", "namespace": "shop", "name": "x" }, "responseStatus": { "code": 200 },
        "requestReceivedTimestamp": "2026-11-21T08:30:00.250000Z" }] });
    let answer = house.send("/kubernetes/audit?cluster=prod", &[("content-type", "application/json")], body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(house.found("format:kubernetes-audit cluster:prod namespace:shop user:eva").len(), 1);
    assert_eq!(house.send("/kubernetes/audit", &[], "{}").await.status, StatusCode::BAD_REQUEST);

    let gelf = json!({ "version": "1.1", "host": "app-1", "short_message": LINE, "timestamp": 1_795_249_800.25, "level": 3, "_team": "shop" });
    assert_eq!(house.send("/gelf", &[], gelf.to_string()).await.status, StatusCode::ACCEPTED);
    assert_eq!(house.found("source:gelf* format:sshd team:shop").len(), 1);
    // graypy names two packings and uses one.
    let packed = house.send("/gelf", &[("content-encoding", "gzip,deflate")], gzip_of(gelf.to_string().as_bytes())).await;
    assert_eq!((packed.status, house.found("source:gelf* format:sshd team:shop").len()), (StatusCode::ACCEPTED, 2));
}
