//! Why a finding that somebody asks for is not there.

use super::sections::Section;
use super::{Known, RulingView};
use serde::Serialize;
use vigie_advisories::Ruling;
use vigie_catalogue::Entry;
use vigie_checks::Judged;
use vigie_model::component::Component;
use vigie_model::finding::FindingKind;
use vigie_model::package::Package;
use vigie_model::say;
use vigie_model::verdict::Verdict;

/// The most packages that are named.
const NAMED_MAX: usize = 10;

/// Why a finding is not there.
#[derive(Debug, Serialize)]
pub struct Absent {
    /// `not_affected` (the package is there, the version is not in the range), `owned` (another package is judged for
    /// it), `no_package`, `not_sought`, `no_data`, `passes`, `not_applicable`, `unknown`, `not_found`, `no_such_id`.
    pub reason: &'static str,
    /// Of a vulnerability: its first name.
    pub subject: String,
    /// What the data say of packages that are there.
    pub rulings: Vec<RulingView>,
    /// All of it for a person.
    pub sections: Vec<Section>,
}

/// Why there is no such finding.
pub(super) fn of(asked: &str, known: &Known<'_>) -> Absent {
    if let Some(entry) = vigie_catalogue::by_id(&asked.to_ascii_uppercase()).or_else(|| vigie_catalogue::by_id(asked)) {
        return of_rule(entry, known);
    }
    let Some(data) = known.data else {
        let sought = is_sought(FindingKind::Vulnerability, known);
        let reason = if sought { "no_data" } else { "not_sought" };
        return said(
            asked,
            reason,
            vec![if sought { no_data(known) } else { not_sought(FindingKind::Vulnerability, known) }],
            known,
        );
    };
    match data.vulnerability_named(asked) {
        Ok(Some(vulnerability)) => of_vulnerability(&vulnerability.id, known),
        _ => said(asked, "no_such_id", vec![no_such_id(asked, known)], known),
    }
}

fn said(subject: &str, reason: &'static str, lines: Vec<String>, known: &Known<'_>) -> Absent {
    let heading = say!(known.lang,
        en "Why {subject} is not among the findings",
        fr "Pourquoi {subject} n’est pas parmi les constats",
        de "Warum {subject} nicht unter den Befunden ist");
    Absent { reason, subject: subject.to_owned(), rulings: Vec::new(), sections: vec![Section { heading, lines }] }
}

fn is_sought(kind: FindingKind, known: &Known<'_>) -> bool {
    known.kinds.is_none_or(|kinds| kinds.contains(&kind))
}

fn no_data(known: &Known<'_>) -> String {
    say!(known.lang,
        en "There is no vulnerability data: run `vigie db update` or `vigie db import PATH`.",
        fr "Il n’y a pas de données de vulnérabilités : lancez `vigie db update` ou `vigie db import CHEMIN`.",
        de "Es gibt keine Schwachstellendaten: Rufen Sie `vigie db update` oder `vigie db import PFAD` auf.")
}

fn not_sought(kind: FindingKind, known: &Known<'_>) -> String {
    let word = kind.word();
    say!(known.lang,
        en "Nobody looked for findings of the kind {word}: --scanners left it out.",
        fr "Personne n’a cherché de constats du type {word} : --scanners l’a exclu.",
        de "Nach Befunden der Art {word} hat niemand gesucht: --scanners hat sie ausgelassen.")
}

fn no_such_id(asked: &str, known: &Known<'_>) -> String {
    say!(known.lang,
        en "Neither the vulnerability data nor the catalogue of rules knows {asked}; newer data may (`vigie db update`).",
        fr "Ni les données de vulnérabilités ni le catalogue des règles ne connaissent {asked} ; des données plus récentes peut-être (`vigie db update`).",
        de "Weder die Schwachstellendaten noch der Katalog der Regeln kennen {asked}; neuere Daten vielleicht (`vigie db update`).")
}

fn of_vulnerability(id: &str, known: &Known<'_>) -> Absent {
    let Some(data) = known.data else { return said(id, "no_data", vec![no_data(known)], known) };
    if !is_sought(FindingKind::Vulnerability, known) {
        return said(id, "not_sought", vec![not_sought(FindingKind::Vulnerability, known)], known);
    }
    let packages: Vec<Package> = known.components.iter().map(|component| component.package.clone()).collect();
    let rulings = data.rulings(id, &packages).unwrap_or_default();
    if rulings.is_empty() {
        let affected = data.affected_packages(id, NAMED_MAX).unwrap_or_default();
        let names: Vec<String> = affected.iter().map(|(ecosystem, name)| format!("{name} ({ecosystem})")).collect();
        let names = names.join(", ");
        let line = say!(known.lang,
            en "None of the packages it affects is there. The data name: {names}",
            fr "Aucun des paquets qu’elle concerne n’est présent. Les données nomment : {names}",
            de "Keines der betroffenen Pakete ist vorhanden. Die Daten nennen: {names}");
        return said(id, "no_package", vec![line], known);
    }
    let mut lines = Vec::new();
    let mut owned = false;
    for ruling in &rulings {
        for version in &ruling.installed {
            let component = component(ruling, &version.name, known);
            let owner = component.and_then(|component| component.owned_by.as_deref()).filter(|_| version.affected);
            owned |= owner.is_some();
            lines.push(of_version(ruling, version, component, owner, known));
        }
    }
    lines.sort();
    lines.dedup();
    let reason = if owned { "owned" } else { "not_affected" };
    Absent { rulings: rulings.iter().flat_map(view).collect(), ..said(id, reason, lines, known) }
}

