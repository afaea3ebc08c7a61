//! Dashboards.

use super::error::{ApiError, ErrorBody};
use super::findings::unknown_word;
use super::guard::Caller;
use super::searches::asker;
use super::{Answer, blocking};
use crate::platform::Platform;
use crate::searches::{Asker, Body, Dashboard, NewDashboard, SearchesError, Show, Span, Tile, Title};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_model::lang::Lang;

/// The window of a dashboard that says nothing of it, in seconds.
const LAST_SECONDS: i64 = 86_400;

/// A dashboard to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DashboardRequest {
    /// What to call it.
    name: String,
    /// Whether everybody who reads events sees it; needs `share_searches`, and shared searches.
    #[serde(default)]
    shared: bool,
    /// The window of tiles with a query of their own: so many seconds up to now; a day when nothing is said.
    last_s: Option<i64>,
    /// At most 40.
    #[serde(default)]
    tiles: Vec<TileRequest>,
}

/// A tile to be saved: a saved search, or a query, and how its answer is shown.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TileRequest {
    /// The id or the name of a saved search,
    search: Option<String>,
    /// or a query, or a sequence.
    q: Option<String>,
    /// The name of its search when nothing is said.
    title: Option<String>,
    /// `histogram`, `top`, `count` or `table`.
    show: String,
    /// Of a top: the name whose values are counted.
    by: Option<String>,
    /// Of a table: those of its search when nothing is said.
    #[serde(default)]
    columns: Vec<String>,
    /// Values or events, at most 100.
    limit: Option<u32>,
    /// The first of the twelve columns of the grid, from 0.
    x: u32,
    /// The first row of the grid, from 0.
    y: u32,
    /// Columns of the grid.
    width: u32,
    /// Rows of the grid.
    height: u32,
}

/// A dashboard.
#[derive(Serialize, ToSchema)]
pub(super) struct DashboardView {
    id: String,
    /// In the caller's language where it is one that comes with Vigie.
    name: String,
    shared: bool,
    /// Who saved it; `vigie` for those that come with it.
    owner: String,
    changed_at: Option<String>,
    changed_by: Option<String>,
    /// Whether the caller may change and remove it.
    editable: bool,
    last_s: i64,
    tiles: Vec<TileView>,
}

