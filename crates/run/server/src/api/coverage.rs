//! What of the records of each source was understood, and what the rest looks like.

use super::Answer;
use crate::platform::Platform;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_collect::CoverageReport;

/// The coverage of all sources since the start of the program.
#[derive(Serialize, ToSchema)]
pub(super) struct CoverageView {
    /// `vigie.coverage/1`.
    schema: &'static str,
    sources: Vec<CoverageRow>,
}

/// What of one source's records was understood.
#[derive(Serialize, ToSchema)]
pub(super) struct CoverageRow {
    source: String,
    received: u64,
    parsed: u64,
    unparsed: u64,
    /// Records that no parser may take; their events say why as `unmapped.set_aside`.
    set_aside: u64,
    /// The parsed by format; the empty name stands for all beyond the limit.
    formats: Vec<FormatRow>,
    /// The unparsed by form.
    forms: Vec<FormRow>,
    /// Unparsed records of forms beyond the limit.
    of_other_forms: u64,
}

/// How many records a format understood.
#[derive(Serialize, ToSchema)]
pub(super) struct FormatRow {
    format: String,
    events: u64,
}

/// How many unparsed records look alike, and the first of them.
#[derive(Serialize, ToSchema)]
pub(super) struct FormRow {
    events: u64,
    line: String,
}

/// What of the records of each source was understood by which format, and what the rest looks like.
#[utoipa::path(get, path = "/sources/coverage", tag = "events", responses((status = 200, body = CoverageView)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>) -> Answer<CoverageView> {
    let sources = platform.sources_themselves().iter().map(|source| row(source.coverage())).collect();
    Ok(Json(CoverageView { schema: "vigie.coverage/1", sources }))
}

fn row(report: CoverageReport) -> CoverageRow {
    CoverageRow {
        source: report.source.to_string(),
        received: report.received,
        parsed: report.parsed,
        unparsed: report.unparsed,
        set_aside: report.set_aside,
        formats: report.formats.into_iter().map(|row| FormatRow { format: row.format, events: row.events }).collect(),
        forms: report.forms.into_iter().map(|row| FormRow { events: row.events, line: row.line }).collect(),
        of_other_forms: report.of_other_forms,
    }
}
