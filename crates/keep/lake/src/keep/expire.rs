//! Retention: files go when everything in them is old enough.

use super::KeepError;
use crate::catalogue::{FileRow, NewAct, kind};
use crate::lake::{Core, Lake};
use vigie_model::event::Class;
use vigie_model::time::Timestamp;

/// What retention dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expired {
    /// Files.
    pub files: u64,
    /// Events.
    pub events: u64,
    /// Bytes.
    pub bytes: u64,
    /// Files whose time is up and that a hold keeps.
    pub held: u64,
    /// Nothing was dropped because the clock has jumped since the last time; the next time it will be.
    pub postponed: bool,
}

/// Rows that are worth a base: each base lists all files that are there.
const WORTH_A_BASE: u64 = 10_000;

impl Lake {
    /// Drops files whose events were all received longer ago than they are to be kept.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn expire(&self) -> Result<Expired, KeepError> {
        let core = self.core();
        let _alone = core.rewriting_alone();
        let now = core.clock.now();
        if core.clock_jumped(now)? {
            tracing::warn!("the clock has jumped since retention last ran; nothing is dropped this time");
            return Ok(Expired { postponed: true, ..Expired::default() });
        }
        core.prune(now)?;
        let files = core.catalogue.files()?;
        let in_force = core.in_force(now)?;
        let (mut due, mut held) = (Vec::new(), 0);
        for file in files.all().iter().filter(|file| core.is_past(file, now)) {
            if core.is_held(file, &in_force)? {
                held += 1;
            } else {
                due.push(file.clone());
            }
        }
        if due.is_empty() {
            return Ok(Expired { held, ..Expired::default() });
        }
        {
            let _alone = core.alone();
            core.catalogue.replace(&due, &[], now, &NewAct { kind: kind::EXPIRED, more: &serde_json::Map::new() })?;
        }
        drop(files);
        core.retire(&due)?;
        let sum = |value: fn(&FileRow) -> u64| due.iter().map(value).sum();
        Ok(Expired {
            files: due.len() as u64,
            events: sum(|file| file.facts.rows),
            bytes: sum(|file| file.facts.bytes),
            held,
            postponed: false,
        })
    }
}

impl Core {
    /// Whether retention last ran so long ago that rather the clock is wrong. It may be that the
    /// machine was off: then the next run drops what is due.
    fn clock_jumped(&self, now: Timestamp) -> Result<bool, KeepError> {
        const TWO_DAYS: i64 = 2 * 86_400 * 1_000_000;
        let before = self.catalogue.retention_runs(now)?;
        Ok(before.is_some_and(|before| now.since(before) > TWO_DAYS || before > now))
    }

    /// Has a base stand for what was done long ago.
    fn prune(&self, now: Timestamp) -> Result<(), KeepError> {
        let days = self.settings.retention.chain_days;
        if days == 0 {
            return Ok(());
        }
        let before = now.plus_seconds(-86_400 * i64::from(days));
        if self.catalogue.prunable(before)? < WORTH_A_BASE {
            return Ok(());
        }
        // A base says that what lies before it is as it was: it must not cover what somebody changed.
        let faults = self.verify_chain(None)?.1.faults;
        if !faults.is_empty() {
            tracing::error!(
                faults = faults.len(),
                "the chain of events is broken, so it is not pruned; see `vigie audit verify`"
            );
            return Ok(());
        }
        let _alone = self.alone();
        let pruned = self.catalogue.prune(before, WORTH_A_BASE, now)?;
        if pruned.acts > 0 {
            tracing::info!(pruned.files, pruned.acts, "the chain begins at a new base");
        }
        Ok(())
    }

    /// Whether everything in a file was received longer ago than events of its class are kept.
    pub(super) fn is_past(&self, file: &FileRow, now: Timestamp) -> bool {
        let days = self.days_kept(file.class_uid);
        days > 0 && file.facts.received.1 < now.plus_seconds(-86_400 * i64::from(days))
    }

    /// Days that events of a class are kept; 0 for good.
    fn days_kept(&self, class_uid: u32) -> u32 {
        let class = Class::from_uid(class_uid);
        let own = self.kept_days.iter().find(|(known, _)| Some(*known) == class);
        own.map_or(self.settings.retention.days, |(_, days)| *days)
    }
}
