//! The platform: every store open, every room at hand, and what they share.

use crate::advisories::{AdvisoryFile, Origin};
use crate::enrichment::Enrichment;
use crate::formats::OwnPages;
use crate::habits::Habits;
use crate::live::Live;
use crate::rest::KeptMalware;
use crate::rounds::{self, Round};
use crate::searches::{RunningSearches, Searches};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, watch};
use vigie_access::Access;
use vigie_collect::{Intake, SourceReport, SourceStats};
use vigie_db::Db;
use vigie_kit::clock::Clock;
use vigie_kit::data_dir::DataDir;
use vigie_kit::problem::{Explain, Problem};
use vigie_lake::Lake;
use vigie_ledger::Ledger;
use vigie_model::time::Timestamp;
use vigie_pipeline::Pipeline;

/// Days that events are kept when nobody says otherwise.
pub const KEEP_DAYS: u32 = 90;

/// The folder of the data directory for YARA rules.
const YARA_FOLDER: &str = "yara";

/// What a platform is opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Days that events are kept, 0 for good.
    pub keep_days: u32,
    /// The same for events of single OCSF classes, by name.
    pub keep_classes: BTreeMap<String, u32>,
    /// Object storage for the files of events; nothing keeps them in the data directory.
    pub lake_store: Option<String>,
    /// Bytes of those files that are kept in the data directory, too, to be read faster.
    pub lake_cache_bytes: u64,
    /// Where vulnerability data is renewed from, once a day; none to leave that to others.
    pub feeds: Option<Origin>,
    /// Files and folders of YARA rules, besides the folder `yara` of the data directory.
    pub yara: Vec<PathBuf>,
    /// Databases of addresses, in MaxMind's format.
    pub geoip: Vec<PathBuf>,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            keep_days: KEEP_DAYS,
            keep_classes: BTreeMap::new(),
            lake_store: None,
            lake_cache_bytes: vigie_lake::StoreSettings::default().cache_bytes,
            feeds: None,
            yara: Vec::new(),
            geoip: Vec::new(),
        }
    }
}

/// The platform on one data directory.
pub struct Platform {
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// When this platform was opened.
    pub(crate) started_at: Timestamp,
    /// State.
    pub(crate) db: Db,
    /// Events.
    pub(crate) lake: Lake,
    /// What the sources usually do.
    habits: Habits,
    /// What events are enriched with.
    pub(crate) enrichment: Enrichment,
    /// The user's own pages for log formats.
    pub(crate) formats: OwnPages,
    /// Searches that people keep.
    pub(crate) searches: Searches,
    /// Searches that go on.
    pub(crate) running: RunningSearches,
    /// Findings and assets.
    pub(crate) ledger: Ledger,
    /// Who may do what.
    pub(crate) access: Access,
    /// Vulnerability data.
    pub(crate) advisories: AdvisoryFile,
    /// Tells the console what changes.
    pub(crate) live: Live,
    /// Rings when events have arrived in the lake.
    pub(crate) arrived: Arc<Notify>,
    /// Where vulnerability data is renewed from.
    pub(crate) feeds: Option<Origin>,
    /// Finds malware in files.
    pub(crate) malware: KeptMalware,
    yara: Vec<PathBuf>,
    dir: DataDir,
    rounds: Vec<Arc<Round>>,
    sources: OnceLock<Reporter>,
    intake: OnceLock<Intake>,
    stop: watch::Sender<bool>,
    stop_sources: watch::Sender<bool>,
}

/// Tells how the sources are doing.
type Reporter = Box<dyn Fn() -> Vec<Arc<SourceStats>> + Send + Sync>;

