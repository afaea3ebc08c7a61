//! How the platform itself is doing.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::lake_view::{LakeView, lake_view};
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_collect::SourceReport;
use vigie_model::lang::Lang;
use vigie_model::time::Timestamp;
use vigie_pipeline::enrich::{Database, GeoReport};

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// The platform's own health.
#[derive(Serialize, ToSchema)]
pub(super) struct SystemView {
    version: &'static str,
    started_at: String,
    sources: Vec<SourceRow>,
    lake: LakeView,
    /// Vulnerability data; null while there are none.
    advisories: Option<AdvisoriesView>,
    rounds: Vec<RoundRow>,
    enrichment: EnrichmentView,
    database_bytes: u64,
    disk_free_bytes: Option<u64>,
}

/// One source of events.
#[derive(Serialize, ToSchema)]
pub(super) struct SourceRow {
    name: String,
    kind: String,
    /// `running`, `partial`, `waiting`, `set_aside`, `absent`, `not_permitted`, `failing` …
    state: &'static str,
    /// What it is doing or why it is not, in the caller's language.
    said: String,
    received: u64,
    parsed: u64,
    unparsed: u64,
    /// Events that are durable.
    acknowledged: u64,
    refused: u64,
    /// Records the system says it dropped before we could read them.
    lost: u64,
    last_event_at: Option<String>,
    lag_s: f64,
}

/// The vulnerability data in use.
#[derive(Serialize, ToSchema)]
pub(super) struct AdvisoriesView {
    built_at: String,
    records: u64,
    ecosystems: Vec<EcosystemRow>,
    kev: u64,
    epss: u64,
    bytes: u64,
}

/// The data of one ecosystem.
#[derive(Serialize, ToSchema)]
pub(super) struct EcosystemRow {
    name: String,
    records: u64,
    newest: Option<String>,
}

/// What events are enriched with.
#[derive(Serialize, ToSchema)]
pub(super) struct EnrichmentView {
    /// Hosts, containers and images that are known.
    assets: u64,
    /// Those that are too many to be known.
    assets_left_out: u64,
    /// Events since the start of which the machine or the container is an asset.
    events: u64,
    /// Addresses of events since the start that a database knows.
    addresses: u64,
    /// Databases of addresses.
    geoip: Vec<GeoipRow>,
}

/// A database of addresses.
#[derive(Serialize, ToSchema)]
pub(super) struct GeoipRow {
    path: String,
    /// What it says it is, such as `GeoLite2-City`; null while none could be read.
    kind: Option<String>,
    built_at: Option<String>,
    /// Days since it was built.
    age_days: Option<i64>,
    read_at: Option<String>,
    bytes: Option<u64>,
    /// Why the file as it is now cannot be read, and what to try; what was read before stays in use.
    problem: Option<String>,
}

/// Work that comes back.
#[derive(Serialize, ToSchema)]
pub(super) struct RoundRow {
    name: &'static str,
    last_started_at: Option<String>,
    last_took_ms: i64,
    next_at: Option<String>,
    said: String,
    failed: bool,
}

/// How the platform itself is doing.
#[utoipa::path(get, path = "/system", tag = "system", responses((status = 200, body = SystemView)))]
pub(super) async fn show(State(platform): State<Arc<Platform>>, Extension(caller): Extension<Caller>) -> Answer<SystemView> {
    Ok(Json(blocking(move || view(&platform, caller.lang)).await?))
}

/// Starts a round now.
#[utoipa::path(post, path = "/rounds/{name}", tag = "system", params(("name" = String, Path)),
    responses((status = 202), (status = 404, body = ErrorBody)))]
pub(super) async fn start_round(State(platform): State<Arc<Platform>>, Path(name): Path<String>) -> Result<StatusCode, ApiError> {
    platform.round(&name).ok_or_else(ApiError::not_found)?.start_now();
    Ok(StatusCode::ACCEPTED)
}

fn view(platform: &Platform, lang: Lang) -> Result<SystemView, ApiError> {
    Ok(SystemView {
        version: crate::VERSION,
        started_at: platform.started_at.to_string(),
        sources: platform.sources().iter().map(|source| source_row(source, lang)).collect(),
        lake: lake_view(platform, lang)?,
        advisories: platform.advisories.current().map(|data| advisories_view(&data)),
        rounds: platform.rounds().iter().map(|round| round_row(round, lang)).collect(),
        enrichment: enrichment_view(platform, lang),
        database_bytes: platform.db.size_bytes().map_err(ApiError::of)?,
        disk_free_bytes: vigie_kit::files::free_bytes(platform.dir().path()).ok(),
    })
}

fn source_row(report: &SourceReport, lang: Lang) -> SourceRow {
    let name = report.source.to_string();
    SourceRow {
        kind: name.split(':').next().unwrap_or_default().to_owned(),
        name,
        state: report.state.word(),
        said: report.state.said().get(lang).to_owned(),
        received: report.received,
        parsed: report.parsed,
        unparsed: report.unparsed,
        acknowledged: report.acknowledged,
        refused: report.refused,
        lost: report.lost,
        last_event_at: report.last_event_at.map(|time: Timestamp| time.to_string()),
        lag_s: report.lag as f64 / 1e6,
    }
}

fn enrichment_view(platform: &Platform, lang: Lang) -> EnrichmentView {
    let (enricher, now) = (&platform.enrichment.enricher, platform.clock.now());
    let (known, done) = (enricher.known(), enricher.done());
    let row = |report: GeoReport| {
        let database = report.database.as_deref();
        GeoipRow {
            path: report.path.display().to_string(),
            kind: database.map(|database| database.kind().to_owned()),
            built_at: database.map(|database| database.built_at().to_string()),
            age_days: database.map(|database| now.since(database.built_at()) / DAY),
            read_at: report.read_at.map(|time| time.to_string()),
            bytes: database.map(Database::bytes),
            problem: report.problem.map(|(said, hint)| match hint {
                Some(hint) => format!("{}: {}", said.get(lang), hint.get(lang)),
                None => said.get(lang).to_owned(),
            }),
        }
    };
    EnrichmentView {
        assets: known.len() as u64,
        assets_left_out: known.left_out() as u64,
        events: done.of_assets,
        addresses: done.located,
        geoip: platform.enrichment.files.reports().into_iter().map(row).collect(),
    }
}

fn round_row(round: &crate::rounds::Round, lang: Lang) -> RoundRow {
    let last = round.last();
    RoundRow {
        name: round.name,
        last_started_at: last.started_at.map(|time| time.to_string()),
        last_took_ms: last.took_ms,
        next_at: last.next_at.map(|time| time.to_string()),
        said: last.said.get(lang).to_owned(),
        failed: last.failed,
    }
}

pub(super) fn advisories_view(data: &crate::advisories::Data) -> AdvisoriesView {
    let status = data.status();
    AdvisoriesView {
        built_at: status.built_at.to_string(),
        records: status.records,
        ecosystems: status
            .ecosystems
            .iter()
            .map(|ecosystem| EcosystemRow {
                name: ecosystem.name.clone(),
                records: ecosystem.records,
                newest: ecosystem.newest.map(|time| time.to_string()),
            })
            .collect(),
        kev: status.kev,
        epss: status.epss,
        bytes: status.bytes,
    }
}
