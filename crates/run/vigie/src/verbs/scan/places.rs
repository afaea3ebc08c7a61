//! What hangs on a place and not on a package: one row for each mistake with all of its places, one for anything else.
//!
//! A mistake is repaired the same way wherever it is made; a secret is withdrawn one by one.

use super::parts::of_all;
use super::tables::first;
use std::collections::HashMap;
use vigie_model::finding::FindingKind;
use vigie_model::occurrence::Occurrence;
use vigie_report::{Scan, name, whereabouts};

/// How many places are named; the others are counted.
const NAMED: usize = 3;

pub(super) const HEADINGS: [&str; 6] = ["priority", "severity", "from", "id", "finding", "place"];

/// Rows of the findings, which are in their order: a mistake stands where its worst finding does.
pub(super) fn rows(findings: &[&Occurrence], scan: &Scan<'_>) -> Vec<[String; 6]> {
    let mut rows: Vec<(Vec<&Occurrence>, Vec<String>)> = Vec::new();
    let mut mistakes: HashMap<&str, usize> = HashMap::new();
    for found in findings {
        let mut row = rows.len();
        if found.identity.kind == FindingKind::Misconfiguration {
            row = *mistakes.entry(&found.identity.subject).or_insert(row);
        }
        match rows.get_mut(row) {
            Some((together, all)) => {
                together.push(found);
                all.extend(places(found));
            }
            None => rows.push((vec![found], places(found))),
        }
    }
    let row = |(together, places): (Vec<&Occurrence>, Vec<String>)| {
        let found = together.first()?;
        let [priority, severity, id] = first(found);
        Some([priority, severity, of_all(&together, scan).to_owned(), id, name(found, scan.lang), joined(places)])
    };
    rows.into_iter().filter_map(row).collect()
}

/// Where a person finds it; what it hangs on where there is no place.
fn places(found: &Occurrence) -> Vec<String> {
    let places = found.evidence.iter().map(|proof| proof.place.clone()).filter(|place| !place.is_empty());
    let places: Vec<String> = places.collect();
    if places.is_empty() { vec![whereabouts(found)] } else { places }
}

/// The first places, a file named once: `compose.yaml:3,8,13 Dockerfile:1 +2`.
fn joined(mut places: Vec<String>) -> String {
    let in_file = |place: &String| split(place).map(|(file, line)| (file.to_owned(), line));
    places.sort_by_cached_key(|place| in_file(place).map_or((place.clone(), 0), |place| place));
    places.dedup();
    let more = places.len().saturating_sub(NAMED);
    places.truncate(NAMED);
    let mut told = String::new();
    let mut before = None;
    for place in &places {
        let file = split(place);
        match (file, before) {
            (Some((file, line)), Some(before)) if file == before => told.push_str(&format!(",{line}")),
            _ if told.is_empty() => told.push_str(place),
            _ => told.push_str(&format!(" {place}")),
        }
        before = file.map(|(file, _)| file);
    }
    if more > 0 {
        told.push_str(&format!(" +{more}"));
    }
    told
}

/// A place that is a line of a file.
fn split(place: &str) -> Option<(&str, u32)> {
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::joined;

    fn told(places: &[&str]) -> String {
        joined(places.iter().map(|place| (*place).to_owned()).collect())
    }

    #[test]
    fn places_of_a_file_stand_together() {
        assert_eq!(told(&["compose.yaml:13", "compose.yaml:3", "compose.yaml:8"]), "compose.yaml:3,8,13");
        assert_eq!(told(&["b:1", "a:2", "a:2"]), "a:2 b:1");
        assert_eq!(told(&["a:4", "a:3", "a:2", "a:1", "b:1"]), "a:1,2,3 +2");
        assert_eq!(told(&["Deployment web", "app/run"]), "Deployment web app/run");
        assert_eq!(told(&[]), "");
    }
}
