//! Legal holds: what retention and erasure must leave as it is.
//!
//! A hold covers the events that match its query, of a class if it names one, of a stretch of time.
//! A file with one such event stays as a whole, and is not merged with others, so that no more is
//! kept than must be. Placing and releasing a hold are acts of the chain.

use super::KeepError;
use crate::catalogue::{FileRow, HoldRow, hold_of, kind};
use crate::lake::{Core, Lake};
use crate::query::{Expr, Query, Target, Term, Test};
use crate::search::{Cancel, Count, Question, Window};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use vigie_model::event::Class;
use vigie_model::time::Timestamp;

/// A hold to be placed.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// What people call it; no other hold in force is called so.
    pub name: String,
    /// The events that it covers, labels among the conditions; all of them with [`Query::all`].
    pub query: Query,
    /// Only events of this class.
    pub class: Option<Class>,
    /// Only events of this time.
    pub window: Window,
    /// Why they must stay.
    pub reason: String,
    /// Who says so.
    pub who: String,
    /// When it ends by itself; if never, somebody releases it.
    pub until: Option<Timestamp>,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its number in the chain.
    pub number: i64,
    /// What people call it.
    pub name: String,
    /// The query, as it was written.
    pub query: String,
    /// Only events of this class.
    pub class: Option<Class>,
    /// Only events of this time.
    pub window: Window,
    /// Why they must stay.
    pub reason: String,
    /// Who placed it.
    pub who: String,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// Who released it, and when.
    pub released: Option<Released>,
}

/// That a hold was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// A hold and what stays because of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The hold.
    pub hold: Hold,
    /// Whether it is in force.
    pub in_force: bool,
    /// Files with something that it covers.
    pub files: u64,
    /// Events in those files.
    pub events: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// How many of those files would be gone by now without a hold.
    pub overdue: u64,
}

/// A hold as the act that placed it says it.
#[derive(Serialize, Deserialize)]
struct Body {
    name: String,
    query: String,
    class: Option<u32>,
    from: i64,
    to: i64,
    reason: String,
    who: String,
    placed_at: i64,
    until: Option<i64>,
}

/// Which files holds are about, as far as somebody looked: by hold and file. Neither ever changes.
#[derive(Default)]
pub(crate) struct KnownHeld(Mutex<HashMap<(i64, i64), bool>>);

impl Lake {
    /// Places a hold; gives its number in the chain.
    ///
    /// # Errors
    /// [`KeepError::HoldExists`] when one in force has this name.
    pub fn hold(&self, new: &NewHold) -> Result<i64, KeepError> {
        let core = self.core();
        // A retention or erasure that runs ends first: what it decided without this hold is done then.
        let _rewriting = core.rewriting_alone();
        let _alone = core.alone();
        let now = core.clock.now();
        if core.holds()?.iter().any(|hold| hold.name == new.name && hold.in_force(now)) {
            return Err(KeepError::HoldExists(new.name.clone()));
        }
        let body = Body {
            name: new.name.clone(),
            query: new.query.text().to_owned(),
            class: new.class.map(Class::uid),
            from: new.window.from.micros(),
            to: new.window.to.micros(),
            reason: new.reason.clone(),
            who: new.who.clone(),
            placed_at: now.micros(),
            until: new.until.map(Timestamp::micros),
        };
        Ok(core.catalogue.hold(now, &text_of(&body))?)
    }

    /// Releases the hold of this name: the next retention drops what it kept.
    ///
    /// # Errors
    /// [`KeepError::NoSuchHold`] when none in force has this name.
    pub fn release(&self, name: &str, who: &str, reason: &str) -> Result<(), KeepError> {
        let core = self.core();
        let _alone = core.alone();
        let now = core.clock.now();
        let holds = core.holds()?;
        let hold = holds.iter().find(|hold| hold.name == name && hold.in_force(now));
        let hold = hold.ok_or_else(|| KeepError::NoSuchHold(name.to_owned()))?;
        let body = serde_json::json!({ "hold": hold.number, "who": who, "reason": reason });
        Ok(core.catalogue.release(hold.number, now, &body.to_string())?)
    }

