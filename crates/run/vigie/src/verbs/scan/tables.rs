//! Findings as tables: packages by what repairs them, everything else by where it is.

use super::parts::without_from;
use super::{packages, places};
use crate::{out, table};
use vigie_kit::problem::Problem;
use vigie_model::occurrence::Occurrence;
use vigie_report::{Scan, title};

const OF_ALL: [&str; 9] = ["priority", "severity", "id", "title", "installed", "fixed in", "kind", "place", "from"];

/// For people: what packages have, then the rest; nothing where nothing was found. Which part of an image it comes from
/// is a column where that is known.
pub(super) fn tell(scan: &Scan<'_>) -> Result<(), Problem> {
    let (of_packages, others): (Vec<&Occurrence>, Vec<&Occurrence>) =
        scan.findings.iter().partition(|found| found.vulnerability.is_some());
    if !of_packages.is_empty() {
        let rows = packages::rows(&of_packages, scan);
        match scan.knows_base() {
            true => table::write(packages::HEADINGS, rows)?,
            false => table::write::<6>(without_from(packages::HEADINGS), rows.into_iter().map(without_from))?,
        }
    }
    if !of_packages.is_empty() && !others.is_empty() {
        out::line("")?;
    }
    if !others.is_empty() {
        let rows = places::rows(&others, scan);
        match scan.knows_base() {
            true => table::write(places::HEADINGS, rows)?,
            false => table::write::<5>(without_from(places::HEADINGS), rows.into_iter().map(without_from))?,
        }
    }
    Ok(())
}

/// What every row begins with.
pub(super) fn first(found: &Occurrence) -> [String; 3] {
    [found.priority().number().to_string(), table::severity(found.severity), found.identity.subject.clone()]
}

/// All as comma-separated values.
pub(super) fn csv(scan: &Scan<'_>) -> Result<Vec<u8>, Problem> {
    let row = |found: &Occurrence| {
        let detail = found.vulnerability.as_ref();
        let [priority, severity, id] = first(found);
        let place = found.evidence.iter().map(|proof| proof.place.as_str()).find(|place| !place.is_empty());
        [
            priority,
            severity,
            id,
            title(found, scan.lang),
            detail.map_or(String::new(), |detail| detail.installed.clone()),
            detail.and_then(|detail| detail.fixed.clone()).unwrap_or_default(),
            found.identity.kind.word().to_owned(),
            place.unwrap_or_default().to_owned(),
            scan.from(found).to_owned(),
        ]
    };
    table::csv(&OF_ALL, scan.findings.iter().map(row))
}
