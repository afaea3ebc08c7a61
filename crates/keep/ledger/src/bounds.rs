//! How much of an occurrence is kept.
//!
//! Tools quote what they found, and what they found may have been written to do harm: a value of
//! gigabytes, a million places for one rule, a score that is not a number. What is beyond a bound is
//! cut, never refused: the finding itself must not be lost. The identity is not touched, so that
//! texts which differ behind a bound stay different findings; only what is shown of it is cut.

use vigie_model::occurrence::Occurrence;
use vigie_model::verdict::Evidence;

/// Places of one finding that are kept: the first in their order.
pub(crate) const EVIDENCE_MAX: usize = 100;
/// A title, a subject or a place on a list.
pub(crate) const LINE_BYTES_MAX: usize = 1_000;
/// A quotation, a summary.
pub(crate) const TEXT_BYTES_MAX: usize = 8_000;
/// Names of one vulnerability, references to read on, fields of an entity.
const ENTRIES_MAX: usize = 100;

/// An occurrence within its bounds.
pub(crate) fn kept(mut occurrence: Occurrence) -> Occurrence {
    cut(&mut occurrence.title, LINE_BYTES_MAX);
    let circumstances = &mut occurrence.circumstances;
    // Not a number would count as nothing; not known counts as the cautious middle.
    circumstances.cvss = circumstances.cvss.filter(|score| score.is_finite());
    circumstances.epss = circumstances.epss.filter(|probability| probability.is_finite());
    for Evidence { locator, place, found, expected } in &mut occurrence.evidence {
        [locator, place, found, expected].into_iter().for_each(|text| cut(text, TEXT_BYTES_MAX));
    }
    if let Some(vulnerability) = &mut occurrence.vulnerability {
        cut_all(&mut vulnerability.aliases);
        cut_all(&mut vulnerability.references);
        cut(&mut vulnerability.summary, TEXT_BYTES_MAX);
        let versions = vulnerability.fixed.iter_mut().chain(&mut vulnerability.cvss_vector);
        let lines = [&mut vulnerability.package, &mut vulnerability.ecosystem, &mut vulnerability.installed];
        lines.into_iter().chain(versions).for_each(|text| cut(text, LINE_BYTES_MAX));
    }
    if let Some(detection) = &mut occurrence.detection {
        cut_all(&mut detection.techniques);
        cut(&mut detection.author, LINE_BYTES_MAX);
        detection.entity.truncate(ENTRIES_MAX);
        detection.entity.iter_mut().flat_map(|(field, value)| [field, value]).for_each(|text| cut(text, TEXT_BYTES_MAX));
    }
    occurrence
}

/// Sorts evidence and keeps the first of it. Sorted, since a tool that lists the same places in
/// another order tells nothing new; the first, so that it does not matter in which order they come.
pub(crate) fn keep_evidence(evidence: &mut Vec<Evidence>) {
    evidence.sort_unstable();
    evidence.dedup();
    evidence.truncate(EVIDENCE_MAX);
}

/// As much of a text as a column keeps.
pub(crate) fn line(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LINE_BYTES_MAX)).unwrap_or(text)
}

fn cut(text: &mut String, bytes_max: usize) {
    text.truncate(text.floor_char_boundary(bytes_max));
}

fn cut_all(texts: &mut Vec<String>) {
    texts.truncate(ENTRIES_MAX);
    texts.iter_mut().for_each(|text| cut(text, LINE_BYTES_MAX));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let mut text = "é".repeat(LINE_BYTES_MAX);
        text.insert(0, 'e');
        assert_eq!(line(&text).len(), LINE_BYTES_MAX - 1);
        cut(&mut text, LINE_BYTES_MAX);
        assert_eq!(text.chars().count(), LINE_BYTES_MAX / 2);
        assert_eq!(line("short"), "short");
    }
}
