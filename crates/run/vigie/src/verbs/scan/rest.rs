//! What scans of images, folders and lists share: components are judged, and the answer is put together.

use super::send::{Destination, Observed};
use super::sought::Sought;
use super::suppress::{self, Beside};
use super::{explain, shown};
use crate::Ended;
use crate::args::ShownArgs;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use vigie_advisories::vex::Place;
use vigie_checks::Judged;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::problem::Problem;
use vigie_model::asset::Asset;
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::host::OsRelease;
use vigie_model::image::ImageFacts;
use vigie_model::lang::Lang;
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_report::{Scan, Target};
use vigie_server::advisories::AdvisoryFile;
use vigie_server::explain::Known;
use vigie_server::lineage::{self, Seen};
use vigie_server::scans::Unknown;
use vigie_server::vulnerabilities;

/// What was found at rest.
pub(super) struct Rest<'a> {
    pub(super) asset: &'a Asset,
    pub(super) target: Target<'a>,
    /// What was looked for.
    pub(super) kinds: &'a BTreeSet<FindingKind>,
    pub(super) os: Option<&'a OsRelease>,
    pub(super) components: &'a [Component],
    /// What is wrong besides the packages.
    pub(super) found: Vec<Occurrence>,
    /// What was looked for and not everywhere.
    pub(super) partly: BTreeSet<FindingKind>,
    /// Rules that could not tell, and all that is there: asked where they are sent.
    pub(super) unknown: &'a dyn Fn() -> BTreeSet<Unknown>,
    pub(super) inventory: &'a dyn Fn() -> Facts,
    pub(super) to: &'a Destination,
    pub(super) unseen: &'a [Gap],
    /// What authors of VEX may call it.
    pub(super) place: Place,
    /// Of an image, what tells where it comes from.
    pub(super) image: Option<(&'a ImageFacts, &'a Seen<'a>)>,
    /// Its folder, where it is one.
    pub(super) folder: Option<&'a Path>,
    /// The member of `vigie.scan/1` that only this sort of target has.
    pub(super) own: (&'static str, Value),
}

/// Judges and tells.
pub(super) fn judge_and_tell(rest: Rest<'_>, args: &ShownArgs, advisories: &AdvisoryFile, lang: Lang) -> Result<Ended, Problem> {
    let wants_matches = Sought::wants_matches(rest.kinds);
    let packed = rest.to.pack(rest.asset, || Observed {
        kinds: rest.kinds,
        everywhere: rest.kinds.difference(&rest.partly).copied().collect(),
        inventory: Some((rest.inventory)()),
        found: &rest.found,
        unknown: (rest.unknown)(),
        gaps: rest.unseen,
    })?;
    let current = advisories.current().filter(|_| wants_matches);
    let matched = current.as_deref().and_then(|data| vulnerabilities::of_components(rest.components, rest.asset, data));
    let has_matched = matched.is_some();
    let mut findings = matched.unwrap_or_default();
    findings.retain(|found| rest.kinds.contains(&found.identity.kind));
    findings.extend(rest.found);
    let lineage = rest.image.map(|(facts, seen)| lineage::of(facts, &findings, current.as_deref(), seen));
    let taken_at = SystemClock.now();
    let sorted = suppress::sort(findings, args, &rest.place, rest.folder, taken_at, lang)?;
    if let Some(asked) = &args.explain {
        // What checks say of the image, failures or not.
        let checked = rest.image.filter(|_| rest.kinds.contains(&FindingKind::Misconfiguration));
        let judged: Vec<Judged> = checked.map(|(facts, _)| vigie_checks::judge_image(facts)).unwrap_or_default();
        let known = Known {
            asset: rest.asset,
            components: rest.components,
            image: rest.image.map(|(facts, _)| facts),
            lineage: lineage.as_ref(),
            data: current.as_deref(),
            findings: &sorted.kept,
            suppressed: &sorted.suppressed,
            kinds: Some(rest.kinds),
            judged: &judged,
            lang,
        };
        return explain::tell(asked, &known, args);
    }
    let findings = shown::choose(sorted.kept, args)?;
    let beside = Beside { suppressed: &sorted.suppressed, place: &rest.place };
    let scan = Scan {
        asset: rest.asset,
        target: rest.target,
        taken_at,
        os: rest.os,
        components: rest.components,
        findings: &findings,
        lineage: lineage.as_ref(),
        unseen: rest.unseen,
        lang,
        version: env!("CARGO_PKG_VERSION"),
    };
    let ended = shown::write(&scan, beside, args, || view(&scan, beside, rest.kinds, has_matched, &rest.own))?;
    if wants_matches && !has_matched && !rest.components.is_empty() {
        shown::tell_without_data(lang);
    }
    rest.to.send(packed)?;
    Ok(ended)
}

/// JSON form, `vigie.scan/1`.
fn view(scan: &Scan<'_>, beside: Beside<'_>, kinds: &BTreeSet<FindingKind>, matched: bool, own: &(&'static str, Value)) -> Value {
    let lifecycle = scan.os.and_then(vigie_catalogue::lifecycle::end_of_life);
    let mut view = json!({
        "schema": "vigie.scan/1",
        "asset": scan.asset,
        "taken_at": scan.taken_at,
        "os": scan.os,
        "lifecycle": lifecycle.map(|life| json!({ "standard_until": life.standard_until, "extended_until": life.extended_until })),
        "scanners": kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>(),
        "packages": scan.components.len(),
        "matched": matched,
        "findings": shown::views(scan),
        "suppressed": suppress::views(beside.suppressed, scan.lang),
        "components": scan.components,
        "unseen": scan.unseen,
    });
    view[own.0] = own.1.clone();
    if let Some(lineage) = scan.lineage {
        let mut base = json!(lineage.base);
        base["newer"] = json!(lineage.newer);
        view[own.0]["base"] = base;
    }
    view
}
