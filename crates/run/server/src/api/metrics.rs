//! The platform's own numbers as Prometheus reads them: text exposition format 0.0.4.
//!
//! Names end as its conventions say: `_total` for what only grows, else the unit. Every number that the page of the system
//! shows is here, and nothing that would name a person.

use super::blocking;
use super::error::ApiError;
use crate::platform::Platform;
use axum::extract::State;
use axum::http::{HeaderName, header};
use std::fmt::{Display, Write};
use std::sync::Arc;
use vigie_collect::SourceReport;
use vigie_lake::{LakeStats, LakeWork, StoreStatus};
use vigie_model::time::Timestamp;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The platform's own numbers, for Prometheus: give it a token that may `read_system`.
#[utoipa::path(get, path = "/metrics", tag = "system",
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4; charset=utf-8")))]
pub(super) async fn show(State(platform): State<Arc<Platform>>) -> Result<([(HeaderName, &'static str); 1], String), ApiError> {
    let written = blocking(move || written(&platform)).await?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], written))
}

fn written(platform: &Platform) -> Result<String, ApiError> {
    let lake = platform.lake.stats().map_err(ApiError::of)?;
    let database = platform.db.size_bytes().map_err(ApiError::of)?;
    let mut page = Page::default();
    page.gauge("vigie_build_info", "The version that runs.", &[(&[("version", crate::VERSION)], 1)]);
    page.gauge("vigie_start_time_seconds", "When it started, since 1970.", &[(&[], platform.started_at.micros() / 1_000_000)]);
    of_sources(&mut page, &platform.sources());
    page.gauge("vigie_lake_events", "Events that are kept.", &[(&[], lake.events)]);
    page.gauge("vigie_lake_bytes", "Bytes that they take on disk.", &[(&[], lake.bytes)]);
    page.gauge("vigie_lake_files", "Files they lie in.", &[(&[], lake.files)]);
    page.gauge("vigie_lake_unsealed_events", "Durable events that are not in files yet.", &[(&[], lake.unsealed)]);
    of_work(&mut page, &lake, &platform.lake.work().map_err(ApiError::of)?, platform.clock.now());
    if let Some(store) = platform.lake.store_status() {
        of_store(&mut page, &store, platform.clock.now());
    }
    page.gauge("vigie_database_bytes", "Bytes of the database.", &[(&[], database)]);
    if let Ok(free) = vigie_kit::files::free_bytes(platform.dir().path()) {
        page.gauge("vigie_disk_free_bytes", "Bytes free where the data lie.", &[(&[], free)]);
    }
    let enriched = platform.enrichment.enricher.done();
    page.family("vigie_enriched_events_total", "Events of which the machine or the container is an asset.", "counter");
    page.sample("vigie_enriched_events_total", &[], enriched.of_assets);
    page.family("vigie_located_addresses_total", "Addresses of events that a database of addresses knows.", "counter");
    page.sample("vigie_located_addresses_total", &[], enriched.located);
    if let Some(spans) = vigie_kit::telemetry::traces::counts() {
        let name = "vigie_trace_spans_total";
        page.family(name, "Spans of traces by what became of them.", "counter");
        for (outcome, count) in [("sent", spans.sent), ("dropped", spans.dropped), ("failed", spans.failed)] {
            page.sample(name, &[("outcome", outcome)], count);
        }
    }
    of_rounds(&mut page, platform);
    Ok(page.0)
}

fn of_work(page: &mut Page, lake: &LakeStats, work: &LakeWork, now: Timestamp) {
    page.gauge("vigie_lake_log_bytes", "Bytes of the log, in which events wait for their files.", &[(&[], lake.log_bytes)]);
    page.gauge("vigie_lake_set_aside", "Records beside the log that cannot be used.", &[(&[], work.set_aside)]);
    let failing = seconds_since(work.seal_failing_since, now);
    page.gauge("vigie_lake_seal_failing_seconds", "How long events could not be moved into files.", &[(&[], failing)]);
    let check = work.last_check;
    for (name, help, time) in [
        ("vigie_lake_oldest_event_time_seconds", "When the oldest event that is kept happened, since 1970.", lake.oldest),
        ("vigie_lake_merged_time_seconds", "When files were last merged, since 1970.", work.last_merge.map(|merge| merge.at)),
        ("vigie_lake_checked_time_seconds", "When the chain of files was last checked, since 1970.", check.map(|check| check.at)),
    ] {
        if let Some(time) = time {
            page.gauge(name, help, &[(&[], time.micros() / 1_000_000)]);
        }
    }
    if let Some(check) = check {
        page.gauge("vigie_lake_check_faults", "What was not as it had been, at the last check.", &[(&[], check.faults)]);
    }
}

fn seconds_since(time: Option<Timestamp>, now: Timestamp) -> i64 {
    time.map_or(0, |since| now.since(since).max(0) / 1_000_000)
}

