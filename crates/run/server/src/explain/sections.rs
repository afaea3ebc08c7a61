//! An answer as text for a person, in sections.

use super::{Known, LayerView, PlaceView, Remedy, RulingView};
use serde::Serialize;
use vigie_advisories::vex::Why;
use vigie_model::component::Scope;
use vigie_model::lang::Lang;
use vigie_model::lineage::{Part, ToldBy};
use vigie_model::occurrence::{Occurrence, Unfixed};
use vigie_model::priority::{Exposure, Factors, KnownExploited};
use vigie_model::say;

/// A part of an answer.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub heading: String,
    /// Lines; a command begins with `$ `.
    pub lines: Vec<String>,
}

/// What the answer is made of.
type Parts<'a> = (&'a [PlaceView], Option<&'a RulingView>, &'a [Remedy]);

/// The sections of an answer.
pub(super) fn of(
    found: &Occurrence,
    taken_away: Option<&Why>,
    known: &Known<'_>,
    (places, ruling, remedies): Parts<'_>,
) -> Vec<Section> {
    let lang = known.lang;
    let mut sections = Vec::new();
    let mut add = |heading: String, lines: Vec<String>| {
        if !lines.is_empty() {
            sections.push(Section { heading, lines });
        }
    };
    let away = taken_away.map(|why| vec![decided(why, lang)]).unwrap_or_default();
    add(say!(lang, en "Does not count", fr "Ne compte pas", de "Zählt nicht"), away);
    add(say!(lang, en "Where it is", fr "Où cela se trouve", de "Wo es ist"), wheres(places, known));
    add(say!(lang, en "Why it is there", fr "Pourquoi", de "Warum"), because(found, ruling, lang));
    add(say!(lang, en "How urgent it is", fr "Quelle urgence", de "Wie dringend"), urgency(found, ruling, known));
    add(say!(lang, en "What to do", fr "Que faire", de "Was zu tun ist"), to_do(remedies));
    sections
}

fn wheres(places: &[PlaceView], known: &Known<'_>) -> Vec<String> {
    let lang = known.lang;
    let mut lines = Vec::new();
    let mut last: Option<&LayerView> = None;
    for place in places {
        let words = [place.found.as_str(), place.place.as_str()];
        let mut line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" · ");
        let mut notes = Vec::new();
        match place.scope {
            Some(Scope::Development) => notes
                .push(say!(lang, en "for development only", fr "pour le développement seulement", de "nur für die Entwicklung")),
            Some(Scope::Optional) => notes.push(say!(lang, en "optional", fr "facultatif", de "optional")),
            Some(Scope::Runtime) | None => {}
        }
        match place.direct {
            Some(true) => notes.push(say!(lang, en "asked for directly", fr "demandé directement", de "direkt verlangt")),
            Some(false) => notes.push(say!(lang, en "brought by another package", fr "apporté par un autre paquet", de "von einem anderen Paket mitgebracht")),
            None => {}
        }
        if !notes.is_empty() {
            line = format!("{line} ({})", notes.join(", "));
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if let Some(layer) = place.layer.as_ref().filter(|layer| last != Some(*layer)) {
            lines.extend(of_layer(layer, known));
            last = Some(layer);
        }
    }
    lines
}

fn of_layer(layer: &LayerView, known: &Known<'_>) -> Vec<String> {
    let lang = known.lang;
    let LayerView { index, diff_id, instruction, from } = layer;
    let lineage = known.lineage;
    let base = lineage.and_then(|lineage| lineage.base.name.as_deref()).unwrap_or_default();
    let guessed = lineage.is_some_and(|lineage| lineage.base.told_by == Some(ToldBy::History));
    let part = match from {
        Some(Part::Base) => {
            say!(lang, en ", from the base image {base}", fr ", de l’image de base {base}", de ", aus dem Basis-Image {base}")
        }
        Some(_) => say!(lang, en ", built on the base", fr ", construite sur la base", de ", auf der Basis gebaut"),
        None => String::new(),
    };
    let guess = match from {
        Some(_) if guessed => {
            say!(lang, en " (guessed from the history)", fr " (deviné d’après l’historique)", de " (aus der Historie geraten)")
        }
        _ => String::new(),
    };
    let part = format!("{}{guess}", part.trim_end());
    let mut lines = vec![
        say!(lang, en "layer {index}{part}: {diff_id}", fr "couche {index}{part} : {diff_id}", de "Schicht {index}{part}: {diff_id}"),
    ];
    if !instruction.is_empty() {
        lines.push(instruction.clone());
    }
    lines
}

