//! Deletion by subject: events that match a query are taken out of everything that has them.
//!
//! Files with such events are written anew without them and take the place of the old ones in one
//! transaction, with the proof: who did it, when, why, of what (the query itself, or a commitment to
//! it), which files went and came with their hashes, and how many events were taken out. The proof is
//! a link of the chain. What was in the log is sealed first, so that it goes with the log's segments.
//!
//! In this order, so that a stop between any two steps leaves either all events or the proof:
//!
//! 1. the paths of the files to come are noted as leftovers, and the files are written;
//! 2. one transaction puts them in the place of the others;
//! 3. the others are removed when no search reads them any more, at the latest by the next start.
//!
//! Not here: backups, exports, findings that quote events, and what a disk keeps of removed files.

use super::KeepError;
use super::compact::Announced;
use super::merge::{RewriteError, path_beside};
use super::rows::Rows;
use crate::catalogue::{FileRow, NewAct, NewFile, Successor, hex, kind};
use crate::files::{self, OpenFile, Order};
use crate::lake::{Core, Lake};
use crate::query::{Expr, Query};
use crate::search::{Cancel, Count, Ids, Question, Window};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use vigie_model::event::Class;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// What is to be erased.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// The events: those of a person, of a customer. [`Query::all`] is refused.
    pub query: Query,
    /// Only events of this time.
    pub window: Window,
    /// Who asks for it.
    pub who: String,
    /// Why: the number of the request, say.
    pub reason: String,
    /// Whether the proof keeps the query as it is. It names the subject; without, it keeps a commitment
    /// to it, and the answer has the secret that opens it.
    pub keep_query: bool,
    /// Whether events under a hold are left out; if not, an erasure that would touch any is refused.
    pub spare_held: bool,
}

/// What an erasure would do.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ErasurePreview {
    /// Events that would go, those in the log among them.
    pub events: u64,
    /// Events that match and are under a hold.
    pub held: u64,
    /// The holds in force.
    pub holds: Vec<String>,
    /// Files and records that could not be read: an erasure would be refused.
    pub unreadable: u64,
}

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Erased {
    /// The number of the proof in the chain; nothing when there was nothing to erase.
    pub proof: Option<i64>,
    /// Events that are gone.
    pub events: u64,
    /// Files that were written anew or dropped.
    pub files: u64,
    /// Events that match and stay, since they are under a hold.
    pub held: u64,
    /// Events up to this number were looked at; later ones came in meanwhile.
    pub through: EventId,
    /// Old files that a search still reads: they go when it ends.
    pub still_read: u64,
    /// Stretches of damaged log that lie aside as they were found: nobody can say what is in them.
    pub set_aside: u64,
    /// What opens the commitment of the proof, when it does not keep the query. It is stored nowhere.
    pub secret: Option<String>,
}

/// The proof of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureProof {
    /// Its number in the chain.
    pub number: i64,
    /// When it was done.
    pub at: Timestamp,
    /// Who asked for it.
    pub who: String,
    /// Why.
    pub reason: String,
    /// The query, if it was kept.
    pub query: Option<String>,
    /// Else a commitment to it.
    pub commitment: Option<String>,
    /// Only events of this time.
    pub window: Window,
    /// Events that were taken out.
    pub events: u64,
    /// Events that matched and stayed under a hold.
    pub held: u64,
    /// Hashes of the files that went.
    pub before: Vec<String>,
    /// Hashes of the files that came.
    pub after: Vec<String>,
}

/// The steps, as the module says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EraseStep {
    Write(usize),
    Commit,
    Remove,
}

/// How long an erasure waits for searches that still read the old files.
const PATIENCE: Duration = Duration::from_secs(10);

impl Lake {
    /// What an erasure would do.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn erasure_preview(&self, erasure: &Erasure) -> Result<ErasurePreview, KeepError> {
        let core = self.core();
        let in_force = core.in_force(core.clock.now())?;
        let count = |expr: &Expr| {
            let mut count = Count::default();
            let cancel = Cancel::new();
            let question = Question { expr, window: erasure.window, before: None, cancel: &cancel };
            let scanned = core.scan().run(&question, &mut count)?;
            Ok::<_, KeepError>((count.0, scanned.unreadable))
        };
        let (matching, unreadable) = count(erasure.query.expr())?;
        let held = match in_force.covers() {
            Some(covers) => count(&Expr::And(vec![erasure.query.expr().clone(), covers]))?.0,
            None => 0,
        };
        Ok(ErasurePreview { events: matching - held, held, holds: in_force.names(), unreadable })
    }

    /// Erases events for good.
    ///
    /// # Errors
    /// See [`KeepError`]: nothing was erased then. [`KeepError::Held`] when some are under a hold.
    pub fn erase(&self, erasure: &Erasure) -> Result<Erased, KeepError> {
        let erased = self.core().erase(erasure, &|_| true)?;
        Ok(erased)
    }

    /// The proofs of erasures, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn erasures(&self) -> Result<Vec<ErasureProof>, KeepError> {
        let acts = self.core().catalogue.acts(kind::ERASED, i64::MAX)?;
        Ok(acts.into_iter().filter_map(|act| proof_of(act.number, act.at, &act.body)).collect())
    }
}

