//! Keeping searches in the database.

use super::alert::Memory;
use super::{Asker, NewSearch, SEARCHES_MAX, Saved, SearchesError, Span, new_id};
use serde_json::json;
use std::sync::Arc;
use vigie_access::audit::{self, Entry};
use vigie_db::{Db, DbError, Migration, Reader, Row, Writer, params};
use vigie_kit::clock::Clock;
use vigie_model::text;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "saved searches", sql: include_str!("schema.sql") },
    Migration { name: "alerts from saved searches", sql: include_str!("alerts.sql") },
    Migration { name: "dashboards", sql: include_str!("dashboards.sql") },
];

/// The saved searches of a platform. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Searches {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
}

macro_rules! saved_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, query, last_seconds, from_time, to_time, columns, owner, shared, created_at, changed_at, changed_by
             FROM saved_search ",
            $rest
        )
    };
}

impl Searches {
    /// Opens them on a database.
    ///
    /// # Errors
    /// [`DbError`] when the tables cannot be made.
    pub(crate) fn open(db: Db, clock: Arc<dyn Clock>) -> Result<Self, DbError> {
        db.migrate("searches", MIGRATIONS)?;
        Ok(Self { db, clock })
    }

    /// Those that somebody sees, by name; of two of one name, the own one first.
    ///
    /// # Errors
    /// [`SearchesError::Db`].
    pub(crate) fn list(&self, asker: &Asker) -> Result<Vec<Saved>, SearchesError> {
        let sql = saved_where!("WHERE shared = 1 OR owner = $1 ORDER BY name, shared, id");
        Ok(self.db.read(|reader| reader.query(sql, params![asker.name], stored))?)
    }

    /// The one of an id or, failing that, of a name: an own one before a shared one.
    ///
    /// # Errors
    /// [`SearchesError::NotFound`], [`SearchesError::Db`].
    pub(crate) fn find(&self, asker: &Asker, id_or_name: &str) -> Result<Saved, SearchesError> {
        self.db.read(|reader| find(reader, asker, id_or_name))
    }

    /// The one of an id, whoever may see it.
    ///
    /// # Errors
    /// [`DbError`], also when there is none.
    pub(super) fn get(&self, id: &str) -> Result<Saved, DbError> {
        self.db.read(|reader| reader.query_one(saved_where!("WHERE id = $1"), params![id], stored))
    }

    /// Keeps a search for its owner.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn save(&self, asker: &Asker, new: NewSearch) -> Result<Saved, SearchesError> {
        let search = new.checked()?;
        if search.shared && !asker.may_share {
            return Err(SearchesError::Forbidden);
        }
        let now = self.clock.now();
        let saved = Saved {
            id: new_id()?,
            search,
            owner: asker.name.clone(),
            created_at: now,
            changed_at: now,
            changed_by: asker.name.clone(),
        };
        self.db.write(|writer| {
            let sql = "SELECT count(*) FROM saved_search WHERE owner = $1";
            let own: i64 = writer.query_one(sql, params![asker.name], |row| row.get(0))?;
            if own >= SEARCHES_MAX {
                return Err(SearchesError::Invalid(text!(
                    en "Nobody keeps more than {SEARCHES_MAX} searches: remove some first",
                    fr "Nul ne garde plus de {SEARCHES_MAX} recherches : supprimez-en d’abord",
                    de "Niemand behält mehr als {SEARCHES_MAX} Suchen: entfernen Sie zuerst einige",
                )));
            }
            insert(writer, &saved)?;
            self.note(writer, asker, "save_search", &saved)
        })?;
        Ok(saved)
    }

    /// Replaces what a search is. Its id, its owner and the time at which it was saved stay.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn change(&self, asker: &Asker, id_or_name: &str, new: NewSearch) -> Result<Saved, SearchesError> {
        let search = new.checked()?;
        self.db.write(|writer| {
            let before = find(writer, asker, id_or_name)?;
            let gives_away = search.shared != before.search.shared && (!asker.may_share || before.owner != asker.name);
            if !asker.may_change(&before) || gives_away {
                return Err(SearchesError::Forbidden);
            }
            let saved = Saved { search, changed_at: self.clock.now(), changed_by: asker.name.clone(), ..before };
            update(writer, &saved)?;
            keep_alert(writer, &saved)?;
            self.note(writer, asker, "change_search", &saved)?;
            Ok(saved)
        })
    }

    /// Removes a search, and tells what it was.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn remove(&self, asker: &Asker, id_or_name: &str) -> Result<Saved, SearchesError> {
        self.db.write(|writer| {
            let saved = find(writer, asker, id_or_name)?;
            if !asker.may_change(&saved) {
                return Err(SearchesError::Forbidden);
            }
            writer.execute("DELETE FROM search_alert WHERE search = $1", params![saved.id])?;
            writer.execute("DELETE FROM saved_search WHERE id = $1", params![saved.id])?;
            self.note(writer, asker, "remove_search", &saved)?;
            Ok(saved)
        })
    }

    /// Notes in the audit trail what somebody did to a search.
    pub(super) fn note(&self, writer: &Writer<'_>, asker: &Asker, what: &str, saved: &Saved) -> Result<(), SearchesError> {
        let detail = json!({ "id": saved.id, "q": saved.search.query, "shared": saved.search.shared });
        let (who, on) = (asker.name.clone(), saved.search.name.clone());
        let entry = Entry { who, what: what.to_owned(), on, detail: detail.to_string() };
        Ok(audit::append(writer, self.clock.now(), &entry)?)
    }
}

