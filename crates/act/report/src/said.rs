//! How a finding is told: its title, its place, what to do.

use vigie_model::finding::{FindingKind, Locator};
use vigie_model::lang::Lang;
use vigie_model::occurrence::Occurrence;
use vigie_model::say;

/// The title in the reader's language where the subject is a page of the catalogue.
#[must_use]
pub fn title(found: &Occurrence, lang: Lang) -> String {
    if vigie_catalogue::by_id(&found.identity.subject).is_none() {
        return found.title.clone();
    }
    let (name, place) = (name(found, lang), whereabouts(found));
    if place.is_empty() { name } else { format!("{name}: {place}") }
}

/// What it is, without where it is; of a secret with as much as may be shown of it.
#[must_use]
pub fn name(found: &Occurrence, lang: Lang) -> String {
    let Some(entry) = vigie_catalogue::by_id(&found.identity.subject) else { return found.title.clone() };
    let title = entry.title.get(lang);
    let mask = found.evidence.first().map(|proof| proof.found.as_str()).filter(|mask| mask.trim_matches('*').len() > 2);
    match mask.filter(|_| found.identity.kind == FindingKind::Secret) {
        Some(mask) => format!("{title} ({mask})"),
        None => title.to_owned(),
    }
}

/// Where it is, for a person: of what lies in files the first place and how many there are more, else all of them.
#[must_use]
pub fn whereabouts(found: &Occurrence) -> String {
    let in_files = matches!(found.identity.kind, FindingKind::Secret | FindingKind::Licence | FindingKind::Malware);
    if in_files && found.vulnerability.is_none() {
        let first = found.evidence.first().map_or("", |proof| proof.place.as_str());
        return match found.evidence.len() {
            0 | 1 => first.to_owned(),
            count => format!("{first} +{}", count - 1),
        };
    }
    let places: Vec<&str> = found.evidence.iter().map(|proof| proof.locator.as_str()).filter(|place| !place.is_empty()).collect();
    places.join(", ")
}

/// What to do about it, in one sentence or as the page says.
#[must_use]
pub fn advice(found: &Occurrence, lang: Lang) -> String {
    if let Some(entry) = vigie_catalogue::by_id(&found.identity.subject) {
        return entry.fix.get(lang).to_owned();
    }
    if found.identity.kind == FindingKind::Licence {
        return say!(lang,
            en "Replace the package, or have the licence approved and name it in the policy.",
            fr "Remplacez le paquet, ou faites approuver la licence et nommez-la dans la politique.",
            de "Ersetzen Sie das Paket, oder lassen Sie die Lizenz freigeben und nennen Sie sie in der Richtlinie.");
    }
    if found.identity.kind == FindingKind::Malware {
        return say!(lang,
            en "Take it out of use, find out how it came there, and exchange the credentials within its reach.",
            fr "Retirez-le du service, cherchez comment il est arrivé là, et remplacez les secrets à sa portée.",
            de "Nehmen Sie es außer Betrieb, finden Sie heraus, wie es dorthin kam, und tauschen Sie alle erreichbaren Zugangsdaten aus.");
    }
    let Some(detail) = &found.vulnerability else { return String::new() };
    let package = &detail.package;
    match &detail.fixed {
        Some(fixed) => say!(lang,
            en "Upgrade {package} to {fixed} or later.",
            fr "Mettez {package} à jour vers {fixed} ou plus récent.",
            de "Aktualisieren Sie {package} auf {fixed} oder neuer."),
        None => say!(lang,
            en "There is no version of {package} without it yet.",
            fr "Il n’existe pas encore de version de {package} sans ce défaut.",
            de "Es gibt noch keine Version von {package} ohne diese Schwachstelle."),
    }
}

/// A file and, where it is known, a line in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) path: &'a str,
    pub(crate) line: Option<u32>,
}

/// Where a finding is: the file of its locator, or the first place of its evidence that is a path.
pub(crate) fn place(found: &Occurrence) -> Option<Place<'_>> {
    let proof = found.evidence.iter().map(|proof| proof.place.as_str()).find(|place| !place.is_empty());
    if let Locator::File { path, .. } = &found.identity.locator {
        return Some(Place { path, line: proof.and_then(|place| with_line(place).line) });
    }
    // A secret that is in no file has no path: an environment, a history.
    proof.filter(|_| found.identity.kind != FindingKind::Secret).map(with_line)
}

/// What it is and where, for forms that have a column for each.
pub(crate) fn columns(found: &Occurrence, lang: Lang) -> (String, String) {
    if found.identity.kind == FindingKind::Secret {
        return (name(found, lang), whereabouts(found));
    }
    let place = place(found).map_or_else(String::new, |place| match place.line {
        Some(line) => format!("{}:{line}", place.path),
        None => place.path.to_owned(),
    });
    (title(found, lang), place)
}

/// The commit that a place names, as far as it does.
pub(crate) fn commit(found: &Occurrence) -> Option<&str> {
    let proof = found.evidence.first()?;
    let (_, commit) = proof.place.rsplit_once(" (commit ")?;
    commit.strip_suffix(')').filter(|_| found.identity.kind == FindingKind::Secret)
}

/// `path:12`, `path:12:7` and `path:12:7 (layer 3)` as path and line.
fn with_line(text: &str) -> Place<'_> {
    // What stands behind in brackets is for people; a name may end so, too, but not after a line's number.
    let before = text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")).map(|(before, _)| before);
    before.map(numbered).filter(|place| place.line.is_some()).unwrap_or_else(|| numbered(text))
}

fn numbered(text: &str) -> Place<'_> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
    let Some((before, last)) = text.rsplit_once(':') else { return Place { path: text, line: None } };
    let Some(last) = number(last) else { return Place { path: text, line: None } };
    match before.rsplit_once(':').and_then(|(path, line)| Some((path, number(line)?))) {
        Some((path, line)) => Place { path, line: Some(line) },
        None => Place { path: before, line: Some(last) },
    }
}

/// Where one can read on about a subject.
pub(crate) fn address(found: &Occurrence) -> Option<String> {
    let named = found.vulnerability.as_ref().and_then(|detail| detail.references.iter().find(|it| it.starts_with("https://")));
    let of_page = || vigie_catalogue::by_id(&found.identity.subject)?.references.iter().find(|it| it.starts_with("https://"));
    named.or_else(of_page).cloned()
}

/// The text without what a terminal or a log would obey.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_line_when_it_ends_with_one() {
        for (text, path, line) in [
            ("etc/app.conf:12", "etc/app.conf", Some(12)),
            ("etc/app.conf:12:7", "etc/app.conf", Some(12)),
            ("etc/app.conf", "etc/app.conf", None),
            ("etc/app.conf:12:7 (layer 2, hidden by layer 4)", "etc/app.conf", Some(12)),
            ("etc/app (1)", "etc/app (1)", None),
            ("a:b:c", "a:b:c", None),
            ("a:0", "a:0", None),
        ] {
            assert_eq!(with_line(text), Place { path, line }, "{text}");
        }
    }
}
