//! What narrows a list beyond its buckets, and which way to a page is the shorter.

use crate::codes::{Bucket, Code};
use crate::counts::Cells;
use crate::error::LedgerError;
use crate::filter::{Filter, Sort};
use crate::page::{GATHER_MAX, Question};
use crate::words::Words;
use std::collections::HashSet;
use vigie_db::{Reader, params};
use vigie_model::finding::FindingKind;

/// A filter with its asset, subject and words looked up.
#[derive(Debug, Default)]
pub(crate) struct Narrowed {
    asset: Option<Counted<i64>>,
    subject: Option<Counted<HashSet<i64>>>,
    words: Option<Words>,
    /// All kinds that can fit, where that is known.
    kinds: Option<HashSet<FindingKind>>,
    priority_min: Option<i64>,
}

#[derive(Debug)]
struct Counted<T> {
    what: T,
    findings: u64,
}

/// A candidate for a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) number: i64,
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
            let sql = "SELECT number, findings, kind FROM wording WHERE subject = $1";
            let found = r.query(sql, params![subject], |row| {
                Ok((row.get::<i64>(0)?, count(row.get(1)?), row.map(2, "a kind", FindingKind::from_number)?))
            })?;
            if found.is_empty() {
                return Ok(None);
            }
            let what = found.iter().map(|(number, ..)| *number).collect();
            narrowed.subject = Some(Counted { what, findings: found.iter().map(|(_, findings, _)| findings).sum() });
            narrowed.kinds = Some(found.iter().map(|(.., kind)| *kind).collect());
        }
        narrowed.words = Words::find(r, filter.text.as_deref().unwrap_or_default())?;
        if let Some(of_words) = narrowed.words.as_ref().and_then(Words::kinds) {
            let known = narrowed.kinds.take().unwrap_or_else(|| of_words.clone());
            narrowed.kinds = Some(known.intersection(&of_words).copied().collect());
        }
        Ok(Some(narrowed))
    }

    /// Whether findings of a bucket may fit, as far as their kind tells.
    pub(crate) fn may_fit(&self, bucket: Bucket) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&bucket.kind))
    }

    /// Whether buckets alone do not tell what fits.
    pub(crate) fn asks_for_rows(&self, sort: Sort) -> bool {
        self.asks_for_places() || self.asks_for_priority(sort)
    }

    /// Whether each row must be asked for its priority.
    pub(crate) fn asks_for_priority(&self, sort: Sort) -> bool {
        self.priority_min.is_some() && !by_priority(sort)
    }

    /// Whether counters of buckets and priorities do not tell how many fit.
    pub(crate) fn asks_for_places(&self) -> bool {
        self.asset.is_some() || self.subject.is_some() || self.words.is_some()
    }

    /// The least priority, where the sort's index can begin or end there.
    pub(crate) fn priority_bound(&self, sort: Sort) -> Option<i64> {
        self.priority_min.filter(|_| by_priority(sort))
    }

    pub(crate) fn fits(&self, candidate: &Candidate) -> bool {
        self.priority_min.is_none_or(|least| candidate.priority >= least)
            && self.asset.as_ref().is_none_or(|asset| asset.what == candidate.asset)
            && self.subject.as_ref().is_none_or(|subject| subject.what.contains(&candidate.wording))
            && self.words.as_ref().is_none_or(|words| words.fit(candidate))
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
        let in_buckets = cells.admitted(question.filter, Some(least), |bucket| self.may_fit(bucket));
        let mut ways = vec![(u64::MAX, Way::Walk), (in_buckets, Way::Gather(Source::Buckets(least)))];
        let mut offer = |findings, assets, wordings| ways.push((findings, Way::Gather(Source::Of { assets, wordings })));
        if let Some(asset) = &self.asset {
            offer(asset.findings, vec![asset.what], Vec::new());
        }
        if let Some(subject) = &self.subject {
            offer(subject.findings, Vec::new(), sorted(&subject.what));
        }
        for found in self.words.iter().flat_map(Words::sources) {
            offer(found.findings, found.assets, found.wordings);
        }
        ways
    }
}

const fn by_priority(sort: Sort) -> bool {
    matches!(sort, Sort::Priority | Sort::Severity)
}

fn count(findings: i64) -> u64 {
    u64::try_from(findings).unwrap_or_default()
}

fn sorted(numbers: &HashSet<i64>) -> Vec<i64> {
    let mut sorted: Vec<i64> = numbers.iter().copied().collect();
    sorted.sort_unstable();
    sorted
}