/// The search of an id or a name, as [`Searches::find`] gives it.
pub(super) fn find(reader: &Reader<'_>, asker: &Asker, id_or_name: &str) -> Result<Saved, SearchesError> {
    let by_id = saved_where!("WHERE id = $1 AND (shared = 1 OR owner = $2)");
    let by_name = saved_where!("WHERE name = $1 AND (shared = 1 OR owner = $2) ORDER BY shared LIMIT 1");
    for sql in [by_id, by_name] {
        if let Some(saved) = reader.query_opt(sql, params![id_or_name, asker.name], stored)? {
            return Ok(saved);
        }
    }
    Err(SearchesError::NotFound)
}

fn insert(writer: &Writer<'_>, saved: &Saved) -> Result<(), SearchesError> {
    let Saved { id, search, owner, created_at, changed_at, changed_by } = saved;
    let (last, from, to) = columns_of(search.span);
    let inserted = writer.execute(
        "INSERT INTO saved_search (id, name, query, last_seconds, from_time, to_time, columns, owner, shared, created_at, changed_at, changed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![id, search.name, search.query, last, from, to, json!(search.columns).to_string(), owner, search.shared, created_at, changed_at, changed_by],
    );
    inserted.map(drop).map_err(name_taken)
}

fn update(writer: &Writer<'_>, saved: &Saved) -> Result<(), SearchesError> {
    let search = &saved.search;
    let (last, from, to) = columns_of(search.span);
    let updated = writer.execute(
        "UPDATE saved_search SET name = $2, query = $3, last_seconds = $4, from_time = $5, to_time = $6, columns = $7,
             shared = $8, changed_at = $9, changed_by = $10
         WHERE id = $1",
        params![
            saved.id,
            search.name,
            search.query,
            last,
            from,
            to,
            json!(search.columns).to_string(),
            search.shared,
            saved.changed_at,
            saved.changed_by
        ],
    );
    updated.map(drop).map_err(name_taken)
}

/// The alert of a search that was changed: what went on was of another question. A search that is nobody else's any more
/// alerts nobody.
fn keep_alert(writer: &Writer<'_>, saved: &Saved) -> Result<(), SearchesError> {
    let memory = json!(Memory::default()).to_string();
    let sql = "UPDATE search_alert SET version = version + 1, memory = $2 WHERE search = $1";
    let alerts = writer.execute(sql, params![saved.id, memory])? > 0;
    if alerts && !saved.search.shared {
        return Err(SearchesError::Invalid(text!(
            en "This search alerts: take its alert away before you take it back",
            fr "Cette recherche alerte : retirez l’alerte avant de la reprendre pour vous",
            de "Diese Suche löst Alarm aus: nehmen Sie den Alarm weg, bevor Sie sie zurücknehmen",
        )));
    }
    Ok(())
}

/// The one rule of the table that people can break.
pub(super) fn name_taken(error: DbError) -> SearchesError {
    match error {
        DbError::Constraint { .. } => SearchesError::NameTaken,
        other => other.into(),
    }
}

type Times = (Option<i64>, Option<vigie_model::time::Timestamp>, Option<vigie_model::time::Timestamp>);

const fn columns_of(span: Span) -> Times {
    match span {
        Span::Last(seconds) => (Some(seconds), None, None),
        Span::Between(from, to) => (None, Some(from), Some(to)),
    }
}

fn stored(row: &Row<'_>) -> Result<Saved, DbError> {
    let span = match (row.get::<Option<i64>>(3)?, row.get(4)?, row.get(5)?) {
        (None, Some(from), Some(to)) => Span::Between(from, to),
        (last, ..) => Span::Last(last.unwrap_or(86_400)),
    };
    Ok(Saved {
        id: row.get(0)?,
        search: NewSearch {
            name: row.get(1)?,
            query: row.get(2)?,
            span,
            columns: row.map(6, "a list of names", |text: String| serde_json::from_str(&text).ok())?,
            shared: row.get(8)?,
        },
        owner: row.get(7)?,
        created_at: row.get(9)?,
        changed_at: row.get(10)?,
        changed_by: row.get(11)?,
    })
}
