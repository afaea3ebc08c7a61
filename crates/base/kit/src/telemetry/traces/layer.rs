//! Takes the spans of the program as they end.
//!
//! Only spans of our own crates, down to the level info. Three names of fields have a meaning of their own: `traceparent`
//! is the header by which a caller names the trace that the span belongs to, `otel.name` replaces the span's name, and
//! `otel.kind` says its kind (`server`). A field `error` marks the span as failed.

use super::context::{Context, Ids};
use super::export::{Finished, Queue, Value};
use super::settings::Sampler;
use crate::clock::{Clock, SystemClock};
use std::fmt;
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::Context as Around;
use tracing_subscriber::registry::LookupSpan;

/// Most attributes of a span.
const ATTRIBUTES_MAX: usize = 32;
/// Longest text of one, in bytes.
const TEXT_MAX: usize = 1024;
/// How the targets of our spans begin.
const OURS: &str = "vigie";

/// Whether a span is one of ours.
pub(super) fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= tracing::Level::INFO && metadata.target().starts_with(OURS)
}

/// Gives spans that ended to a queue.
pub(super) struct TraceLayer {
    queue: Queue,
    sampler: Sampler,
    ids: Ids,
}

/// What is kept of a span while it goes on.
struct Kept {
    context: Context,
    /// What is told of it; none when it is not.
    open: Option<Box<Open>>,
}

struct Open {
    span: Finished,
    begun: Instant,
}

/// Fields as they are recorded.
#[derive(Default)]
struct Fields {
    attributes: Vec<(&'static str, Value)>,
    caller: Option<Context>,
    name: Option<String>,
    is_server: bool,
    failed: bool,
}

impl TraceLayer {
    pub(super) fn new(queue: Queue, sampler: Sampler) -> Self {
        Self { queue, sampler, ids: Ids::default() }
    }

    fn is_sampled(&self, trace: u128) -> bool {
        // The lower half of a trace's id is as good as random, ours and, by the specification, that of others.
        let drawn = (trace as u64 >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < self.sampler.ratio
    }

    /// The trace of a span and its id, by what it stands in.
    fn context(&self, within: Option<Context>, caller: Option<Context>) -> (Context, Option<u64>) {
        let span = self.ids.span();
        match within.or(caller) {
            Some(parent) => {
                let follows = within.is_some() || self.sampler.parent_based;
                let sampled = if follows { parent.sampled } else { self.is_sampled(parent.trace) };
                (Context { trace: parent.trace, span, sampled }, Some(parent.span))
            }
            None => {
                let trace = self.ids.trace();
                (Context { trace, span, sampled: self.is_sampled(trace) }, None)
            }
        }
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> tracing_subscriber::Layer<S> for TraceLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, around: Around<'_, S>) {
        let Some(span) = around.span(id) else { return };
        let within = span.parent().and_then(|parent| parent.extensions().get::<Kept>().map(|kept| kept.context));
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let (context, parent) = self.context(within, fields.caller);
        let open = context.sampled.then(|| {
            let begun_us = SystemClock.now().micros();
            let name = span.metadata().name().into();
            let mut span = Finished { context, parent, name, begun_us, ..Finished::default() };
            fields.put(&mut span);
            Box::new(Open { span, begun: Instant::now() })
        });
        span.extensions_mut().insert(Kept { context, open });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, around: Around<'_, S>) {
        let Some(span) = around.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(Kept { open: Some(open), .. }) = extensions.get_mut::<Kept>() {
            let mut fields = Fields::default();
            values.record(&mut fields);
            fields.put(&mut open.span);
        }
    }

    fn on_close(&self, id: Id, around: Around<'_, S>) {
        let Some(span) = around.span(&id) else { return };
        let kept = span.extensions_mut().remove::<Kept>();
        if let Some(Open { mut span, begun }) = kept.and_then(|kept| kept.open).map(|open| *open) {
            span.took_ns = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.queue.put(span);
        }
    }
}

impl Fields {
    fn put(self, span: &mut Finished) {
        if let Some(name) = self.name {
            span.name = name.into();
        }
        span.is_server |= self.is_server;
        span.failed |= self.failed;
        for (name, value) in self.attributes {
            let has_room = span.attributes.len() < ATTRIBUTES_MAX;
            match span.attributes.iter_mut().find(|(own, _)| *own == name) {
                Some((_, own)) => *own = value,
                None if has_room => span.attributes.push((name, value)),
                None => {}
            }
        }
    }

    fn text(&mut self, field: &Field, text: &str) {
        let cut = text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or_default();
        match field.name() {
            "traceparent" => self.caller = Context::parse(text),
            "otel.name" => self.name = Some(cut.to_owned()),
            "otel.kind" => self.is_server = text == "server",
            name => {
                self.failed |= name == "error";
                self.attributes.push((name, Value::Text(cut.to_owned())));
            }
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push((field.name(), Value::Integer(value)));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attributes.push((field.name(), Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.push((field.name(), Value::Number(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.failed |= field.name() == "error" && value;
        self.attributes.push((field.name(), Value::Truth(value)));
    }
}
