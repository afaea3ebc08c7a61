//! `vigie scan repo`: a Git repository: the files it tracks, its history, or what is about to be committed.

use super::rest::{Rest, judge_and_tell};
use super::send::{self, Destination};
use super::sought::Sought;
use crate::Ended;
use crate::args::{ScanRepoArgs, ToArgs};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_advisories::vex::Place;
use vigie_inventory::content::Setting;
use vigie_inventory::repository::{History, Repository};
use vigie_inventory::tree::{self, Options};
use vigie_kit::problem::{Explain, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::image::TreeFacts;
use vigie_model::lang::Lang;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::secret::Secret;
use vigie_report::Target;
use vigie_server::advisories::AdvisoryFile;
use vigie_server::rest::AtRest;

/// Opens, looks, judges.
pub(super) fn run(args: &ScanRepoArgs, data: &Path, advisories: &AdvisoryFile, lang: Lang) -> Result<Ended, Problem> {
    let to = Destination::of(&args.shown.to, lang)?;
    let repository = Repository::open(&args.dir).map_err(Explain::explain)?;
    let seen = if args.staged { staged(&repository, args, data, lang)? } else { all(&repository, args, data, lang)? };
    let Seen { sought, facts, secrets, history } = &seen;
    let asset = asset(&repository, &args.shown.to);
    let at_rest = AtRest { asset: &asset, components: &facts.components, remarks: &facts.remarks, image: None, secrets };
    let unseen = [&facts.gaps[..], &sought.seekers.unseen(&at_rest)].concat();
    let rest = Rest {
        asset: &asset,
        target: Target::Source,
        kinds: &sought.kinds,
        os: None,
        components: &facts.components,
        found: sought.seekers.judge(&at_rest),
        partly: without_history(history.as_ref()),
        unknown: &|| sought.seekers.unknown(&at_rest),
        inventory: &|| Facts::Tree(TreeFacts { remarks: Vec::new(), ..facts.clone() }),
        to: &to,
        unseen: &unseen,
        place: Place::default(),
        image: None,
        folder: Some(shown(&repository)),
        own: (
            "repository",
            json!({
                "path": shown(&repository).display().to_string(),
                "origin": repository.origin(),
                "files": facts.files,
                "file_bytes": facts.file_bytes,
                "commits": history.as_ref().map(|history| history.commits),
                "blobs": history.as_ref().map(|history| history.blobs),
            }),
        ),
    };
    judge_and_tell(rest, &args.shown, advisories, lang)
}

/// What was looked at.
struct Seen {
    sought: Sought,
    facts: TreeFacts,
    /// Of the history, or of what is staged.
    secrets: Vec<Secret>,
    history: Option<History>,
}

/// What is about to be committed.
fn staged(repository: &Repository, args: &ScanRepoArgs, data: &Path, lang: Lang) -> Result<Seen, Problem> {
    let sought = Sought::secrets(&args.key, data, lang)?;
    let secrets = sought.scanner.as_ref().map(|scanner| repository.staged(scanner)).transpose().map_err(Explain::explain)?;
    Ok(Seen { sought, facts: TreeFacts::default(), secrets: secrets.unwrap_or_default(), history: None })
}

/// The work tree, then the history.
fn all(repository: &Repository, args: &ScanRepoArgs, data: &Path, lang: Lang) -> Result<Seen, Problem> {
    let sought = Sought::of(&args.sought, Some(&args.key), data, lang)?;
    let tracked = repository.tracked().map_err(Explain::explain)?;
    let counts = |path: &str| tracked.holds(path);
    let options = Options {
        setting: Some(Setting::Source),
        watches: &sought.seekers.watches(),
        chosen: Some(&counts),
        ..Options::default()
    };
    let facts = repository.work_tree().map(|folder| tree::scan(folder, &options)).transpose().map_err(Explain::explain)?;
    let mut facts = facts.unwrap_or_default();
    sought.seekers.complete(&mut facts.components, &facts.remarks);
    let scanner = sought.scanner.as_ref().filter(|_| !args.no_history);
    let mut history = scanner.map(|scanner| repository.history(scanner));
    if let Some(history) = history.as_ref().filter(|history| history.unread > 0) {
        let detail = format!("{} objects are missing or cannot be read, as in a shallow clone", history.unread);
        facts.gaps.push(Gap::new("the history", Obstacle::Missing, detail));
    }
    let secrets = history.as_mut().map(|history| std::mem::take(&mut history.secrets)).unwrap_or_default();
    Ok(Seen { sought, facts, secrets, history })
}

/// The folder by which a person knows it.
fn shown(repository: &Repository) -> &Path {
    repository.work_tree().unwrap_or_else(|| repository.folder())
}

/// Secrets that only the history shows are not gone because nobody read it to its end.
fn without_history(history: Option<&History>) -> BTreeSet<FindingKind> {
    let whole = history.is_some_and(|history| history.unread == 0);
    if whole { BTreeSet::new() } else { [FindingKind::Secret].into() }
}

/// Clones of one repository are one asset.
fn asset(repository: &Repository, args: &ToArgs) -> Asset {
    match repository.origin().filter(|_| args.name.is_none()) {
        Some(origin) => Asset::new(AssetKind::Repository, format!("git:{origin}"), &origin),
        None => send::placed(AssetKind::Repository, "git", &shown(repository).display().to_string(), args),
    }
}
