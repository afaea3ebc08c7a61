//! Spans as a receiver gets them.

use super::*;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt;

/// A receiver on loopback; answers each request with a status and gives its head and body.
fn receiver(status: u16) -> (String, mpsc::Receiver<(String, Json)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).unwrap() == 0 {
                    return;
                }
            }
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            write!(stream.get_mut(), "HTTP/1.1 {status} x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}").unwrap();
            sender.send((head, serde_json::from_slice(&body).unwrap())).unwrap();
        }
    });
    (url, requests)
}

fn settings(url: &str, variables: &[(&str, &str)]) -> TraceSettings {
    let variable = |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned());
    TraceSettings::of(Some(url), None, variable).unwrap().unwrap()
}

/// Does something under a subscriber that sends traces.
fn traced(settings: TraceSettings, work: impl FnOnce()) -> TraceCounts {
    let (traces, layer) = Traces::start(settings, "1.2.3");
    let counters = traces.counters.clone();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), work);
    traces.finish();
    counts_of(&counters)
}

fn spans(body: &Json) -> Vec<Json> {
    body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
}

#[test]
fn spans_arrive_with_their_parents_and_what_was_recorded() {
    let (url, requests) = receiver(200);
    let settings = settings(&url, &[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x")]);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let counts = traced(settings, || {
        let span = info_span!(target: "vigie_x", "request", traceparent = Some(parent), otel.kind = "server", otel.name = "GET /x", status = tracing::field::Empty);
        span.in_scope(|| {
            info_span!(target: "vigie_x", "search", events = 7_u64, error = true).in_scope(|| ());
            tracing::debug_span!(target: "vigie_x", "too fine").in_scope(|| ());
            info_span!(target: "hyper", "of others").in_scope(|| ());
        });
        span.record("status", 200);
    });
    assert_eq!(counts, TraceCounts { sent: 2, dropped: 0, failed: 0 });
    let (head, body) = requests.recv().unwrap();
    assert!(head.contains("content-type: application/json") && head.contains("authorization: bearer x"), "{head}");
    let resource = body["resourceSpans"][0]["resource"]["attributes"].to_string();
    for said in ["service.name", "\"vigie\"", "service.version", "\"1.2.3\"", "service.instance.id"] {
        assert!(resource.contains(said), "{resource}");
    }
    let [search, request] = &spans(&body)[..] else { panic!("{body}") };
    assert_eq!(request["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(
        (&request["parentSpanId"], &request["name"], &request["kind"]),
        (&"00f067aa0ba902b7".into(), &"GET /x".into(), &2.into())
    );
    assert_eq!(request["attributes"], serde_json::json!([{"key": "status", "value": {"intValue": "200"}}]));
    assert_eq!((&search["parentSpanId"], &search["traceId"]), (&request["spanId"], &request["traceId"]));
    assert_eq!((&search["status"]["code"], &search["name"]), (&2.into(), &"search".into()));
    let nanoseconds = |span: &Json, name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(nanoseconds(search, "endTimeUnixNano") >= nanoseconds(search, "startTimeUnixNano"));
}

#[test]
fn what_the_caller_does_not_tell_is_not_told_and_a_ratio_counts_for_the_rest() {
    let (url, requests) = receiver(200);
    let quiet = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let one = || {
        info_span!(target: "vigie_x", "request", traceparent = quiet)
            .in_scope(|| info_span!(target: "vigie_x", "inner").in_scope(|| ()));
    };
    assert_eq!(traced(settings(&url, &[]), one).sent, 0);
    let half = settings(&url, &[("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.5")]);
    let many = || (0..400).for_each(|_| info_span!(target: "vigie_x", "round").in_scope(|| ()));
    let sent = traced(half, many).sent;
    assert!((120..280).contains(&sent), "{sent} of 400");
    drop(requests);
}

#[test]
fn a_full_queue_drops_and_counts_and_nobody_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let few = [("OTEL_BSP_MAX_QUEUE_SIZE", "4"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "300")];
    let begun = Instant::now();
    let mut took = Duration::ZERO;
    let counts = traced(settings(&url, &few), || {
        (0..100).for_each(|_| info_span!(target: "vigie_x", "delivery").in_scope(|| ()));
        took = begun.elapsed();
    });
    assert!(counts.dropped >= 80, "{counts:?}");
    assert!(took < Duration::from_secs(2), "{took:?}: the receiver never answers");
}

#[test]
fn spans_that_a_receiver_refuses_are_counted() {
    let (url, requests) = receiver(400);
    let counts = traced(settings(&url, &[]), || info_span!(target: "vigie_x", "round").in_scope(|| ()));
    assert_eq!(counts, TraceCounts { sent: 0, dropped: 0, failed: 1 });
    drop(requests);
}
