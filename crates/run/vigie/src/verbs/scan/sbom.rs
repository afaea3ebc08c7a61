//! `vigie scan sbom`: the list of components that another tool made.

use super::rest::{Rest, judge_and_tell};
use super::send::{self, Destination};
use super::sought::Sought;
use crate::Ended;
use crate::args::ScanSbomArgs;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_advisories::vex::Place;
use vigie_inventory::sbom::{self, SbomError};
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::facts::{Facts, ListFacts};
use vigie_model::lang::Lang;
use vigie_model::text;
use vigie_report::Target;
use vigie_server::advisories::AdvisoryFile;
use vigie_server::rest::AtRest;

/// Reads, judges.
pub(super) fn run(args: &ScanSbomArgs, data: &Path, advisories: &AdvisoryFile, lang: Lang) -> Result<Ended, Problem> {
    let to = Destination::of(&args.shown.to, lang)?;
    let bytes = files::read_bounded(&args.file, sbom::BYTES_MAX as u64).map_err(Explain::explain)?;
    let shown = args.file.display().to_string();
    let list = sbom::read(&shown, &bytes).map_err(|error| unreadable(&shown, error))?;
    let name = if list.name.is_empty() { &shown } else { &list.name };
    // A list that says what it is about is the same wherever it lies.
    let asset = match &args.shown.to.name {
        None if !list.name.is_empty() => Asset::new(AssetKind::Repository, format!("sbom:{name}"), name),
        _ => send::placed(AssetKind::Repository, "sbom", &shown, &args.shown.to),
    };
    let sought = Sought::of(&args.sought, None, data, lang)?;
    let at_rest = AtRest { asset: &asset, components: &list.components, remarks: &[], image: None, secrets: &[] };
    let rest = Rest {
        asset: &asset,
        target: Target::Sbom,
        kinds: &sought.kinds,
        found: sought.seekers.judge(&at_rest),
        partly: BTreeSet::new(),
        unknown: &BTreeSet::new,
        inventory: &|| {
            let (format, components, gaps) = (list.format.clone(), list.components.clone(), list.gaps.clone());
            Facts::List(ListFacts { format, name: name.clone(), components, gaps })
        },
        to: &to,
        os: None,
        components: &list.components,
        unseen: &list.gaps,
        place: Place { digests: Vec::new(), names: vec![name.clone()] },
        image: None,
        folder: None,
        own: ("sbom", json!({ "file": shown, "format": list.format, "name": list.name })),
    };
    judge_and_tell(rest, &args.shown, advisories, lang)
}

fn unreadable(shown: &str, error: SbomError) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "{shown} cannot be read as a list of components: {error}",
            fr "{shown} ne peut pas être lu comme liste de composants : {error}",
            de "{shown} lässt sich nicht als Liste von Komponenten lesen: {error}",
        ),
    )
    .hint(text!(
        en "CycloneDX 1.2 to 1.7 and SPDX 2.2 to 2.3 are read, as JSON, XML or tag-value",
        fr "CycloneDX 1.2 à 1.7 et SPDX 2.2 à 2.3 sont lus, en JSON, XML ou tag-value",
        de "gelesen werden CycloneDX 1.2 bis 1.7 und SPDX 2.2 bis 2.3, als JSON, XML oder Tag-Value",
    ))
    .because(error)
}
