//! The chain: a link for each file that came and for each act, in the order in which they happened.
//!
//! A link is the SHA-256 of its predecessor and of the hash of its own facts. The facts of a file are
//! all that its row says (version 3; files of before have version 2, without the tenant, or 1, without
//! some more).
//! The facts of an act are its time, its kind and its text ([`acts`](super::acts)).

use super::{COLUMNS, Catalogue, FileRow, NewFile, acts, read_file};
use crate::files::FileFacts;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use vigie_db::{DbError, Reader, Sql, params};
use vigie_model::time::Timestamp;

/// The version of facts that new links are over.
const VERSION: u32 = 3;

/// A link of the chain.
pub(crate) struct Link {
    pub(crate) number: i64,
    pub(crate) facts: [u8; 32],
    pub(crate) link: [u8; 32],
    pub(crate) kind: LinkKind,
}

/// What a link is of.
pub(crate) enum LinkKind {
    /// A file that is there.
    File(Box<FileRow>),
    /// A file that was dropped by the act with this number.
    Dropped { act: Option<i64> },
    /// Something that was done.
    Act(acts::Act),
}

/// The end of the chain, to which links are added.
pub(super) struct End {
    number: i64,
    link: [u8; 32],
}

impl End {
    /// The number and the link of a new file.
    pub(super) fn file(&mut self, file: &NewFile, (sealed_through, sealed_at): (u64, Timestamp), level: u32) -> FileRow {
        let row = FileRow {
            number: self.number + 1,
            path: file.path.clone(),
            class_uid: file.class_uid,
            day: file.day,
            sealed_through,
            sealed_at,
            level,
            version: VERSION,
            facts: file.facts.clone(),
        };
        self.add(&facts_of(&row));
        row
    }

    /// Adds a link over these facts; its number is one more than before.
    pub(super) fn add(&mut self, facts: &[u8; 32]) {
        self.number += 1;
        self.link = next_link(&self.link, facts);
    }

    pub(super) const fn next_number(&self) -> i64 {
        self.number + 1
    }

    pub(super) const fn head(&self) -> ([u8; 32], i64) {
        (self.link, self.number)
    }

    pub(super) const fn link(&self) -> &[u8; 32] {
        &self.link
    }
}

/// The last number and link of the chain.
pub(super) fn end(r: &Reader<'_>) -> Result<End, DbError> {
    let last = |sql| r.query_opt(sql, params![], |row| Ok(End { number: row.get(0)?, link: row.get(1)? }));
    let ends = [
        last("SELECT number, link FROM lake_file ORDER BY number DESC LIMIT 1")?,
        last("SELECT number, link FROM lake_dropped ORDER BY number DESC LIMIT 1")?,
        last("SELECT number, link FROM lake_act ORDER BY number DESC LIMIT 1")?,
    ];
    Ok(ends.into_iter().flatten().max_by_key(|end| end.number).unwrap_or(End { number: 0, link: [0; 32] }))
}

impl Catalogue {
    /// Hands over the chain, from its first link, as it is at one moment, with what reads the same
    /// moment.
    pub(crate) fn chain<T>(
        &self,
        mut visit: impl FnMut(Link),
        then: impl FnOnce(&Reader<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut links = Sql::new("SELECT ");
        links.push(COLUMNS).push(
            ", link, 0, NULL, NULL FROM lake_file
             UNION ALL SELECT number, path, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, facts, 0, 0, 0, '', link, 1, act, NULL FROM lake_dropped
             UNION ALL SELECT number, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, at, 0, 0, '', link, 2, NULL, body FROM lake_act
             ORDER BY number",
        );
        self.db.read(|r| {
            r.each(&links, |row| {
                let (number, link) = (row.get(0)?, row.get(18)?);
                let (facts, kind) = match row.get::<i64>(19)? {
                    0 => {
                        let file = read_file(row)?;
                        (facts_of(&file), LinkKind::File(Box::new(file)))
                    }
                    1 => (row.get(13)?, LinkKind::Dropped { act: row.get(20)? }),
                    _ => {
                        let act = acts::Act { number, at: row.get(14)?, kind: row.get(1)?, body: row.get(21)? };
                        (act.facts(), LinkKind::Act(act))
                    }
                };
                visit(Link { number, facts, link, kind });
                Ok(ControlFlow::Continue(()))
            })?;
            then(r)
        })
    }
}

/// A hash over what a row promises of its file.
pub(super) fn facts_of(row: &FileRow) -> [u8; 32] {
    let FileFacts { tenant, rows, bytes, sha256: content, times, received, ids } = &row.facts;
    let mut sha256 = Sha256::new();
    sha256.update(row.number.to_le_bytes());
    sha256.update((row.path.len() as u64).to_le_bytes());
    sha256.update(row.path.as_bytes());
    sha256.update(row.class_uid.to_le_bytes());
    for time in [times.0, times.1, received.0, received.1] {
        sha256.update(time.micros().to_le_bytes());
    }
    for number in [ids.0.0, ids.1.0, *rows, *bytes] {
        sha256.update(number.to_le_bytes());
    }
    sha256.update(content);
    if row.version > 1 {
        sha256.update(row.version.to_le_bytes());
        sha256.update(row.day.number().to_le_bytes());
        sha256.update(row.sealed_through.to_le_bytes());
        sha256.update(row.sealed_at.micros().to_le_bytes());
        sha256.update(row.level.to_le_bytes());
    }
    if row.version > 2 {
        sha256.update((tenant.len() as u64).to_le_bytes());
        sha256.update(tenant.as_bytes());
    }
    sha256.finalize().into()
}

/// The link after `previous` for these facts.
pub(crate) fn next_link(previous: &[u8; 32], facts: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(previous).chain_update(facts).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, file_row};

    #[test]
    fn links_of_before_stand_as_they_were() {
        let row = |version, tenant: &str| {
            let mut row = file_row(7, 3, at("2026-11-21T12:00:00Z"));
            row.version = version;
            row.facts.tenant = tenant.into();
            facts_of(&row)
        };
        assert_ne!(row(3, "acme"), row(3, "default"), "nobody moves a file to another tenant unseen");
        for version in 1..3 {
            assert_eq!(row(version, "acme"), row(version, "default"));
        }
    }
}
