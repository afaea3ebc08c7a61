//! The vulnerabilities of a result, each under one name.

use super::collected::{Collected, RecordEntry};
use super::names;
use std::collections::HashMap;

/// The vulnerabilities: sets of names with at least one affected package, by canonical id.
pub(super) struct Subjects {
    /// Canonical ids, sorted; the place is the number.
    pub(super) ids: Vec<String>,
    /// All names of each, the canonical one first, then by preference.
    pub(super) members: Vec<Vec<u32>>,
    /// Number by name.
    of_name: Vec<Option<u32>>,
}

impl Subjects {
    pub(super) fn of(collected: &mut Collected) -> Self {
        let count = collected.names.len() as u32;
        let roots: Vec<u32> = (0..count).map(|name| collected.groups.root(name)).collect();
        let mut wanted = vec![false; roots.len()];
        for row in &collected.rows {
            let record = &collected.records[row.record];
            if record.replaced || row.not_affected {
                continue;
            }
            for name in names_of(collected, record) {
                wanted[roots[*name as usize] as usize] = true;
            }
        }
        let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
        for name in (0..count).filter(|name| wanted[roots[*name as usize] as usize]) {
            members.entry(roots[name as usize]).or_default().push(name);
        }
        let mut members: Vec<Vec<u32>> = members.into_values().collect();
        let text = |name: &u32| collected.names.text(*name);
        members.iter_mut().for_each(|names| names.sort_unstable_by(|a, b| names::preference(text(a), text(b))));
        members.sort_unstable_by_key(|names| names.first().map_or("", text));
        let ids = members.iter().map(|names| names.first().map_or("", text).to_owned()).collect();
        let mut of_name = vec![None; roots.len()];
        for (number, names) in members.iter().enumerate() {
            names.iter().for_each(|name| of_name[*name as usize] = Some(number as u32));
        }
        Self { ids, members, of_name }
    }

    /// The number of the vulnerability that a name belongs to.
    pub(super) fn number_of(&self, name: u32) -> Option<u32> {
        self.of_name.get(name as usize).copied().flatten()
    }
}

/// The names by which a record is filed: its own, or those a bulletin covers.
pub(super) fn names_of<'a>(collected: &'a Collected, record: &'a RecordEntry) -> &'a [u32] {
    if record.covers.is_empty() { std::slice::from_ref(&record.name) } else { &collected.covered[record.covers.clone()] }
}
