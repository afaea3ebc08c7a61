//! Sends spans to a receiver of OTLP, as JSON over HTTP (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding").
//!
//! A thread of its own takes spans from a queue of bounded length. Whoever puts one in never waits: when the queue is
//! full the span is dropped and counted. A batch that the receiver does not take for now is tried again a few times.

use super::context::Context;
use super::settings::TraceSettings;
use crate::http::{Client, HttpError};
use crate::retry::Retry;
use serde_json::{Value as Json, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::time::{Duration, Instant};

/// How a batch is tried again; while that goes on the queue fills.
const RETRY: Retry = Retry { attempts_max: 4, first_pause: Duration::from_millis(500), pause_max: Duration::from_secs(4) };

/// How often the thread looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(100);

/// A span that ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finished {
    pub(super) context: Context,
    pub(super) parent: Option<u64>,
    pub(super) name: Cow<'static, str>,
    /// Since 1970.
    pub(super) begun_us: i64,
    pub(super) took_ns: u64,
    pub(super) is_server: bool,
    pub(super) failed: bool,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Truth(bool),
}

impl Default for Finished {
    fn default() -> Self {
        Self {
            context: Context { trace: 1, span: 1, sampled: true },
            parent: None,
            name: Cow::Borrowed(""),
            begun_us: 0,
            took_ns: 0,
            is_server: false,
            failed: false,
            attributes: Vec::new(),
        }
    }
}

/// What became of spans since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) failed: AtomicU64,
}

/// Where spans are put.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    spans: SyncSender<Finished>,
    counters: Arc<Counters>,
}

impl Queue {
    pub(super) fn new(length: usize, counters: Arc<Counters>) -> (Self, Receiver<Finished>) {
        let (spans, receiver) = std::sync::mpsc::sync_channel(length);
        (Self { spans, counters }, receiver)
    }

    /// Puts a span in, or drops it when there is no room.
    pub(super) fn put(&self, span: Finished) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.spans.try_send(span) {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Takes spans from the queue and sends them until told to stop; then what is left, once.
pub(super) struct Sender {
    pub(super) settings: TraceSettings,
    pub(super) spans: Receiver<Finished>,
    pub(super) counters: Arc<Counters>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) resource: Json,
    pub(super) scope: Json,
}

impl Sender {
    pub(super) fn run(self) {
        let client = match self.client(RETRY) {
            Ok(client) => client,
            Err(error) => return tracing::error!(%error, "traces cannot be sent"),
        };
        let (mut batch, mut due, mut fails) = (Vec::new(), Instant::now() + self.settings.delay, false);
        loop {
            let stopping = self.stop.load(Ordering::Acquire);
            let ended = match self.spans.recv_timeout(if stopping { Duration::ZERO } else { LOOK }) {
                Ok(span) => {
                    batch.push(span);
                    false
                }
                Err(RecvTimeoutError::Timeout) => stopping,
                Err(RecvTimeoutError::Disconnected) => true,
            };
            let is_due = batch.len() >= self.settings.batch || Instant::now() >= due || ended;
            if is_due {
                if !batch.is_empty() {
                    let sent = if stopping { self.client(ONCE).map_err(|error| error.to_string()) } else { Ok(client.clone()) };
                    let sent = sent.and_then(|client| self.send(&client, &batch));
                    self.account(batch.len(), sent, &mut fails);
                    batch.clear();
                }
                due = Instant::now() + self.settings.delay;
            }
            if ended {
                return;
            }
        }
    }

    fn client(&self, retry: Retry) -> Result<Client, HttpError> {
        match &self.settings.authority {
            Some(file) => Client::with_authority(file, retry),
            None => Ok(Client::new(retry)),
        }
    }

    fn send(&self, client: &Client, batch: &[Finished]) -> Result<(), String> {
        let spans: Vec<Json> = batch.iter().map(Finished::json).collect();
        let scope = json!({"scope": self.scope, "spans": spans});
        let body = json!({"resourceSpans": [{"resource": self.resource, "scopeSpans": [scope]}]}).to_string();
        let headers = self.settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = [("content-type", "application/json")].into_iter().chain(headers).collect();
        let (url, body) = (&self.settings.url, body.as_bytes());
        let answer = client.post_within(self.settings.timeout, url, &headers, body).map_err(|error| error.to_string())?;
        let status = answer.status();
        if (200..300).contains(&status) { Ok(()) } else { Err(format!("the receiver answered {status}")) }
    }

    /// Counts, and says when it begins to fail and when it works again; not each time.
    fn account(&self, spans: usize, sent: Result<(), String>, fails: &mut bool) {
        match sent {
            Ok(()) => {
                self.counters.sent.fetch_add(spans as u64, Ordering::Relaxed);
                if std::mem::take(fails) {
                    tracing::warn!("traces are taken again");
                }
            }
            Err(error) => {
                self.counters.failed.fetch_add(spans as u64, Ordering::Relaxed);
                if !std::mem::replace(fails, true) {
                    tracing::warn!(error, "traces are not taken and are dropped meanwhile");
                }
            }
        }
    }
}

/// At the end nobody waits long.
const ONCE: Retry = Retry { attempts_max: 1, first_pause: Duration::ZERO, pause_max: Duration::ZERO };

impl Finished {
    fn json(&self) -> Json {
        let begun = u128::try_from(self.begun_us).unwrap_or_default() * 1000;
        let mut span = json!({
            "traceId": format!("{:032x}", self.context.trace),
            "spanId": format!("{:016x}", self.context.span),
            "flags": 1,
            "name": self.name,
            // SPAN_KIND_INTERNAL, SPAN_KIND_SERVER
            "kind": if self.is_server { 2 } else { 1 },
            "startTimeUnixNano": begun.to_string(),
            "endTimeUnixNano": (begun + u128::from(self.took_ns)).to_string(),
            "attributes": self.attributes.iter().map(|(name, value)| attribute(name, value)).collect::<Vec<_>>(),
            // STATUS_CODE_UNSET, STATUS_CODE_ERROR
            "status": if self.failed { json!({"code": 2}) } else { json!({}) },
        });
        if let (Some(parent), Some(span)) = (self.parent, span.as_object_mut()) {
            span.insert("parentSpanId".into(), format!("{parent:016x}").into());
        }
        span
    }
}

pub(super) fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({"stringValue": text}),
        Value::Integer(number) => json!({"intValue": number.to_string()}),
        Value::Number(number) => json!({"doubleValue": number}),
        Value::Truth(truth) => json!({"boolValue": truth}),
    };
    json!({"key": name, "value": value})
}