impl Platform {
    /// Opens everything in a data directory.
    ///
    /// # Errors
    /// A [`Problem`] that says which store cannot be opened, and why.
    pub fn open(dir: DataDir, clock: Arc<dyn Clock>, opening: Opening) -> Result<Self, Problem> {
        let db = Db::open(&dir.state_db()).map_err(Explain::explain)?;
        let kept = vigie_lake::Settings {
            retention: vigie_lake::Retention {
                days: opening.keep_days,
                classes: opening.keep_classes,
                ..vigie_lake::Retention::default()
            },
            store: vigie_lake::StoreSettings { address: opening.lake_store, cache_bytes: opening.lake_cache_bytes },
            ..vigie_lake::Settings::default()
        };
        let lake = Lake::open(&dir.lake(), db.clone(), clock.clone(), kept).map_err(Explain::explain)?;
        let ledger = Ledger::open(db.clone(), clock.clone()).map_err(Explain::explain)?;
        let access = Access::open(db.clone(), clock.clone()).map_err(Explain::explain)?;
        let searches = Searches::open(db.clone(), clock.clone()).map_err(Explain::explain)?;
        let advisories = AdvisoryFile::at(dir.advisories());
        advisories.take_up().map_err(Explain::explain)?;
        Ok(Self {
            started_at: clock.now(),
            clock,
            db,
            lake,
            searches,
            formats: OwnPages::open(dir.parsers()),
            habits: Habits::default(),
            enrichment: Enrichment::new(dir.geoip(), opening.geoip),
            running: RunningSearches::default(),
            ledger,
            access,
            advisories,
            live: Live::default(),
            arrived: Arc::default(),
            feeds: opening.feeds,
            malware: KeptMalware::default(),
            yara: opening.yara,
            dir,
            rounds: rounds::all(),
            sources: OnceLock::new(),
            intake: OnceLock::new(),
            stop: watch::Sender::new(false),
            stop_sources: watch::Sender::new(false),
        })
    }

    /// The data directory.
    pub(crate) const fn dir(&self) -> &DataDir {
        &self.dir
    }

    /// Where YARA rules of the user may lie.
    pub(crate) fn yara_rules(&self) -> Vec<PathBuf> {
        std::iter::once(self.dir.path().join(YARA_FOLDER)).chain(self.yara.iter().cloned()).collect()
    }

    /// All rounds.
    pub(crate) fn rounds(&self) -> &[Arc<Round>] {
        &self.rounds
    }

    /// The round of a name.
    pub(crate) fn round(&self, name: &str) -> Option<&Arc<Round>> {
        self.rounds.iter().find(|round| round.name == name)
    }

    /// How the sources of events are doing; empty before they are started.
    pub(crate) fn sources(&self) -> Vec<SourceReport> {
        self.reports().into_iter().map(|report| self.habits.judge(report)).collect()
    }

    /// What the sources say of themselves.
    fn reports(&self) -> Vec<SourceReport> {
        self.sources_themselves().iter().map(|source| source.report()).collect()
    }

    /// The sources of events; empty before they are started.
    pub(crate) fn sources_themselves(&self) -> Vec<Arc<SourceStats>> {
        self.sources.get().map_or_else(Vec::new, |sources| sources())
    }

    /// Compares what the sources do with what they usually do; gives how many are unusual.
    pub(crate) fn look_at_sources(&self) -> usize {
        self.habits.look(&self.reports(), self.clock.now())
    }

    /// Returns when the platform is to stop.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.stop.subscribe();
        async move {
            // An error means that the platform itself is gone, which is the same.
            let _stopped = told.wait_for(|stop| *stop).await;
        }
    }

    /// The way of events into the lake.
    pub(crate) fn pipeline(&self) -> Pipeline {
        Pipeline {
            lake: self.lake.clone(),
            enricher: self.enrichment.enricher.clone(),
            arrived: self.arrived.clone(),
            stop: self.stop.subscribe(),
        }
    }

    /// Whether the platform is to stop: asked by work that takes long.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// The local socket's file.
    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join(crate::local::SOCKET)
    }

    pub(crate) fn set_sources(&self, reporter: Reporter) {
        // Sources are started once in the life of a platform; a second reporter is dropped.
        drop(self.sources.set(reporter));
    }

    /// Where shippers bring what they have; none before the sources are started.
    pub(crate) fn intake(&self) -> Option<Intake> {
        self.intake.get().cloned()
    }

    pub(crate) fn set_intake(&self, intake: Intake) {
        // As with the reporter: once in the life of a platform.
        drop(self.intake.set(intake));
    }

    /// What tells the sources to stop: earlier than the rest, so that the rest can take what they have.
    pub(crate) fn stop_sources(&self) -> watch::Receiver<bool> {
        self.stop_sources.subscribe()
    }

    pub(crate) fn tell_sources_to_stop(&self) {
        self.stop_sources.send_replace(true);
        if let Some(intake) = self.intake.get() {
            intake.close();
        }
    }

    pub(crate) fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }
}
