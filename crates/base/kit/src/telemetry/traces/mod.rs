//! Traces of our own: spans sent to a receiver of OTLP, such as the OpenTelemetry collector, Jaeger or Tempo.
//!
//! Spans are those of `tracing`; a layer takes them as they end, a thread sends them. Nobody who makes a span waits for
//! the receiver. Off unless somebody says where to: then no layer is there, and a span costs a look at a flag. Why this
//! is not the `opentelemetry` crates: `docs/decisions/own-traces.md`. Not here: metrics and logs over OTLP, gRPC, the state
//! of other vendors in `tracestate`, links between traces.

mod context;
mod export;
mod layer;
mod settings;
#[cfg(test)]
mod tests;

pub use settings::TraceSettings;

use context::Ids;
use export::{Counters, Queue, Sender, Value, attribute};
use layer::TraceLayer;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// What the program is called, unless the environment says otherwise.
const SERVICE: &str = "vigie";
/// How long the end of the program waits for what is left.
const LAST: Duration = Duration::from_secs(3);

/// The counters of this process.
static COUNTERS: OnceLock<Arc<Counters>> = OnceLock::new();

/// What became of spans since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceCounts {
    /// Taken by the receiver.
    pub sent: u64,
    /// Dropped because too many waited.
    pub dropped: u64,
    /// Not taken by the receiver.
    pub failed: u64,
}

/// What became of the spans of this process; none while no traces are sent.
#[must_use]
pub fn counts() -> Option<TraceCounts> {
    COUNTERS.get().map(|counters| counts_of(counters))
}

fn counts_of(counters: &Counters) -> TraceCounts {
    let [sent, dropped, failed] = [&counters.sent, &counters.dropped, &counters.failed].map(|it| it.load(Ordering::Relaxed));
    TraceCounts { sent, dropped, failed }
}

/// Sends traces until it is [finished](Self::finish).
#[derive(Debug)]
pub struct Traces {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Traces {
    /// Starts the thread; gives the layer that feeds it.
    pub(super) fn start<S>(settings: TraceSettings, version: &str) -> (Self, impl Layer<S> + use<S>)
    where
        S: Subscriber + for<'s> LookupSpan<'s> + 'static,
    {
        let counters: Arc<Counters> = Arc::default();
        let (queue, spans) = Queue::new(settings.queue, counters.clone());
        let stop: Arc<AtomicBool> = Arc::default();
        let layer = TraceLayer::new(queue, settings.sampler).with_filter(filter_fn(layer::is_ours));
        let resource = resource(&settings, version);
        let scope = json!({"name": SERVICE, "version": version});
        let sender = Sender { settings, spans, counters: counters.clone(), stop: stop.clone(), resource, scope };
        let thread = std::thread::Builder::new().name("traces".to_owned()).spawn(move || sender.run());
        let thread =
            thread.inspect_err(|error| tracing::error!(%error, "traces cannot be sent: there is no thread for them")).ok();
        (Self { stop, thread, counters }, layer)
    }

    /// Makes these the ones whose counts are told.
    pub(super) fn tell_counts(&self) {
        // There is one telemetry in a process; a second does not get this far.
        drop(COUNTERS.set(self.counters.clone()));
    }

    /// Sends what is left, for at most three seconds.
    pub fn finish(mut self) {
        self.stop.store(true, Ordering::Release);
        let until = Instant::now() + LAST;
        while let Some(thread) = self.thread.take() {
            if thread.is_finished() {
                if thread.join().is_err() {
                    tracing::error!("the thread that sends traces broke off");
                }
            } else if Instant::now() < until {
                self.thread = Some(thread);
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// What is said of this program (opentelemetry.io/docs/specs/semconv/resource).
fn resource(settings: &TraceSettings, version: &str) -> serde_json::Value {
    let own = [
        ("service.name", SERVICE.to_owned()),
        ("service.version", version.to_owned()),
        ("service.instance.id", format!("{:032x}", Ids::default().trace())),
        ("host.name", rustix::system::uname().nodename().to_string_lossy().into_owned()),
    ];
    let said = |name: &str| settings.resource.iter().any(|(own, _)| own == name);
    let own = own.into_iter().filter(|(name, _)| !said(name)).map(|(name, value)| (name.to_owned(), value));
    let all = own.chain(settings.resource.iter().cloned());
    json!({"attributes": all.map(|(name, value)| attribute(&name, &Value::Text(value))).collect::<Vec<_>>()})
}
