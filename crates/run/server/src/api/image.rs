//! What is in an image: its layers, its packages, where they come from and where the image runs.

use super::error::{ApiError, ErrorBody};
use super::guard::Caller;
use super::rows::AssetRef;
use super::{Answer, blocking};
use crate::base::{self, Found};
use crate::platform::Platform;
use crate::vulnerabilities;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_ledger::{AssetDetail, Filter, Order, Side, Sort};
use vigie_model::asset::{AssetKind, RelationKind};
use vigie_model::facts::Facts;
use vigie_model::ids::AssetId;
use vigie_model::image::ImageFacts;
use vigie_model::lang::Lang;
use vigie_model::lineage::{NamedBy, Newer, ToldBy, Trouble};
use vigie_model::severity::Severity;

/// Packages that one answer lists.
const PACKAGES_MAX: usize = 20_000;
/// Containers of an image that one answer lists.
const CONTAINERS_MAX: usize = 500;

/// An image, looked into.
#[derive(Serialize, ToSchema)]
pub(super) struct ImageView {
    names: Vec<String>,
    /// The manifest's digest.
    digest: Option<String>,
    platform: String,
    /// The distribution, in its own words.
    os: Option<String>,
    created: Option<String>,
    /// Who it runs as; empty is root.
    user: String,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    ports: Vec<String>,
    /// Base first.
    layers: Vec<LayerView>,
    base: BaseView,
    packages: Vec<PackageView>,
    /// How many packages there are; more than are listed, where there are very many.
    packages_total: usize,
    /// Where it runs.
    containers: Vec<ContainerView>,
    /// What could not be read, in the caller's language.
    gaps: Vec<String>,
}

/// One layer.
#[derive(Serialize, ToSchema)]
pub(super) struct LayerView {
    diff_id: String,
    /// Bytes as stored.
    bytes: u64,
    bytes_unpacked: u64,
    /// Bytes of files that later layers hide.
    wasted_bytes: u64,
    /// The instruction that made it.
    created_by: String,
    /// Whether all of it was read.
    complete: bool,
    /// Whether it comes from the base; none where that cannot be told.
    from_base: Option<bool>,
    packages: usize,
    /// Active findings of its packages by severity.
    #[schema(value_type = Object)]
    findings: BTreeMap<Severity, u64>,
}

/// What is known of the base.
#[derive(Serialize, ToSchema)]
pub(super) struct BaseView {
    name: Option<String>,
    digest: Option<String>,
    /// Who names it: `annotation`, `provenance`, `label`, `layers` (of a known image).
    named_by: Option<&'static str>,
    /// How many of the lowest layers are its own.
    layers: Option<u32>,
    /// Who tells that: `provenance`, `layers` (of a known image), `history` (a guess).
    told_by: Option<&'static str>,
    /// The known image whose layers are the lowest of this one.
    image: Option<AssetRef>,
    /// Newer versions of it that are known, the smallest step first.
    newer: Vec<NewerView>,
}

/// A newer base.
#[derive(Serialize, ToSchema)]
pub(super) struct NewerView {
    image: AssetRef,
    /// `rebuild` (the same tag), `minor` or `major`.
    step: &'static str,
    /// Vulnerabilities of this image that are gone with it.
    removes: Vec<String>,
    /// Vulnerabilities that come with it.
    brings: Vec<String>,
    /// Findings that come from the base in all.
    of: usize,
}

/// One package.
#[derive(Serialize, ToSchema)]
pub(super) struct PackageView {
    name: String,
    version: String,
    ecosystem: String,
    /// The file that told of it.
    path: String,
    layer: Option<u32>,
    licences: Vec<String>,
    /// The worst of its active findings.
    worst: Option<&'static str>,
}

/// A container of the image.
#[derive(Serialize, ToSchema)]
pub(super) struct ContainerView {
    container: AssetRef,
    /// `running`, `exited`, `gone` …
    state: String,
    host: Option<AssetRef>,
}

