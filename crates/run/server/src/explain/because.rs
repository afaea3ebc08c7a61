//! Where a finding is, and by what it was judged.

use super::{Known, LayerView, PlaceView, RulingView, rated_by};
use vigie_advisories::{RuledVersion, Ruling};
use vigie_model::component::{Component, Scope};
use vigie_model::finding::Locator;
use vigie_model::lineage::Part;
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::package::Package;
use vigie_model::verdict::Evidence;

/// The most places that are told.
const PLACES_MAX: usize = 20;

/// Where it is: one for each proof.
pub(super) fn places(found: &Occurrence, known: &Known<'_>) -> Vec<PlaceView> {
    let of_package = matches!(found.identity.locator, Locator::Package(_));
    let place = |proof: &Evidence| {
        let component = if of_package { component(proof, known) } else { None };
        let numbers = component.map_or_else(|| layers(found, known), |component| component.layer.into_iter().collect());
        PlaceView {
            place: proof.place.clone(),
            found: proof.found.clone(),
            layer: numbers.first().and_then(|number| layer(*number, known)),
            scope: component.map(|component| component.scope).filter(|scope| *scope != Scope::Runtime),
            direct: component.and_then(|component| component.direct),
        }
    };
    found.evidence.iter().take(PLACES_MAX).map(place).collect()
}

/// The component that a proof speaks of.
fn component<'a>(proof: &Evidence, known: &Known<'a>) -> Option<&'a Component> {
    known.components.iter().find(|component| {
        let package = &component.package;
        let named = package.name == proof.locator && (proof.place.is_empty() || component.path == proof.place);
        named && proof.found.strip_prefix(&*package.name).is_none_or(|version| version.trim_start() == package.version)
    })
}

fn layers(found: &Occurrence, known: &Known<'_>) -> Vec<u32> {
    let origin = known.lineage.and_then(|lineage| lineage.origins.get(found.identity.id()));
    origin.map(|origin| origin.layers.clone()).unwrap_or_default()
}

fn layer(number: u32, known: &Known<'_>) -> Option<LayerView> {
    let layer = known.image?.layers.get(number as usize)?;
    let base = known.lineage.and_then(|lineage| lineage.base.layers);
    Some(LayerView {
        index: number,
        diff_id: layer.diff_id.clone(),
        instruction: instruction(&layer.created_by),
        from: base.map(|base| if number < base { Part::Base } else { Part::Own }),
    })
}

/// Without what builders write around it.
fn instruction(created_by: &str) -> String {
    let text = created_by.trim_start_matches("/bin/sh -c #(nop)").trim_end_matches("# buildkit").trim();
    match text.strip_prefix("/bin/sh -c ") {
        Some(run) => format!("RUN {}", run.trim()),
        None => text.replacen("RUN /bin/sh -c ", "RUN ", 1),
    }
}

/// By what a vulnerability was judged.
pub(super) fn ruling(found: &Occurrence, known: &Known<'_>) -> Option<RulingView> {
    let detail = found.vulnerability.as_ref()?;
    let aliases = detail.aliases.iter().filter(|name| **name != found.identity.subject).cloned().collect();
    let view = RulingView {
        source: detail.ecosystem.clone(),
        package: detail.package.clone(),
        installed: detail.installed.clone(),
        affected: true,
        fixed: detail.fixed.clone(),
        vendor_status: detail.unfixed.map(vigie_model::occurrence::Unfixed::word),
        aliases,
        ..RulingView::default()
    };
    Some(match asked(found, detail, known) {
        Some((ruling, version)) => {
            RulingView { range: version.held.map(|range| range.to_string()), rated_by: Some(rated_by(ruling.rated_by)), ..view }
        }
        None => view,
    })
}

/// What the data say of the version that is judged.
fn asked(found: &Occurrence, detail: &VulnerabilityDetail, known: &Known<'_>) -> Option<(Ruling, RuledVersion)> {
    let package = Package {
        ecosystem: detail.ecosystem.clone(),
        name: detail.package.clone(),
        version: detail.installed.clone(),
        architecture: None,
        source: None,
    };
    let rulings = known.data?.rulings(&found.identity.subject, &[package]).ok()?;
    rulings.into_iter().find_map(|ruling| {
        let version = ruling.installed.iter().find(|version| version.affected).cloned()?;
        Some((ruling, version))
    })
}
