//! A page from few candidates: read them all, filter, sort.

use crate::codes::{Bucket, Code};
use crate::counts::{Cells, Facets};
use crate::error::LedgerError;
use crate::filter::{Key, KeyValue, Sort};
use crate::narrow::{Candidate, Narrowed, Source};
use crate::page::{Answer, Question};
use std::cmp::Ordering;
use std::ops::ControlFlow;
use vigie_db::{DbError, Reader, Row, Sql};

/// Numbers in one statement: enough to make the statement's own cost small.
const CHUNK: usize = 500;

pub(crate) fn answer(
    r: &Reader<'_>,
    question: &Question<'_>,
    narrowed: &Narrowed,
    source: &Source,
    cells: &Cells,
) -> Result<Answer, LedgerError> {
    let mut found: Vec<(Bucket, Candidate)> = Vec::new();
    for sql in statements(question, narrowed, source, cells) {
        r.each(&sql, |row| {
            let (bucket, candidate) = read(row)?;
            if narrowed.fits(&candidate) {
                found.push((bucket, candidate));
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    // A finding may come by its asset and by its wording.
    found.sort_unstable_by_key(|(_, candidate)| candidate.number);
    found.dedup_by_key(|(_, candidate)| candidate.number);
    let facets = match source {
        // These were read whatever their bucket, so they can be counted with a part left open.
        Source::Of { .. } => Some(Facets::of(question.filter, found.iter().map(|(bucket, _)| (*bucket, 1)))),
        Source::Buckets(_) if narrowed.asks_for_places() => None,
        Source::Buckets(least) => Some(cells.facets(question.filter, Some(*least))),
    };
    found.retain(|(bucket, _)| question.filter.admits(*bucket));
    let total = found.len() as u64;
    let mut keys = keys(r, question.sort, &found)?;
    if let Some(after) = question.after {
        keys.retain(|key| question.order.compare(key, after) == Ordering::Greater);
    }
    keys.sort_unstable_by(|one, other| question.order.compare(one, other));
    keys.truncate(question.limit + 1);
    Ok(Answer { keys, total: Some(total), facets })
}

fn statements(question: &Question<'_>, narrowed: &Narrowed, source: &Source, cells: &Cells) -> Vec<Sql> {
    // All of it is in the indexes.
    let select = || Sql::new("SELECT number, bucket, priority, wording, asset FROM finding WHERE ");
    let mut statements = Vec::new();
    match source {
        Source::Of { assets, wordings } => {
            for chunk in assets.chunks(CHUNK) {
                let mut sql = select();
                sql.push("asset IN (").bind_all(chunk.iter().copied()).push(")");
                statements.push(sql);
            }
            for chunk in wordings.chunks(CHUNK) {
                let mut sql = select();
                sql.push("wording IN (").bind_all(chunk.iter().copied()).push(")");
                statements.push(sql);
            }
        }
        Source::Buckets(least) => {
            for bucket in cells.buckets(question.filter).into_iter().filter(|bucket| narrowed.may_fit(*bucket)) {
                let mut sql = select();
                sql.push("bucket = ").bind(&bucket.number()).push(" AND priority >= ").bind(least);
                statements.push(sql);
            }
        }
    }
    statements
}

fn read(row: &Row<'_>) -> Result<(Bucket, Candidate), DbError> {
    let bucket = row.map(1, "a bucket", Bucket::from_number)?;
    let candidate = Candidate { number: row.get(0)?, priority: row.get(2)?, wording: row.get(3)?, asset: row.get(4)? };
    Ok((bucket, candidate))
}

/// The keys of candidates, which are in the order of their numbers: what must be looked up in the
/// table is looked up in the order in which it lies there.
fn keys(r: &Reader<'_>, sort: Sort, found: &[(Bucket, Candidate)]) -> Result<Vec<Key>, DbError> {
    let key = |(bucket, candidate): &(Bucket, Candidate), value| Key {
        severity: sort.severity_first(*bucket),
        value,
        number: candidate.number,
    };
    if matches!(sort, Sort::Priority | Sort::Severity) {
        return Ok(found.iter().map(|one| key(one, KeyValue::Number(one.1.priority))).collect());
    }
    let mut keys = Vec::with_capacity(found.len());
    for chunk in found.chunks(CHUNK) {
        let mut sql = Sql::new("SELECT number, ");
        sql.push(sort.column()).push(" FROM finding WHERE number IN (");
        sql.bind_all(chunk.iter().map(|(_, candidate)| candidate.number)).push(") ORDER BY number");
        let values = r.query_built(&sql, |row| Ok((row.get::<i64>(0)?, sort.value(row, 1)?)))?;
        let known = chunk.iter().zip(values).filter(|((_, candidate), (number, _))| candidate.number == *number);
        keys.extend(known.map(|(one, (_, value))| key(one, value)));
    }
    Ok(keys)
}

impl Sort {
    /// The column whose index has a bucket's findings in this order.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Priority | Self::Severity => "priority",
            Self::FirstSeen => "first_seen",
            Self::LastSeen => "last_seen",
            Self::Title => "title_key",
        }
    }

    /// What comes before the column's value in a key.
    pub(crate) fn severity_first(self, bucket: Bucket) -> i64 {
        match self {
            Self::Severity => Code::number(bucket.severity),
            Self::Priority | Self::FirstSeen | Self::LastSeen | Self::Title => 0,
        }
    }

    pub(crate) fn value(self, row: &Row<'_>, column: usize) -> Result<KeyValue, DbError> {
        match self {
            Self::Title => row.get(column).map(KeyValue::Text),
            Self::Priority | Self::Severity | Self::FirstSeen | Self::LastSeen => row.get(column).map(KeyValue::Number),
        }
    }
}
