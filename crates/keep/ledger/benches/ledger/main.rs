//! How the ledger fares with a million findings: every page there is, and imports amid them.
//!
//! `cargo bench -p vigie-ledger` measures everything; `-- pages`, `-- others` or `-- imports` a part.
//! The ledger is built once (a few minutes, 2 GB) and kept in the target directory; remove
//! `vigie-ledger-bench` there to build it anew. Imports are made into a copy.
//!
//! Times are milliseconds that the thread ran, and in brackets those that went by: on a busy machine
//! they differ. Plain figures rather than statistics: a page is either within its budget or it is
//! not, and an import of something new can be made only once.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod imports;
mod pages;
mod world;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vigie_db::Db;
use vigie_kit::clock::Clock;
use vigie_ledger::{Filter, Ledger, NewDecision, Order, Progress, Run, Selector, Sort, States};
use vigie_model::asset::Asset;
use vigie_model::finding::FindingKind;
use vigie_model::life::Ruling;
use vigie_model::occurrence::Occurrence;
use vigie_testkit::FakeClock;

const DAY_S: i64 = 86_400;
/// The day on which the fleet was looked at last.
const TODAY: &str = "2026-11-20T00:00:00Z";
const DAYS_BEFORE: i64 = 90;

/// A ledger at a time that stands still.
struct Scene {
    ledger: Ledger,
    clock: Arc<FakeClock>,
}

impl Scene {
    fn open(path: &Path) -> Self {
        let clock = Arc::new(FakeClock::at(TODAY));
        clock.advance(DAY_S);
        Self { ledger: Ledger::open(Db::open(path).unwrap(), clock.clone()).unwrap(), clock }
    }

    /// Records what all judges and the detections say of an asset.
    fn record_all(&self, asset: &Asset, found: &[Occurrence]) {
        for judge in &world::JUDGES {
            self.ledger.record(&run(asset, judge.tool, judge.kinds), &world::of_kinds(found, judge.kinds)).unwrap();
        }
        self.ledger.record_detections(&world::of_kinds(found, &[FindingKind::Detection]), |_| Ok(())).unwrap();
    }
}

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vigie-ledger-bench");
    let standing = directory.join("state.db");
    if !standing.exists() {
        build(&directory, &standing);
    }
    let scene = Scene::open(&standing);
    let all = Filter { states: States::All, ..Filter::default() };
    let findings = scene.ledger.count(&all).unwrap().unwrap();
    println!("{findings} findings in {} MB", fs::metadata(&standing).unwrap().len() / 1_000_000);
    if wanted("pages") {
        pages::pages(&scene.ledger);
    }
    if wanted("others") {
        pages::others(&scene);
    }
    if wanted("imports") {
        let copy = directory.join("copy.db");
        remove(&copy);
        fs::copy(&standing, &copy).unwrap();
        imports::imports(&Scene::open(&copy));
        remove(&copy);
    }
}

/// Builds the ledger under another name and copies it, so that one that exists is complete.
fn build(directory: &Path, standing: &Path) {
    let begun = Instant::now();
    fs::create_dir_all(directory).unwrap();
    let path = directory.join("part.db");
    remove(&path);
    let scene = Scene::open(&path);
    scene.clock.advance(-DAY_S * (DAYS_BEFORE + 1));
    let mut found = 0;
    for number in 0..world::ASSETS {
        let asset = world::asset(number);
        scene.ledger.save_asset(&asset).unwrap();
        let findings = world::findings(&asset, number, world::size(number));
        found += world::distinct(&findings);
        scene.record_all(&asset, &findings);
        scene.clock.advance(DAY_S * DAYS_BEFORE / i64::from(world::ASSETS));
    }
    println!("recorded {found} findings in {:.0?}", begun.elapsed());
    // Every other asset is looked at again on the last day, when some was repaired.
    for number in (0..world::ASSETS).step_by(2) {
        let asset = world::asset(number);
        scene.record_all(&asset, &world::repaired(&world::findings(&asset, number, world::size(number))));
        scene.clock.advance(2 * DAY_S / i64::from(world::ASSETS));
    }
    println!("recorded half of them again after {:.0?}", begun.elapsed());
    decide(&scene);
    println!("built in {:.0?}", begun.elapsed());
    // Compact, and without a log beside it.
    Db::open(&path).unwrap().back_up(standing).unwrap();
    remove(&path);
}

/// Accepted, false positives and in progress: some by name, many by a label.
fn decide(scene: &Scene) {
    let until = scene.clock.now().plus_seconds(60 * DAY_S);
    let decide = |selector: &str, ruling| {
        let selector: Selector = serde_json::from_str(selector).unwrap();
        let (reason, author) = ("planned".to_owned(), "ada".to_owned());
        let begun = Instant::now();
        let made = scene.ledger.decide(NewDecision { selector, ruling, reason, author, expires_at: until }).unwrap();
        println!("a decision about {} findings took {:.0?}", made.applied, begun.elapsed());
    };
    decide(r#"{"label":"environment=test","kind":"misconfiguration"}"#, Ruling::Accept { until });
    decide(r#"{"package":"pkg:deb/debian/openssl-7"}"#, Ruling::Accept { until });
    decide(r#"{"subject":"MISCONFIGURATION-0007"}"#, Ruling::FalsePositive);
    let filter = Filter::default();
    let first = scene.ledger.findings(&filter, Sort::Title, Order::Ascending, None, 1_000).unwrap();
    let ids: Vec<_> = first.findings.iter().map(|finding| finding.id).collect();
    scene.ledger.set_progress(&ids, Progress::Start, "ada", "").unwrap();
}

fn run(asset: &Asset, tool: &str, kinds: &[FindingKind]) -> Run {
    Run::over(asset.id, tool, kinds.iter().copied())
}

/// Removes a database with its companions.
fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        if Path::new(&name).exists() {
            fs::remove_file(&name).unwrap();
        }
    }
}

/// How long something took: by the clock on the wall, and the time this thread really ran, which is
/// what it takes on a machine that does nothing else.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Took {
    ran: Duration,
    wall: Duration,
}

fn time<T>(work: impl FnOnce() -> T) -> (Took, T) {
    let (begun, ran) = (Instant::now(), ran());
    let result = work();
    (Took { ran: self::ran() - ran, wall: begun.elapsed() }, result)
}

fn ran() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |duration: Duration| match duration.as_micros() {
            micros @ ..10_000 => format!("{:.1}", micros as f64 / 1e3),
            micros => (micros / 1_000).to_string(),
        };
        f.pad(&format!("{} ({})", shown(self.ran), shown(self.wall)))
    }
}
