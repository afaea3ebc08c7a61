//! What the two inventory formats share: one entry for each package and place, and the release of the distribution.

use crate::Scan;
use vigie_model::component::Component;
use vigie_model::ids::FindingId;

/// A component and its name within the document: the same for the same package at the same place.
pub(crate) struct Listed<'a> {
    pub(crate) component: &'a Component,
    pub(crate) reference: String,
    pub(crate) purl: String,
}

pub(crate) fn listed<'a>(scan: &Scan<'a>) -> Vec<Listed<'a>> {
    scan.components
        .iter()
        .map(|component| {
            let package = &component.package;
            let purl = package.purl();
            let reference = reference(&purl, &component.path);
            Listed { component, reference, purl }
        })
        .collect()
}

/// Stable and free of characters that a document would take amiss. SPDX allows letters, digits, `.` and `-`.
fn reference(purl: &str, path: &str) -> String {
    FindingId::of(&["component", purl, path]).to_string()
}

/// A UUID of what the document says and when: writing it again gives the same document.
pub(crate) fn document_uuid(scan: &Scan<'_>, format: &str) -> String {
    let id = FindingId::of(&["document", format, &scan.asset.id.to_string(), &scan.taken_at.to_string()]);
    let hex: Vec<char> = id.to_string().chars().collect();
    let part = |from: usize, to: usize| hex.iter().skip(from).take(to - from).collect::<String>();
    // Version 8 (own content) and variant 1 of RFC 9562.
    format!("{}-{}-8{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
