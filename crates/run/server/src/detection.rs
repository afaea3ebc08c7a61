//! Events go from the lake through the rules, once each and in order.
//!
//! The position and the memory of the correlations are stored after each step, in one write; after
//! a crash the rules go on from there, and what a step had already found is found again as the same
//! findings. Detection so never holds up intake, and intake never outruns what can be caught up.

use crate::live::Change;
use crate::platform::Platform;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use vigie_db::{Db, DbError, Migration, params};
use vigie_detect::Detector;
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::event::StoredEvent;
use vigie_model::host::HostFacts;
use vigie_model::ids::{AssetId, EventId};

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
        if caught_up {
            tokio::select! {
                () = &mut stopping => return,
                () = platform.arrived.notified() => {}
            }
        }
    }
}

struct Follower {
    detector: Detector,
    position: EventId,
    own: Own,
}

/// This host by the names that its own records give it.
struct Own {
    asset: Asset,
    name: String,
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
        let world = World::live();
        let asset = host::asset(&HostFacts::default(), &world);
        let name = asset.name.clone();
        Ok(Self { detector, position, own: Own { asset, name } })
    }

    /// Takes the next events; tells whether there are none left.
    fn step(&mut self, platform: &Platform) -> Result<bool, Problem> {
        let events: Arc<[StoredEvent]> = platform.lake.events_after(self.position, STEP).map_err(Explain::explain)?.into();
        let Some(last) = events.last().map(|event| event.id) else { return Ok(true) };
        let Self { detector, own, .. } = self;
        let others = RefCell::new(BTreeMap::new());
        let asset_of = |name: &str| own.asset_of(name, &others);
        let mut found = Vec::new();
        for event in events.iter() {
            found.extend(detector.observe(event, &asset_of));
        }
        let found = vigie_detect::finding::joined(found);
        if !found.is_empty() {
            save_new_hosts(platform, own, &others.into_inner())?;
            let recorded = platform.ledger.record_detections(&found).map_err(Explain::explain)?;
            platform.live.tell(Change::Findings { changed: recorded.changed() });
        }
        for notice in self.detector.notices() {
            tracing::warn!(?notice, "a rule says something about itself");
        }
        store(&platform.db, last, &self.detector.snapshot()).map_err(Explain::explain)?;
        self.position = last;
        if platform.live.is_watched() {
            platform.live.tell(Change::Events(events.clone()));
        }
        Ok(events.len() < STEP)
    }
}

impl Own {
    /// The host that a record names: ourselves, or one that only its records are known of.
    fn asset_of(&self, name: &str, others: &RefCell<BTreeMap<String, Asset>>) -> AssetId {
        let short = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() || name == "localhost" || short(name) == short(&self.name) {
            return self.asset.id;
        }
        let mut others = others.borrow_mut();
        let asset = others.entry(name.to_owned()).or_insert_with(|| Asset::new(AssetKind::Host, format!("name:{name}"), name));
        asset.id
    }
}

/// Findings need their assets: hosts that nobody has looked at yet are entered by name.
fn save_new_hosts(platform: &Platform, own: &Own, others: &BTreeMap<String, Asset>) -> Result<(), Problem> {
    for asset in std::iter::once(&own.asset).chain(others.values()) {
        if platform.ledger.asset(asset.id).map_err(Explain::explain)?.is_none() {
            platform.ledger.save_asset(asset).map_err(Explain::explain)?;
        }
    }
    Ok(())
}

fn stored(db: &Db) -> Result<Option<(EventId, Vec<u8>)>, DbError> {
    db.read(|reader| reader.query_opt("SELECT position, memory FROM detection", params![], |row| Ok((row.get(0)?, row.get(1)?))))
}

fn store(db: &Db, position: EventId, memory: &[u8]) -> Result<(), DbError> {
    db.write(|writer| {
        writer.execute(
            "INSERT INTO detection (only_one, position, memory) VALUES (1, $1, $2)
             ON CONFLICT (only_one) DO UPDATE SET position = excluded.position, memory = excluded.memory",
            params![position, memory],
        )?;
        Ok(())
    })
}