/// A tile, its search spelt out.
#[derive(Serialize, ToSchema)]
pub(super) struct TileView {
    /// The id of its saved search.
    search: Option<String>,
    title: String,
    /// The query; null when its saved search is gone, or the caller may not see it.
    q: Option<String>,
    /// Whether the query is a sequence: then `/events/sequences` answers it.
    sequence: bool,
    /// The window: so many seconds up to now,
    last_s: Option<i64>,
    /// or from this time on,
    from: Option<String>,
    /// up to this time.
    to: Option<String>,
    /// `histogram`, `top`, `count` or `table`.
    show: &'static str,
    by: Option<String>,
    columns: Vec<String>,
    limit: Option<u32>,
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

/// The dashboards that the caller sees: their own and shared ones by name, then those that come with Vigie.
#[utoipa::path(get, path = "/dashboards", tag = "dashboards", responses((status = 200, body = Vec<DashboardView>)))]
pub(super) async fn list(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<DashboardView>> {
    let (asker, lang) = (asker(&caller), caller.lang);
    let views = blocking(move || {
        let all = platform.searches.dashboards(&asker)?;
        all.into_iter().map(|dashboard| view(&platform, dashboard, &asker, lang)).collect()
    });
    Ok(Json(views.await?))
}

/// Saves a dashboard.
#[utoipa::path(post, path = "/dashboards", tag = "dashboards", request_body = DashboardRequest,
    responses((status = 200, body = DashboardView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn save(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<DashboardRequest>,
) -> Answer<DashboardView> {
    let (asker, lang, new) = (asker(&caller), caller.lang, body.dashboard()?);
    let saved = blocking(move || view(&platform, platform.searches.save_dashboard(&asker, new)?, &asker, lang));
    Ok(Json(saved.await?))
}

/// One dashboard.
#[utoipa::path(get, path = "/dashboards/{id}", tag = "dashboards", params(("id" = String, Path)),
    responses((status = 200, body = DashboardView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<DashboardView> {
    let (asker, lang) = (asker(&caller), caller.lang);
    let found = blocking(move || view(&platform, platform.searches.dashboard(&asker, &id)?, &asker, lang));
    Ok(Json(found.await?))
}

/// Replaces what a dashboard is.
#[utoipa::path(put, path = "/dashboards/{id}", tag = "dashboards", params(("id" = String, Path)), request_body = DashboardRequest,
    responses((status = 200, body = DashboardView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(super) async fn change(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Json(body): Json<DashboardRequest>,
) -> Answer<DashboardView> {
    let (asker, lang, new) = (asker(&caller), caller.lang, body.dashboard()?);
    let changed = blocking(move || view(&platform, platform.searches.change_dashboard(&asker, &id, new)?, &asker, lang));
    Ok(Json(changed.await?))
}

/// Removes a dashboard; what it was is told once more.
#[utoipa::path(delete, path = "/dashboards/{id}", tag = "dashboards", params(("id" = String, Path)),
    responses((status = 200, body = DashboardView), (status = 404, body = ErrorBody)))]
pub(super) async fn remove(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<DashboardView> {
    let (asker, lang) = (asker(&caller), caller.lang);
    let removed = blocking(move || view(&platform, platform.searches.remove_dashboard(&asker, &id)?, &asker, lang));
    Ok(Json(removed.await?))
}

/// The ways to show an answer, with their words.
const SHOWN: [(Show, &str); 4] =
    [(Show::Histogram, "histogram"), (Show::Top, "top"), (Show::Count, "count"), (Show::Table, "table")];

impl DashboardRequest {
    fn dashboard(self) -> Result<NewDashboard, ApiError> {
        let tiles = self.tiles.into_iter().map(TileRequest::tile).collect::<Result<Vec<_>, _>>()?;
        let body = Body { last_s: self.last_s.unwrap_or(LAST_SECONDS), tiles };
        Ok(NewDashboard { name: self.name, body, shared: self.shared })
    }
}

impl TileRequest {
    fn tile(self) -> Result<Tile, ApiError> {
        let show = SHOWN.iter().find(|(_, word)| *word == self.show).map(|(show, _)| *show);
        Ok(Tile {
            search: self.search,
            q: self.q,
            title: Title::One(self.title.unwrap_or_default()),
            show: show.ok_or_else(|| unknown_word("show", &self.show))?,
            by: self.by,
            columns: self.columns,
            limit: self.limit,
            x: self.x,
            y: self.y,
            width: self.width,
            height: self.height,
        })
    }
}

fn view(platform: &Platform, dashboard: Dashboard, asker: &Asker, lang: Lang) -> Result<DashboardView, ApiError> {
    let editable = dashboard.is_editable(asker);
    let Dashboard { id, name, body, shared, owner, changed } = dashboard;
    let (changed_at, changed_by) = changed.map(|(at, by)| (at.to_string(), by)).unzip();
    let tiles = body.tiles.into_iter().map(|tile| tile_view(platform, tile, body.last_s, asker, lang));
    Ok(DashboardView {
        id,
        name: name.get(lang).to_owned(),
        shared,
        owner,
        changed_at,
        changed_by,
        editable,
        last_s: body.last_s,
        tiles: tiles.collect::<Result<_, _>>()?,
    })
}

fn tile_view(platform: &Platform, tile: Tile, last_s: i64, asker: &Asker, lang: Lang) -> Result<TileView, ApiError> {
    let saved = match tile.search.as_deref().map(|search| platform.searches.find(asker, search)) {
        Some(Ok(saved)) => Some(saved.search),
        None | Some(Err(SearchesError::NotFound)) => None,
        Some(Err(error)) => return Err(error.into()),
    };
    let (last_s, from, to) = match saved.as_ref().map_or(Span::Last(last_s), |search| search.span) {
        Span::Last(seconds) => (Some(seconds), None, None),
        Span::Between(from, to) => (None, Some(from.to_string()), Some(to.to_string())),
    };
    let title = match (tile.title.get(lang), &saved) {
        ("", Some(search)) => search.name.clone(),
        (title, _) => title.to_owned(),
    };
    let (q, columns) = match saved {
        Some(search) => (Some(search.query), search.columns),
        None => (tile.q, Vec::new()),
    };
    Ok(TileView {
        search: tile.search,
        title,
        sequence: q.as_deref().is_some_and(vigie_lake::Sequence::is_meant),
        q,
        last_s,
        from,
        to,
        show: SHOWN.iter().find(|(show, _)| *show == tile.show).map_or("table", |(_, word)| word),
        by: tile.by,
        columns: if tile.columns.is_empty() { columns } else { tile.columns },
        limit: tile.limit,
        x: tile.x,
        y: tile.y,
        width: tile.width,
        height: tile.height,
    })
}
