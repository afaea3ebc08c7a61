//! `vigie scan image`: a container image at rest.

use super::rest::{Rest, judge_and_tell};
use super::send::Destination;
use super::sought::Sought;
use crate::Ended;
use crate::args::ScanImageArgs;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_advisories::vex::Place;
use vigie_inventory::image::{self, Context, Options};
use vigie_kit::problem::{Explain, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::facts::Facts;
use vigie_model::image::ImageFacts;
use vigie_model::lang::Lang;
use vigie_model::lineage::KnownImage;
use vigie_report::Target;
use vigie_server::advisories::AdvisoryFile;
use vigie_server::lineage::Seen;
use vigie_server::rest::{AtRest, make_data_dir, without_secrets};

/// Opens, reads, judges.
pub(super) fn run(args: &ScanImageArgs, data: &Path, advisories: &AdvisoryFile, lang: Lang) -> Result<Ended, Problem> {
    let to = Destination::of(&args.shown.to, lang)?;
    let sought = Sought::of(&args.sought, Some(&args.key), data, lang)?;
    let options = Options { platform: args.platform.clone(), ..Options::default() };
    let image = image::open(&args.image, &options).map_err(Explain::explain)?;
    let cache = data.join("layers");
    let watches = sought.seekers.watches();
    // Where nothing can be kept, every layer is read anew.
    let keeps = !args.no_cache && make_data_dir(data).is_ok();
    let context = Context { cache: keeps.then_some(cache.as_path()), watches: &watches, ..Context::default() };
    let mut facts = image.read(&context);
    sought.seekers.complete(&mut facts.components, &facts.remarks);
    let candidates = args.base_candidate.iter().map(|candidate| read_candidate(candidate, &options, &context));
    let candidates = candidates.collect::<Result<Vec<_>, _>>()?;
    if let Some(name) = &args.shown.to.name {
        facts.names.insert(0, name.clone());
    }
    let name = name_of(&facts).to_owned();
    let asset = Asset::new(AssetKind::Image, facts.key(), &name);
    let at_rest =
        AtRest { asset: &asset, components: &facts.components, remarks: &facts.remarks, image: Some(&facts), secrets: &[] };
    let found = sought.seekers.judge(&at_rest);
    let unseen = sought.seekers.unseen(&at_rest);
    let unknown = sought.seekers.unknown(&at_rest);
    facts.gaps.extend(unseen);
    without_secrets(&mut facts);
    let seen = Seen { folder: context.cache, watches: &watches, candidates: &candidates };
    let rest = Rest {
        asset: &asset,
        kinds: &sought.kinds,
        found,
        partly: BTreeSet::new(),
        unknown: &|| unknown.clone(),
        inventory: &|| Facts::Image(ImageFacts { remarks: Vec::new(), ..facts.clone() }),
        to: &to,
        target: Target::Image { digest: facts.digest.as_deref() },
        os: facts.os.as_ref(),
        components: &facts.components,
        unseen: &facts.gaps,
        place: Place {
            digests: facts.digest.iter().chain(&facts.config.id).cloned().collect(),
            names: std::iter::once(&name).chain(&facts.names).cloned().collect(),
        },
        image: Some((&facts, &seen)),
        folder: None,
        own: (
            "image",
            json!({
                "reference": facts.reference,
                "names": facts.names,
                "digest": facts.digest,
                "platform": facts.platform.to_string(),
                "config": facts.config,
                "layers": facts.layers,
                "elevated": facts.elevated,
                "world_writable": facts.world_writable,
                "caches": facts.caches,
                "waste": facts.waste,
            }),
        ),
    };
    let ended = judge_and_tell(rest, &args.shown, advisories, lang)?;
    seen.remember(&facts, &name);
    Ok(ended)
}

/// What an image goes by: a layout may name its images by a bare tag, which says little.
fn name_of(facts: &ImageFacts) -> &str {
    let speaks = |name: &&String| name.contains(['/', ':']);
    facts.names.iter().find(speaks).unwrap_or(&facts.reference)
}

/// An image that may take the place of the base.
fn read_candidate(reference: &str, options: &Options, context: &Context<'_>) -> Result<(KnownImage, ImageFacts), Problem> {
    let facts = image::open(reference, options).map_err(Explain::explain)?.read(context);
    Ok((KnownImage::of(&facts, name_of(&facts)), facts))
}
