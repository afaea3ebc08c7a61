//! Aliases of sudoers(5), and lists with their aliases replaced by what they stand for.
//!
//! An alias may be used before its definition, in another file, and inside other aliases; the number of words that
//! come out is limited, because aliases of aliases grow without bound.

use super::words::{Item, Kind};
use std::collections::BTreeMap;

/// How deep aliases may name aliases.
const DEPTH_MAX: usize = 32;
/// The most words that all lists together may become.
const WORDS_MAX: usize = 500_000;

/// The aliases of all files.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    items: BTreeMap<(Kind, String), Vec<Item>>,
    words: usize,
}

/// The words became too many.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl Aliases {
    /// Adds a definition; false when the name is taken, which sudo refuses.
    pub(super) fn define(&mut self, kind: Kind, name: String, items: Vec<Item>) -> bool {
        match self.items.entry((kind, name)) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(items);
                true
            }
            std::collections::btree_map::Entry::Occupied(_) => false,
        }
    }

    /// The words of a list. An alias that is not defined stays as it is: it matches nothing.
    pub(super) fn resolve(&mut self, kind: Kind, items: &[Item]) -> Result<Vec<String>, TooMany> {
        let mut words = Vec::new();
        self.collect(kind, items, false, 0, &mut words)?;
        self.words += words.len();
        Ok(words)
    }

    fn collect(&self, kind: Kind, items: &[Item], turned: bool, depth: usize, words: &mut Vec<String>) -> Result<(), TooMany> {
        for item in items {
            let negated = item.negated != turned;
            let key = (kind, item.text.clone());
            match self.items.get(&key).filter(|_| item.alias && depth < DEPTH_MAX) {
                Some(members) => self.collect(kind, members, negated, depth + 1, words)?,
                None if self.words + words.len() >= WORDS_MAX => return Err(TooMany),
                None => words.push(if negated { format!("!{}", item.text) } else { item.text.clone() }),
            }
        }
        Ok(())
    }
}
