//! The first page: what needs me now.

use super::error::ApiError;
use super::guard::Caller;
use super::rows::{FindingRow, finding_row};
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_ledger::{Filter, Order, Sort};
use vigie_model::asset::AssetKind;
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::lang::Lang;
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;

const TOP: u32 = 10;
const RECENT: u32 = 8;
const TREND_DAYS: u32 = 30;
const DAY_S: i64 = 86_400;
const EXPIRING_DAYS: i64 = 14;
const HOURS: usize = 24;

/// The first page.
#[derive(Serialize, ToSchema)]
pub(super) struct OverviewView {
    needs_me: NeedsMe,
    counts: Vec<CountView>,
    /// Active findings by priority.
    top: Vec<FindingRow>,
    trend: Vec<TrendView>,
    coverage: CoverageView,
    recent_detections: Vec<FindingRow>,
    events_24h: EventsView,
}

/// What asks for work.
#[derive(Serialize, ToSchema)]
pub(super) struct NeedsMe {
    critical: u64,
    high: u64,
    /// Known to be exploited.
    kev: u64,
    detections_24h: u64,
    /// Decisions that end within two weeks.
    expiring_decisions: u64,
}

/// How many findings there are of a kind, a severity and a state.
#[derive(Serialize, ToSchema)]
pub(super) struct CountView {
    kind: &'static str,
    severity: &'static str,
    state: &'static str,
    count: u64,
}

/// One day of the trend.
#[derive(Serialize, ToSchema)]
pub(super) struct TrendView {
    day: String,
    opened: u64,
    fixed: u64,
    /// Active at the end of the day.
    active: u64,
}

/// What is seen, and what is not.
#[derive(Serialize, ToSchema)]
pub(super) struct CoverageView {
    hosts: u64,
    containers: u64,
    packages: u64,
    checks: ChecksView,
    sources_live: usize,
    sources_total: usize,
    /// When the vulnerability data were built; null while there are none.
    advisories_built_at: Option<String>,
    /// What could not be seen on this host.
    unseen: Vec<UnseenView>,
}

/// Verdicts of checks by outcome.
#[derive(Serialize, ToSchema)]
pub(super) struct ChecksView {
    pass: u64,
    fail: u64,
    unknown: u64,
    not_applicable: u64,
}

/// Something that could not be seen.
#[derive(Serialize, ToSchema)]
pub(super) struct UnseenView {
    what: String,
    /// One clause in the caller's language.
    why: String,
}

/// Events of the last day.
#[derive(Serialize, ToSchema)]
pub(super) struct EventsView {
    count: u64,
    histogram: Vec<super::events::BucketView>,
}

/// What needs me now.
#[utoipa::path(get, path = "/overview", tag = "overview", responses((status = 200, body = OverviewView)))]
pub(super) async fn show(State(platform): State<Arc<Platform>>, Extension(caller): Extension<Caller>) -> Answer<OverviewView> {
    Ok(Json(blocking(move || view(&platform, caller.lang)).await?))
}

fn view(platform: &Platform, lang: Lang) -> Result<OverviewView, ApiError> {
    let ledger = &platform.ledger;
    let now = platform.clock.now();
    let counts = ledger.counts().map_err(ApiError::of)?;
    let active = |severity: Severity| {
        counts.iter().filter(|cell| cell.severity == severity && cell.state.is_active()).map(|cell| cell.count).sum()
    };
    let detections_24h = ledger.seen_since(FindingKind::Detection, now.plus_seconds(-DAY_S)).map_err(ApiError::of)?;
    let expiring = ledger.decisions_ending_before(now.plus_seconds(EXPIRING_DAYS * DAY_S)).map_err(ApiError::of)?;
    let top = ledger.findings(&Filter::default(), Sort::Priority, Order::Descending, None, TOP).map_err(ApiError::of)?;
    let trend = ledger.trend(TREND_DAYS).map_err(ApiError::of)?;
    Ok(OverviewView {
        needs_me: NeedsMe {
            critical: active(Severity::Critical),
            high: active(Severity::High),
            kev: counts.iter().filter(|cell| cell.state.is_active()).map(|cell| cell.known_exploited).sum(),
            detections_24h,
            expiring_decisions: expiring.len() as u64,
        },
        counts: counts
            .iter()
            .map(|cell| CountView {
                kind: cell.kind.word(),
                severity: cell.severity.word(),
                state: cell.state.word(),
                count: cell.count,
            })
            .collect(),
        top: top.findings.into_iter().map(|found| finding_row(found, lang)).collect(),
        trend: trend
            .into_iter()
            .map(|day| TrendView { day: day.day.to_string(), opened: day.opened, fixed: day.fixed, active: day.active })
            .collect(),
        coverage: coverage(platform, lang)?,
        recent_detections: recent_detections(platform, lang)?,
        events_24h: events(platform, now)?,
    })
}

fn recent_detections(platform: &Platform, lang: Lang) -> Result<Vec<FindingRow>, ApiError> {
    let filter = Filter { kinds: vec![FindingKind::Detection], ..Filter::default() };
    let page = platform.ledger.findings(&filter, Sort::LastSeen, Order::Descending, None, RECENT).map_err(ApiError::of)?;
    Ok(page.findings.into_iter().map(|found| finding_row(found, lang)).collect())
}

fn coverage(platform: &Platform, lang: Lang) -> Result<CoverageView, ApiError> {
    let covered = platform.ledger.coverage().map_err(ApiError::of)?;
    let assets = |kind: AssetKind| covered.assets.get(&kind).copied().unwrap_or(0);
    let sources = platform.sources();
    Ok(CoverageView {
        hosts: assets(AssetKind::Host),
        containers: assets(AssetKind::Container),
        packages: covered.packages,
        checks: ChecksView {
            pass: covered.checks.pass,
            fail: covered.checks.fail,
            unknown: covered.checks.unknown,
            not_applicable: covered.checks.not_applicable,
        },
        sources_live: sources.iter().filter(|source| source.state.word() == "running").count(),
        sources_total: sources.len(),
        advisories_built_at: platform.advisories.current().map(|data| data.status().built_at.to_string()),
        unseen: unseen(platform, lang)?,
    })
}

/// The gaps of the hosts' latest inventories.
fn unseen(platform: &Platform, lang: Lang) -> Result<Vec<UnseenView>, ApiError> {
    const UNSEEN_MAX: usize = 50;
    let mut views = Vec::new();
    for inventory in
        platform.ledger.inventories().map_err(ApiError::of)?.into_iter().filter(|it| it.kind == AssetKind::Host).take(UNSEEN_MAX)
    {
        let facts = platform.ledger.facts(inventory.asset).map_err(ApiError::of)?;
        let gaps = facts.as_ref().map(Facts::gaps).unwrap_or_default();
        views.extend(gaps.into_iter().map(|gap| UnseenView { what: gap.what.clone(), why: gap.said().get(lang).to_owned() }));
    }
    views.truncate(UNSEEN_MAX);
    Ok(views)
}

fn events(platform: &Platform, now: Timestamp) -> Result<EventsView, ApiError> {
    let window = super::events::window(now.plus_seconds(-DAY_S), now);
    let buckets = super::events::buckets(platform, "", &window, HOURS)?;
    Ok(EventsView { count: buckets.iter().map(super::events::BucketView::count).sum(), histogram: buckets })
}
