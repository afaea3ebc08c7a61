//! From facts to verdicts without losing what could not be seen.

use vigie_model::lang::Text;
use vigie_model::observed::{Gap, Observed};
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// Judges a section of the facts of which every part matters: a clean result over facts with gaps
/// is unknown, not pass.
pub(crate) fn on_all<T>(section: &Observed<T>, what: &Text, judge: impl FnOnce(&T) -> Vec<Evidence>) -> Verdict {
    match on_seen(section, what, judge) {
        Verdict::Pass if !section.gaps().is_empty() => unseen(section.gaps()),
        verdict => verdict,
    }
}

/// Judges a section whose gaps do not touch the question.
pub(crate) fn on_seen<T>(section: &Observed<T>, what: &Text, judge: impl FnOnce(&T) -> Vec<Evidence>) -> Verdict {
    with(section, what, |value| Verdict::from_evidence(judge(value)))
}

/// Judges a section that was seen, and says why there is nothing to judge otherwise.
pub(crate) fn with<T>(section: &Observed<T>, what: &Text, judge: impl FnOnce(&T) -> Verdict) -> Verdict {
    match section {
        Observed::Seen(value) | Observed::Partly { value, .. } => judge(value),
        Observed::Absent => Verdict::not_applicable(absent(what)),
        Observed::Unseen(gap) => unseen(std::slice::from_ref(gap)),
        Observed::NotLooked => Verdict::unknown(not_looked(what)),
    }
}

/// An unknown outcome that names the first gap.
pub(crate) fn unseen(gaps: &[Gap]) -> Verdict {
    Verdict::unknown(gaps.first().map(Gap::said).unwrap_or_default())
}

fn absent(what: &Text) -> Text {
    Text {
        en: format!("this machine has no {}", what.en),
        fr: format!("cette machine n’a pas de {}", what.fr),
        de: format!("dieser Rechner hat kein(e) {}", what.de),
    }
}

fn not_looked(what: &Text) -> Text {
    let Text { en, fr, de } = what;
    text!(en "nobody looked at: {en}", fr "personne n’a regardé : {fr}", de "niemand hat nachgesehen: {de}")
}

/// Evidence with everything.
pub(crate) fn evidence(
    locator: impl Into<String>,
    place: impl Into<String>,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> Evidence {
    Evidence { locator: locator.into(), place: place.into(), found: found.into(), expected: expected.into() }
}
