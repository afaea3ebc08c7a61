//! Assets, and the facts about them.

use super::error::{ApiError, ErrorBody};
use super::findings::unknown_word;
use super::guard::Caller;
use super::rows::AssetRef;
use super::{Answer, blocking};
use crate::live::Change;
use crate::platform::Platform;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use vigie_access::audit::Entry;
use vigie_catalogue::lifecycle;
use vigie_ledger::{AssetDetail, AssetEdit, AssetFilter, AssetSummary, RelatedAsset, RuleVerdict, Side};
use vigie_model::asset::{AssetKind, Criticality};
use vigie_model::facts::Facts;
use vigie_model::ids::AssetId;
use vigie_model::lang::Lang;
use vigie_model::priority::Exposure;
use vigie_model::severity::Severity;
use vigie_model::verdict::Verdict;

/// Assets that one request gives.
const ASSETS_MAX: u32 = 1000;

/// Which assets.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct AssetQuery {
    /// One kind.
    kind: Option<String>,
    /// Text that name, key or labels contain.
    text: Option<String>,
}

/// Assets.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetList {
    assets: Vec<AssetRow>,
}

/// One asset in the list.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetRow {
    id: String,
    kind: &'static str,
    name: String,
    /// What makes it this one.
    key: String,
    labels: BTreeMap<String, String>,
    owner: Option<String>,
    #[schema(value_type = String)]
    criticality: Criticality,
    #[schema(value_type = String)]
    exposure: Exposure,
    /// Active findings by severity.
    #[schema(value_type = Object)]
    findings: BTreeMap<Severity, u64>,
    first_seen: String,
    last_seen: String,
}

/// One asset whole.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetView {
    #[serde(flatten)]
    row: AssetRow,
    relations: Vec<RelationView>,
    /// Facts of a host, as last gathered.
    #[schema(value_type = Option<Object>)]
    facts: Value,
    /// What the checks say of it.
    verdicts: Vec<VerdictView>,
    /// Last days of its distribution's support.
    lifecycle: Option<LifecycleView>,
}

/// A relation to another asset.
#[derive(Serialize, ToSchema)]
pub(super) struct RelationView {
    /// `runs_on`, `built_from`, `deployed_as` or `exposes`.
    kind: &'static str,
    /// `to` or `from` the other asset.
    #[schema(value_type = String)]
    direction: Side,
    asset: AssetRef,
}

/// What one check says.
#[derive(Serialize, ToSchema)]
pub(super) struct VerdictView {
    id: String,
    title: String,
    severity: &'static str,
    /// `outcome`, and `evidence` or `reason` with it.
    #[schema(value_type = Object)]
    verdict: Value,
}

/// Last days of support.
#[derive(Serialize, ToSchema)]
pub(super) struct LifecycleView {
    standard_until: Option<String>,
    extended_until: Option<String>,
}

/// What people know better than the tools.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssetEditRequest {
    owner: Option<String>,
    /// `low`, `normal`, `high` or `vital`.
    #[schema(value_type = Option<String>)]
    criticality: Option<Criticality>,
    /// `unknown`, `local`, `network` or `internet`.
    #[schema(value_type = Option<String>)]
    exposure: Option<Exposure>,
    labels: Option<BTreeMap<String, String>>,
}

/// All assets of a filter.
#[utoipa::path(get, path = "/assets", tag = "assets", params(AssetQuery), responses((status = 200, body = AssetList), (status = 400, body = ErrorBody)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>, Query(query): Query<AssetQuery>) -> Answer<AssetList> {
    let kind = query.kind.as_deref().map(|word| AssetKind::from_word(word).ok_or_else(|| unknown_word("kind", word)));
    let filter = AssetFilter { kind: kind.transpose()?, text: query.text };
    let assets = blocking(move || platform.ledger.assets(&filter, None, ASSETS_MAX).map_err(ApiError::of)).await?;
    Ok(Json(AssetList { assets: assets.into_iter().map(row).collect() }))
}

