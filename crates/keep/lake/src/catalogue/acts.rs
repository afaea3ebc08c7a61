//! What was done to files: merged, dropped, erased from, held. Each act is a link of the chain, with
//! a JSON text that says what it did; the hash is over the text as it is stored.

use super::chain::{self, End, facts_of};
use super::{Catalogue, FileRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use vigie_db::{DbError, Reader, Writer, params};
use vigie_model::time::Timestamp;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) number: i64,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) body: String,
}

/// Something that is being done to files.
pub(crate) struct NewAct<'a> {
    /// One of the names in [`kind`].
    pub(crate) kind: &'static str,
    /// What is told besides the files.
    pub(crate) more: &'a Map<String, Value>,
}

/// The kinds of acts.
pub(crate) mod kind {
    /// Files became one.
    pub(crate) const MERGED: &str = "compacted";
    /// Files went because of their age.
    pub(crate) const EXPIRED: &str = "retention";
    /// Events were taken out of files.
    pub(crate) const ERASED: &str = "erased";
    /// Files that had gone before acts were links.
    pub(crate) const ADOPTED: &str = "adopted";
    /// The chain begins anew ([`base`](super::super::base)).
    pub(crate) const BASE: &str = "base";
    /// A hold was placed.
    pub(crate) const HELD: &str = "hold";
    /// A hold was released.
    pub(crate) const RELEASED: &str = "release";
}

/// What an act says of files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Files that went.
    #[serde(default)]
    pub(crate) gone: Vec<ToldFile>,
    /// Files that came in their place.
    #[serde(default)]
    pub(crate) new: Vec<ToldFile>,
    /// Events that were taken out.
    #[serde(default)]
    pub(crate) removed: u64,
}

/// A file as an act tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToldFile {
    pub(crate) number: i64,
    /// The hash of what its row said.
    pub(crate) facts: String,
    /// The hash of its content; of files that went before acts were links nobody knows it.
    pub(crate) sha256: String,
    pub(crate) rows: u64,
}

impl Act {
    /// A hash over all of it.
    pub(crate) fn facts(&self) -> [u8; 32] {
        let mut sha256 = Sha256::new();
        sha256.update(b"act");
        sha256.update(self.number.to_le_bytes());
        sha256.update(self.at.micros().to_le_bytes());
        for text in [&self.kind, &self.body] {
            sha256.update((text.len() as u64).to_le_bytes());
            sha256.update(text.as_bytes());
        }
        sha256.finalize().into()
    }

    /// What it says of files; nothing when it says nothing that can be read.
    pub(crate) fn told(&self) -> Option<Told> {
        serde_json::from_str(&self.body).ok()
    }
}

impl NewAct<'_> {
    /// The text of the act: what is told of it, and the files that went and came.
    pub(super) fn body(&self, gone: &[FileRow], new: &[FileRow]) -> String {
        let mut body = self.more.clone();
        body.insert("gone".to_owned(), told(gone.iter().map(told_file)));
        body.insert("new".to_owned(), told(new.iter().map(told_file)));
        Value::from(body).to_string()
    }
}

fn told(files: impl Iterator<Item = ToldFile>) -> Value {
    let row = |file: ToldFile| serde_json::json!({ "number": file.number, "facts": file.facts, "sha256": file.sha256, "rows": file.rows });
    Value::Array(files.map(row).collect())
}

fn told_file(file: &FileRow) -> ToldFile {
    ToldFile { number: file.number, facts: hex(&facts_of(file)), sha256: hex(&file.facts.sha256), rows: file.facts.rows }
}

/// The number of the hold that an act released.
pub(crate) fn hold_of(act: &Act) -> Option<i64> {
    let body: Value = serde_json::from_str(&act.body).ok()?;
    body.get("hold")?.as_i64()
}

/// Bytes as digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a text does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

/// Adds an act to the chain; gives its number.
pub(super) fn append(w: &Writer<'_>, end: &mut End, at: Timestamp, kind: &str, body: &str) -> Result<i64, DbError> {
    let act = Act { number: end.next_number(), at, kind: kind.to_owned(), body: body.to_owned() };
    end.add(&act.facts());
    w.execute(
        "INSERT INTO lake_act (number, at, kind, body, link) VALUES ($1, $2, $3, $4, $5)",
        params![act.number, act.at, act.kind, act.body, end.link()],
    )?;
    Ok(act.number)
}

/// The files that an act dropped, with the hashes of what their rows said, as they are in the table.
pub(crate) fn dropped_by(r: &Reader<'_>, act: i64) -> Result<Vec<(i64, String)>, DbError> {
    r.query("SELECT number, facts FROM lake_dropped WHERE act = $1 ORDER BY number", params![act], |row| {
        Ok((row.get(0)?, hex(&row.get::<[u8; 32]>(1)?)))
    })
}

impl Catalogue {
    /// Makes files that went before acts were links the subject of one.
    pub(super) fn adopt_drops(&self) -> Result<(), DbError> {
        let orphans = "SELECT number, facts, row_count, dropped_at FROM lake_dropped WHERE act IS NULL
                       AND NOT EXISTS (SELECT 1 FROM lake_act) ORDER BY number";
        self.db.write(|w| {
            let mut latest = Timestamp::EPOCH;
            let gone = w.query(orphans, params![], |row| {
                latest = latest.max(row.get(3)?);
                let facts = hex(&row.get::<[u8; 32]>(1)?);
                Ok(ToldFile { number: row.get(0)?, facts, sha256: String::new(), rows: super::count(row, 2)? })
            })?;
            if gone.is_empty() {
                return Ok(());
            }
            let body = serde_json::json!({ "gone": told(gone.into_iter()), "new": [] }).to_string();
            let mut end = chain::end(w)?;
            let number = append(w, &mut end, latest, kind::ADOPTED, &body)?;
            w.execute("UPDATE lake_dropped SET act = $1 WHERE act IS NULL", params![number]).map(drop)
        })
    }
}