fn because(found: &Occurrence, ruling: Option<&RulingView>, lang: Lang) -> Vec<String> {
    let Some(ruling) = ruling else {
        let entry = vigie_catalogue::by_id(&found.identity.subject);
        return entry.map(|entry| vec![entry.looks_for.get(lang).trim().to_owned()]).unwrap_or_default();
    };
    let RulingView { source, package, installed, .. } = ruling;
    let mut lines = vec![match &ruling.range {
        Some(range) => say!(lang,
            en "By the data of {source}, {package} {range} is affected; {installed} is in that range.",
            fr "D’après les données de {source}, {package} {range} est concerné ; {installed} est dans cet intervalle.",
            de "Nach den Daten von {source} ist {package} {range} betroffen; {installed} liegt in diesem Bereich."),
        None => say!(lang,
            en "By the data of {source}, {package} {installed} is affected.",
            fr "D’après les données de {source}, {package} {installed} est concerné.",
            de "Nach den Daten von {source} ist {package} {installed} betroffen."),
    }];
    match &ruling.fixed {
        Some(fixed) => lines.push(say!(lang,
            en "{installed} < {fixed}, which repairs it",
            fr "{installed} < {fixed}, qui la corrige",
            de "{installed} < {fixed}, das sie behebt")),
        None => lines.extend(status(found, lang)),
    }
    if !ruling.aliases.is_empty() {
        let names = ruling.aliases.join(", ");
        lines.push(say!(lang, en "Also called {names}", fr "Aussi appelée {names}", de "Auch genannt: {names}"));
    }
    if let Some(detail) = found.vulnerability.as_ref() {
        lines.extend(Some(detail.summary.trim().to_owned()).filter(|text| !text.is_empty()));
        lines.extend(detail.references.first().cloned());
    }
    lines
}

fn status(found: &Occurrence, lang: Lang) -> Option<String> {
    let said = found.vulnerability.as_ref()?.unfixed.map(Unfixed::said)?;
    let said = said.get(lang);
    Some(say!(lang, en "The vendor says: {said}", fr "L’éditeur dit : {said}", de "Der Hersteller sagt: {said}"))
}

/// The priority as the product that it is.
fn urgency(found: &Occurrence, ruling: Option<&RulingView>, known: &Known<'_>) -> Vec<String> {
    let lang = known.lang;
    let (severity, priority) = (found.severity.word(), found.priority().number());
    let rated = ruling.and_then(|ruling| ruling.rated_by).map_or(String::new(), |by| format!(" ({})", rater(by, lang)));
    let circumstances = &found.circumstances;
    let factors = Factors::of(found.severity, circumstances);
    let score = circumstances.cvss.map_or(String::new(), |score| format!(", CVSS {score:.1}"));
    let vector = found
        .vulnerability
        .as_ref()
        .and_then(|detail| detail.cvss_vector.as_deref())
        .map_or(String::new(), |it| format!(" {it}"));
    let mut lines = vec![
        say!(lang, en "severity {severity}{rated}{score}{vector}", fr "sévérité {severity}{rated}{score}{vector}", de "Schweregrad {severity}{rated}{score}{vector}"),
        say!(lang, en "priority {priority} of 100, multiplied from:", fr "priorité {priority} sur 100, produit de :", de "Priorität {priority} von 100, das Produkt aus:"),
    ];
    let mut factor = |number: f64, why: String| lines.push(format!("  × {number:.2}  {why}"));
    factor(factors.severity, say!(lang, en "severity", fr "sévérité", de "Schweregrad"));
    if found.vulnerability.is_some() {
        factor(factors.exploitation, exploitation(found, known));
    } else {
        factor(
            factors.exploitation,
            say!(lang, en "exploitation not rated", fr "exploitation non évaluée", de "Ausnutzung nicht bewertet"),
        );
    }
    factor(factors.exposure, exposure(circumstances.exposure, lang));
    factor(factors.runs, runs(circumstances.runs, lang));
    lines
}