impl ErasureProof {
    /// Whether this is the proof of erasing what this query finds. The secret is that of
    /// [`Erased::secret`]; it does not matter where the query was kept.
    #[must_use]
    pub fn is_of(&self, query: &str, secret: &str) -> bool {
        match (&self.query, &self.commitment) {
            (Some(kept), _) => kept == query,
            (None, Some(commitment)) => *commitment == committed(query, secret),
            (None, None) => false,
        }
    }
}

/// What is to go from one file.
struct Part {
    file: FileRow,
    /// Ascending.
    ids: Vec<u64>,
}

impl Core {
    /// Erases events. `go_on` is asked before each step.
    pub(crate) fn erase(&self, erasure: &Erasure, go_on: &dyn Fn(EraseStep) -> bool) -> Result<Erased, KeepError> {
        if matches!(erasure.query.expr(), Expr::All) {
            return Err(KeepError::EraseEverything);
        }
        let through = EventId(self.signals.next_id().saturating_sub(1));
        self.seal(&|_| true)?;
        let _rewriting = self.rewriting_alone();
        let (parts, held) = self.parts(erasure)?;
        let mut erased = Erased { through, held, set_aside: self.set_aside(), ..Erased::default() };
        if parts.is_empty() {
            return Ok(erased);
        }
        let done = self.erase_parts(erasure, &parts, held, go_on);
        if let Err(error) = &done
            && !matches!(error, RewriteError::Stopped)
        {
            self.clean_up();
        }
        (erased.proof, erased.secret) = done.map(|(proof, secret)| (Some(proof), secret))?;
        erased.events = parts.iter().map(|part| part.ids.len() as u64).sum();
        erased.files = parts.len() as u64;
        erased.still_read = self.sweep_patiently()?;
        tracing::info!(proof = erased.proof, erased.events, erased.files, "events were erased");
        Ok(erased)
    }

    /// What is to go from which files, and how many events that match stay under a hold.
    fn parts(&self, erasure: &Erasure) -> Result<(Vec<Part>, u64), KeepError> {
        let in_force = self.in_force(self.clock.now())?;
        let (matching, covers) = (erasure.query.expr().clone(), in_force.covers());
        let free = match &covers {
            Some(covers) => Expr::And(vec![matching.clone(), Expr::Not(Box::new(covers.clone()))]),
            None => matching.clone(),
        };
        let mut held = Count::default();
        let mut parts = Vec::new();
        let files = self.catalogue.files()?;
        let low_water = self.segments.low_water();
        for file in files.all().iter().filter(|file| file.sealed_through <= low_water) {
            if let Some(covers) = &covers {
                self.show(file, &Expr::And(vec![matching.clone(), covers.clone()]), erasure.window, &mut held)?;
            }
            let mut ids = Ids::default();
            self.show(file, &free, erasure.window, &mut ids)?;
            if !ids.0.is_empty() {
                ids.0.sort_unstable();
                parts.push(Part { file: file.clone(), ids: ids.0 });
            }
        }
        if held.0 > 0 && !erasure.spare_held {
            return Err(KeepError::Held { events: held.0, holds: in_force.names() });
        }
        Ok((parts, held.0))
    }

    /// Shows a sink what of a file matches. What cannot be read cannot be erased either.
    fn show(&self, file: &FileRow, expr: &Expr, window: Window, sink: &mut dyn crate::search::Sink) -> Result<(), KeepError> {
        let cancel = Cancel::new();
        let question = Question { expr, window, before: None, cancel: &cancel };
        let scanned = self.scan().in_file(file, &question, sink)?;
        if scanned.unreadable > 0 { Err(KeepError::Unreadable(file.path.clone())) } else { Ok(()) }
    }

