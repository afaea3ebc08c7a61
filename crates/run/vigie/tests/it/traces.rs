//! Traces of the platform itself, as a receiver of OTLP gets them.

use super::{Up, failed_sign_in, json, wait_for};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;

/// A receiver on loopback that takes everything.
fn receiver() -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap() > 0 {}
            assert!(head.starts_with("POST /v1/traces "), "{head}");
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap()];
            stream.read_exact(&mut body).unwrap();
            write!(stream.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}").unwrap();
            if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (address, bodies)
}

#[test]
fn a_receiver_gets_spans_of_what_the_platform_does() {
    let (address, bodies) = receiver();
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &["--otlp-endpoint", &address]);
    up.log(&(0..3).map(failed_sign_in).collect::<Vec<_>>());
    let count = || json(data.path(), &["search", "203.0.113.7", "--count", "--format", "json"])["count"].as_u64();
    wait_for("three events", || count().filter(|count| *count == 3));
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut asked = UnixStream::connect(data.path().join("vigie.sock")).unwrap();
    let head = format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\nhost: x\r\nconnection: close\r\n");
    write!(asked, "GET /api/v1/events?q=203.0.113.7 HTTP/1.1\r\n{head}\r\n").unwrap();
    let mut answer = String::new();
    asked.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(up.terminate(), 0);

    let bodies: Vec<Value> = bodies.try_iter().collect();
    let spans: Vec<&Value> =
        bodies.iter().flat_map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap()).collect();
    let named = |name: &str| spans.iter().copied().filter(move |span| span["name"] == name).collect::<Vec<_>>();
    for name in ["delivery", "round host", "GET /api/v1/events"] {
        assert!(!named(name).is_empty(), "{name} is not among {spans:?}");
    }
    let request = named("GET /api/v1/events").into_iter().find(|span| span["traceId"] == trace).unwrap();
    assert_eq!(request["parentSpanId"], "00f067aa0ba902b7");
    assert!(request["attributes"].to_string().contains("\"intValue\":\"200\""), "{request}");
    let search = named("search").into_iter().find(|span| span["traceId"] == trace).unwrap();
    assert_eq!(search["parentSpanId"], request["spanId"], "the search is part of the request");
    assert!(!spans.iter().any(|span| span.to_string().contains("203.0.113.7")), "nobody is told what was searched for");
}
