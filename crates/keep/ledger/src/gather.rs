//! A page from few candidates: read them all, filter, sort.

use crate::codes::{Bucket, Code};
use crate::counts::{Cells, Facets};
use crate::error::LedgerError;
use crate::filter::{Key, KeyValue, Sort};
use crate::narrow::{Candidate, Narrowed, Source};
use crate::page::{Answer, Question};
use std::cmp::Ordering;
use std::collections::HashSet;
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
    let mut found: Vec<(Bucket, Key)> = Vec::new();
    // A finding may come by its asset and by its wording.
    let mut known = HashSet::new();
    let mut take = |row: &Row<'_>| -> Result<(), DbError> {
        let (candidate, bucket, key) = read(row, question.sort)?;
        if narrowed.fits(&candidate) && known.insert(key.number) {
            found.push((bucket, key));
        }
        Ok(())
    };
    for sql in statements(question, source, cells) {
        r.query_built(&sql, |row| take(row))?;
    }
    let facets = match source {
        // These were read whatever their bucket, so they can be counted with a part left open.
        Source::Of { .. } => Some(Facets::of(question.filter, found.iter().map(|(bucket, _)| (*bucket, 1)))),
        Source::Buckets(_) if narrowed.asks_for_places() => None,
        Source::Buckets(least) => Some(cells.facets(question.filter, Some(*least))),
    };
    found.retain(|(bucket, _)| question.filter.admits(*bucket));
    let total = found.len() as u64;
    let mut keys: Vec<Key> = found.into_iter().map(|(_, key)| key).collect();
    if let Some(after) = question.after {
        keys.retain(|key| question.order.compare(key, after) == Ordering::Greater);
    }
    keys.sort_unstable_by(|one, other| question.order.compare(one, other));
    keys.truncate(question.limit + 1);
    Ok(Answer { keys, total: Some(total), facets })
}

fn statements(question: &Question<'_>, source: &Source, cells: &Cells) -> Vec<Sql> {
    let mut statements = Vec::new();
    match source {
        Source::Of { assets, wordings } => {
            for chunk in assets.chunks(CHUNK) {
                let mut sql = select(question.sort);
                sql.push("asset IN (").bind_all(chunk.iter().copied()).push(")");
                statements.push(sql);
            }
            for chunk in wordings.chunks(CHUNK) {
                let mut sql = select(question.sort);
                sql.push("wording IN (").bind_all(chunk.iter().copied()).push(")");
                statements.push(sql);
            }
        }
        Source::Buckets(least) => {
            for bucket in cells.buckets(question.filter) {
                let mut sql = select(question.sort);
                sql.push("bucket = ").bind(&bucket.number()).push(" AND priority >= ").bind(least);
                statements.push(sql);
            }
        }
    }
    statements
}

fn select(sort: Sort) -> Sql {
    let mut sql = Sql::new("SELECT number, bucket, priority, wording, asset, ");
    sql.push(sort.column()).push(" FROM finding WHERE ");
    sql
}

fn read(row: &Row<'_>, sort: Sort) -> Result<(Candidate, Bucket, Key), DbError> {
    let bucket = row.map(1, "a bucket", Bucket::from_number)?;
    let candidate = Candidate { priority: row.get(2)?, wording: row.get(3)?, asset: row.get(4)? };
    let key = Key { severity: sort.severity_first(bucket), value: sort.value(row, 5)?, number: row.get(0)? };
    Ok((candidate, bucket, key))
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
