//! Changing findings: every change goes through here, inside one transaction.
//!
//! A [`Book`] keeps state, history and counters together: whoever changes a finding through it
//! cannot forget one of them. States move only as
//! [`State::after`](vigie_model::life::State::after) says.

use crate::bounds;
use crate::codes::{Bucket, Code, StateName};
use crate::error::LedgerError;
use crate::history::{self, Change, Entry};
use crate::rules::Rulebook;
use crate::selector::Asked;
use crate::sighting::{Body, Sighting, differing};
use crate::stored::{Columns, Named, Stored, bare, columns};
use crate::tally::{Place, Tally};
use crate::wording::{Wordings, title_key};
use std::collections::{BTreeMap, HashMap};
use vigie_db::{DbError, Writer, params};
use vigie_model::ids::{AssetId, FindingId};
use vigie_model::life::{Outcome, Refusal, Signal};
use vigie_model::priority::{Circumstances, KnownExploited};
use vigie_model::time::Timestamp;

/// A transaction over findings.
pub(crate) struct Book<'w> {
    pub(crate) w: &'w Writer<'w>,
    pub(crate) now: Timestamp,
    tally: Tally,
    wordings: Wordings,
    rules: Option<Rulebook>,
    assets: HashMap<i64, Labelled>,
}

/// What selectors ask of an asset.
#[derive(Clone, Debug)]
struct Labelled {
    id: AssetId,
    labels: BTreeMap<String, String>,
}

/// A tool that reports.
#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) number: i64,
    pub(crate) who: String,
    /// Bits of the tools whose word counts more on the asset: of several that see a finding, one
    /// says how bad it is. Else each run would take back what the one before it said.
    pub(crate) yields_to: i64,
}

impl Tool {
    /// Its bit in `finding.seen_by`.
    pub(crate) const fn bit(&self) -> i64 {
        1 << self.number
    }
}

/// What became of an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A finding was opened.
    New,
    /// One was known.
    Again {
        /// It had been fixed.
        reopened: bool,
        /// Something about it is new.
        changed: bool,
    },
}

/// Who does something, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note<'n> {
    pub(crate) who: &'n str,
    pub(crate) why: &'n str,
}

impl<'w> Book<'w> {
    pub(crate) fn open(w: &'w Writer<'w>, now: Timestamp) -> Self {
        let (tally, wordings) = (Tally::default(), Wordings::default());
        Self { w, now, tally, wordings, rules: None, assets: HashMap::new() }
    }

    /// Writes the counters. Nothing is to be changed after it.
    pub(crate) fn close(mut self) -> Result<(), LedgerError> {
        Ok(self.tally.flush(self.w, self.now.day())?)
    }

    /// A finding by its id.
    pub(crate) fn find(&self, id: FindingId) -> Result<Option<Stored>, LedgerError> {
        let sql = concat!(columns!(), " FROM finding f WHERE f.id = $1");
        Ok(self.w.query_opt(sql, params![id], bare)?)
    }

    /// A tool saw something on an asset.
    pub(crate) fn see(&mut self, tool: &Tool, asset: i64, sighting: &Sighting<'_>) -> Result<Seen, LedgerError> {
        match self.find(sighting.id)? {
            None => self.see_first(tool, asset, sighting).map(|()| Seen::New),
            Some(stored) => self.see_again(tool, &stored, sighting),
        }
    }

