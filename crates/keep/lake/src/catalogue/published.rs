//! What the Delta log says by now, as the catalogue remembers it.

use super::{Catalogue, mark, set_mark, stored};
use std::collections::BTreeSet;
use vigie_db::{DbError, Writer, params};
use vigie_model::time::Timestamp;

/// The last version of the Delta log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Published {
    /// When it was begun.
    pub(crate) since: Timestamp,
    /// The number of the last version; nothing while there is none.
    pub(crate) version: Option<u64>,
    /// The paths of the files that it has.
    pub(crate) paths: BTreeSet<String>,
    /// Tells whether its columns are still ours.
    pub(crate) schema: u64,
}

const SINCE: &str = "delta_since";
/// One more than the last version.
const NEXT: &str = "delta_next";
const SCHEMA: &str = "delta_schema";

impl Catalogue {
    /// The last version; nothing when no Delta log is kept.
    pub(crate) fn published(&self) -> Result<Option<Published>, DbError> {
        self.db.read(|r| {
            let since = r.query_opt("SELECT value FROM lake_mark WHERE name = 'delta_since'", params![], |row| row.get(0))?;
            let Some(since) = since else { return Ok(None) };
            let paths: Vec<String> = r.query("SELECT path FROM lake_delta", params![], |row| row.get(0))?;
            let version = mark(r, NEXT)?.and_then(|next| next.checked_sub(1));
            let schema = mark(r, SCHEMA)?.unwrap_or(0);
            Ok(Some(Published { since, version, paths: paths.into_iter().collect(), schema }))
        })
    }

    /// From now on a Delta log is kept; nothing changes when one is.
    pub(crate) fn begin_publishing(&self, now: Timestamp) -> Result<(), DbError> {
        self.db.write(|w| {
            w.execute(
                "INSERT INTO lake_mark (name, value) VALUES ('delta_since', $1) ON CONFLICT (name) DO NOTHING",
                params![now.micros()],
            )
            .map(drop)
        })
    }

    /// No Delta log is kept any more.
    pub(crate) fn end_publishing(&self) -> Result<(), DbError> {
        self.db.write(|w| {
            w.execute("DELETE FROM lake_delta", params![])?;
            let forget = |w: &Writer<'_>, name| w.execute("DELETE FROM lake_mark WHERE name = $1", params![name]).map(drop);
            [SINCE, NEXT, SCHEMA].into_iter().try_for_each(|name| forget(w, name))
        })
    }

    /// A version has been written.
    pub(crate) fn note_published(
        &self,
        version: u64,
        (new, gone): (&[String], &[String]),
        schema: Option<u64>,
    ) -> Result<(), DbError> {
        self.db.write(|w| {
            for path in gone {
                w.execute("DELETE FROM lake_delta WHERE path = $1", params![path])?;
            }
            for path in new {
                w.execute("INSERT INTO lake_delta (path) VALUES ($1) ON CONFLICT (path) DO NOTHING", params![path])?;
            }
            if let Some(schema) = schema {
                set_mark(w, SCHEMA, stored(schema))?;
            }
            set_mark(w, NEXT, stored(version + 1))
        })
    }

    /// The paths of the files that a merged one took the place of; none when it was not merged.
    pub(crate) fn merged_from(&self, number: i64) -> Result<Vec<String>, DbError> {
        // The act of a merge follows its one file.
        self.db.read(|r| {
            r.query(
                "SELECT d.path FROM lake_act a JOIN lake_dropped d ON d.act = a.number
                 WHERE a.number = $1 AND a.kind = 'compacted'",
                params![number + 1],
                |row| row.get(0),
            )
        })
    }
}