    /// All holds that ever were, the newest first, with what those in force keep.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn holds(&self) -> Result<Vec<Held>, KeepError> {
        let core = self.core();
        let now = core.clock.now();
        let files = core.catalogue.files()?;
        let mut all = Vec::new();
        for hold in core.holds()?.into_iter().rev() {
            let in_force = hold.in_force(now);
            let mut held = Held { hold, in_force, files: 0, events: 0, bytes: 0, overdue: 0 };
            let covers = in_force.then(|| held.hold.covers()).transpose()?;
            for file in covers.iter().flat_map(|expr| files.all().iter().map(move |file| (file, expr))) {
                let (file, expr) = file;
                if core.holds_file(held.hold.number, expr, file)? {
                    held.files += 1;
                    held.events += file.facts.rows;
                    held.bytes += file.facts.bytes;
                    held.overdue += u64::from(core.is_past(file, now));
                }
            }
            all.push(held);
        }
        Ok(all)
    }
}

impl Hold {
    /// Whether it keeps anything at this time.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.released.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// The condition on events that it covers.
    fn covers(&self) -> Result<Expr, KeepError> {
        let query = Query::parse(&self.query).map_err(|error| KeepError::Hold(self.name.clone(), error.into()))?;
        let mut parts = vec![query.expr().clone()];
        if let Some(class) = self.class {
            parts.push(Expr::Term(Term { target: Target::Class, test: Test::Classes(vec![class]) }));
        }
        if self.window != Window::all() {
            let times = Test::Integer(self.window.from.micros(), self.window.last().micros());
            parts.push(Expr::Term(Term { target: Target::Time, test: times }));
        }
        Ok(Expr::And(parts))
    }
}

/// The holds in force.
pub(super) struct InForce(Vec<(Hold, Expr)>);

impl InForce {
    /// The condition on events that any of them covers; nothing when there is none.
    pub(super) fn covers(&self) -> Option<Expr> {
        let parts: Vec<Expr> = self.0.iter().map(|(_, expr)| expr.clone()).collect();
        (!parts.is_empty()).then_some(Expr::Or(parts))
    }

    /// Their names.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(hold, _)| hold.name.clone()).collect()
    }
}

impl Core {
    /// All holds that ever were.
    pub(super) fn holds(&self) -> Result<Vec<Hold>, KeepError> {
        let releases = self.catalogue.acts(kind::RELEASED, i64::MAX)?;
        let rows = self.catalogue.holds()?;
        let hold = |row: &HoldRow| {
            let body: Body = serde_json::from_str(&row.body).map_err(|error| KeepError::Hold(row.body.clone(), error.into()))?;
            let release = releases.iter().find(|act| row.released == Some(act.number) && hold_of(act) == Some(row.number));
            let said = |act: &str, name: &str| {
                let body: serde_json::Value = serde_json::from_str(act).unwrap_or_default();
                body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
            };
            Ok(Hold {
                number: row.number,
                name: body.name,
                query: body.query,
                class: body.class.and_then(Class::from_uid),
                window: Window { from: Timestamp::from_micros(body.from), to: Timestamp::from_micros(body.to) },
                reason: body.reason,
                who: body.who,
                placed_at: Timestamp::from_micros(body.placed_at),
                until: body.until.map(Timestamp::from_micros),
                released: release.map(|act| Released {
                    at: act.at,
                    who: said(&act.body, "who"),
                    reason: said(&act.body, "reason"),
                }),
            })
        };
        rows.iter().map(hold).collect()
    }

    /// The holds in force.
    pub(super) fn in_force(&self, now: Timestamp) -> Result<InForce, KeepError> {
        let holds = self.holds()?.into_iter().filter(|hold| hold.in_force(now));
        Ok(InForce(
            holds
                .map(|hold| Ok((hold.covers()?, hold)))
                .map(|pair: Result<_, KeepError>| pair.map(|(e, h)| (h, e)))
                .collect::<Result<_, _>>()?,
        ))
    }

    /// Whether a file has something that any of these holds covers.
    pub(super) fn is_held(&self, file: &FileRow, in_force: &InForce) -> Result<bool, KeepError> {
        for (hold, expr) in &in_force.0 {
            if self.holds_file(hold.number, expr, file)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a file has something that a hold covers. What cannot be read counts as covered.
    fn holds_file(&self, hold: i64, expr: &Expr, file: &FileRow) -> Result<bool, KeepError> {
        let key = (hold, file.number);
        let known = self.known_held.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut count = Count::default();
        let cancel = Cancel::new();
        let question = Question { expr, window: Window::all(), before: None, cancel: &cancel };
        let scanned = self.scan().in_file(file, &question, &mut count)?;
        let held = count.0 > 0 || scanned.unreadable > 0;
        if scanned.unreadable == 0 {
            self.known_held.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, held);
        }
        Ok(held)
    }
}

fn text_of(body: &Body) -> String {
    // Texts and numbers always have a JSON form.
    serde_json::to_string(body).unwrap_or_default()
}
