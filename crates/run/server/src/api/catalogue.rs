//! The catalogue of rules, in the caller's language.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_catalogue::{Entry, Family};
use vigie_model::lang::Lang;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct CatalogueFilter {
    /// Text that the entry contains.
    text: Option<String>,
    /// `checks`, `detections` or `secrets`.
    family: Option<String>,
}

/// One entry in the list.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryRow {
    id: String,
    /// `checks`, `detections` or `secrets`.
    family: &'static str,
    title: String,
    severity: &'static str,
    /// `sandbox`, `stable` or `retired`.
    maturity: &'static str,
    tags: Vec<String>,
    references: Vec<String>,
    /// Active findings of this entry.
    findings: u64,
}

/// One entry whole.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryView {
    #[serde(flatten)]
    row: EntryRow,
    looks_for: String,
    why: String,
    fix: String,
    /// The facts or classes it reads.
    reads: Vec<String>,
    examples: Vec<ExampleView>,
    /// The Sigma rule of a detection.
    rule: Option<&'static str>,
}

/// Facts or events and the outcome they must give.
#[derive(Serialize, ToSchema)]
pub(super) struct ExampleView {
    /// `bad`, `good`, `not_applicable` or `unknown`.
    kind: &'static str,
    note: String,
    body: String,
}

/// All entries, by id.
#[utoipa::path(get, path = "/catalogue", tag = "catalogue", params(CatalogueFilter), responses((status = 200, body = Vec<EntryRow>)))]
pub(super) async fn list(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Query(filter): Query<CatalogueFilter>,
) -> Answer<Vec<EntryRow>> {
    let family = filter.family.as_deref().and_then(Family::from_word);
    let text = filter.text.unwrap_or_default().to_lowercase();
    let rows = blocking(move || {
        let found = platform.ledger.active_by_subject().map_err(ApiError::of)?;
        let wanted = vigie_catalogue::all().iter().filter(|entry| family.is_none_or(|family| entry.family == family));
        let matching = wanted.filter(|entry| contains(entry, &text, caller.lang));
        Ok::<_, ApiError>(matching.map(|entry| row(entry, caller.lang, found.get(&entry.id).copied().unwrap_or(0))).collect())
    })
    .await?;
    Ok(Json(rows))
}

/// One entry.
#[utoipa::path(get, path = "/catalogue/{id}", tag = "catalogue", params(("id" = String, Path)),
    responses((status = 200, body = EntryView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<EntryView> {
    let entry = vigie_catalogue::by_id(&id).ok_or_else(ApiError::not_found)?;
    let found = blocking(move || platform.ledger.active_by_subject().map_err(ApiError::of)).await?;
    let lang = caller.lang;
    Ok(Json(EntryView {
        row: row(entry, lang, found.get(&entry.id).copied().unwrap_or(0)),
        looks_for: entry.looks_for.get(lang).to_owned(),
        why: entry.why.get(lang).to_owned(),
        fix: entry.fix.get(lang).to_owned(),
        reads: entry.reads.clone(),
        examples: entry
            .examples
            .iter()
            .map(|example| ExampleView { kind: example.kind.word(), note: example.note.clone(), body: example.body.clone() })
            .collect(),
        rule: entry.rule,
    }))
}

fn contains(entry: &Entry, text: &str, lang: Lang) -> bool {
    let texts = [entry.id.as_str(), entry.path, entry.title.get(lang), entry.looks_for.get(lang)];
    texts.into_iter().chain(entry.tags.iter().map(String::as_str)).any(|place| place.to_lowercase().contains(text))
}

fn row(entry: &Entry, lang: Lang, findings: u64) -> EntryRow {
    EntryRow {
        id: entry.id.clone(),
        family: entry.family.word(),
        title: entry.title.get(lang).to_owned(),
        severity: entry.severity.word(),
        maturity: entry.maturity.word(),
        tags: entry.tags.clone(),
        references: entry.references.clone(),
        findings,
    }
}
