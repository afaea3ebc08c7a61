//! What findings share: title, subject, place, and the text that a search reads.

use crate::bounds;
use crate::codes::Code;
use std::collections::HashMap;
use vigie_db::{DbError, Writer, params};
use vigie_model::ids::FindingId;
use vigie_model::occurrence::Occurrence;

/// Titles are sorted by this many characters of theirs: enough to tell one from the next, and the
/// index stays small.
const TITLE_KEY_CHARS: usize = 40;

/// The numbers of wordings, looked up once for each transaction.
#[derive(Debug, Default)]
pub(crate) struct Wordings(HashMap<[u8; 16], i64>);

impl Wordings {
    /// The number of an occurrence's wording, which is written if it is new.
    pub(crate) fn number_of(&mut self, w: &Writer<'_>, occurrence: &Occurrence) -> Result<i64, DbError> {
        let search = search_text(occurrence);
        let digest = digest(occurrence, &search);
        if let Some(number) = self.0.get(&digest) {
            return Ok(*number);
        }
        let known = w.query_opt("SELECT number FROM wording WHERE digest = $1", params![digest], |row| row.get::<i64>(0))?;
        let number = match known {
            Some(number) => number,
            None => insert(w, occurrence, &digest, &search)?,
        };
        self.0.insert(digest, number);
        Ok(number)
    }
}

fn insert(w: &Writer<'_>, occurrence: &Occurrence, digest: &[u8; 16], search: &str) -> Result<i64, DbError> {
    let identity = &occurrence.identity;
    w.query_one(
        "INSERT INTO wording (digest, kind, findings, active, problem, subject, locator, title, search)
         VALUES ($1, $2, 0, 0, $3, $4, $5, $6, $7) RETURNING number",
        params![
            *digest,
            identity.kind.number(),
            identity.problem(),
            bounds::line(&identity.subject),
            bounds::line(&identity.locator.text()),
            occurrence.title,
            search
        ],
        |row| row.get(0),
    )
}

/// All that a text search looks at, in lower case.
fn search_text(occurrence: &Occurrence) -> String {
    let identity = &occurrence.identity;
    let aliases = occurrence.vulnerability.iter().flat_map(|vulnerability| &vulnerability.aliases);
    let place = identity.locator.text();
    let mut text = format!("{} {} {}", occurrence.title, bounds::line(&identity.subject), bounds::line(&place));
    for alias in aliases.filter(|alias| **alias != identity.subject) {
        text.push(' ');
        text.push_str(alias);
    }
    text.to_lowercase()
}

fn digest(occurrence: &Occurrence, search: &str) -> [u8; 16] {
    let identity = &occurrence.identity;
    // The ids' hash serves for this as well: length-prefixed parts, 128 bits.
    let parts = ["wording", identity.kind.word(), &identity.subject, &identity.locator.text(), &occurrence.title, search];
    *FindingId::of(&parts).as_bytes()
}

/// The beginning of a title in lower case, by which it is sorted.
pub(crate) fn title_key(title: &str) -> String {
    title.chars().flat_map(char::to_lowercase).take(TITLE_KEY_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_sort_without_regard_to_case() {
        assert_eq!(title_key("Äpfel"), "äpfel");
        assert_eq!(title_key(&"x".repeat(100)).len(), TITLE_KEY_CHARS);
    }
}
