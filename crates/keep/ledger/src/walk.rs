//! A page from many candidates: the wanted buckets, each sorted already, merged until it is full.

use crate::codes::Bucket;
use crate::counts::Cells;
use crate::error::LedgerError;
use crate::filter::{Key, KeyValue, Order, Sort};
use crate::narrow::{Candidate, Narrowed};
use crate::page::{Answer, Question};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use vigie_db::{DbError, Reader, Row, Sql};

/// Rows of a bucket read at first; then twice as many each time, up to the second number.
const FIRST_ROWS: u32 = 24;
const ROWS_MAX: u32 = 2_000;

pub(crate) fn answer(r: &Reader<'_>, question: &Question<'_>, narrowed: &Narrowed, cells: &Cells) -> Result<Answer, LedgerError> {
    let mut merge = Merge::begin(r, question, narrowed, cells)?;
    let mut keys = Vec::new();
    while keys.len() <= question.limit {
        match merge.next()? {
            Some(key) => keys.push(key),
            None => break,
        }
    }
    if narrowed.asks_for_places() {
        return Ok(Answer { keys, total: None, facets: None });
    }
    let least = question.filter.priority_min.map(i64::from);
    let total = Some(cells.admitted(question.filter, least, |_| true));
    Ok(Answer { keys, total, facets: Some(cells.facets(question.filter, least)) })
}

/// Sorted buckets, merged.
struct Merge<'m> {
    r: &'m Reader<'m>,
    question: &'m Question<'m>,
    narrowed: &'m Narrowed,
    decks: Vec<Deck>,
    heads: BinaryHeap<Head>,
}

/// The findings of one bucket that are still to come, as far as they are read.
struct Deck {
    bucket: Bucket,
    rows: VecDeque<(Key, Candidate)>,
    /// The last row that was read, or where the page begins.
    after: Option<(KeyValue, i64)>,
    next_rows: u32,
    exhausted: bool,
}

/// The first row of a deck.
struct Head {
    key: Key,
    order: Order,
    deck: usize,
}

impl<'m> Merge<'m> {
    fn begin(r: &'m Reader<'m>, question: &'m Question<'m>, narrowed: &'m Narrowed, cells: &Cells) -> Result<Self, LedgerError> {
        let buckets = cells.buckets(question.filter).into_iter().filter(|bucket| narrowed.may_fit(*bucket));
        let decks = buckets.filter_map(|bucket| Deck::of(bucket, question));
        let mut merge = Self { r, question, narrowed, decks: decks.collect(), heads: BinaryHeap::new() };
        for deck in 0..merge.decks.len() {
            merge.offer(deck)?;
        }
        Ok(merge)
    }

    /// The next finding that fits.
    fn next(&mut self) -> Result<Option<Key>, LedgerError> {
        while let Some(head) = self.heads.pop() {
            let candidate = self.decks[head.deck].rows.pop_front().map(|(_, candidate)| candidate);
            self.offer(head.deck)?;
            let rows_count = self.narrowed.asks_for_rows(self.question.sort);
            if !rows_count || candidate.is_some_and(|candidate| self.narrowed.fits(&candidate)) {
                return Ok(Some(head.key));
            }
        }
        Ok(None)
    }

    /// Puts the first row of a deck among the heads, reading more where none is left.
    fn offer(&mut self, deck: usize) -> Result<(), LedgerError> {
        let order = self.question.order;
        let cards = &mut self.decks[deck];
        if cards.rows.is_empty() && !cards.exhausted {
            cards.read_on(self.r, self.question, self.narrowed)?;
        }
        if let Some((key, _)) = cards.rows.front() {
            self.heads.push(Head { key: key.clone(), order, deck });
        }
        Ok(())
    }
}

impl Deck {
    /// A bucket's findings from where the page begins; none where all of them come before.
    fn of(bucket: Bucket, question: &Question<'_>) -> Option<Self> {
        let severity = question.sort.severity_first(bucket);
        let after = match question.after {
            None => None,
            Some(key) => match (severity.cmp(&key.severity), question.order) {
                (Ordering::Equal, _) => Some((key.value.clone(), key.number)),
                (Ordering::Less, Order::Descending) | (Ordering::Greater, Order::Ascending) => None,
                (Ordering::Greater, Order::Descending) | (Ordering::Less, Order::Ascending) => return None,
            },
        };
        Some(Self { bucket, rows: VecDeque::new(), after, next_rows: FIRST_ROWS, exhausted: false })
    }

    fn read_on(&mut self, r: &Reader<'_>, question: &Question<'_>, narrowed: &Narrowed) -> Result<(), LedgerError> {
        let sql = self.statement(question, narrowed);
        let with_priority = narrowed.asks_for_priority(question.sort);
        let rows = r.query_built(&sql, |row| self.row(row, question.sort, with_priority))?;
        self.exhausted = rows.len() < self.next_rows as usize;
        self.next_rows = (self.next_rows * 2).min(ROWS_MAX);
        if let Some((key, _)) = rows.last() {
            self.after = Some((key.value.clone(), key.number));
        }
        self.rows = rows.into();
        Ok(())
    }

    fn statement(&self, question: &Question<'_>, narrowed: &Narrowed) -> Sql {
        let column = question.sort.column();
        let mut sql = Sql::new("SELECT number, wording, asset, ");
        sql.push(column);
        if narrowed.asks_for_priority(question.sort) {
            // Not in the index: each row costs a look into the table.
            sql.push(", priority");
        }
        sql.push(" FROM finding WHERE bucket = ").bind(&self.bucket.number());
        if let Some((value, number)) = &self.after {
            let before = matches!(question.order, Order::Descending);
            sql.push(" AND (").push(column).push(if before { ", number) < (" } else { ", number) > (" });
            match value {
                KeyValue::Number(value) => sql.bind(value),
                KeyValue::Text(text) => sql.bind(text),
            };
            sql.push(", ").bind(number).push(")");
        }
        if let Some(least) = narrowed.priority_bound(question.sort) {
            sql.push(" AND priority >= ").bind(&least);
        }
        let direction = match question.order {
            Order::Descending => " DESC",
            Order::Ascending => " ASC",
        };
        sql.push(" ORDER BY ").push(column).push(direction).push(", number").push(direction);
        sql.push(" LIMIT ").bind(&self.next_rows);
        sql
    }

    fn row(&self, row: &Row<'_>, sort: Sort, with_priority: bool) -> Result<(Key, Candidate), DbError> {
        let key = Key { severity: sort.severity_first(self.bucket), value: sort.value(row, 3)?, number: row.get(0)? };
        // Where the sort's index begins or ends at the least priority, it need not be looked at.
        let priority = if with_priority { row.get(4)? } else { i64::MAX };
        let candidate = Candidate { number: key.number, priority, wording: row.get(1)?, asset: row.get(2)? };
        Ok((key, candidate))
    }
}

// The heap gives its greatest first: that is the key which comes first on the page.
impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&other.key, &self.key)
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}
