//! When a saved search alerts: what is kept of it.
//!
//! An alert looks at windows of a fixed width that end at the multiples of a step, counted from 1970. A window is judged
//! once, when it has been over for the lag that late events are allowed; how far that has come, and what goes on, is
//! stored in the transaction that records what was found.

use super::{Asker, Saved, Searches, SearchesError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use vigie_db::{DbError, Row, Writer, params};
use vigie_lake::{Values, Window};
use vigie_model::lang::Text;
use vigie_model::severity::Severity;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Bounds of the width of a window, in seconds: a minute to a month.
const WINDOW_S: (i64, i64) = (60, 31 * 86_400);
/// Shortest step, in seconds.
const EVERY_S_MIN: i64 = 10;
/// Longest lag, in seconds.
const LAG_S_MAX: i64 = 86_400;

/// Which count alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// So many, or more.
    AtLeast,
    /// Fewer: something has gone silent.
    FewerThan,
}

impl When {
    /// The word of columns and answers.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::AtLeast => "at_least",
            Self::FewerThan => "fewer_than",
        }
    }

    /// The one of a word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::AtLeast, Self::FewerThan].into_iter().find(|when| when.word() == word)
    }

    /// Whether a count alerts.
    pub(crate) const fn holds(self, count: u64, bar: u64) -> bool {
        match self {
            Self::AtLeast => count >= bar,
            Self::FewerThan => count < bar,
        }
    }
}

/// When a search alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewAlert {
    /// Which count.
    pub(crate) when: When,
    /// The bar.
    pub(crate) count: u64,
    /// Counted for each value of this name by itself.
    pub(crate) by: Option<String>,
    /// Width of a window.
    pub(crate) window_s: i64,
    /// A window ends at each multiple of this.
    pub(crate) every_s: i64,
    /// How long after its end a window is judged.
    pub(crate) lag_s: i64,
    /// How bad it is.
    pub(crate) severity: Severity,
}

/// What an alert remembers from window to window.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// What goes on, by value (an empty one when nothing is counted by), since the end of which window.
    pub(crate) going_on: BTreeMap<String, Timestamp>,
    /// Of what goes on, the host that its events agreed on when it began: a finding stays on its host.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) on_host: BTreeMap<String, String>,
    /// How many events the last window had.
    pub(crate) last_count: Option<u64>,
}

/// An alert as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alert {
    /// Of which search.
    pub(crate) search: String,
    /// When it alerts.
    pub(crate) what: NewAlert,
    /// Who said so.
    pub(crate) set_by: String,
    /// The end of the last window that was judged.
    pub(crate) judged_to: Timestamp,
    /// What it remembers.
    pub(crate) memory: Memory,
    /// Why the next window could not be judged, and since when.
    pub(crate) trouble: Option<(Text, Timestamp)>,
    version: i64,
}

impl NewAlert {
    fn checked(self) -> Result<Self, SearchesError> {
        if let Some(by) = &self.by {
            Values::of(by).map_err(SearchesError::Query)?;
        }
        let (shortest, longest) = WINDOW_S;
        let fits = (shortest..=longest).contains(&self.window_s)
            && (EVERY_S_MIN..=self.window_s).contains(&self.every_s)
            && (0..=LAG_S_MAX).contains(&self.lag_s)
            && self.count > 0
            && i64::try_from(self.count).is_ok();
        if fits {
            return Ok(self);
        }
        Err(SearchesError::Invalid(text!(
            en "An alert counts at least 1 event in windows of {shortest} to {longest} seconds, every {EVERY_S_MIN} seconds to a window, with a lag of at most {LAG_S_MAX} seconds",
            fr "Une alerte compte au moins 1 événement sur des fenêtres de {shortest} à {longest} secondes, toutes les {EVERY_S_MIN} secondes au moins et au plus une fenêtre, avec un retard d’au plus {LAG_S_MAX} secondes",
            de "Ein Alarm zählt mindestens 1 Ereignis in Fenstern von {shortest} bis {longest} Sekunden, alle {EVERY_S_MIN} Sekunden bis zu einem Fenster, mit höchstens {LAG_S_MAX} Sekunden Verzug",
        )))
    }
}

impl Alert {
    /// The next window.
    pub(crate) const fn next(&self) -> Window {
        let to = self.judged_to.plus_seconds(self.what.every_s);
        Window { from: to.plus_seconds(-self.what.window_s), to }
    }

    /// Stores that a window was judged, within the write that records what it found. An alert that was changed or removed
    /// meanwhile is left as it is.
    pub(crate) fn store_judged(&self, writer: &Writer<'_>, to: Timestamp, memory: &Memory) -> Result<(), DbError> {
        writer.execute(
            "UPDATE search_alert SET judged_to = $3, memory = $4, trouble = NULL, troubled_at = NULL WHERE search = $1 AND version = $2",
            params![self.search, self.version, to, json!(memory).to_string()],
        )?;
        Ok(())
    }
}

macro_rules! alert_where {
    ($rest:literal) => {
        concat!(
            "SELECT search, version, when_word, count, by_name, window_seconds, every_seconds, lag_seconds, severity, set_by, judged_to,
                 memory, trouble, troubled_at
             FROM search_alert ",
            $rest
        )
    };
}

