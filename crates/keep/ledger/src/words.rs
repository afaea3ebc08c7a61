//! Where the words of a text search occur.
//!
//! A search reads the text of every wording and of every asset once, however many words it has;
//! findings themselves are not read: a finding has a word when its wording or its asset has it.

use crate::codes::Code;
use crate::filter;
use crate::narrow::Candidate;
use std::collections::HashSet;
use std::ops::ControlFlow;
use vigie_db::{DbError, Reader, Row, Sql};
use vigie_model::finding::FindingKind;

/// The words of a search, found.
#[derive(Debug)]
pub(crate) struct Words {
    /// How many there are.
    words: usize,
    wordings: Vec<Place>,
    assets: Vec<Place>,
}

/// A wording or an asset with some of the words, in the order of their numbers.
#[derive(Clone, Copy, Debug)]
struct Place {
    number: i64,
    /// A bit for each word.
    words: u8,
    /// Of wordings.
    kind: Option<FindingKind>,
    findings: u64,
}

/// Places which together have every finding that fits.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) findings: u64,
    pub(crate) assets: Vec<i64>,
    pub(crate) wordings: Vec<i64>,
}

impl Words {
    /// Looks a text's words up; none where it has no words.
    pub(crate) fn find(r: &Reader<'_>, text: &str) -> Result<Option<Self>, DbError> {
        let words = filter::words(text);
        if words.is_empty() {
            return Ok(None);
        }
        let wordings =
            places(r, &words, &Sql::new("SELECT number, findings, search, kind FROM wording ORDER BY number"), |row| {
                row.map(3, "a kind", FindingKind::from_number).map(Some)
            })?;
        let assets = places(r, &words, &Sql::new("SELECT number, findings, search FROM asset ORDER BY number"), |_| Ok(None))?;
        Ok(Some(Self { words: words.len(), wordings, assets }))
    }

    /// Whether a finding has all words.
    pub(crate) fn fit(&self, candidate: &Candidate) -> bool {
        let found = self.every();
        let in_wording = words_at(&self.wordings, candidate.wording);
        in_wording == found || in_wording | words_at(&self.assets, candidate.asset) == found
    }

    /// The kinds that can fit, unless assets have words: their findings may be of any kind.
    pub(crate) fn kinds(&self) -> Option<HashSet<FindingKind>> {
        let fit = self.wordings.iter().filter(|wording| wording.words == self.every());
        self.assets.is_empty().then(|| fit.filter_map(|wording| wording.kind).collect())
    }

    /// Sources of all that fits, each complete.
    pub(crate) fn sources(&self) -> Vec<Found> {
        let every = self.every();
        // Either the wording has them all or the asset has one.
        let together = self.found(|asset| asset != 0, |wording| wording == every);
        let each = (0..self.words).map(|word| self.found(|asset| asset >> word & 1 == 1, |wording| wording >> word & 1 == 1));
        std::iter::once(together).chain(each.filter(|_| self.words > 1)).collect()
    }

    fn found(&self, asset: impl Fn(u8) -> bool, wording: impl Fn(u8) -> bool) -> Found {
        let mut findings = 0;
        let mut numbers = |places: &[Place], wanted: &dyn Fn(u8) -> bool| {
            let wanted = places.iter().filter(|place| wanted(place.words));
            wanted.inspect(|place| findings += place.findings).map(|place| place.number).collect()
        };
        let (assets, wordings) = (numbers(&self.assets, &asset), numbers(&self.wordings, &wording));
        Found { findings, assets, wordings }
    }

    const fn every(&self) -> u8 {
        u8::MAX >> (filter::WORDS_MAX - self.words)
    }
}

const _: () = assert!(filter::WORDS_MAX == u8::BITS as usize, "a bit for each word");

fn words_at(places: &[Place], number: i64) -> u8 {
    places.binary_search_by_key(&number, |place| place.number).map_or(0, |index| places[index].words)
}

fn places(
    r: &Reader<'_>,
    words: &[String],
    sql: &Sql,
    kind: impl Fn(&Row<'_>) -> Result<Option<FindingKind>, DbError>,
) -> Result<Vec<Place>, DbError> {
    let mut places = Vec::new();
    r.each(sql, |row| {
        let text = row.text(2)?;
        let contained = words.iter().enumerate().filter(|(_, word)| text.contains(word.as_str()));
        let words = contained.fold(0, |bits, (word, _)| bits | 1 << word);
        if words != 0 {
            let findings = u64::try_from(row.get::<i64>(1)?).unwrap_or_default();
            places.push(Place { number: row.get(0)?, words, kind: kind(row)?, findings });
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(places)
}
