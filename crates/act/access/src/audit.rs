//! The audit trail: every change and every read of sensitive data, in a chain of hashes.
//!
//! hash(n) = SHA-256(hash(n-1) ‖ number ‖ at ‖ len(who) who ‖ len(what) what ‖ len(on) on ‖
//! len(detail) detail), lengths and numbers as 64-bit little endian; hash(0) is 32 zero bytes. An
//! entry that is altered, removed or slipped in breaks the chain. Cutting off the newest entries
//! cannot be seen from inside: that takes a head kept elsewhere.

use crate::AccessError;
use sha2::{Digest, Sha256};
use vigie_db::{Db, Reader, Writer, params};
use vigie_model::time::Timestamp;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who: an account's name, or `system`.
    pub who: String,
    /// What: a word such as `sign_in`, `decide`.
    pub what: String,
    /// On what: an id or a name.
    pub on: String,
    /// Particulars as JSON; never a secret.
    pub detail: String,
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its place in the chain, from 1.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub entry: Entry,
    hash: [u8; 32],
}

/// The outcome of walking the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every entry follows from the one before.
    Whole {
        /// How many entries.
        entries: i64,
        /// The hash of the newest, to be kept elsewhere.
        head: [u8; 32],
    },
    /// The chain breaks.
    Broken {
        /// The first entry that does not follow from the one before.
        at_number: i64,
    },
}

const GENESIS: [u8; 32] = [0; 32];

/// Appends an entry within a write that also makes the change it tells of.
///
/// # Errors
/// [`AccessError`] when the database refuses.
pub fn append(writer: &Writer<'_>, at: Timestamp, entry: &Entry) -> Result<(), AccessError> {
    let last = writer.query_opt("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", params![], |row| {
        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
    })?;
    let (number, previous) = match last {
        Some((number, hash)) => (number + 1, as_hash(&hash)),
        None => (1, GENESIS),
    };
    let hash = chained(&previous, number, at, entry);
    writer.execute(
        "INSERT INTO audit (number, at, who, what, on_what, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![number, at, entry.who, entry.what, entry.on, entry.detail, hash],
    )?;
    Ok(())
}

/// Walks the whole chain.
///
/// # Errors
/// [`AccessError`] when the database cannot be read.
pub fn verify(db: &Db) -> Result<Verified, AccessError> {
    const STEP: i64 = 10_000;
    db.read(|reader| {
        let (mut previous, mut number) = (GENESIS, 0);
        loop {
            let entries = page(reader, number, STEP)?;
            if entries.is_empty() {
                return Ok(Verified::Whole { entries: number, head: previous });
            }
            for stored in entries {
                number += 1;
                let hash = chained(&previous, stored.number, stored.at, &stored.entry);
                if stored.number != number || hash != stored.hash {
                    return Ok(Verified::Broken { at_number: number });
                }
                previous = hash;
            }
        }
    })
}

/// The newest entries, newest first.
///
/// # Errors
/// [`AccessError`] when the database cannot be read.
pub fn newest(db: &Db, limit: i64) -> Result<Vec<StoredEntry>, AccessError> {
    db.read(|reader| {
        Ok(reader.query(
            "SELECT number, at, who, what, on_what, detail, hash FROM audit ORDER BY number DESC LIMIT $1",
            params![limit],
            stored,
        )?)
    })
}

fn page(reader: &Reader<'_>, after: i64, limit: i64) -> Result<Vec<StoredEntry>, AccessError> {
    Ok(reader.query(
        "SELECT number, at, who, what, on_what, detail, hash FROM audit WHERE number > $1 ORDER BY number LIMIT $2",
        params![after, limit],
        stored,
    )?)
}

fn stored(row: &vigie_db::Row<'_>) -> Result<StoredEntry, vigie_db::DbError> {
    Ok(StoredEntry {
        number: row.get(0)?,
        at: row.get(1)?,
        entry: Entry { who: row.get(2)?, what: row.get(3)?, on: row.get(4)?, detail: row.get(5)? },
        hash: as_hash(&row.get::<Vec<u8>>(6)?),
    })
}

fn chained(previous: &[u8; 32], number: i64, at: Timestamp, entry: &Entry) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(number.to_le_bytes());
    hasher.update(at.micros().to_le_bytes());
    for text in [&entry.who, &entry.what, &entry.on, &entry.detail] {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().into()
}

/// A stored hash of another length cannot match anything: the chain then shows as broken.
fn as_hash(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or(GENESIS)
}