fn component<'a>(ruling: &Ruling, name: &str, known: &Known<'a>) -> Option<&'a Component> {
    known.components.iter().find(|it| it.package.ecosystem == ruling.ecosystem && it.package.name == name)
}

fn of_version(
    ruling: &Ruling,
    version: &vigie_advisories::RuledVersion,
    component: Option<&Component>,
    owner: Option<&str>,
    known: &Known<'_>,
) -> String {
    let lang = known.lang;
    let place = component.map(|it| it.path.as_str()).filter(|path| !path.is_empty());
    let place = place.map_or(String::new(), |path| format!(" ({path})"));
    let (name, installed, source) = (&version.name, &version.version, &ruling.ecosystem);
    let what = format!("{name} {installed}{place}");
    let ranges: Vec<String> =
        ruling.ranges.iter().map(ToString::to_string).chain(ruling.single.iter().map(|one| format!("= {one}"))).collect();
    let ranges = ranges.join(" || ");
    if let Some(owner) = owner {
        return say!(lang,
            en "{what}: the package {owner} of the distribution brought it, and the distribution’s data judge it, not those of {source}",
            fr "{what} : le paquet {owner} de la distribution l’a apporté, et ce sont les données de la distribution qui en jugent, non celles de {source}",
            de "{what}: Das Paket {owner} der Distribution hat es gebracht, und deren Daten beurteilen es, nicht die von {source}");
    }
    match &version.fixed {
        Some(fixed) if !version.affected => say!(lang,
            en "{what}: repaired since {fixed} (affected: {ranges}; data of {source})",
            fr "{what} : corrigé depuis {fixed} (concerné : {ranges} ; données de {source})",
            de "{what}: behoben seit {fixed} (betroffen: {ranges}; Daten von {source})"),
        _ if !version.affected => say!(lang,
            en "{what}: not in a range that is affected ({ranges}; data of {source})",
            fr "{what} : dans aucun intervalle concerné ({ranges} ; données de {source})",
            de "{what}: in keinem betroffenen Bereich ({ranges}; Daten von {source})"),
        _ => say!(lang,
            en "{what}: affected by the data of {source} ({ranges}), but carries no findings: it holds no code that runs, as kernel headers do, or another kernel runs",
            fr "{what} : concerné d’après les données de {source} ({ranges}), mais ne porte pas de constats : il ne contient pas de code exécuté, comme des en-têtes du noyau, ou un autre noyau s’exécute",
            de "{what}: nach den Daten von {source} betroffen ({ranges}), trägt aber keine Befunde: Es enthält keinen laufenden Code, wie Kernel-Header, oder ein anderer Kernel läuft"),
    }
}

fn view(ruling: &Ruling) -> Vec<RulingView> {
    let of = |version: &vigie_advisories::RuledVersion| RulingView {
        source: ruling.ecosystem.clone(),
        package: version.name.clone(),
        installed: version.version.clone(),
        range: version.held.as_ref().map(ToString::to_string),
        affected: version.affected,
        fixed: version.fixed.clone(),
        vendor_status: ruling.unfixed.map(vigie_model::occurrence::Unfixed::word),
        rated_by: Some(super::rated_by(ruling.rated_by)),
        aliases: Vec::new(),
    };
    ruling.installed.iter().map(of).collect()
}

fn of_rule(entry: &Entry, known: &Known<'_>) -> Absent {
    let lang = known.lang;
    let title = entry.title.get(lang);
    let judged: Vec<&Judged> = known.judged.iter().filter(|judged| judged.entry.id == entry.id).collect();
    let first = |wanted: fn(&Verdict) -> bool| judged.iter().find(|judged| wanted(&judged.verdict)).map(|judged| &judged.verdict);
    if let Some(Verdict::Unknown { reason }) = first(|it| matches!(it, Verdict::Unknown { .. })) {
        let reason = reason.get(lang);
        let line = say!(lang, en "{title}: nobody can tell: {reason}", fr "{title} : impossible à dire : {reason}", de "{title}: nicht zu sagen: {reason}");
        return said(&entry.id, "unknown", vec![line], known);
    }
    if first(|it| matches!(it, Verdict::Pass)).is_some() {
        let line = say!(lang, en "{title}: looked at, and it is as it should be.", fr "{title} : vérifié, et tout est comme il se doit.", de "{title}: geprüft, und es ist, wie es sein soll.");
        return said(&entry.id, "passes", vec![line], known);
    }
    if let Some(Verdict::NotApplicable { reason }) = first(|it| matches!(it, Verdict::NotApplicable { .. })) {
        let reason = reason.get(lang);
        let line = say!(lang, en "{title}: does not apply: {reason}", fr "{title} : sans objet : {reason}", de "{title}: nicht anwendbar: {reason}");
        return said(&entry.id, "not_applicable", vec![line], known);
    }
    let kind = if entry.id.starts_with("SEC-") { FindingKind::Secret } else { FindingKind::Misconfiguration };
    if !is_sought(kind, known) {
        return said(&entry.id, "not_sought", vec![not_sought(kind, known)], known);
    }
    let line = say!(lang,
        en "{title}: nothing of the kind was found in what was looked at.",
        fr "{title} : rien de tel n’a été trouvé dans ce qui a été examiné.",
        de "{title}: In dem, was untersucht wurde, fand sich nichts dergleichen.");
    said(&entry.id, "not_found", vec![line], known)
}