/// An image, looked into.
#[utoipa::path(get, path = "/images/{id}", tag = "assets", params(("id" = String, Path)),
    responses((status = 200, body = ImageView), (status = 404, body = ErrorBody)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<ImageView> {
    let id: AssetId = id.parse().map_err(|_| ApiError::not_found())?;
    Ok(Json(blocking(move || view(&platform, id, caller.lang)).await?))
}

/// Active findings by the place of their package.
type ByPlace = BTreeMap<String, BTreeMap<Severity, u64>>;

fn view(platform: &Platform, id: AssetId, lang: Lang) -> Result<ImageView, ApiError> {
    let ledger = &platform.ledger;
    let Some(Facts::Image(facts)) = ledger.facts(id).map_err(ApiError::of)? else { return Err(ApiError::not_found()) };
    let (mut by_place, mut troubles) = (ByPlace::new(), BTreeSet::new());
    let filter = Filter { asset: Some(id), kinds: vulnerabilities::KINDS.to_vec(), ..Filter::default() };
    ledger
        .each_finding(&filter, Sort::Priority, Order::Descending, |found| {
            *by_place.entry(found.locator.clone()).or_default().entry(found.severity).or_default() += 1;
            // What was found in files says nothing of a newer base.
            if found.locator.starts_with("pkg:") {
                troubles.insert(Trouble { id: found.subject, package: found.locator });
            }
            ControlFlow::Continue(())
        })
        .map_err(ApiError::of)?;
    let base = base::of(ledger, id, &facts, &troubles).map_err(ApiError::of)?;
    let containers = containers(platform, id)?;
    Ok(ImageView {
        layers: layers(&facts, &base, &by_place),
        packages: packages(&facts, &by_place),
        packages_total: facts.components.len(),
        base: base_view(base),
        containers,
        gaps: facts.gaps.iter().map(|gap| gap.said().get(lang).to_owned()).collect(),
        platform: facts.platform.to_string(),
        os: facts.os.map(|os| os.pretty_name).filter(|name| !name.is_empty()),
        created: facts.config.created.map(|time| time.to_string()),
        names: facts.names,
        digest: facts.digest,
        user: facts.config.user,
        entrypoint: facts.config.entrypoint,
        cmd: facts.config.cmd,
        ports: facts.config.ports,
    })
}

fn layers(facts: &ImageFacts, base: &Found, by_place: &ByPlace) -> Vec<LayerView> {
    let mut packages: BTreeMap<u32, usize> = BTreeMap::new();
    for layer in facts.components.iter().filter_map(|component| component.layer) {
        *packages.entry(layer).or_default() += 1;
    }
    let mut findings: BTreeMap<u32, BTreeMap<Severity, u64>> = BTreeMap::new();
    for (place, layers) in base::layers_of_places(facts) {
        // A package of two layers counts in both: each must be repaired.
        for (layer, (severity, count)) in
            by_place.get(&place).into_iter().flatten().flat_map(|it| layers.iter().map(move |layer| (layer, it)))
        {
            *findings.entry(*layer).or_default().entry(*severity).or_default() += count;
        }
    }
    let view = |(number, layer): (u32, &vigie_model::image::ImageLayer)| LayerView {
        diff_id: layer.diff_id.clone(),
        bytes: layer.bytes,
        bytes_unpacked: layer.bytes_unpacked,
        wasted_bytes: layer.wasted_bytes,
        created_by: layer.created_by.clone(),
        complete: layer.complete,
        from_base: base.base.layers.map(|layers| number < layers),
        packages: packages.get(&number).copied().unwrap_or_default(),
        findings: findings.remove(&number).unwrap_or_default(),
    };
    (0..).zip(&facts.layers).map(view).collect()
}

fn packages(facts: &ImageFacts, by_place: &ByPlace) -> Vec<PackageView> {
    let worst = |place: &str| by_place.get(place).and_then(|counts| counts.keys().next_back()).map(|severity| severity.word());
    let view = |component: &vigie_model::component::Component| PackageView {
        name: component.package.name.clone(),
        version: component.package.version.clone(),
        ecosystem: component.package.ecosystem.clone(),
        path: component.path.clone(),
        layer: component.layer,
        licences: component.licences.clone(),
        worst: component.owned_by.is_none().then(|| worst(&vulnerabilities::place(&component.package))).flatten(),
    };
    facts.components.iter().take(PACKAGES_MAX).map(view).collect()
}

fn base_view(found: Found) -> BaseView {
    let image = |(id, name): (AssetId, String)| AssetRef { id: id.to_string(), kind: AssetKind::Image.word(), name };
    let newer = |(id, newer): (AssetId, Newer)| {
        let change = newer.change.unwrap_or_default();
        let ids = |troubles: Vec<Trouble>| {
            let ids: BTreeSet<String> = troubles.into_iter().map(|trouble| trouble.id).collect();
            ids.into_iter().collect()
        };
        NewerView {
            image: image((id, newer.name)),
            step: newer.step,
            of: change.of,
            removes: ids(change.removes),
            brings: ids(change.brings),
        }
    };
    let base = found.base;
    BaseView {
        name: base.name,
        digest: base.digest,
        named_by: base.named_by.map(NamedBy::word),
        layers: base.layers,
        told_by: base.told_by.map(ToldBy::word),
        image: found.known.map(image),
        newer: found.newer.into_iter().map(newer).collect(),
    }
}

/// The containers that were started from the image, those that run first.
fn containers(platform: &Platform, id: AssetId) -> Result<Vec<ContainerView>, ApiError> {
    let Some(AssetDetail { relations, .. }) = platform.ledger.asset(id).map_err(ApiError::of)? else { return Ok(Vec::new()) };
    let started = relations.iter().filter(|it| (it.kind, it.direction) == (RelationKind::BuiltFrom, Side::From));
    let mut views = Vec::new();
    for related in started.take(CONTAINERS_MAX) {
        let Some(container) = platform.ledger.asset(related.asset).map_err(ApiError::of)? else { continue };
        let summary = container.summary;
        let mut on = container.relations.into_iter().filter(|it| (it.kind, it.direction) == (RelationKind::RunsOn, Side::To));
        let host = on.next().map(|host| AssetRef {
            name: host.name.unwrap_or_else(|| host.asset.to_string()),
            id: host.asset.to_string(),
            kind: host.asset_kind.map_or("unknown", AssetKind::word),
        });
        views.push(ContainerView {
            container: AssetRef { id: summary.id.to_string(), kind: summary.kind.word(), name: summary.name },
            state: summary.labels.get("state").cloned().unwrap_or_default(),
            host,
        });
    }
    views.sort_by_key(|view| (view.state != "running", view.container.name.clone()));
    Ok(views)
}