fn of_store(page: &mut Page, store: &StoreStatus, now: Timestamp) {
    let failing = seconds_since(store.failing_since, now);
    page.gauge("vigie_lake_store_failing_seconds", "How long files could not be sent to object storage.", &[(&[], failing)]);
    page.gauge("vigie_lake_store_cached_bytes", "Bytes of its files that are kept here, too.", &[(&[], store.cached_bytes)]);
    let waiting = store.waiting_files;
    page.gauge("vigie_lake_store_waiting_files", "Files that are still to be sent to object storage.", &[(&[], waiting)]);
    for (name, help, count) in [
        ("vigie_lake_store_cache_hits_total", "Readings of files that were served from this machine.", store.cache_hits),
        ("vigie_lake_store_cache_misses_total", "Readings of files for which something was fetched.", store.cache_misses),
        ("vigie_lake_store_sent_files_total", "Files sent to object storage.", store.sent),
        ("vigie_lake_store_sent_bytes_total", "Bytes of those.", store.sent_bytes),
        ("vigie_lake_store_failed_total", "Requests to send that failed.", store.failed),
        ("vigie_lake_store_fetched_bytes_total", "Bytes fetched from object storage.", store.fetched_bytes),
    ] {
        page.family(name, help, "counter");
        page.sample(name, &[], count);
    }
}

fn of_sources(page: &mut Page, sources: &[SourceReport]) {
    type Count = fn(&SourceReport) -> u64;
    let counts: [(&str, &str, Count); 7] = [
        ("received", "Records received.", |source| source.received),
        ("parsed", "Records that a parser understood.", |source| source.parsed),
        ("unparsed", "Records that were kept without having been understood.", |source| source.unparsed),
        ("acknowledged", "Events that are durable.", |source| source.acknowledged),
        ("refused", "Events that were not accepted; read again where the source can.", |source| source.refused),
        ("lost", "Records that the system dropped before they could be read.", |source| source.lost),
        ("cut", "Pieces beyond the first of records that were too long.", |source| source.cut),
    ];
    for (name, help, count) in counts {
        let name = format!("vigie_source_{name}_total");
        page.family(&name, help, "counter");
        for source in sources {
            page.sample(&name, &[("source", &source.source)], count(source));
        }
    }
    page.family("vigie_source_state", "1 for the state that a source is in.", "gauge");
    for source in sources {
        page.sample("vigie_source_state", &[("source", &source.source), ("state", source.state.word())], 1);
    }
    page.family("vigie_source_behind_bytes", "Bytes that are there and not yet read.", "gauge");
    for source in sources {
        page.sample("vigie_source_behind_bytes", &[("source", &source.source)], source.behind_bytes);
    }
    page.family("vigie_source_lag_seconds", "How long after it happened the latest event was received.", "gauge");
    for source in sources {
        page.sample("vigie_source_lag_seconds", &[("source", &source.source)], source.lag as f64 / 1e6);
    }
    page.family("vigie_source_last_event_time_seconds", "When the latest event happened, since 1970.", "gauge");
    for source in sources {
        if let Some(time) = source.last_event_at {
            page.sample("vigie_source_last_event_time_seconds", &[("source", &source.source)], time.micros() as f64 / 1e6);
        }
    }
}

fn of_rounds(page: &mut Page, platform: &Platform) {
    let rounds: Vec<_> = platform.rounds().iter().map(|round| (round.name, round.last())).collect();
    page.family("vigie_round_failed", "Whether the last round of this work failed.", "gauge");
    for (name, last) in &rounds {
        page.sample("vigie_round_failed", &[("round", name)], u8::from(last.failed));
    }
    page.family("vigie_round_duration_seconds", "How long the last one took.", "gauge");
    for (name, last) in &rounds {
        page.sample("vigie_round_duration_seconds", &[("round", name)], last.took_ms as f64 / 1e3);
    }
}

/// A page of metrics.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Begins a family: its samples follow at once.
    fn family(&mut self, name: &str, help: &str, kind: &str) {
        // Writing to a text does not fail.
        let _written = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (place, (label, of)) in labels.iter().enumerate() {
            let open = if place == 0 { '{' } else { ',' };
            let _written = write!(self.0, "{open}{label}=\"{}\"", escaped(of));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _written = writeln!(self.0, "{close} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, samples: &[(&[(&str, &str)], impl Display)]) {
        self.family(name, help, "gauge");
        for (labels, value) in samples {
            self.sample(name, labels, value);
        }
    }
}

/// A value of a label: backslash, quote and line feed are escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_collect::SourceStats;

    #[test]
    fn samples_follow_their_family_and_labels_are_escaped() {
        let mut page = Page::default();
        of_sources(&mut page, &[SourceStats::new("file:/var/log/\"a\\b\".log").report()]);
        let lines: Vec<&str> = page.0.lines().collect();
        assert_eq!(lines[0], "# HELP vigie_source_received_total Records received.");
        assert_eq!(lines[1], "# TYPE vigie_source_received_total counter");
        assert_eq!(lines[2], r#"vigie_source_received_total{source="file:/var/log/\"a\\b\".log"} 0"#);
        assert!(lines.contains(&r#"vigie_source_state{source="file:/var/log/\"a\\b\".log",state="starting"} 1"#));
    }

    #[test]
    fn a_sample_without_labels_has_no_braces() {
        let mut page = Page::default();
        page.gauge("vigie_lake_events", "Events that are kept.", &[(&[], 7_u64)]);
        assert_eq!(
            page.0,
            "# HELP vigie_lake_events Events that are kept.\n# TYPE vigie_lake_events gauge\nvigie_lake_events 7\n"
        );
    }
}
