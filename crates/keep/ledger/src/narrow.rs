//! What narrows a list beyond its buckets, and which way to a page is the shorter.

use crate::counts::Cells;
use crate::error::LedgerError;
use crate::filter::{Filter, Sort, pattern, words};
use crate::page::{GATHER_MAX, Question};
use std::collections::HashSet;
use vigie_db::{Reader, params};

/// A filter with its asset, subject and words looked up.
#[derive(Debug, Default)]
pub(crate) struct Narrowed {
    asset: Option<Counted<i64>>,
    subject: Option<Counted<HashSet<i64>>>,
    words: Vec<Word>,
    priority_min: Option<i64>,
}

#[derive(Debug)]
struct Counted<T> {
    what: T,
    findings: u64,
}

/// Where a word occurs.
#[derive(Debug, Default)]
struct Word {
    wordings: HashSet<i64>,
    assets: HashSet<i64>,
    findings: u64,
}

/// A candidate for a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) priority: i64,
    pub(crate) wording: i64,
    pub(crate) asset: i64,
}

/// How to find a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Walk,
    Gather(Source),
}

/// Where candidates are gathered from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// All findings on these assets or with these wordings.
    Of {
        /// Assets, by number.
        assets: Vec<i64>,
        /// Wordings, by number.
        wordings: Vec<i64>,
    },
    /// The findings of the wanted buckets with at least this priority.
    Buckets(i64),
}

impl Narrowed {
    /// None when nothing can fit.
    pub(crate) fn of(r: &Reader<'_>, filter: &Filter) -> Result<Option<Self>, LedgerError> {
        let mut narrowed = Self { priority_min: filter.priority_min.map(i64::from), ..Self::default() };
        if let Some(id) = filter.asset {
            let sql = "SELECT number, findings FROM asset WHERE id = $1";
            let found = r.query_opt(sql, params![id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let Some((number, findings)) = found else { return Ok(None) };
            narrowed.asset = Some(Counted { what: number, findings: count(findings) });
        }
        if let Some(subject) = &filter.subject {
            let sql = "SELECT number, findings FROM wording WHERE subject = $1";
            let found = r.query(sql, params![subject], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if found.is_empty() {
                return Ok(None);
            }
            narrowed.subject = Some(Counted { what: set(&found), findings: sum(&found) });
        }
        for word in words(filter.text.as_deref().unwrap_or_default()) {
            narrowed.words.push(Word::find(r, &word)?);
        }
        Ok(Some(narrowed))
    }

    /// Whether buckets alone do not tell what fits.
    pub(crate) fn asks_for_rows(&self, sort: Sort) -> bool {
        self.asks_for_places() || (self.priority_min.is_some() && !by_priority(sort))
    }

    /// Whether counters of buckets and priorities do not tell how many fit.
    pub(crate) fn asks_for_places(&self) -> bool {
        self.asset.is_some() || self.subject.is_some() || !self.words.is_empty()
    }

    /// The least priority, where the sort's index can begin or end there.
    pub(crate) fn priority_bound(&self, sort: Sort) -> Option<i64> {
        self.priority_min.filter(|_| by_priority(sort))
    }

    pub(crate) fn fits(&self, candidate: &Candidate) -> bool {
        self.priority_min.is_none_or(|least| candidate.priority >= least)
            && self.asset.as_ref().is_none_or(|asset| asset.what == candidate.asset)
            && self.subject.as_ref().is_none_or(|subject| subject.what.contains(&candidate.wording))
            && self.words.iter().all(|word| word.fits(candidate))
    }

    /// The way to a page, as far as the counters tell.
    ///
    /// Gathering comes first wherever it is bounded, since it also tells how many fit.
    pub(crate) fn way(&self, question: &Question<'_>, cells: &Cells) -> Way {
        let bounded = self.ways(question, cells).into_iter().filter(|(findings, _)| *findings <= GATHER_MAX);
        let rank = |(findings, way): &(u64, Way)| (matches!(way, Way::Gather(Source::Buckets(_))), *findings);
        // Where much may fit, the page is soon full on the walk.
        bounded.min_by_key(rank).map_or(Way::Walk, |(_, way)| way)
    }

    /// All ways, each with how many rows are read at most.
    pub(crate) fn ways(&self, question: &Question<'_>, cells: &Cells) -> Vec<(u64, Way)> {
        if !self.asks_for_rows(question.sort) {
            return vec![(u64::MAX, Way::Walk)];
        }
        let least = self.priority_min.unwrap_or(0);
        let in_buckets = cells.admitted(question.filter, Some(least));
        let mut ways = vec![(u64::MAX, Way::Walk), (in_buckets, Way::Gather(Source::Buckets(least)))];
        let mut offer = |findings, assets, wordings| ways.push((findings, Way::Gather(Source::Of { assets, wordings })));
        if let Some(asset) = &self.asset {
            offer(asset.findings, vec![asset.what], Vec::new());
        }
        if let Some(subject) = &self.subject {
            offer(subject.findings, Vec::new(), sorted(&subject.what));
        }
        for word in &self.words {
            offer(word.findings, sorted(&word.assets), sorted(&word.wordings));
        }
        ways
    }
}

impl Word {
    fn find(r: &Reader<'_>, word: &str) -> Result<Self, LedgerError> {
        let pattern = pattern(word);
        let sql = "SELECT number, findings FROM wording WHERE search LIKE $1 ESCAPE '\\'";
        let wordings = r.query(sql, params![pattern], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let sql = "SELECT number, findings FROM asset WHERE search LIKE $1 ESCAPE '\\'";
        let assets = r.query(sql, params![pattern], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let findings = sum(&wordings).saturating_add(sum(&assets));
        Ok(Self { wordings: set(&wordings), assets: set(&assets), findings })
    }

    fn fits(&self, candidate: &Candidate) -> bool {
        self.wordings.contains(&candidate.wording) || self.assets.contains(&candidate.asset)
    }
}

const fn by_priority(sort: Sort) -> bool {
    matches!(sort, Sort::Priority | Sort::Severity)
}

fn count(findings: i64) -> u64 {
    u64::try_from(findings).unwrap_or_default()
}

fn sum(rows: &[(i64, i64)]) -> u64 {
    rows.iter().map(|(_, findings)| count(*findings)).sum()
}

fn set(rows: &[(i64, i64)]) -> HashSet<i64> {
    rows.iter().map(|(number, _)| *number).collect()
}

fn sorted(numbers: &HashSet<i64>) -> Vec<i64> {
    let mut sorted: Vec<i64> = numbers.iter().copied().collect();
    sorted.sort_unstable();
    sorted
}
