//! What a scan looks for, and who looks.

use crate::args::{KeyArgs, Scanner as Chosen, SoughtArgs};
use crate::out;
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vigie_inventory::malware::{self, RuleProblem};
use vigie_inventory::secrets::Scanner;
use vigie_kit::files::ReadError;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::finding::FindingKind;
use vigie_model::lang::Lang;
use vigie_model::{say, text};
use vigie_server::rest::{Means, Seekers, fingerprint_key, fingerprint_key_of, licence_policy, malware_scanner};

/// Problems of rules that are told; the others are counted.
const PROBLEMS_TOLD: usize = 20;

/// What can be told of a list of components.
const OF_COMPONENTS: [FindingKind; 3] = [FindingKind::Vulnerability, FindingKind::Malware, FindingKind::Licence];

/// What is looked for.
pub(super) struct Sought {
    pub(super) kinds: BTreeSet<FindingKind>,
    pub(super) seekers: Seekers,
    /// Where secrets are looked for.
    pub(super) scanner: Option<Scanner>,
}

impl Sought {
    /// What the arguments ask for; without a key, of a list of components.
    pub(super) fn of(args: &SoughtArgs, key: Option<&KeyArgs>, data: &Path, lang: Lang) -> Result<Self, Problem> {
        let mut kinds: BTreeSet<FindingKind> = args.scanners.iter().copied().map(kind).collect();
        if kinds.is_empty() {
            kinds.extend(Chosen::value_variants().iter().copied().map(kind));
            // Licences are no news to most who ask for what is wrong.
            if args.licence_policy.is_none() {
                kinds.remove(&FindingKind::Licence);
            }
        }
        // Whoever names rules wants them used.
        kinds.extend((!args.yara.is_empty()).then_some(FindingKind::Malware));
        if key.is_none() {
            kinds.retain(|kind| OF_COMPONENTS.contains(kind));
        }
        let policy = args.licence_policy.as_ref().filter(|_| kinds.contains(&FindingKind::Licence));
        let licences = policy.map(|path| licence_policy(path)).transpose()?.unwrap_or_default();
        let scanner = key.filter(|_| kinds.contains(&FindingKind::Secret)).map(|key| scanner(key, data)).transpose()?;
        let in_files = key.is_some() && kinds.contains(&FindingKind::Malware);
        let malware = in_files.then(|| malware(&args.yara, lang)).transpose()?;
        let means = Means { scanner: scanner.clone(), malware, licences };
        Ok(Self { seekers: Seekers::of(&kinds, &means), kinds, scanner })
    }

    /// Secrets and nothing else.
    pub(super) fn secrets(key: &KeyArgs, data: &Path, lang: Lang) -> Result<Self, Problem> {
        let args = SoughtArgs { scanners: vec![Chosen::Secret], yara: Vec::new(), licence_policy: None };
        Self::of(&args, Some(key), data, lang)
    }

    /// Whether packages are matched against vulnerability data.
    pub(super) fn wants_matches(kinds: &BTreeSet<FindingKind>) -> bool {
        kinds.contains(&FindingKind::Vulnerability) || kinds.contains(&FindingKind::Malware)
    }
}

fn scanner(key: &KeyArgs, data: &Path) -> Result<Scanner, Problem> {
    let key = key.fingerprint_key.as_ref().map_or_else(|| fingerprint_key(data), |path| fingerprint_key_of(path))?;
    Ok(Scanner::with_all_rules(key))
}

/// The scanner with the user's rules; those that do not count are told.
fn malware(rules: &[PathBuf], lang: Lang) -> Result<malware::Scanner, Problem> {
    if let Some(missing) = rules.iter().find(|path| !path.exists()) {
        return Err(ReadError::Missing { path: missing.clone() }.explain());
    }
    let (scanner, problems) = malware_scanner(rules);
    if !rules.is_empty() && scanner.foreign_rules() == 0 {
        let why = problems.first().map_or_else(
            || text!(en "no YARA rules are in what --yara names", fr "ce que nomme --yara ne contient aucune règle YARA", de "was --yara nennt, enthält keine YARA-Regeln"),
            RuleProblem::said,
        );
        return Err(Problem::new(Kind::User, why).hint(text!(
            en "name files, or folders with files that end with .yar or .yara",
            fr "indiquez des fichiers, ou des dossiers contenant des fichiers en .yar ou .yara",
            de "nennen Sie Dateien, oder Ordner mit Dateien, die auf .yar oder .yara enden"
        )));
    }
    for problem in problems.iter().take(PROBLEMS_TOLD) {
        let (said, advice) = (problem.said(), problem.advice());
        let (said, advice) = (said.get(lang), advice.get(lang));
        out::say(&say!(lang, en "warning: {said}", fr "attention : {said}", de "Warnung: {said}"));
        out::say(&say!(lang, en "hint: {advice}", fr "conseil : {advice}", de "Hinweis: {advice}"));
    }
    if let Some(more) = problems.len().checked_sub(PROBLEMS_TOLD).filter(|more| *more > 0) {
        out::say(&say!(lang,
            en "warning: {more} further problems of YARA rules",
            fr "attention : {more} autres problèmes de règles YARA",
            de "Warnung: {more} weitere Probleme von YARA-Regeln"));
    }
    Ok(scanner)
}

const fn kind(chosen: Chosen) -> FindingKind {
    match chosen {
        Chosen::Vulnerability => FindingKind::Vulnerability,
        Chosen::Malware => FindingKind::Malware,
        Chosen::Misconfiguration => FindingKind::Misconfiguration,
        Chosen::Secret => FindingKind::Secret,
        Chosen::Licence => FindingKind::Licence,
    }
}