fn rater(by: &str, lang: Lang) -> String {
    match by {
        "vendor" => {
            say!(lang, en "as the vendor of the package says", fr "selon l’éditeur du paquet", de "laut Hersteller des Pakets")
        }
        "cvss" => say!(lang, en "by its CVSS score", fr "d’après son score CVSS", de "nach der CVSS-Bewertung"),
        "other_vendor" => {
            say!(lang, en "as another vendor says", fr "selon un autre éditeur", de "laut einem anderen Hersteller")
        }
        "malice" => say!(lang, en "the package is malicious", fr "le paquet est malveillant", de "das Paket ist bösartig"),
        "exploitation" => {
            say!(lang, en "because it is exploited", fr "parce qu’elle est exploitée", de "weil sie ausgenutzt wird")
        }
        _ => say!(lang, en "nobody has rated it", fr "personne ne l’a évaluée", de "niemand hat sie bewertet"),
    }
}

fn exploitation(found: &Occurrence, known: &Known<'_>) -> String {
    let lang = known.lang;
    let since = known.data.and_then(|data| data.vulnerability(&found.identity.subject).ok()??.exploited_since);
    let since = since.map_or(String::new(), |day| say!(lang, en " since {day}", fr " depuis le {day}", de " seit {day}"));
    match (found.circumstances.known_exploited, found.circumstances.epss) {
        (KnownExploited::Ransomware, _) => say!(lang,
            en "exploited, by ransomware too (CISA KEV{since})",
            fr "exploitée, aussi par des rançongiciels (CISA KEV{since})",
            de "ausgenutzt, auch von Ransomware (CISA KEV{since})"),
        (KnownExploited::Yes, _) => {
            say!(lang, en "exploited (CISA KEV{since})", fr "exploitée (CISA KEV{since})", de "ausgenutzt (CISA KEV{since})")
        }
        (KnownExploited::No, Some(epss)) => {
            let percent = format!("{:.2}", epss * 100.0);
            say!(lang,
                en "EPSS {percent} %: chance of exploitation within 30 days",
                fr "EPSS {percent} % : probabilité d’exploitation sous 30 jours",
                de "EPSS {percent} %: Wahrscheinlichkeit einer Ausnutzung binnen 30 Tagen")
        }
        (KnownExploited::No, None) => {
            say!(lang, en "no EPSS score known", fr "aucun score EPSS connu", de "kein EPSS-Wert bekannt")
        }
    }
}

fn exposure(exposure: Exposure, lang: Lang) -> String {
    match exposure {
        Exposure::Internet => {
            say!(lang, en "reachable from the internet", fr "joignable depuis internet", de "aus dem Internet erreichbar")
        }
        Exposure::Network => {
            say!(lang, en "reachable from the network", fr "joignable depuis le réseau", de "aus dem Netz erreichbar")
        }
        Exposure::Local => {
            say!(lang, en "reachable from this machine only", fr "joignable depuis cette machine seulement", de "nur von diesem Rechner erreichbar")
        }
        Exposure::Unknown => say!(lang, en "exposure not known", fr "exposition inconnue", de "Erreichbarkeit nicht bekannt"),
    }
}

fn runs(runs: Option<bool>, lang: Lang) -> String {
    match runs {
        Some(true) => say!(lang, en "the code runs", fr "le code s’exécute", de "der Code läuft"),
        Some(false) => say!(lang, en "the code does not run", fr "le code ne s’exécute pas", de "der Code läuft nicht"),
        None => {
            say!(lang, en "not known whether the code runs", fr "on ne sait pas si le code s’exécute", de "nicht bekannt, ob der Code läuft")
        }
    }
}

/// What somebody decided, in one line.
pub(super) fn decided(why: &Why, lang: Lang) -> String {
    match why {
        Why::Vex { status, justification, text, author, .. } => {
            let words = [status.word(), justification.map_or("", |it| it.word()), text, author];
            let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
            format!("VEX: {words}")
        }
        Why::Ignored { reason, until: Some(until) } => say!(lang,
            en ".vigieignore until {until}: {reason}",
            fr ".vigieignore jusqu’au {until} : {reason}",
            de ".vigieignore bis {until}: {reason}"),
        Why::Ignored { reason, until: None } => format!(".vigieignore: {reason}"),
    }
}

fn to_do(remedies: &[Remedy]) -> Vec<String> {
    let lines = |remedy: &Remedy| {
        let command = remedy.command.iter().map(|command| format!("$ {command}"));
        std::iter::once(remedy.text.trim().to_owned()).chain(command).collect::<Vec<_>>()
    };
    remedies.iter().flat_map(lines).collect()
}
