//! Decisions about findings.

use super::error::{ApiError, ErrorBody};
use super::findings::{ids, unknown_word};
use super::guard::Caller;
use super::{Answer, blocking};
use crate::live::Change;
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::audit::Entry;
use vigie_ledger::{Decision, Label, NewDecision, Selector};
use vigie_model::finding::FindingKind;
use vigie_model::ids::{AssetId, DecisionId};
use vigie_model::life::Ruling;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// A decision as it is taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionRequest {
    selector: SelectorView,
    /// `{"ruling":"accept","until":…}`, `{"ruling":"not_affected","justification":…}` or `{"ruling":"false_positive"}`.
    #[schema(value_type = Object)]
    ruling: Value,
    /// Why, for those who read it later.
    reason: String,
    /// When it ends.
    #[schema(value_type = String)]
    expires_at: Timestamp,
}

/// What a decision is about: all parts that are given must fit.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SelectorView {
    /// These findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<String>,
    /// This rule or vulnerability.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// This package, by purl without version.
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<String>,
    /// This asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<String>,
    /// This kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// Assets with this label, `key=value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

/// What a decision did.
#[derive(Serialize, ToSchema)]
pub(super) struct DecidedView {
    id: String,
    /// Findings that it covers now.
    applied: u64,
}

/// A decision.
#[derive(Serialize, ToSchema)]
pub(super) struct DecisionView {
    id: String,
    #[schema(value_type = Object)]
    selector: Value,
    #[schema(value_type = Object)]
    ruling: Value,
    reason: String,
    author: String,
    created_at: String,
    expires_at: String,
    ended_at: Option<String>,
    /// Findings that it covers now.
    covers: u64,
}

/// Why a decision is withdrawn.
#[derive(Deserialize, ToSchema)]
pub(super) struct WithdrawRequest {
    why: String,
}

/// All decisions, newest first.
#[utoipa::path(get, path = "/decisions", tag = "decisions", responses((status = 200, body = Vec<DecisionView>)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>) -> Answer<Vec<DecisionView>> {
    let decisions = blocking(move || platform.ledger.decisions().map_err(ApiError::of)).await?;
    Ok(Json(decisions.into_iter().map(view).collect()))
}

/// Decides about findings.
#[utoipa::path(post, path = "/decisions", tag = "decisions", request_body = DecisionRequest,
    responses((status = 200, body = DecidedView), (status = 400, body = ErrorBody)))]
pub(super) async fn decide(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<DecisionRequest>,
) -> Answer<DecidedView> {
    let ruling: Ruling = serde_json::from_value(body.ruling).map_err(|_| {
        ApiError::invalid(
            text!(en "The ruling makes no sense", fr "Le verdict est incompréhensible", de "Das Urteil ist unverständlich"),
        )
        .with_hint(text!(
            en "accept with `until`, not_affected with a `justification` of VEX, or false_positive",
            fr "accept avec `until`, not_affected avec une `justification` de VEX, ou false_positive",
            de "accept mit `until`, not_affected mit einer `justification` von VEX, oder false_positive",
        ))
    })?;
    let decision = NewDecision {
        selector: selector(&body.selector)?,
        ruling,
        reason: body.reason,
        author: caller.account.name,
        expires_at: body.expires_at,
    };
    let decided = blocking(move || {
        let (who, detail) = (decision.author.clone(), json!({ "ruling": decision.ruling, "selector": decision.selector }));
        let decided = platform.ledger.decide(decision).map_err(ApiError::of)?;
        platform.access.note(&Entry { who, what: "decide".into(), on: decided.id.to_string(), detail: detail.to_string() })?;
        platform.live.tell(Change::Findings { changed: decided.applied });
        Ok(decided)
    })
    .await?;
    Ok(Json(DecidedView { id: decided.id.to_string(), applied: decided.applied }))
}

/// Withdraws a decision; its findings fall to the one before it, or are open again.
#[utoipa::path(delete, path = "/decisions/{id}", tag = "decisions", params(("id" = String, Path)), request_body = WithdrawRequest,
    responses((status = 200, body = DecidedView), (status = 400, body = ErrorBody)))]
pub(super) async fn withdraw(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Json(body): Json<WithdrawRequest>,
) -> Answer<DecidedView> {
    let id: DecisionId = id.parse().map_err(|_| ApiError::not_found())?;
    let who = caller.account.name;
    let applied = blocking(move || {
        let applied = platform.ledger.withdraw(id, &who, &body.why).map_err(ApiError::of)?;
        platform.access.note(&Entry {
            who,
            what: "withdraw_decision".into(),
            on: id.to_string(),
            detail: json!({ "why": body.why }).to_string(),
        })?;
        platform.live.tell(Change::Findings { changed: applied });
        Ok(applied)
    })
    .await?;
    Ok(Json(DecidedView { id: id.to_string(), applied }))
}

/// A decision as callers read it.
pub(super) fn view(decision: Decision) -> DecisionView {
    DecisionView {
        id: decision.id.to_string(),
        selector: json!(decision.selector),
        ruling: json!(decision.ruling),
        reason: decision.reason,
        author: decision.author,
        created_at: decision.created_at.to_string(),
        expires_at: decision.expires_at.to_string(),
        ended_at: decision.ended_at.map(|time| time.to_string()),
        covers: decision.covers,
    }
}

fn selector(view: &SelectorView) -> Result<Selector, ApiError> {
    let asset = view.asset.as_deref().map(|id| id.parse::<AssetId>().map_err(|_| unknown_word("asset", id)));
    let kind = view.kind.as_deref().map(|word| FindingKind::from_word(word).ok_or_else(|| unknown_word("kind", word)));
    let label = view.label.clone().map(|label| Label::try_from(label.clone()).map_err(|_| unknown_word("label", &label)));
    Ok(Selector {
        findings: ids(&view.findings)?,
        subject: view.subject.clone(),
        package: view.package.clone(),
        asset: asset.transpose()?,
        kind: kind.transpose()?,
        label: label.transpose()?,
    })
}