    /// Gives the number of the proof, and the secret that opens its commitment.
    fn erase_parts(
        &self,
        erasure: &Erasure,
        parts: &[Part],
        held: u64,
        go_on: &dyn Fn(EraseStep) -> bool,
    ) -> Result<(i64, Option<String>), RewriteError> {
        let step = |step| if go_on(step) { Ok(()) } else { Err(RewriteError::Stopped) };
        self.check_room(parts.iter().map(|part| part.file.facts.bytes).sum())?;
        let mut announced = Vec::new();
        let mut new = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            step(EraseStep::Write(number))?;
            new.extend(self.rest_of(part, &mut announced)?);
        }
        let mut more = Map::new();
        let secret = describe(erasure, &mut more)?;
        more.insert("held".to_owned(), Value::from(held));
        more.insert("removed".to_owned(), Value::from(parts.iter().map(|part| part.ids.len() as u64).sum::<u64>()));
        step(EraseStep::Commit)?;
        let gone: Vec<FileRow> = parts.iter().map(|part| part.file.clone()).collect();
        let proof = {
            let _alone = self.alone();
            self.catalogue.replace(&gone, &new, self.clock.now(), &NewAct { kind: kind::ERASED, more: &more })?
        };
        step(EraseStep::Remove)?;
        drop(announced);
        self.retire(&gone)?;
        Ok((proof, secret))
    }

    /// Writes a file anew without what is to go; nothing when all of it is.
    fn rest_of<'c>(&'c self, part: &Part, announced: &mut Vec<Announced<'c>>) -> Result<Option<Successor>, RewriteError> {
        let Part { file, ids } = part;
        let rest = file.facts.rows.saturating_sub(ids.len() as u64);
        if rest == 0 {
            return Ok(None);
        }
        let open = Arc::new(OpenFile::open(&*self.disk, &self.directory.join(&file.path))?);
        let class = Class::from_uid(file.class_uid).ok_or_else(|| open.unexpected("class_uid"))?;
        let order = if open.falls_by_host() { Order::Host } else { Order::Time };
        if order == Order::Time && !open.falls_in_time() {
            return Err(open.unexpected("order").into());
        }
        let path = path_beside(&file.path, "erased", file.number, &self.name()?);
        announced.push(self.announce(&path)?);
        let stays = |event: &Result<vigie_model::event::StoredEvent, _>| match event {
            Ok(event) => ids.binary_search(&event.id.0).is_err(),
            Err(_) => true,
        };
        let events = Rows::of(Arc::clone(&open)).filter(stays).map(|event| event.map_err(RewriteError::from));
        let facts = files::write(&self.disk, &self.directory.join(&path), class, order, events)?;
        if facts.rows != rest {
            return Err(open.unexpected("id").into());
        }
        let file_of = NewFile { path, class_uid: file.class_uid, day: file.day, facts };
        Ok(Some(Successor { file: file_of, sealed_through: file.sealed_through, level: file.level, of: vec![file.number] }))
    }

    /// Waits a while until nobody reads the old files; gives how many are still read.
    fn sweep_patiently(&self) -> Result<u64, KeepError> {
        const STEP: Duration = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        loop {
            let left = self.sweep()?;
            if left.read == 0 || waited >= PATIENCE || !self.signals.sleep(STEP) {
                return Ok((left.read + left.failed) as u64);
            }
            waited += STEP;
        }
    }

    /// How many stretches of damaged log lie aside.
    pub(super) fn set_aside(&self) -> u64 {
        self.disk.list(&self.log_directory.join("damaged")).map_or(0, |names| names.len() as u64)
    }
}

/// Says in the proof what was asked for; gives the secret that opens a commitment.
fn describe(erasure: &Erasure, more: &mut Map<String, Value>) -> Result<Option<String>, RewriteError> {
    let mut say = |name: &str, value: Value| drop(more.insert(name.to_owned(), value));
    say("who", erasure.who.clone().into());
    say("reason", erasure.reason.clone().into());
    say("from", erasure.window.from.micros().into());
    say("to", erasure.window.to.micros().into());
    if erasure.keep_query {
        say("query", erasure.query.text().into());
        return Ok(None);
    }
    let mut secret = [0; 16];
    getrandom::fill(&mut secret).map_err(|_| RewriteError::NoRandomness)?;
    let secret = hex(&secret);
    say("commitment", committed(erasure.query.text(), &secret).into());
    Ok(Some(secret))
}

/// The commitment to a query: whoever has the secret can show what it was, nobody else can guess it.
fn committed(query: &str, secret: &str) -> String {
    hex(&Sha256::new().chain_update(secret).chain_update(b":").chain_update(query).finalize())
}

fn proof_of(number: i64, at: Timestamp, body: &str) -> Option<ErasureProof> {
    let body: Value = serde_json::from_str(body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let count = |name: &str| body.get(name).and_then(Value::as_u64).unwrap_or(0);
    let time = |name: &str| body.get(name).and_then(Value::as_i64).map(Timestamp::from_micros);
    let hashes = |name: &str| {
        let files = body.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        files.iter().filter_map(|file| Some(file.get("sha256")?.as_str()?.to_owned())).collect()
    };
    Some(ErasureProof {
        number,
        at,
        who: text("who")?,
        reason: text("reason").unwrap_or_default(),
        query: text("query"),
        commitment: text("commitment"),
        window: Window { from: time("from")?, to: time("to")? },
        events: count("removed"),
        held: count("held"),
        before: hashes("gone"),
        after: hashes("new"),
    })
}
