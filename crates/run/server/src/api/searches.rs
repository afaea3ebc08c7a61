//! Saved searches.

use super::alerts::{self, AlertView};
use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::{Answer, blocking};
use crate::platform::Platform;
use crate::searches::{Asker, NewSearch, Saved, SearchesError, Span};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::permission::Permission;
use vigie_model::lang::Lang;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// The window of a search that says nothing of it, in seconds.
const LAST_SECONDS: i64 = 86_400;

/// A search to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    /// What to call it.
    name: String,
    /// The query, as `GET /events` takes it.
    #[serde(default)]
    q: String,
    /// The window: so many seconds up to the moment in which it is asked; a day when nothing is said.
    last_s: Option<i64>,
    /// Or from this time on,
    #[schema(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// up to this time.
    #[schema(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// The columns to show, in their order; the usual ones when nothing is said.
    #[serde(default)]
    columns: Vec<String>,
    /// Whether everybody who reads events sees it; needs `share_searches`.
    #[serde(default)]
    shared: bool,
}

/// A saved search.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchRow {
    id: String,
    name: String,
    q: String,
    /// The window: so many seconds up to the moment in which it is asked,
    last_s: Option<i64>,
    /// or from this time on,
    from: Option<String>,
    /// up to this time.
    to: Option<String>,
    columns: Vec<String>,
    shared: bool,
    /// Who saved it.
    owner: String,
    created_at: String,
    changed_at: String,
    changed_by: String,
    /// Whether the caller may change and remove it.
    editable: bool,
    /// When it alerts, and how that stands.
    alert: Option<AlertView>,
}

/// The searches that the caller sees: their own and the shared ones, by name.
#[utoipa::path(get, path = "/searches", tag = "searches", responses((status = 200, body = Vec<SearchRow>)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>, Extension(caller): Extension<Caller>) -> Answer<Vec<SearchRow>> {
    let (asker, lang) = (asker(&caller), caller.lang);
    let rows = blocking(move || {
        let saved = platform.searches.list(&asker)?;
        saved.into_iter().map(|saved| row(&platform, saved, &asker, lang)).collect()
    });
    Ok(Json(rows.await?))
}

