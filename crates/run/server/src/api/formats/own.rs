//! The user's own pages: shown, kept, changed and removed.

use super::error::{ours, reads_nothing, unlike_at, wrong_page};
use super::form::Form;
use super::trying::{TryRequest, bounded};
use crate::api::error::{ApiError, ErrorBody};
use crate::api::guard::Caller;
use crate::api::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::audit::Entry;
use vigie_collect::draft::{Draft, with_samples};
use vigie_collect::mapping::{self, Mappings, SAMPLES_MAX, Sample};
use vigie_collect::trial;
use vigie_model::time::Timestamp;

/// A page of the user.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct OwnView {
    /// Of its file, without the ending.
    name: String,
    /// As it is written.
    page: String,
    /// As a form; null where it says more than a form can.
    draft: Option<Form>,
    /// The records that stand in it as samples.
    records: Vec<String>,
}

/// A page of the user, by the name of its file.
#[utoipa::path(get, path = "/formats/own/{name}", tag = "formats", params(("name" = String, Path)),
    responses((status = 200, body = OwnView), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn show(State(platform): State<Arc<Platform>>, Path(name): Path<String>) -> Answer<OwnView> {
    Ok(Json(blocking(move || view(&platform, name)).await?))
}

/// Keeps a new page under the name of its format; it is used from the next record on. The records it reads become its samples.
#[utoipa::path(post, path = "/formats/own", tag = "formats", request_body = TryRequest,
    responses((status = 200, body = OwnView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn create(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<TryRequest>,
) -> Answer<OwnView> {
    let work = move || {
        let page = whole(&body, platform.clock.now())?;
        let name = mapping::about(&page).unwrap_or_default().format;
        let shipped = Mappings::shipped();
        if trial::parsers().contains(&name.as_str()) || shipped.formats().iter().any(|(format, _)| *format == name) {
            return Err(ours(&name));
        }
        keep(&platform, &caller, name, &page, true)
    };
    Ok(Json(blocking(work).await?))
}

/// Replaces a page.
#[utoipa::path(put, path = "/formats/own/{name}", tag = "formats", params(("name" = String, Path)), request_body = TryRequest,
    responses((status = 200, body = OwnView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn change(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Json(body): Json<TryRequest>,
) -> Answer<OwnView> {
    let work = move || keep(&platform, &caller, name, &whole(&body, platform.clock.now())?, false);
    Ok(Json(blocking(work).await?))
}

/// Removes a page; what it was is told once more.
#[utoipa::path(delete, path = "/formats/own/{name}", tag = "formats", params(("name" = String, Path)),
    responses((status = 200, body = OwnView), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn remove(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Answer<OwnView> {
    let work = move || {
        let gone = view(&platform, name.clone())?;
        platform.formats.remove(&name, || note(&platform, &caller, "remove_format", &name))?;
        Ok(gone)
    };
    Ok(Json(blocking(work).await?))
}

fn view(platform: &Platform, name: String) -> Result<OwnView, ApiError> {
    let page = platform.formats.read(&name)?;
    let samples = mapping::samples_of(&page).unwrap_or_default();
    let draft = Draft::of_page(&page).map(|draft| {
        let records: Vec<&str> = samples.iter().map(|sample| sample.record.as_str()).collect();
        Form::from(draft.with_values_of(&records))
    });
    Ok(OwnView { name, page, draft, records: samples.into_iter().map(|sample| sample.record).collect() })
}

fn keep(platform: &Platform, caller: &Caller, name: String, page: &str, is_new: bool) -> Result<OwnView, ApiError> {
    let what = if is_new { "save_format" } else { "change_format" };
    platform.formats.write(&name, page, is_new, || note(platform, caller, what, &name))?;
    view(platform, name)
}

fn note(platform: &Platform, caller: &Caller, what: &str, name: &str) -> Result<(), ApiError> {
    let (who, detail) = (caller.account.name.clone(), json!({ "file": format!("{name}.toml") }).to_string());
    Ok(platform.access.note(&Entry { who, what: what.to_owned(), on: name.to_owned(), detail })?)
}

/// The page as it is to be written: with the records that it reads as its samples. It is right, and all of them hold.
fn whole(body: &TryRequest, now: Timestamp) -> Result<String, ApiError> {
    let (page, _) = body.page()?;
    let tried = mapping::try_page(&page, bounded(&body.records)?, now).map_err(|error| wrong_page(&error))?;
    let known = mapping::samples_of(&page).map_err(|error| wrong_page(&error))?;
    let read = tried.iter().filter(|tried| tried.is_by_page).map(|tried| Sample::of(&tried.event));
    let mut new: Vec<Sample> = Vec::new();
    for sample in read {
        if !known.iter().chain(&new).any(|other| other.record == sample.record) {
            new.push(sample);
        }
    }
    new.truncate(SAMPLES_MAX.saturating_sub(known.len()));
    if known.is_empty() && new.is_empty() {
        return Err(reads_nothing());
    }
    let page = with_samples(&page, &new);
    let (_, unlike) = mapping::test_page(&page, now).map_err(|error| wrong_page(&error))?;
    unlike.first().map_or(Ok(page), |unlike| Err(unlike_at(unlike)))
}
