//! `vigie scan host`: this machine, or a file system that is mounted.

use super::send::{Destination, Observed, Packed};
use super::suppress::{self, Beside};
use super::{explain, shown};
use crate::args::{ScanFormat, ScanHostArgs};
use crate::{Ended, out, table};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use vigie_advisories::vex::Place;
use vigie_inventory::world::World;
use vigie_kit::clock::SystemClock;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::lang::Lang;
use vigie_model::observed::Gap;
use vigie_model::text;
use vigie_model::verdict::Verdict;
use vigie_report::{Scan, Target};
use vigie_server::advisories::AdvisoryFile;
use vigie_server::explain::Known;
use vigie_server::look::{self, Look};
use vigie_server::vulnerabilities;

/// Looks once.
pub(super) fn run(args: &ScanHostArgs, advisories: &AdvisoryFile, lang: Lang) -> Result<Ended, Problem> {
    let to = Destination::of(&args.shown.to, lang)?;
    let world = world(&args.root)?;
    let current = advisories.current();
    let mut look = look::at_host(&world, &SystemClock, current.as_deref());
    if let Some(name) = &args.shown.to.name {
        look.asset.name.clone_from(name);
    }
    let packed = pack(&look, &to)?;
    let (found, taken_at, place) = (std::mem::take(&mut look.occurrences), look.facts.taken_at, Place::default());
    let sorted = suppress::sort(found, &args.shown, &place, None, taken_at, lang)?;
    let packages = look.facts.packages.value().into_iter().flatten();
    let components: Vec<Component> = packages.map(|package| Component::new(package.clone(), "")).collect();
    if let Some(asked) = &args.shown.explain {
        let known = Known {
            asset: &look.asset,
            components: &components,
            image: None,
            lineage: None,
            data: current.as_deref(),
            findings: &sorted.kept,
            suppressed: &sorted.suppressed,
            kinds: None,
            judged: &look.judged,
            lang,
        };
        return explain::tell(asked, &known, &args.shown);
    }
    look.occurrences = shown::choose(sorted.kept, &args.shown)?;
    let beside = Beside { suppressed: &sorted.suppressed, place: &place };
    let unseen: Vec<Gap> = look.facts.gaps().into_iter().cloned().collect();
    let scan = Scan {
        asset: &look.asset,
        target: Target::System,
        taken_at: look.facts.taken_at,
        os: look.facts.os.value(),
        components: &components,
        findings: &look.occurrences,
        lineage: None,
        unseen: &unseen,
        lang,
        version: env!("CARGO_PKG_VERSION"),
    };
    let ended = shown::write(&scan, beside, &args.shown, || view(&look, &scan, beside, current.is_some(), args.all))?;
    if args.all && args.shown.format == ScanFormat::Table {
        tell_verdicts(&look, lang)?;
    }
    if current.is_none() {
        shown::tell_without_data(lang);
    }
    to.send(packed)?;
    Ok(ended)
}

/// A machine is judged where its facts are kept, by every check.
fn pack(look: &Look, to: &Destination) -> Result<Option<Packed>, Problem> {
    let kinds: BTreeSet<FindingKind> = look.judged.iter().map(|judged| judged.kind).chain(vulnerabilities::KINDS).collect();
    let gaps: Vec<Gap> = look.facts.gaps().into_iter().cloned().collect();
    to.pack(&look.asset, || Observed {
        kinds: &kinds,
        everywhere: kinds.clone(),
        inventory: Some(Facts::Host(look.facts.clone())),
        found: &[],
        unknown: BTreeSet::new(),
        gaps: &gaps,
    })
}

fn world(root: &Path) -> Result<World, Problem> {
    if root == Path::new("/") {
        return Ok(World::live());
    }
    if !root.is_dir() {
        let shown = root.display();
        return Err(Problem::new(
            Kind::User,
            text!(en "{shown} is no folder", fr "{shown} n’est pas un répertoire", de "{shown} ist kein Ordner"),
        )
        .hint(text!(
            en "give the root of a file system, such as /mnt",
            fr "indiquez la racine d’un système de fichiers, par exemple /mnt",
            de "nennen Sie die Wurzel eines Dateisystems, etwa /mnt",
        )));
    }
    Ok(World::at(root))
}

/// Checks that found nothing wrong.
fn tell_verdicts(look: &Look, lang: Lang) -> Result<(), Problem> {
    let others = look.judged.iter().filter(|judged| !matches!(judged.verdict, Verdict::Fail { .. }));
    out::line("")?;
    table::write(
        ["id", "verdict", "title"],
        others.map(|judged| [judged.entry.id.clone(), judged.verdict.word().to_owned(), judged.entry.title.get(lang).to_owned()]),
    )
}

/// JSON form of a look, `vigie.scan/1`.
#[derive(Serialize)]
struct ScanView<'a> {
    schema: &'static str,
    asset: &'a vigie_model::asset::Asset,
    taken_at: vigie_model::time::Timestamp,
    os: Option<&'a vigie_model::host::OsRelease>,
    kernel: Option<&'a vigie_model::host::Kernel>,
    /// Last days of support, where they are known.
    lifecycle: Value,
    packages: usize,
    /// Whether packages were matched against vulnerability data.
    matched: bool,
    findings: Vec<shown::FindingView<'a>>,
    /// What somebody has judged already.
    suppressed: Value,
    checks: Vec<CheckView<'a>>,
    /// What could not be seen.
    unseen: Vec<&'a vigie_model::observed::Gap>,
}

#[derive(Serialize)]
struct CheckView<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    verdict: Value,
}

fn view(look: &Look, scan: &Scan<'_>, beside: Beside<'_>, has_data: bool, all: bool) -> Value {
    let lang = scan.lang;
    let told = look.judged.iter().filter(|judged| all || !matches!(judged.verdict, Verdict::Pass));
    let checks = told.map(|judged| CheckView {
        id: &judged.entry.id,
        title: judged.entry.title.get(lang),
        severity: judged.entry.severity.word(),
        verdict: verdict(&judged.verdict, lang),
    });
    json!(ScanView {
        schema: "vigie.scan/1",
        asset: &look.asset,
        taken_at: look.facts.taken_at,
        os: look.facts.os.value(),
        kernel: look.facts.kernel.value(),
        lifecycle: look
            .lifecycle
            .map_or(Value::Null, |life| json!({ "standard_until": life.standard_until, "extended_until": life.extended_until })),
        packages: look.facts.packages.value().map_or(0, Vec::len),
        matched: has_data && look.matched_by.is_some(),
        findings: shown::views(scan),
        suppressed: suppress::views(beside.suppressed, lang),
        checks: checks.collect(),
        unseen: look.facts.gaps(),
    })
}

fn verdict(verdict: &Verdict, lang: Lang) -> Value {
    match verdict {
        Verdict::Pass => json!({ "outcome": "pass" }),
        Verdict::Fail { evidence } => json!({ "outcome": "fail", "evidence": evidence }),
        Verdict::NotApplicable { reason } => json!({ "outcome": "not_applicable", "reason": reason.get(lang) }),
        Verdict::Unknown { reason } => json!({ "outcome": "unknown", "reason": reason.get(lang) }),
    }
}