/// One asset.
#[utoipa::path(get, path = "/assets/{id}", tag = "assets", params(("id" = String, Path)),
    responses((status = 200, body = AssetView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<AssetView> {
    let id: AssetId = id.parse().map_err(|_| ApiError::not_found())?;
    Ok(Json(blocking(move || view(&platform, id, caller.lang)).await?))
}

/// Sets owner, criticality, exposure and labels; what people set wins over what tools see.
#[utoipa::path(patch, path = "/assets/{id}", tag = "assets", params(("id" = String, Path)), request_body = AssetEditRequest,
    responses((status = 200, body = AssetView), (status = 404, body = ErrorBody)))]
pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Json(body): Json<AssetEditRequest>,
) -> Answer<AssetView> {
    let id: AssetId = id.parse().map_err(|_| ApiError::not_found())?;
    let edit = AssetEdit { owner: body.owner, criticality: body.criticality, exposure: body.exposure, labels: body.labels };
    let view = blocking(move || {
        platform.ledger.edit_asset(id, &edit).map_err(ApiError::of)?;
        let entry =
            Entry { who: caller.account.name, what: "edit_asset".into(), on: id.to_string(), detail: json!(edit).to_string() };
        platform.access.note(&entry)?;
        platform.live.tell(Change::System);
        view(&platform, id, caller.lang)
    })
    .await?;
    Ok(Json(view))
}

fn view(platform: &Platform, id: AssetId, lang: Lang) -> Result<AssetView, ApiError> {
    let AssetDetail { summary, relations, .. } =
        platform.ledger.asset(id).map_err(ApiError::of)?.ok_or_else(ApiError::not_found)?;
    let facts = platform.ledger.facts(id).map_err(ApiError::of)?;
    let verdicts = platform.ledger.verdicts(id).map_err(ApiError::of)?;
    let host = facts.as_ref().and_then(Facts::host);
    let life = host.and_then(|facts| facts.os.value()).and_then(lifecycle::end_of_life);
    Ok(AssetView {
        row: row(summary),
        relations: relations.into_iter().map(relation).collect(),
        facts: json!(host),
        verdicts: verdicts.into_iter().filter_map(|verdict| verdict_view(verdict, lang)).collect(),
        lifecycle: life.map(|life| LifecycleView {
            standard_until: life.standard_until.map(|day| day.to_string()),
            extended_until: life.extended_until.map(|day| day.to_string()),
        }),
    })
}

fn row(asset: AssetSummary) -> AssetRow {
    AssetRow {
        id: asset.id.to_string(),
        kind: asset.kind.word(),
        name: asset.name,
        key: asset.key,
        labels: asset.labels,
        owner: asset.owner,
        criticality: asset.criticality,
        exposure: asset.exposure,
        findings: asset.findings,
        first_seen: asset.first_seen.to_string(),
        last_seen: asset.last_seen.to_string(),
    }
}

fn relation(related: RelatedAsset) -> RelationView {
    let name = related.name.unwrap_or_else(|| related.asset.to_string());
    RelationView {
        kind: related.kind.word(),
        direction: related.direction,
        asset: AssetRef { id: related.asset.to_string(), kind: related.asset_kind.map_or("unknown", AssetKind::word), name },
    }
}

/// A verdict with its page; one whose page is gone is not shown.
fn verdict_view(stored: RuleVerdict, lang: Lang) -> Option<VerdictView> {
    let entry = vigie_catalogue::by_id(&stored.rule)?;
    let verdict = match stored.verdict {
        Verdict::Pass => json!({ "outcome": "pass" }),
        Verdict::Fail { evidence } => json!({ "outcome": "fail", "evidence": evidence }),
        Verdict::NotApplicable { reason } => json!({ "outcome": "not_applicable", "reason": reason.get(lang) }),
        Verdict::Unknown { reason } => json!({ "outcome": "unknown", "reason": reason.get(lang) }),
    };
    Some(VerdictView { id: stored.rule, title: entry.title.get(lang).to_owned(), severity: entry.severity.word(), verdict })
}
