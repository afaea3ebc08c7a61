//! `vigie scan k8s`: objects of Kubernetes as they are written down.

use super::send::{self, Destination, Observed};
use super::suppress::{self, Beside};
use super::{explain, pss, shown};
use crate::Ended;
use crate::args::{ScanK8sArgs, ShownArgs, ToArgs};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use vigie_advisories::vex::Place;
use vigie_checks::Judged;
use vigie_inventory::configuration::{self, Configurations, kubernetes};
use vigie_inventory::content::Setting;
use vigie_inventory::tree::{self, Options};
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::configuration::{Form, Piece};
use vigie_model::finding::FindingKind;
use vigie_model::lang::Lang;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::text;
use vigie_model::verdict::Verdict;
use vigie_report::{Scan, Target};
use vigie_server::explain::Known;
use vigie_server::scans::Unknown;

/// The largest file or stream: all of a large cluster.
const BYTES_MAX: u64 = 64 << 20;

/// What was read.
pub(super) struct Objects {
    pub(super) asset: Asset,
    pub(super) pieces: Vec<Piece>,
    pub(super) gaps: Vec<Gap>,
    /// Where they lie, when that is a folder.
    folder: Option<PathBuf>,
}

/// Reads, judges.
pub(super) fn run(args: &ScanK8sArgs, lang: Lang) -> Result<Ended, Problem> {
    let to = Destination::of(&args.shown.to, lang)?;
    send::name_for_stream(&args.target, &args.shown.to)?;
    let objects = read(&args.target, &args.shown.to)?;
    if objects.pieces.is_empty() && objects.gaps.is_empty() {
        return Err(nothing(&args.target));
    }
    match args.pss {
        Some(policy) => pss::tell(&objects, policy, &args.shown, lang),
        None => judge(&objects, args, &to, lang),
    }
}

/// By all checks.
fn judge(objects: &Objects, args: &ScanK8sArgs, to: &Destination, lang: Lang) -> Result<Ended, Problem> {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    let mut all = Vec::new();
    let mut rules = BTreeSet::new();
    for piece in &objects.pieces {
        for judged in vigie_checks::judge_piece(piece, &objects.pieces) {
            found.extend(judged.occurrences(objects.asset.id, &Circumstances::default()));
            if let Verdict::Unknown { reason } = &judged.verdict {
                rules.insert(Unknown { rule: judged.entry.id.clone(), reason: reason.en.clone() });
                unknown
                    .push(json!({ "id": judged.entry.id, "object": piece.id(), "line": piece.line, "reason": reason.get(lang) }));
            }
            if args.shown.explain.is_some() {
                all.push(judged);
            }
        }
    }
    let kinds = [FindingKind::Misconfiguration].into();
    let packed = to.pack(&objects.asset, || Observed {
        kinds: &kinds,
        everywhere: kinds.clone(),
        inventory: None,
        found: &found,
        unknown: rules,
        gaps: &objects.gaps,
    })?;
    let ended = objects.answer(found, &args.shown, &unknown, &all, lang)?;
    to.send(packed)?;
    Ok(ended)
}

impl Objects {
    /// What was found in them, in the form that is asked for.
    pub(super) fn answer(
        &self,
        found: Vec<Occurrence>,
        args: &ShownArgs,
        unknown: &[Value],
        judged: &[Judged],
        lang: Lang,
    ) -> Result<Ended, Problem> {
        let (taken_at, place) = (SystemClock.now(), Place::default());
        let sorted = suppress::sort(found, args, &place, self.folder.as_deref(), taken_at, lang)?;
        if let Some(asked) = &args.explain {
            let known = Known {
                asset: &self.asset,
                components: &[],
                image: None,
                lineage: None,
                data: None,
                findings: &sorted.kept,
                suppressed: &sorted.suppressed,
                kinds: Some(&BTreeSet::from([FindingKind::Misconfiguration, FindingKind::PolicyViolation])),
                judged,
                lang,
            };
            return explain::tell(asked, &known, args);
        }
        let findings = shown::choose(sorted.kept, args)?;
        let beside = Beside { suppressed: &sorted.suppressed, place: &place };
        let scan = Scan {
            asset: &self.asset,
            target: Target::Source,
            taken_at,
            os: None,
            components: &[],
            findings: &findings,
            lineage: None,
            unseen: &self.gaps,
            lang,
            version: env!("CARGO_PKG_VERSION"),
        };
        shown::write(&scan, beside, args, || self.view(&scan, beside, unknown))
    }

