//! Events go from the lake through the rules, once each and in order.
//!
//! The position, the memory of the correlations and what a step found are stored in one transaction:
//! after a crash, or after a step that failed, the rules go on from the last step that is on disk, so
//! no event is lost to them and none counts twice. Detection never holds up intake, and intake never
//! outruns what can be caught up.

use crate::hosts::{Hosts, OtherHosts};
use crate::live::Change;
use crate::platform::Platform;
use std::sync::Arc;
use vigie_db::{Db, DbError, Migration, Writer, params};
use vigie_detect::Detector;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

/// Events of one step.
const STEP: usize = 5_000;

const MIGRATIONS: &[Migration] = &[Migration {
    name: "position of detection",
    sql: "CREATE TABLE detection (only_one INTEGER PRIMARY KEY, position INTEGER NOT NULL, memory BLOB NOT NULL) STRICT",
}];

/// Follows the lake until the platform stops.
pub(crate) async fn run(platform: Arc<Platform>) {
    let opened = platform.clone();
    let mut follower = match tokio::task::spawn_blocking(move || Follower::open(&opened)).await {
        Ok(Ok(follower)) => follower,
        Ok(Err(problem)) => return tracing::error!(chain = problem.chain(), "detection could not start"),
        Err(error) => return tracing::error!(%error, "detection could not start"),
    };
    let stopping = platform.stopping();
    tokio::pin!(stopping);
    loop {
        let step_platform = platform.clone();
        let step = tokio::task::spawn_blocking(move || {
            let outcome = follower.step(&step_platform);
            (follower, outcome)
        });
        let caught_up = match step.await {
            Ok((returned, outcome)) => {
                follower = returned;
                outcome.unwrap_or_else(|problem| {
                    tracing::error!(chain = problem.chain(), "detection waits");
                    true
                })
            }
            Err(error) => return tracing::error!(%error, "detection broke off"),
        };
        let more = async {
            if caught_up {
                platform.arrived.notified().await;
            }
        };
        // What is left when the platform stops is taken up at the next start.
        tokio::select! {
            biased;
            () = &mut stopping => return,
            () = more => {}
        }
    }
}

struct Follower {
    detector: Detector,
    /// What the detector was when `position` was stored.
    memory: Vec<u8>,
    position: EventId,
    hosts: Hosts,
}

impl Follower {
    fn open(platform: &Platform) -> Result<Self, Problem> {
        platform.db.migrate("server", MIGRATIONS).map_err(Explain::explain)?;
        let mut detector = Detector::shipped();
        let position = match stored(&platform.db).map_err(Explain::explain)? {
            Some((position, memory)) => {
                // Memory of other rules or of another version: correlations begin anew, events do not.
                if let Err(error) = detector.restore(&memory) {
                    tracing::warn!(%error, "correlations begin anew");
                }
                position
            }
            None => EventId(0),
        };
        let memory = detector.snapshot();
        Ok(Self { detector, memory, position, hosts: Hosts::live() })
    }

    /// Takes the next events; tells whether there are none left. A step that fails is taken again
    /// from where it began.
    fn step(&mut self, platform: &Platform) -> Result<bool, Problem> {
        let outcome = self.try_step(platform);
        if outcome.is_err()
            && let Err(error) = self.detector.restore(&self.memory)
        {
            tracing::error!(%error, "what a step that failed has found is lost");
        }
        outcome
    }

    fn try_step(&mut self, platform: &Platform) -> Result<bool, Problem> {
        let events: Arc<[StoredEvent]> = platform.lake.events_after(self.position, STEP).map_err(Explain::explain)?.into();
        let Some(last) = events.last().map(|event| event.id) else { return Ok(true) };
        let Self { detector, hosts, .. } = self;
        let others = OtherHosts::default();
        let asset_of = |name: &str| hosts.asset_of(name, &others);
        let mut found = Vec::new();
        for event in events.iter() {
            found.extend(detector.observe(event, &asset_of));
        }
        let found = vigie_detect::finding::joined(found);
        for notice in detector.notices() {
            tracing::warn!(?notice, "a rule says something about itself");
        }
        let memory = detector.snapshot();
        if found.is_empty() {
            platform.db.write(|writer| store(writer, last, &memory)).map_err(Explain::explain)?;
        } else {
            hosts.save_new(platform, &others.into_inner())?;
            let recorded = platform.ledger.record_detections(&found, |writer| store(writer, last, &memory));
            platform.live.tell(Change::Findings { changed: recorded.map_err(Explain::explain)?.changed() });
        }
        self.position = last;
        self.memory = memory;
        if platform.live.is_watched() {
            platform.live.tell(Change::Events(events.clone()));
        }
        Ok(events.len() < STEP)
    }
}

