//! Why a stored finding is there: the same answer as `vigie scan --explain` gives, from what is kept of its asset.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::{Answer, blocking};
use crate::base;
use crate::explain::{self, Known};
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_checks::lineage::origins;
use vigie_ledger::Detail;
use vigie_model::asset::Asset;
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::finding::{Identity, Locator};
use vigie_model::image::ImageFacts;
use vigie_model::lang::Lang;
use vigie_model::lineage::{Lineage, Part};
use vigie_model::occurrence::Occurrence;

/// Why a finding is there.
#[derive(Serialize, ToSchema)]
pub(super) struct ExplanationView {
    /// Of an image: `base`, `own` or `both`; none where that cannot be told.
    from: Option<&'static str>,
    /// Of an image: the layers that brought it, counted from the base (0).
    layers: Vec<u32>,
    /// All of it for a person, in the caller's language.
    sections: Vec<SectionView>,
    /// The same for programs, as `vigie scan --explain --format json` gives it.
    #[schema(value_type = Object)]
    finding: Value,
}

/// A part of an explanation.
#[derive(Serialize, ToSchema)]
pub(super) struct SectionView {
    heading: String,
    /// A command begins with `$ `.
    lines: Vec<String>,
}

/// Why a finding is there, from which layer, by which file, and what to do.
#[utoipa::path(get, path = "/findings/{id}/explanation", tag = "findings", params(("id" = String, Path)),
    responses((status = 200, body = ExplanationView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<ExplanationView> {
    let view = blocking(move || {
        let id = platform.ledger.complete_id(&id).map_err(ApiError::of)?.ok_or_else(ApiError::not_found)?;
        let detail = platform.ledger.finding(id).map_err(ApiError::of)?.ok_or_else(ApiError::not_found)?;
        view(&platform, detail, caller.lang)
    });
    Ok(Json(view.await?))
}

fn view(platform: &Platform, detail: Detail, lang: Lang) -> Result<ExplanationView, ApiError> {
    let ledger = &platform.ledger;
    let (id, kind, name) = (detail.finding.asset.id, detail.finding.asset.kind, detail.finding.asset.name.clone());
    let asset = ledger.asset_in_effect(id).map_err(ApiError::of)?.unwrap_or_else(|| Asset::new(kind, "", name));
    let facts = ledger.facts(id).map_err(ApiError::of)?;
    let image = facts.as_ref().and_then(Facts::image);
    let found = occurrence(detail);
    let lineage = image.map(|image| lineage(platform, &found, image)).transpose()?;
    let components: Vec<Component> = match &facts {
        Some(Facts::Host(host)) => {
            let packages = host.packages.value().into_iter().flatten();
            packages.map(|package| Component::new(package.clone(), "")).collect()
        }
        Some(facts) => facts.components().to_vec(),
        None => Vec::new(),
    };
    let data = platform.advisories.current();
    let known = Known {
        asset: &asset,
        components: &components,
        image,
        lineage: lineage.as_ref(),
        data: data.as_deref(),
        findings: &[],
        suppressed: &[],
        kinds: None,
        judged: &[],
        lang,
    };
    let answer = explain::of(&found, None, &known);
    let origin = lineage.as_ref().and_then(|lineage| lineage.origins.get(found.identity.id())).cloned().unwrap_or_default();
    Ok(ExplanationView {
        from: origin.from.map(Part::word),
        layers: origin.layers,
        sections: answer.sections.iter().map(|it| SectionView { heading: it.heading.clone(), lines: it.lines.clone() }).collect(),
        finding: json!(answer),
    })
}

/// What of the image comes from its base, for this one finding.
fn lineage(platform: &Platform, found: &Occurrence, image: &ImageFacts) -> Result<Lineage, ApiError> {
    let (ledger, id) = (&platform.ledger, found.identity.asset);
    let troubles = base::troubles(ledger, id).map_err(ApiError::of)?;
    let known = base::of(ledger, id, image, &troubles).map_err(ApiError::of)?;
    let origins = origins(image, &known.base, [found]);
    Ok(Lineage { base: known.base, origins, newer: known.newer.into_iter().map(|(_, newer)| newer).collect() })
}

/// The finding as it was sighted.
fn occurrence(detail: Detail) -> Occurrence {
    let finding = detail.finding;
    Occurrence {
        identity: Identity {
            kind: finding.kind,
            subject: finding.subject,
            asset: finding.asset.id,
            locator: Locator::of_text(&finding.locator),
        },
        severity: finding.severity,
        circumstances: detail.circumstances,
        title: finding.title,
        evidence: detail.evidence,
        vulnerability: detail.vulnerability,
        detection: detail.detection,
    }
}
