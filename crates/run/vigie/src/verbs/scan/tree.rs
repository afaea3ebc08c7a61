//! `vigie scan fs`: a folder, the root of an installed system or a source tree.

use super::rest::{Rest, judge_and_tell};
use super::send::{self, Destination};
use super::sought::Sought;
use crate::Ended;
use crate::args::ScanFsArgs;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_advisories::vex::Place;
use vigie_inventory::tree::{self, Options};
use vigie_kit::problem::{Explain, Problem};
use vigie_model::asset::AssetKind;
use vigie_model::facts::Facts;
use vigie_model::image::TreeFacts;
use vigie_model::lang::Lang;
use vigie_report::Target;
use vigie_server::advisories::AdvisoryFile;
use vigie_server::rest::AtRest;

/// Walks, judges.
pub(super) fn run(args: &ScanFsArgs, data: &Path, advisories: &AdvisoryFile, lang: Lang) -> Result<Ended, Problem> {
    let to = Destination::of(&args.shown.to, lang)?;
    let sought = Sought::of(&args.sought, Some(&args.key), data, lang)?;
    let options = Options { watches: &sought.seekers.watches(), ..Options::default() };
    let mut facts = tree::scan(&args.dir, &options).map_err(Explain::explain)?;
    sought.seekers.complete(&mut facts.components, &facts.remarks);
    // The same folder is the same asset however somebody wrote it.
    let path = args.dir.canonicalize().map_or_else(|_| facts.path.clone(), |path| path.display().to_string());
    let kind = if facts.installed { AssetKind::Host } else { AssetKind::Repository };
    let asset = send::placed(kind, "fs", &path, &args.shown.to);
    let at_rest = AtRest { asset: &asset, components: &facts.components, remarks: &facts.remarks, image: None, secrets: &[] };
    let unseen = [&facts.gaps[..], &sought.seekers.unseen(&at_rest)].concat();
    let rest = Rest {
        asset: &asset,
        kinds: &sought.kinds,
        found: sought.seekers.judge(&at_rest),
        partly: BTreeSet::new(),
        unknown: &|| sought.seekers.unknown(&at_rest),
        inventory: &|| Facts::Tree(TreeFacts { remarks: Vec::new(), ..facts.clone() }),
        to: &to,
        target: if facts.installed { Target::System } else { Target::Source },
        os: facts.os.as_ref(),
        components: &facts.components,
        unseen: &unseen,
        place: Place::default(),
        image: None,
        folder: Some(&args.dir),
        own: (
            "tree",
            json!({ "path": path, "installed": facts.installed, "files": facts.files, "file_bytes": facts.file_bytes }),
        ),
    };
    judge_and_tell(rest, &args.shown, advisories, lang)
}