    fn see_first(&mut self, tool: &Tool, asset: i64, sighting: &Sighting<'_>) -> Result<(), LedgerError> {
        let occurrence = sighting.occurrence;
        let bucket = bucket_of(StateName::Open, sighting);
        let wording = self.wordings.number_of(self.w, occurrence)?;
        let place = Place { bucket, priority: sighting.priority, wording, asset, decision: None };
        let number = insert(self.w, tool, self.now, &place, sighting)?;
        self.w.execute("INSERT INTO finding_body (finding, body) VALUES ($1, $2)", params![number, sighting.body])?;
        self.tally.enter(&place);
        self.tally.opened += 1;
        let stored = Stored {
            number,
            id: sighting.id,
            place,
            until: None,
            justification: None,
            first_seen: self.now,
            last_seen: self.now,
            seen_by: tool.bit(),
            digest: sighting.digest,
        };
        let mut ruled = stored.clone();
        if self.rule(&mut ruled, &named(sighting), None)? {
            self.save(&stored, &ruled, None)?;
        }
        Ok(())
    }

    fn see_again(&mut self, tool: &Tool, before: &Stored, sighting: &Sighting<'_>) -> Result<Seen, LedgerError> {
        let mut after = before.clone();
        after.seen_by |= tool.bit();
        // The clock may have been set back since.
        after.last_seen = self.now.max(after.first_seen);
        let speaks = before.seen_by & tool.yields_to == 0;
        let changed = speaks && (after.digest != sighting.digest || after.place.priority != sighting.priority);
        if changed {
            self.take_over(&mut after, tool, sighting)?;
        }
        let note = Note { who: &tool.who, why: "" };
        let reopened = matches!(self.signal(&mut after, Signal::Seen, Change::Reopened, note, None)?, Outcome::To(_));
        if reopened {
            self.tally.opened += 1;
            self.rule(&mut after, &named(sighting), None)?;
        }
        self.save(before, &after, changed.then_some(sighting))?;
        Ok(Seen::Again { reopened, changed })
    }

    /// Takes over what an occurrence says anew, with the history of severity and priority.
    fn take_over(&mut self, finding: &mut Stored, tool: &Tool, sighting: &Sighting<'_>) -> Result<(), LedgerError> {
        let severity = (finding.place.bucket.severity, sighting.occurrence.severity);
        if severity.0 != severity.1 {
            let note = Note { who: &tool.who, why: "" };
            self.note(finding.number, Change::SeverityChanged, severity.0.word(), severity.1.word(), note, None)?;
        }
        if finding.place.priority != sighting.priority {
            let mut inputs = differing(&self.circumstances(finding.number)?, &sighting.occurrence.circumstances);
            if severity.0 != severity.1 {
                inputs = if inputs.is_empty() { "severity".to_owned() } else { format!("severity, {inputs}") };
            }
            let (old, new) = (finding.place.priority.to_string(), sighting.priority.to_string());
            let note = Note { who: &tool.who, why: &inputs };
            self.note(finding.number, Change::PriorityChanged, &old, &new, note, None)?;
        }
        finding.place.bucket = bucket_of(finding.place.bucket.state, sighting);
        finding.place.priority = sighting.priority;
        finding.place.wording = self.wordings.number_of(self.w, sighting.occurrence)?;
        finding.digest = sighting.digest;
        Ok(())
    }

    /// A run of a tool that should have found it did not. Tells whether it is fixed now.
    pub(crate) fn miss(&mut self, tool: &Tool, before: &Stored) -> Result<bool, LedgerError> {
        let mut after = before.clone();
        after.seen_by &= !tool.bit();
        let mut fixed = false;
        if after.seen_by == 0 {
            let note = Note { who: &tool.who, why: "" };
            fixed = matches!(self.signal(&mut after, Signal::Gone, Change::Fixed, note, None)?, Outcome::To(_));
            after.place.decision = None;
        }
        self.tally.fixed += i64::from(fixed);
        self.save(before, &after, None)?;
        Ok(fixed)
    }

    /// A person takes a finding up or lays it down.
    pub(crate) fn work(
        &mut self,
        before: &Stored,
        signal: Signal,
        change: Change,
        note: Note<'_>,
    ) -> Result<Result<bool, Refusal>, LedgerError> {
        let mut after = before.clone();
        match self.signal(&mut after, signal, change, note, None)? {
            Outcome::To(_) => {
                self.save(before, &after, None)?;
                Ok(Ok(true))
            }
            Outcome::Stays => Ok(Ok(false)),
            Outcome::Refused(refusal) => Ok(Err(refusal)),
        }
    }