impl Searches {
    /// All alerts.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) fn alerts(&self) -> Result<Vec<Alert>, DbError> {
        self.db.read(|reader| reader.query(alert_where!("ORDER BY search"), params![], stored))
    }

    /// The alert of a search.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) fn alert(&self, search: &str) -> Result<Option<Alert>, DbError> {
        self.db.read(|reader| reader.query_opt(alert_where!("WHERE search = $1"), params![search], stored))
    }

    /// Lets a shared search alert, instead of as it did before. The first window is the first that ends from now on.
    ///
    /// # Errors
    /// See [`SearchesError`].
    pub(crate) fn set_alert(&self, asker: &Asker, id_or_name: &str, new: NewAlert) -> Result<Saved, SearchesError> {
        let what = new.checked()?;
        self.write_alert(asker, id_or_name, "set_alert", |writer, saved, now| {
            if !saved.search.shared {
                return Err(SearchesError::Invalid(text!(
                    en "Only shared searches alert: everybody who gets the alert must be able to see the search",
                    fr "Seules les recherches partagées alertent : qui reçoit l’alerte doit pouvoir voir la recherche",
                    de "Nur geteilte Suchen lösen Alarm aus: wer den Alarm bekommt, muss die Suche sehen können",
                )));
            }
            let every = what.every_s.saturating_mul(1_000_000);
            let judged_to = Timestamp::from_micros(now.micros().div_euclid(every) * every);
            // Later than that of any alert before, also of one that was removed.
            let version = now.micros();
            writer.execute("DELETE FROM search_alert WHERE search = $1", params![saved.id])?;
            let NewAlert { when, count, by, window_s, every_s, lag_s, severity } = &what;
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            let (when, severity, memory) = (when.word(), severity.word(), json!(Memory::default()).to_string());
            writer.execute(
                "INSERT INTO search_alert (search, version, when_word, count, by_name, window_seconds, every_seconds, lag_seconds,
                     severity, set_by, set_at, judged_to, memory)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                params![saved.id, version, when, count, by, window_s, every_s, lag_s, severity, asker.name, now, judged_to, memory],
            )?;
            Ok(())
        })
    }

    /// Lets a search alert no more.
    ///
    /// # Errors
    /// See [`SearchesError`]; [`SearchesError::NotFound`] when it did not.
    pub(crate) fn remove_alert(&self, asker: &Asker, id_or_name: &str) -> Result<Saved, SearchesError> {
        self.write_alert(asker, id_or_name, "remove_alert", |writer, saved, _now| {
            match writer.execute("DELETE FROM search_alert WHERE search = $1", params![saved.id])? {
                0 => Err(SearchesError::NotFound),
                _ => Ok(()),
            }
        })
    }

    fn write_alert(
        &self,
        asker: &Asker,
        id_or_name: &str,
        what: &str,
        work: impl FnOnce(&Writer<'_>, &Saved, Timestamp) -> Result<(), SearchesError>,
    ) -> Result<Saved, SearchesError> {
        self.db.write(|writer| {
            let saved = super::store::find(writer, asker, id_or_name)?;
            if !asker.may_change(&saved) {
                return Err(SearchesError::Forbidden);
            }
            work(writer, &saved, self.clock.now())?;
            self.note(writer, asker, what, &saved)?;
            Ok(saved)
        })
    }

    /// Keeps why a window could not be judged, so that people see it. It is tried again.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) fn trouble_with(&self, alert: &Alert, said: &Text) -> Result<(), DbError> {
        let (said, now) = (json!(said).to_string(), self.clock.now());
        self.db.write(|writer| {
            writer.execute(
                "UPDATE search_alert SET trouble = $3, troubled_at = coalesce(troubled_at, $4) WHERE search = $1 AND version = $2",
                params![alert.search, alert.version, said, now],
            )?;
            Ok(())
        })
    }

    /// Stores that a window was judged and found nothing.
    ///
    /// # Errors
    /// [`DbError`].
    pub(crate) fn judged(&self, alert: &Alert, to: Timestamp, memory: &Memory) -> Result<(), DbError> {
        self.db.write(|writer| alert.store_judged(writer, to, memory))
    }
}

fn stored(row: &Row<'_>) -> Result<Alert, DbError> {
    let trouble: Option<String> = row.get(12)?;
    let trouble = trouble.and_then(|text| serde_json::from_str(&text).ok()).zip(row.get(13)?);
    Ok(Alert {
        search: row.get(0)?,
        version: row.get(1)?,
        what: NewAlert {
            when: row.map(2, "at_least or fewer_than", |word: String| When::from_word(&word))?,
            count: row.map(3, "a count", |count: i64| u64::try_from(count).ok())?,
            by: row.get(4)?,
            window_s: row.get(5)?,
            every_s: row.get(6)?,
            lag_s: row.get(7)?,
            severity: row.map(8, "a severity", |word: String| word.parse().ok())?,
        },
        set_by: row.get(9)?,
        judged_to: row.get(10)?,
        memory: row.map(11, "what goes on", |text: String| serde_json::from_str(&text).ok())?,
        trouble,
    })
}
