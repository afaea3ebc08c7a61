//! Log formats: what reads records, and pages of the user, made from records that somebody has.

mod error;
mod form;
mod own;
#[cfg(test)]
mod tests;
mod trying;

pub(super) use own::{__path_change, __path_create, __path_remove, __path_show, change, create, remove, show};
pub(super) use trying::{__path_draft, __path_preview, draft, preview};

use super::{Answer, blocking};
use crate::platform::Platform;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_collect::mapping::{self, Mappings};
use vigie_collect::trial;
use vigie_model::event::{Class, FieldId, FieldKind};

/// Everything that reads records.
#[derive(Serialize, ToSchema)]
pub(super) struct FormatsView {
    /// By their names.
    formats: Vec<FormatRow>,
    /// The user's own pages, by the names of their files.
    own: Vec<OwnRow>,
}

/// A format that is read.
#[derive(Serialize, ToSchema)]
pub(super) struct FormatRow {
    format: String,
    /// What people call it, where a page says it.
    title: String,
    /// `parser`, `page`, `own`.
    by: Vec<&'static str>,
}

/// A page of the user.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnRow {
    /// Of its file, without the ending.
    name: String,
    format: String,
    title: String,
    /// How many samples stand in it.
    samples: usize,
    /// What is wrong in it: it is left out then.
    problem: Option<String>,
}

/// For whoever completes words.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct WordsQuery {
    /// The class whose words are asked for; the base event without one.
    class: Option<String>,
}

/// The words that a page may use.
#[derive(Serialize, ToSchema)]
pub(super) struct WordsView {
    classes: Vec<WordRow>,
    /// Of the class that was asked for.
    activities: Vec<WordRow>,
    /// Of the class that was asked for.
    fields: Vec<FieldRow>,
    /// The kinds of parts of a line.
    kinds: Vec<&'static str>,
}

/// A word and what OCSF calls it.
#[derive(Serialize, ToSchema)]
pub(super) struct WordRow {
    word: String,
    caption: &'static str,
}

/// A field of OCSF.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldRow {
    path: &'static str,
    /// `text`, `number`, `truth`, `texts`.
    kind: &'static str,
}

/// Everything that reads records: parsers, pages of ours, pages of the user.
#[utoipa::path(get, path = "/formats", tag = "formats", responses((status = 200, body = FormatsView)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>) -> Answer<FormatsView> {
    Ok(Json(blocking(move || Ok(FormatsView { formats: formats(&platform), own: own_rows(&platform) })).await?))
}

fn formats(platform: &Platform) -> Vec<FormatRow> {
    let (all, shipped) = (platform.formats.pages().current(), Mappings::shipped());
    let ours = shipped.formats();
    let mut rows: BTreeMap<String, FormatRow> = BTreeMap::new();
    let parsers = trial::parsers().iter().map(|format| (*format, "", "parser"));
    let pages =
        all.formats().into_iter().map(|row| (row.0, row.1, if ours.contains(&row) { "page" } else { "own" })).collect::<Vec<_>>();
    for (format, title, by) in parsers.chain(pages) {
        let new = || FormatRow { format: format.to_owned(), title: String::new(), by: Vec::new() };
        let row = rows.entry(format.to_owned()).or_insert_with(new);
        if !title.is_empty() {
            title.clone_into(&mut row.title);
        }
        if !row.by.contains(&by) {
            row.by.push(by);
        }
    }
    rows.into_values().collect()
}

fn own_rows(platform: &Platform) -> Vec<OwnRow> {
    let row = |name: String| match platform.formats.read(&name) {
        Err(error) => OwnRow { name, format: String::new(), title: String::new(), samples: 0, problem: Some(error.to_string()) },
        Ok(text) => {
            let problem = mapping::check_page(&name, &text).err().map(|error| said(&error));
            let about = mapping::about(&text).unwrap_or_default();
            OwnRow { name, format: about.format, title: about.title, samples: about.samples, problem }
        }
    };
    platform.formats.names().into_iter().map(row).collect()
}

/// What is wrong in a page, without its name.
fn said(error: &mapping::PageError) -> String {
    format!("{}: {}", error.place, error.what)
}

/// The words that a page may use: classes, and the activities and fields of one.
#[utoipa::path(get, path = "/formats/words", tag = "formats", params(WordsQuery), responses((status = 200, body = WordsView)))]
pub(super) async fn words(Query(query): Query<WordsQuery>) -> Answer<WordsView> {
    let class = query.class.as_deref().and_then(Class::from_name).unwrap_or(Class::BaseEvent);
    let classes = Class::ALL.into_iter().map(|class| WordRow { word: class.name().to_owned(), caption: class.caption() });
    let activities = class.activities().iter().map(|(_, caption)| WordRow { word: mapping::snake(caption), caption });
    let fields = FieldId::all().map(FieldId::info).filter(|info| info.classes.has(class));
    let kind = |kind| match kind {
        FieldKind::Text => "text",
        FieldKind::Integer => "number",
        FieldKind::Boolean => "truth",
        FieldKind::Texts => "texts",
    };
    Ok(Json(WordsView {
        classes: classes.collect(),
        activities: activities.collect(),
        fields: fields.map(|info| FieldRow { path: info.path, kind: kind(info.kind) }).collect(),
        kinds: mapping::kinds().collect(),
    }))
}