    /// Puts the latest decision in force into effect on a finding, or ends the one that no longer
    /// is; `ended` says by whom. Tells whether anything changed.
    pub(crate) fn decide_again(&mut self, before: &Stored, named: &Named, ended: Option<Note<'_>>) -> Result<bool, LedgerError> {
        let mut after = before.clone();
        let changed = self.rule(&mut after, named, ended)?;
        if changed {
            self.save(before, &after, None)?;
        }
        Ok(changed)
    }

    /// The decisions in force, read once for each transaction.
    pub(crate) fn rules(&mut self) -> Result<&Rulebook, LedgerError> {
        let rules = match self.rules.take() {
            Some(rules) => rules,
            None => Rulebook::load(self.w, self.now)?,
        };
        Ok(self.rules.insert(rules))
    }

    fn rule(&mut self, finding: &mut Stored, named: &Named, ended: Option<Note<'_>>) -> Result<bool, LedgerError> {
        let undecided = self.rules()?.is_empty() && finding.place.decision.is_none();
        if undecided || finding.place.bucket.state == StateName::Fixed {
            return Ok(false);
        }
        let asset = self.labelled(finding.place.asset)?;
        let asked = Asked {
            id: finding.id,
            kind: named.kind,
            subject: &named.subject,
            locator: &named.locator,
            asset: asset.id,
            labels: &asset.labels,
        };
        let best = self.rules()?.best(&asked).cloned();
        if best.as_ref().map(|rule| rule.number) == finding.place.decision {
            return Ok(false);
        }
        let from = finding.state()?;
        match best {
            Some(rule) => {
                if let Outcome::To(next) = from.after(Signal::Ruled(rule.ruling)) {
                    finding.set_state(next);
                }
                finding.place.decision = Some(rule.number);
                // Noted also where the state stays: another person decided the same.
                let (state, note) = (finding.state()?, Note { who: &rule.author, why: &rule.reason });
                self.note(finding.number, Change::ruled(state), from.word(), state.word(), note, Some(rule.number))?;
            }
            None => {
                let decision = finding.place.decision.take();
                let note = ended.unwrap_or(Note { who: crate::OURSELVES, why: "" });
                self.signal(finding, Signal::RulingEnded, Change::RulingEnded, note, decision)?;
            }
        }
        Ok(true)
    }

    /// Sends a signal; a move goes to the history.
    fn signal(
        &mut self,
        finding: &mut Stored,
        signal: Signal,
        change: Change,
        note: Note<'_>,
        decision: Option<i64>,
    ) -> Result<Outcome, LedgerError> {
        let from = finding.state()?;
        let outcome = from.after(signal);
        if let Outcome::To(next) = outcome {
            finding.set_state(next);
            self.note(finding.number, change, from.word(), next.word(), note, decision)?;
        }
        Ok(outcome)
    }

    fn note(
        &self,
        finding: i64,
        change: Change,
        old: &str,
        new: &str,
        note: Note<'_>,
        decision: Option<i64>,
    ) -> Result<(), LedgerError> {
        let (at, who, why) = (self.now, note.who, note.why);
        history::append(self.w, &Entry { finding, at, who, change, old: Some(old), new: Some(new), why, decision })?;
        Ok(())
    }

