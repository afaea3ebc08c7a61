//! A first page for records, and what becomes of records by a page.

use super::form::Form;
use super::said;
use crate::api::error::{ApiError, ErrorBody};
use crate::api::guard::Caller;
use crate::api::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::State;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_collect::draft::{self, Draft, Why, why};
use vigie_collect::mapping::{self, Tried};
use vigie_model::event::ValueRef;
use vigie_model::lang::{Lang, Text};
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Most records that are looked at; the rest is left out.
pub(super) const RECORDS_MAX: usize = 200;

/// Most bytes of them.
pub(super) const RECORDS_BYTES_MAX: usize = 256 * 1024;

/// Records to make a page for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct DraftRequest {
    /// Lines, or documents of JSON.
    records: String,
}

/// A first page.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DraftView {
    /// The records, and which formats know them.
    lines: Vec<KnownRow>,
    /// A page for those that nobody knows; null where all are known.
    draft: Option<Form>,
}

/// A record, and who knows it.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct KnownRow {
    line: String,
    /// The format that knows what it means.
    format: Option<String>,
}

/// A page and records to try it with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct TryRequest {
    /// The page as a form,
    pub(super) draft: Option<Form>,
    /// or as it is written.
    pub(super) page: Option<String>,
    #[serde(default)]
    pub(super) records: String,
}

/// What a page makes of records.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct PreviewView {
    /// The page as it is written, without samples.
    page: String,
    /// The page as a form, with the values that the records have; null where it says more than a form can.
    draft: Option<Form>,
    /// What is wrong in it.
    problem: Option<String>,
    lines: Vec<TriedRow>,
    /// The samples of the page that become something else.
    failed: Vec<String>,
}

/// What a record becomes.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct TriedRow {
    line: String,
    /// Whether the page reads it.
    read: bool,
    /// What reads it otherwise; empty for nothing.
    format: String,
    class: &'static str,
    class_caption: &'static str,
    activity: &'static str,
    severity: &'static str,
    time: String,
    host: String,
    fields: Vec<ValueRow>,
    /// Values that stay under their own names.
    unmapped: Vec<ValueRow>,
    /// Why the page does not read it, in the caller's language.
    why: Option<String>,
}

/// A value.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ValueRow {
    name: String,
    value: String,
}

