//! What is known of each vulnerability, from all its records and the feeds.

use super::collected::Collected;
use super::description::Quality;
use super::limits::ALIASES_KEPT;
use super::ratings::Rated;
use super::subjects::Subjects;
use super::{epss, kev};
use crate::file::vulnerability::{CvssEntry, Entry};
use std::collections::{BTreeSet, HashMap};
use vigie_model::severity::Severity;
use vigie_model::time::{Day, Timestamp};

/// What is known of each vulnerability, from all its records and the feeds. `CvssEntry::vector` is
/// still the number that the collection gave.
pub(super) fn entries(collected: &Collected, subjects: &Subjects, listed: &[kev::Listed], scores: &[epss::Score]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = subjects.members.iter().map(|names| entry_of_names(collected, names)).collect();
    let mut best: Vec<(Option<Rated>, Option<Quality>)> = vec![(None, None); entries.len()];
    for record in collected.records.iter().filter(|record| !record.replaced && record.covers.is_empty()) {
        let Some(number) = subjects.number_of(record.name) else { continue };
        let (entry, (rated, quality)) = (&mut entries[number as usize], &mut best[number as usize]);
        if let Some((rating, vector)) = record.cvss
            && rated.is_none_or(|best| best < rating)
        {
            *rated = Some(rating);
            entry.cvss = Some(CvssEntry { vector: vector as usize, tenths: rating.tenths });
        }
        if let Some((goodness, place)) = record.text
            && quality.is_none_or(|best| best < goodness)
        {
            *quality = Some(goodness);
            entry.text = Some(place);
        }
        entry.severity = entry.severity.max(record.severity);
        entry.published = earliest(entry.published, record.published);
        entry.modified = entry.modified.max(record.modified.map(Timestamp::day));
    }
    for row in &collected.rows {
        let record = &collected.records[row.record];
        let number = subjects.number_of(record.name).filter(|_| record.covers.is_empty() && !record.replaced);
        if let Some(entry) = number.and_then(|number| entries.get_mut(number as usize)) {
            entry.severity = entry.severity.max(row.severity.filter(|severity| *severity > Severity::Info));
        }
    }
    let number_of = |id: &str| subjects.number_of(collected.names.find(id)?).map(|number| number as usize);
    for item in listed {
        if let Some(entry) = number_of(&item.id).and_then(|number| entries.get_mut(number)) {
            entry.exploited_since = earliest(entry.exploited_since, Some(item.since.unwrap_or_default()));
            entry.ransomware |= item.ransomware;
        }
    }
    for score in scores {
        if let Some(entry) = number_of(&score.id).and_then(|number| entries.get_mut(number)) {
            entry.epss = entry.epss.max(Some(score.probability));
        }
    }
    entries
}

fn entry_of_names(collected: &Collected, names: &[u32]) -> Entry {
    let aliases = names.iter().skip(1).take(ALIASES_KEPT);
    Entry { aliases: aliases.map(|name| collected.names.text(*name).to_owned()).collect(), ..Entry::default() }
}

fn earliest(a: Option<Day>, b: Option<Day>) -> Option<Day> {
    a.into_iter().chain(b).min()
}

/// Gives the vectors that are used their numbers in the file; answers them in that order.
pub(super) fn number_vectors(collected: &Collected, entries: &mut [Entry]) -> Vec<u32> {
    let mut place_of: HashMap<usize, usize> = HashMap::new();
    let used: BTreeSet<usize> = entries.iter().filter_map(|entry| Some(entry.cvss?.vector)).collect();
    let vectors: Vec<u32> = collected.vectors.sorted().into_iter().filter(|vector| used.contains(&(*vector as usize))).collect();
    for (place, vector) in vectors.iter().enumerate() {
        place_of.insert(*vector as usize, place);
    }
    for cvss in entries.iter_mut().filter_map(|entry| entry.cvss.as_mut()) {
        cvss.vector = place_of.get(&cvss.vector).copied().unwrap_or_default();
    }
    vectors
}