    /// JSON form, `vigie.scan/1`.
    fn view(&self, scan: &Scan<'_>, beside: Beside<'_>, unknown: &[Value]) -> Value {
        json!({
            "schema": "vigie.scan/1",
            "asset": scan.asset,
            "taken_at": scan.taken_at,
            "kubernetes": { "objects": self.pieces.len(), "unknown": unknown },
            "findings": shown::views(scan),
            "suppressed": suppress::views(beside.suppressed, scan.lang),
            "unseen": scan.unseen,
        })
    }
}

fn read(target: &Path, to: &ToArgs) -> Result<Objects, Problem> {
    let shown = target.display().to_string();
    if shown == "-" {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut bytes);
        let read = read.map_err(|error| unreadable(&shown).because(error))?;
        if read as u64 > BYTES_MAX {
            return Err(too_large(&shown));
        }
        return of_stream("-", &shown, bytes, to);
    }
    // The same file is the same asset however somebody wrote it.
    let name = target.canonicalize().map_or_else(|_| shown.clone(), |path| path.display().to_string());
    if target.is_dir() {
        return of_folder(target, &name, to);
    }
    let bytes = files::read_bounded(target, BYTES_MAX).map_err(Explain::explain)?;
    of_stream(shown.trim_start_matches("./"), &name, bytes, to)
}

fn of_stream(path: &str, name: &str, bytes: Vec<u8>, to: &ToArgs) -> Result<Objects, Problem> {
    let text = String::from_utf8(bytes).map_err(|error| unreadable(path).because(error))?;
    let (pieces, gaps) = kubernetes::read_stream(path, &text);
    Ok(objects(send::placed(AssetKind::Repository, "k8s", name, to), pieces, gaps, None))
}

fn of_folder(folder: &Path, name: &str, to: &ToArgs) -> Result<Objects, Problem> {
    let options = Options { setting: Some(Setting::Source), watches: &[&Configurations], ..Options::default() };
    let facts = tree::scan(folder, &options).map_err(Explain::explain)?;
    let (pieces, mut gaps) = configuration::gathered(&facts.remarks);
    gaps.extend(facts.gaps.into_iter().filter(|gap| gap.why == Obstacle::NotPermitted));
    Ok(objects(send::placed(AssetKind::Repository, "k8s", name, to), pieces, gaps, Some(folder.to_owned())))
}

fn objects(asset: Asset, mut pieces: Vec<Piece>, gaps: Vec<Gap>, folder: Option<PathBuf>) -> Objects {
    pieces.retain(|piece| piece.form == Form::Kubernetes);
    Objects { asset, pieces, gaps, folder }
}

fn nothing(target: &Path) -> Problem {
    let shown = target.display();
    let said = text!(
        en "there is no object of Kubernetes in {shown}",
        fr "{shown} ne contient aucun objet Kubernetes",
        de "in {shown} ist kein Kubernetes-Objekt",
    );
    Problem::new(Kind::User, said).hint(text!(
        en "a chart is rendered first: `helm template CHART | vigie scan k8s -`",
        fr "un chart est d’abord rendu : `helm template CHART | vigie scan k8s -`",
        de "ein Chart wird zuerst gerendert: `helm template CHART | vigie scan k8s -`",
    ))
}

fn unreadable(shown: &str) -> Problem {
    Problem::new(
        Kind::User,
        text!(en "{shown} cannot be read as text", fr "{shown} ne peut pas être lu comme du texte", de "{shown} lässt sich nicht als Text lesen"),
    )
    .hint(text!(
        en "manifests are YAML or JSON in UTF-8",
        fr "les manifestes sont en YAML ou en JSON, en UTF-8",
        de "Manifeste sind YAML oder JSON in UTF-8",
    ))
}

fn too_large(shown: &str) -> Problem {
    let limit = BYTES_MAX >> 20;
    let said = text!(
        en "{shown} is larger than {limit} MiB",
        fr "{shown} dépasse {limit} Mio",
        de "{shown} ist größer als {limit} MiB",
    );
    Problem::new(Kind::User, said).hint(text!(
        en "scan it in parts, such as one namespace at a time",
        fr "examinez-le par parties, par exemple un namespace à la fois",
        de "untersuchen Sie es in Teilen, etwa Namespace für Namespace",
    ))
}