/// Looks at records: which formats know them, and what a page for the others could be.
#[utoipa::path(post, path = "/formats/draft", tag = "formats", request_body = DraftRequest,
    responses((status = 200, body = DraftView), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn draft(State(platform): State<Arc<Platform>>, Json(body): Json<DraftRequest>) -> Answer<DraftView> {
    let drafted = blocking(move || {
        let pages = platform.formats.pages().current();
        let records = pages.records(bounded(&body.records)?).into_iter().take(RECORDS_MAX).collect::<Vec<_>>().join("\n");
        Ok(draft::draft(&records, &pages, platform.clock.now()))
    });
    let drafted = drafted.await?;
    let lines = drafted.lines.into_iter().map(|known| KnownRow { line: known.line, format: known.format }).collect();
    Ok(Json(DraftView { lines, draft: drafted.draft.map(Form::from) }))
}

/// What a page makes of records, before it is kept.
#[utoipa::path(post, path = "/formats/preview", tag = "formats", request_body = TryRequest,
    responses((status = 200, body = PreviewView), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn preview(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<TryRequest>,
) -> Answer<PreviewView> {
    let work = move || {
        let (page, draft) = body.page()?;
        view(&page, draft, bounded(&body.records)?, platform.clock.now(), caller.lang)
    };
    Ok(Json(blocking(work).await?))
}

impl TryRequest {
    /// The page as it is written, and its form if it has one.
    pub(super) fn page(&self) -> Result<(String, Option<Draft>), ApiError> {
        match (&self.draft, &self.page) {
            (Some(form), None) => {
                let draft = Draft::from(form.clone());
                Ok((draft.to_page(&[]), Some(draft)))
            }
            (None, Some(page)) => Ok((page.clone(), Draft::of_page(page))),
            _ => Err(ApiError::invalid(text!(
                en "A page is given either as `draft` or as `page`",
                fr "Une page est donnée soit par `draft`, soit par `page`",
                de "Eine Seite wird entweder als `draft` oder als `page` angegeben",
            ))),
        }
    }
}

/// Records, unless there are too many bytes of them.
pub(super) fn bounded(records: &str) -> Result<&str, ApiError> {
    if records.len() <= RECORDS_BYTES_MAX {
        return Ok(records);
    }
    let most = RECORDS_BYTES_MAX >> 10;
    Err(ApiError::invalid(text!(
        en "The lines are more than {most} KiB",
        fr "Les lignes dépassent {most} Kio",
        de "Die Zeilen sind mehr als {most} KiB",
    ))
    .with_hint(text!(
        en "some twenty of each kind are enough",
        fr "une vingtaine de chaque sorte suffit",
        de "etwa zwanzig von jeder Art genügen",
    )))
}

fn view(page: &str, draft: Option<Draft>, records: &str, now: Timestamp, lang: Lang) -> Result<PreviewView, ApiError> {
    let tried = match mapping::try_page(page, records, now) {
        Ok(tried) => tried,
        Err(error) => {
            let (page, draft) = (page.to_owned(), draft.map(Form::from));
            return Ok(PreviewView { page, draft, problem: Some(said(&error)), lines: Vec::new(), failed: Vec::new() });
        }
    };
    let draft = draft.map(|draft| {
        let records: Vec<String> = tried.iter().map(|tried| bare(tried, now)).collect();
        draft.with_values_of(&records.iter().map(String::as_str).collect::<Vec<_>>()).into()
    });
    let (_, unlike) = mapping::test_page(page, now).unwrap_or_default();
    let failed = unlike.iter().map(|unlike| super::error::unlike(unlike).get(lang).to_owned()).collect();
    let lines = tried.iter().take(RECORDS_MAX).map(|tried| row(page, tried, now, lang)).collect();
    Ok(PreviewView { page: page.to_owned(), draft, problem: None, lines, failed })
}

/// The part of a record that its page looks at: without the header of syslog, where it has one.
fn bare(tried: &Tried, now: Timestamp) -> String {
    let record = String::from_utf8_lossy(&tried.event.raw).into_owned();
    draft::without_header(&record, now).to_owned()
}

fn row(page: &str, tried: &Tried, now: Timestamp, lang: Lang) -> TriedRow {
    let event = &tried.event;
    let line = String::from_utf8_lossy(&event.raw).into_owned();
    let reason = (!tried.is_by_page).then(|| reason(&why(page, &bare(tried, now))).get(lang).to_owned());
    TriedRow {
        read: tried.is_by_page,
        format: event.origin.format.to_string(),
        class: event.class.name(),
        class_caption: event.class.caption(),
        activity: event.class.activity_caption(event.activity).unwrap_or_default(),
        severity: event.severity.word(),
        time: event.time.to_string(),
        host: event.origin.host.to_string(),
        fields: event
            .fields
            .iter()
            .map(|(field, value)| ValueRow { name: field.path().to_owned(), value: shown(value) })
            .collect(),
        unmapped: event
            .unmapped
            .iter()
            .map(|(name, value)| ValueRow { name: name.to_owned(), value: value.to_owned() })
            .collect(),
        why: reason,
        line,
    }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Boolean(truth) => truth.to_string(),
        ValueRef::Texts(texts) => texts.join(", "),
    }
}

fn reason(why: &Why) -> Text {
    match why {
        Why::Stops { at, wanted } if wanted.is_empty() => text!(
            en "The line goes on after {at} characters, where the pattern ends",
            fr "La ligne continue après {at} caractères, là où le motif s’arrête",
            de "Die Zeile geht nach {at} Zeichen weiter, wo das Muster endet",
        ),
        Why::Stops { at, wanted } => text!(
            en "The line fits for {at} characters; then the pattern expects {wanted}",
            fr "La ligne correspond sur {at} caractères ; ensuite, le motif attend {wanted}",
            de "Die Zeile passt {at} Zeichen weit; dann erwartet das Muster {wanted}",
        ),
        Why::Lacks(name) => text!(
            en "The record has no value {name}",
            fr "L’enregistrement n’a pas de valeur {name}",
            de "Der Eintrag hat keinen Wert {name}",
        ),
        Why::NoJson => text!(
            en "The record is no JSON object",
            fr "L’enregistrement n’est pas un objet JSON",
            de "Der Eintrag ist kein JSON-Objekt",
        ),
        Why::Other => text!(
            en "The page does not fit this record",
            fr "La page ne correspond pas à cet enregistrement",
            de "Die Seite passt nicht zu diesem Eintrag",
        ),
    }
}