/// Saves a search.
#[utoipa::path(post, path = "/searches", tag = "searches", request_body = SearchRequest,
    responses((status = 200, body = SearchRow), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn save(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<SearchRequest>,
) -> Answer<SearchRow> {
    let (asker, lang, new) = (asker(&caller), caller.lang, body.search()?);
    Ok(Json(blocking(move || row(&platform, platform.searches.save(&asker, new)?, &asker, lang)).await?))
}

/// One search, by its id or its name; of two of one name, the caller's own.
#[utoipa::path(get, path = "/searches/{id}", tag = "searches", params(("id" = String, Path)),
    responses((status = 200, body = SearchRow), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<SearchRow> {
    let (asker, lang) = (asker(&caller), caller.lang);
    Ok(Json(blocking(move || row(&platform, platform.searches.find(&asker, &id)?, &asker, lang)).await?))
}

/// Replaces what a search is.
#[utoipa::path(put, path = "/searches/{id}", tag = "searches", params(("id" = String, Path)), request_body = SearchRequest,
    responses((status = 200, body = SearchRow), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn change(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Json(body): Json<SearchRequest>,
) -> Answer<SearchRow> {
    let (asker, lang, new) = (asker(&caller), caller.lang, body.search()?);
    Ok(Json(blocking(move || row(&platform, platform.searches.change(&asker, &id, new)?, &asker, lang)).await?))
}

/// Removes a search; what it was is told once more.
#[utoipa::path(delete, path = "/searches/{id}", tag = "searches", params(("id" = String, Path)),
    responses((status = 200, body = SearchRow), (status = 404, body = ErrorBody)))]
pub(super) async fn remove(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<SearchRow> {
    let (asker, lang) = (asker(&caller), caller.lang);
    Ok(Json(blocking(move || row(&platform, platform.searches.remove(&asker, &id)?, &asker, lang)).await?))
}

impl SearchRequest {
    fn search(self) -> Result<NewSearch, ApiError> {
        let span = match (self.last_s, self.from, self.to) {
            (None, None, None) => Span::Last(LAST_SECONDS),
            (Some(seconds), None, None) => Span::Last(seconds),
            (None, Some(from), Some(to)) => Span::Between(from, to),
            _ => {
                return Err(ApiError::invalid(text!(
                    en "A window is said by `last_s` alone, or by `from` and `to`",
                    fr "Une fenêtre s’exprime par `last_s` seul, ou par `from` et `to`",
                    de "Ein Zeitfenster wird durch `last_s` allein angegeben oder durch `from` und `to`",
                )));
            }
        };
        Ok(NewSearch { name: self.name, query: self.q, span, columns: self.columns, shared: self.shared })
    }
}

pub(super) fn asker(caller: &Caller) -> Asker {
    Asker { name: caller.account.name.clone(), may_share: caller.may(Permission::ShareSearches) }
}

/// A search as the caller reads it, with its alert.
pub(super) fn row(platform: &Platform, saved: Saved, asker: &Asker, lang: Lang) -> Result<SearchRow, ApiError> {
    let alert = platform.searches.alert(&saved.id).map_err(ApiError::of)?.map(|alert| alerts::view(alert, lang));
    let editable = asker.may_change(&saved);
    let Saved { id, search, owner, created_at, changed_at, changed_by } = saved;
    let (last_s, from, to) = match search.span {
        Span::Last(seconds) => (Some(seconds), None, None),
        Span::Between(from, to) => (None, Some(from.to_string()), Some(to.to_string())),
    };
    Ok(SearchRow {
        id,
        name: search.name,
        q: search.query,
        last_s,
        from,
        to,
        columns: search.columns,
        shared: search.shared,
        owner,
        created_at: created_at.to_string(),
        changed_at: changed_at.to_string(),
        changed_by,
        editable,
        alert,
    })
}

impl From<SearchesError> for ApiError {
    fn from(error: SearchesError) -> Self {
        match error {
            SearchesError::NotFound => Self::new(
                StatusCode::NOT_FOUND,
                "not_found",
                text!(
                    en "No search or dashboard of this name is kept, or it is somebody else’s own",
                    fr "Aucune recherche ni aucun tableau de bord de ce nom n’est enregistré, ou il appartient à quelqu’un d’autre",
                    de "Unter diesem Namen ist keine Suche und kein Dashboard gespeichert, oder nur für jemand anderen",
                ),
            )
            .with_hint(text!(
                en "`vigie searches list` shows the searches that you may see",
                fr "`vigie searches list` montre les recherches que vous pouvez voir",
                de "`vigie searches list` zeigt die Suchen, die Sie sehen dürfen",
            )),
            SearchesError::Forbidden => Self::forbidden().with_hint(text!(
                en "searches of everybody are changed by whoever may share searches, and made one’s own again by their owner",
                fr "les recherches partagées sont modifiées par qui peut en partager, et reprises par leur seul propriétaire",
                de "geteilte Suchen ändert, wer Suchen teilen darf; zurücknehmen kann sie nur, wem sie gehören",
            )),
            SearchesError::NameTaken => Self::new(
                StatusCode::CONFLICT,
                "name_taken",
                text!(
                    en "A search of this name is saved already",
                    fr "Une recherche de ce nom est déjà enregistrée",
                    de "Eine Suche dieses Namens ist schon gespeichert",
                ),
            )
            .with_hint(text!(
                en "choose another name, or replace that search",
                fr "choisissez un autre nom, ou remplacez cette recherche",
                de "wählen Sie einen anderen Namen oder ersetzen Sie jene Suche",
            )),
            SearchesError::Query(error) => super::events::refused(error),
            SearchesError::Invalid(said) => Self::invalid(said),
            SearchesError::Access(error) => error.into(),
            SearchesError::Db(error) => Self::of(error),
        }
    }
}
