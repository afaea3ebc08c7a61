//! Keeps what events are enriched with up to date: the assets of the ledger, and databases of addresses.
//!
//! Assets are read again when the ledger wrote any, at most every [`EVERY`]; files are looked at as often. Nothing of it
//! stops events: while the database does not answer, or a file cannot be read, what was known before stays in use.

use crate::platform::Platform;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::problem::{Explain, Problem};
use vigie_ledger::LedgerError;
use vigie_model::asset::AssetKind;
use vigie_model::host::HostFacts;
use vigie_pipeline::enrich::{ASSETS_MAX, Enricher, GeoFiles, Known};

/// The shortest time between two looks.
const EVERY: Duration = Duration::from_secs(2);

/// The assets that events speak of.
const KINDS: [AssetKind; 3] = [AssetKind::Host, AssetKind::Container, AssetKind::Image];

/// Before assets were read for the first time.
const NEVER: u64 = u64::MAX;

/// What events are enriched with.
pub(crate) struct Enrichment {
    /// What puts it in.
    pub(crate) enricher: Arc<Enricher>,
    /// Databases of addresses.
    pub(crate) files: GeoFiles,
    /// How often the ledger had written assets when they were last read.
    read_at: AtomicU64,
}

impl Enrichment {
    /// With these databases of addresses, copied to a folder; nothing is read yet.
    pub(crate) fn new(folder: PathBuf, geoip: Vec<PathBuf>) -> Self {
        Self { enricher: Arc::default(), files: GeoFiles::new(folder, geoip), read_at: AtomicU64::new(NEVER) }
    }
}

/// Reads what is new; what cannot be read is told once in the log, and returned.
pub(crate) fn look(platform: &Platform) -> Vec<Problem> {
    let enrichment = &platform.enrichment;
    let mut problems = enrichment.files.look(&enrichment.enricher, platform.clock.now());
    let writes = platform.ledger.asset_writes();
    if enrichment.read_at.swap(writes, Ordering::AcqRel) != writes
        && let Err(error) = read_assets(platform)
    {
        enrichment.read_at.store(NEVER, Ordering::Release);
        problems.push(error.explain());
    }
    for problem in &problems {
        tracing::warn!(chain = problem.chain(), "events are enriched with what was known before");
    }
    problems
}

fn read_assets(platform: &Platform) -> Result<(), LedgerError> {
    // One more than are kept shows that there are too many.
    let limit = u32::try_from(ASSETS_MAX + 1).unwrap_or(u32::MAX);
    let assets = platform.ledger.assets_in_effect(&KINDS, limit)?;
    let names = platform.ledger.image_names()?;
    let own = host::asset(&HostFacts::default(), &World::live()).id;
    let known = Known::of(&assets, &names, Some(own));
    if known.left_out() > 0 {
        tracing::warn!(assets = ASSETS_MAX, "there are more assets than events can be enriched with: the latest seen are used");
    }
    platform.enrichment.enricher.know(known);
    Ok(())
}

/// Looks again and again until the platform stops.
pub(crate) async fn run(platform: Arc<Platform>) {
    let stopping = platform.stopping();
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let platform = platform.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || drop(look(&platform))).await {
            tracing::error!(%error, "looking for what events are enriched with broke off");
        }
    }
}
