//! Findings as tables: packages by what repairs them, everything else by where it is.

use super::{packages, places};
use crate::{out, table};
use vigie_kit::problem::Problem;
use vigie_model::lang::Lang;
use vigie_model::occurrence::Occurrence;
use vigie_report::title;

const OF_ALL: [&str; 8] = ["priority", "severity", "id", "title", "installed", "fixed in", "kind", "place"];

/// For people: what packages have, then the rest. Nothing where nothing was found.
pub(super) fn tell(findings: &[Occurrence], lang: Lang) -> Result<(), Problem> {
    let (of_packages, others): (Vec<&Occurrence>, Vec<&Occurrence>) =
        findings.iter().partition(|found| found.vulnerability.is_some());
    if !of_packages.is_empty() {
        table::write(packages::HEADINGS, packages::rows(&of_packages, lang))?;
    }
    if !of_packages.is_empty() && !others.is_empty() {
        out::line("")?;
    }
    if !others.is_empty() {
        table::write(places::HEADINGS, places::rows(&others, lang))?;
    }
    Ok(())
}

/// What every row begins with.
pub(super) fn first(found: &Occurrence) -> [String; 3] {
    [found.priority().number().to_string(), table::severity(found.severity), found.identity.subject.clone()]
}

/// All as comma-separated values.
pub(super) fn csv(findings: &[Occurrence], lang: Lang) -> Result<Vec<u8>, Problem> {
    let row = |found: &Occurrence| {
        let detail = found.vulnerability.as_ref();
        let [priority, severity, id] = first(found);
        let place = found.evidence.iter().map(|proof| proof.place.as_str()).find(|place| !place.is_empty());
        [
            priority,
            severity,
            id,
            title(found, lang),
            detail.map_or(String::new(), |detail| detail.installed.clone()),
            detail.and_then(|detail| detail.fixed.clone()).unwrap_or_default(),
            found.identity.kind.word().to_owned(),
            place.unwrap_or_default().to_owned(),
        ]
    };
    table::csv(&OF_ALL, findings.iter().map(row))
}