    fn labelled(&mut self, asset: i64) -> Result<Labelled, LedgerError> {
        if let Some(known) = self.assets.get(&asset) {
            return Ok(known.clone());
        }
        let sql = "SELECT id, labels FROM asset WHERE number = $1";
        let (id, labels): (AssetId, String) = self.w.query_one(sql, params![asset], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let labels = serde_json::from_str(&labels).map_err(|source| LedgerError::stored("label", source))?;
        let labelled = Labelled { id, labels };
        self.assets.insert(asset, labelled.clone());
        Ok(labelled)
    }

    fn circumstances(&self, finding: i64) -> Result<Circumstances, LedgerError> {
        let sql = "SELECT body FROM finding_body WHERE finding = $1";
        let body: String = self.w.query_one(sql, params![finding], |row| row.get(0))?;
        let body: Body = serde_json::from_str(&body).map_err(|source| LedgerError::stored("finding", source))?;
        Ok(body.circumstances)
    }

    /// Writes what changed about a finding, and counts it where it is now. Only columns that
    /// differ are written: each one that has an index costs as much as the row.
    fn save(&mut self, before: &Stored, after: &Stored, said: Option<&Sighting<'_>>) -> Result<(), LedgerError> {
        let mut columns = Columns::new();
        let (was, is) = (&before.place, &after.place);
        columns.set_if(was.bucket != is.bucket, "bucket = ", &is.bucket.number());
        columns.set_if(was.priority != is.priority, "priority = ", &is.priority);
        columns.set_if(was.decision != is.decision, "decision = ", &is.decision);
        columns.set_if(before.until != after.until, "until = ", &after.until);
        let justification = after.justification.map(Code::number);
        columns.set_if(before.justification != after.justification, "justification = ", &justification);
        columns.set_if(before.seen_by != after.seen_by, "seen_by = ", &after.seen_by);
        columns.set_if(before.last_seen != after.last_seen, "last_seen = ", &after.last_seen);
        if let Some(said) = said {
            columns.set_if(was.wording != is.wording, "wording = ", &is.wording);
            columns.set_if(was.wording != is.wording, "title_key = ", &title_key(&said.occurrence.title));
            let circumstances = &said.occurrence.circumstances;
            columns.set("digest = ", &after.digest);
            columns.set("known_exploited = ", &circumstances.known_exploited.number());
            columns.set("epss = ", &circumstances.epss);
            columns.set("fixed_version = ", &said.fixed_version());
            let sql = "UPDATE finding_body SET body = $2 WHERE finding = $1";
            self.w.execute(sql, params![after.number, said.body])?;
        }
        if let Some(sql) = columns.of(after.number) {
            self.w.execute_built(&sql)?;
        }
        if was != is {
            self.tally.leave(was);
            self.tally.enter(is);
        }
        Ok(())
    }
}

fn insert(w: &Writer<'_>, tool: &Tool, now: Timestamp, place: &Place, sighting: &Sighting<'_>) -> Result<i64, DbError> {
    let circumstances = &sighting.occurrence.circumstances;
    w.query_one(
        "INSERT INTO finding (id, asset, wording, bucket, priority, first_seen, last_seen, title_key, opened_by,
             seen_by, digest, known_exploited, epss, fixed_version)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING number",
        params![
            sighting.id,
            place.asset,
            place.wording,
            place.bucket.number(),
            place.priority,
            now,
            title_key(&sighting.occurrence.title),
            tool.number,
            tool.bit(),
            sighting.digest,
            circumstances.known_exploited.number(),
            circumstances.epss,
            sighting.fixed_version()
        ],
        |row| row.get(0),
    )
}

fn bucket_of(state: StateName, sighting: &Sighting<'_>) -> Bucket {
    let occurrence = sighting.occurrence;
    Bucket {
        state,
        kind: occurrence.identity.kind,
        severity: occurrence.severity,
        known_exploited: occurrence.circumstances.known_exploited != KnownExploited::No,
        fixable: sighting.fixed_version().is_some(),
    }
}

fn named(sighting: &Sighting<'_>) -> Named {
    let identity = &sighting.occurrence.identity;
    // As it is stored.
    let (subject, locator) = (bounds::line(&identity.subject).to_owned(), bounds::line(&identity.locator.text()).to_owned());
    Named { kind: identity.kind, subject, locator }
}
