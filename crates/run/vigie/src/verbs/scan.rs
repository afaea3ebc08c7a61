//! `vigie scan host`: one look, now. Nothing is recorded, no platform is needed.

use crate::args::{Format, ScanHostArgs, ScanTarget};
use crate::ask::data_path;
use crate::{Ended, out, table};
use serde::Serialize;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::path::Path;
use vigie_inventory::world::World;
use vigie_kit::clock::SystemClock;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::occurrence::Occurrence;
use vigie_model::severity::Severity;
use vigie_model::verdict::Verdict;
use vigie_model::{say, text};
use vigie_server::advisories::AdvisoryFile;
use vigie_server::look::{self, Look};

/// Looks once.
pub(crate) fn run(target: ScanTarget, data: Option<&Path>, lang: Lang) -> Result<Ended, Problem> {
    let ScanTarget::Host(args) = target;
    let world = world(&args.root)?;
    let advisories = AdvisoryFile::at(data_path(data)?.join("advisories"));
    advisories.take_up()?;
    let current = advisories.current();
    let mut look = look::at_host(&world, &SystemClock, current.as_deref());
    look.occurrences.sort_by_cached_key(|found| (Reverse((found.priority(), found.severity)), found.title.clone()));
    match args.format {
        Format::Json => out::json(&view(&look, current.is_some(), args.all, lang))?,
        Format::Csv => out::bytes(&table::csv(&COLUMNS, look.occurrences.iter().map(|found| row(found, lang)))?)?,
        Format::Table => tell(&look, &args, lang)?,
    }
    if current.is_none() {
        out::say(&say!(lang,
            en "hint: packages were not matched: there is no vulnerability data yet; run `vigie db update` or `vigie db import PATH`",
            fr "hint: les paquets n’ont pas été comparés : aucune donnée de vulnérabilités ; lancez `vigie db update` ou `vigie db import CHEMIN`",
            de "hint: Pakete wurden nicht abgeglichen: noch keine Schwachstellendaten; rufen Sie `vigie db update` oder `vigie db import PFAD` auf"));
    }
    let reached = args.fail_on.is_some_and(|bar| look.occurrences.iter().any(|found| found.severity >= bar));
    Ok(if reached { Ended::Findings } else { Ended::Clean })
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

const COLUMNS: [&str; 6] = ["priority", "severity", "id", "title", "installed", "fixed in"];

fn row(found: &Occurrence, lang: Lang) -> [String; 6] {
    let detail = found.vulnerability.as_ref();
    [
        found.priority().number().to_string(),
        table::severity(found.severity),
        found.identity.subject.clone(),
        title(found, lang),
        detail.map_or(String::new(), |detail| detail.installed.clone()),
        detail.and_then(|detail| detail.fixed.clone()).unwrap_or_default(),
    ]
}

/// The title in the reader's language where the subject is a page of the catalogue.
fn title(found: &Occurrence, lang: Lang) -> String {
    let Some(entry) = vigie_catalogue::by_id(&found.identity.subject) else { return found.title.clone() };
    let places: Vec<&str> = found.evidence.iter().map(|proof| proof.locator.as_str()).collect();
    format!("{}: {}", entry.title.get(lang), places.join(", "))
}

fn tell(look: &Look, args: &ScanHostArgs, lang: Lang) -> Result<(), Problem> {
    table::write(COLUMNS, look.occurrences.iter().map(|found| row(found, lang)))?;
    if args.all {
        out::line("")?;
        let passed = look.judged.iter().filter(|judged| !matches!(judged.verdict, Verdict::Fail { .. }));
        table::write(
            ["id", "verdict", "title"],
            passed.map(|judged| {
                [judged.entry.id.clone(), judged.verdict.word().to_owned(), judged.entry.title.get(lang).to_owned()]
            }),
        )?;
    }
    let summary = Severity::ALL.map(|severity| {
        let count = look.occurrences.iter().filter(|found| found.severity == severity).count();
        format!("{count} {severity}")
    });
    out::say(&format!("\n{}: {}", look.asset.name, summary.join(", ")));
    let gaps = look.facts.gaps();
    if !gaps.is_empty() {
        out::say(&say!(lang, en "Not seen:", fr "Non vu :", de "Nicht gesehen:"));
        for gap in gaps {
            out::say(&format!("  {}", out::visible(gap.said().get(lang))));
        }
    }
    Ok(())
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
    findings: Vec<FindingView<'a>>,
    checks: Vec<CheckView<'a>>,
    /// What could not be seen.
    unseen: Vec<&'a vigie_model::observed::Gap>,
}

#[derive(Serialize)]
struct FindingView<'a> {
    id: vigie_model::ids::FindingId,
    kind: &'static str,
    subject: &'a str,
    title: String,
    severity: &'static str,
    priority: u8,
    locator: String,
    fixed_version: Option<&'a str>,
    evidence: &'a [vigie_model::verdict::Evidence],
    vulnerability: Option<&'a vigie_model::occurrence::VulnerabilityDetail>,
    circumstances: &'a vigie_model::priority::Circumstances,
}

#[derive(Serialize)]
struct CheckView<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    verdict: Value,
}

fn view<'a>(look: &'a Look, has_data: bool, all: bool, lang: Lang) -> ScanView<'a> {
    let findings = look.occurrences.iter().map(|found| FindingView {
        id: found.identity.id(),
        kind: found.identity.kind.word(),
        subject: &found.identity.subject,
        title: title(found, lang),
        severity: found.severity.word(),
        priority: found.priority().number(),
        locator: found.identity.locator.text(),
        fixed_version: found.vulnerability.as_ref().and_then(|detail| detail.fixed.as_deref()),
        evidence: &found.evidence,
        vulnerability: found.vulnerability.as_ref(),
        circumstances: &found.circumstances,
    });
    let shown = look.judged.iter().filter(|judged| all || !matches!(judged.verdict, Verdict::Pass));
    let checks = shown.map(|judged| CheckView {
        id: &judged.entry.id,
        title: judged.entry.title.get(lang),
        severity: judged.entry.severity.word(),
        verdict: verdict(&judged.verdict, lang),
    });
    ScanView {
        schema: "vigie.scan/1",
        asset: &look.asset,
        taken_at: look.facts.taken_at,
        os: look.facts.os.value(),
        kernel: look.facts.kernel.value(),
        lifecycle: look
            .lifecycle
            .map_or(Value::Null, |life| json!({ "standard_until": life.standard_until, "extended_until": life.extended_until })),
        packages: look.facts.packages.value().map_or(0, Vec::len),
        matched: has_data && look.matched,
        findings: findings.collect(),
        checks: checks.collect(),
        unseen: look.facts.gaps(),
    }
}

fn verdict(verdict: &Verdict, lang: Lang) -> Value {
    match verdict {
        Verdict::Pass => json!({ "outcome": "pass" }),
        Verdict::Fail { evidence } => json!({ "outcome": "fail", "evidence": evidence }),
        Verdict::NotApplicable { reason } => json!({ "outcome": "not_applicable", "reason": reason.get(lang) }),
        Verdict::Unknown { reason } => json!({ "outcome": "unknown", "reason": reason.get(lang) }),
    }
}