fn stored(db: &Db) -> Result<Option<(EventId, Vec<u8>)>, DbError> {
    db.read(|reader| reader.query_opt("SELECT position, memory FROM detection", params![], |row| Ok((row.get(0)?, row.get(1)?))))
}

fn store(writer: &Writer<'_>, position: EventId, memory: &[u8]) -> Result<(), DbError> {
    writer.execute(
        "INSERT INTO detection (only_one, position, memory) VALUES (1, $1, $2)
         ON CONFLICT (only_one) DO UPDATE SET position = excluded.position, memory = excluded.memory",
        params![position, memory],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_detect::sample::cases;
    use vigie_kit::data_dir::DataDir;
    use vigie_lake::Batch;
    use vigie_ledger::{Filter, Order, Sort};
    use vigie_testkit::FakeClock;

    /// Twelve refused passwords from one address within a minute.
    const GUESSES: &str = r#"{"class": "authentication", "activity": 1, "format": "sshd", "host": "web-1",
        "time": "2026-11-21T08:00:00Z", "repeat": 12, "every_seconds": 5,
        "fields": {"actor.process.name": "sshd", "auth_protocol": "password", "status_id": 2, "user.name": "eva",
                   "message": "Failed password for eva from 192.0.2.10 port 51300 ssh2", "service.name": "sshd",
                   "src_endpoint.ip": "192.0.2.10", "status_detail": "INVALID_CREDENTIALS"},
        "raw": "Failed password for eva from 192.0.2.10 port 51300 ssh2"}"#;

    fn platform(dir: &std::path::Path) -> Platform {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:05:00Z"));
        Platform::open(DataDir::open(dir).unwrap(), clock, crate::Opening::default()).unwrap()
    }

    fn guess(platform: &Platform) {
        let cases = cases(&GUESSES.replace('\n', " ")).unwrap();
        let events = cases.into_iter().flat_map(|case| case.events).map(|stored| stored.event).collect();
        platform.lake.append(&Batch { events, checkpoint: None }).unwrap();
    }

    /// How many refused passwords the finding about guessing counts.
    fn counted(platform: &Platform) -> Option<u64> {
        let mut id = None;
        let ledger = &platform.ledger;
        let each = ledger.each_finding(&Filter::default(), Sort::FirstSeen, Order::Ascending, |finding| {
            if finding.subject == "DET-0001" {
                id = Some(finding.id);
            }
            std::ops::ControlFlow::Continue(())
        });
        each.unwrap();
        Some(ledger.finding(id?).unwrap().unwrap().detection.unwrap().count)
    }

    #[test]
    fn counts_go_on_from_step_to_step_and_from_start_to_start() {
        let dir = tempfile::tempdir().unwrap();
        let opened = platform(dir.path());
        let mut follower = Follower::open(&opened).unwrap();
        guess(&opened);
        follower.step(&opened).unwrap();
        assert_eq!(counted(&opened), Some(10), "told at the tenth");
        drop((follower, opened));
        let opened = platform(dir.path());
        let mut follower = Follower::open(&opened).unwrap();
        follower.step(&opened).unwrap();
        assert_eq!(counted(&opened), Some(10), "nothing new");
        guess(&opened);
        follower.step(&opened).unwrap();
        assert_eq!(counted(&opened), Some(20), "told again when it is twice as much");
    }

    #[tokio::test]
    async fn it_stops_with_events_left() {
        let dir = tempfile::tempdir().unwrap();
        let platform = Arc::new(platform(dir.path()));
        let event = cases(&GUESSES.replace('\n', " ")).unwrap().remove(0).events.remove(0).event;
        platform.lake.append(&Batch { events: vec![event; STEP * 2], checkpoint: None }).unwrap();
        platform.tell_to_stop();
        run(platform.clone()).await;
        let left = stored(&platform.db).unwrap().map(|(position, _)| position);
        assert_eq!(left, Some(EventId(STEP as u64)), "one step, and no more");
    }

    #[test]
    fn a_step_that_fails_is_taken_again_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let platform = platform(dir.path());
        let mut follower = Follower::open(&platform).unwrap();
        follower.step(&platform).unwrap();
        guess(&platform);
        let change = |sql: &'static str| platform.db.write(|writer| writer.execute(sql, params![])).unwrap();
        change("CREATE TRIGGER refuse BEFORE INSERT ON detection BEGIN SELECT RAISE(ABORT, 'no'); END");
        assert!(follower.step(&platform).is_err());
        assert_eq!(counted(&platform), None, "the finding goes with its place");
        change("DROP TRIGGER refuse");
        follower.step(&platform).unwrap();
        assert_eq!(counted(&platform), Some(10));
    }
}
