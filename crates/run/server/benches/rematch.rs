//! A thousand stored inventories judged again after an update of vulnerability data (design: at most 2 s).
//!
//! Made up after what registries hold: 1,000 images of 300 packages on 20 bases. A base brings 180 packages of one
//! release, of which a third differs from the next base by its version; the rest are libraries of the programs, drawn
//! from 5,000 names, few of them popular, in three versions. 20,000 vulnerabilities, three to a library and 28 to a
//! package of a base, of which a distribution has repaired most: some 250 findings for an image. The update brings 100
//! new ones, one of them in a package of every base, takes 20 back, and moves every EPSS score by a little, as each day does.
//!
//! `cargo bench -p vigie-server --bench rematch`. The database is a file, as in life.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]
#![expect(clippy::print_stderr, reason = "a benchmark tells what it measures")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use vigie_db::Db;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_ledger::{Ledger, Taken};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::image::ImageFacts;
use vigie_model::package::Package;
use vigie_server::advisories::{AdvisoryFile, Data, import};
use vigie_server::rematch;

const IMAGES: usize = 1_000;
const BASES: usize = 20;
const BASE_PACKAGES: usize = 180;
const OWN_PACKAGES: usize = 120;
const LIBRARIES: usize = 5_000;
const VULNERABILITIES: usize = 20_000;

/// Small numbers often, large ones seldom.
fn popular(seed: usize, of: usize) -> usize {
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let share = (mixed % 10_000) as f64 / 10_000.0;
    (share * share * share * of as f64) as usize
}

fn package(ecosystem: &str, name: String, version: String) -> Package {
    Package { ecosystem: ecosystem.into(), name, version, architecture: None, source: None }
}

fn inventory(number: usize) -> Facts {
    let base = number % BASES;
    let of_base = (0..BASE_PACKAGES).map(|it| {
        let age = if it % 3 == 0 { base } else { 0 };
        Component::new(package("Debian:12", format!("package-{it}"), format!("1.{age}-1")), "var/lib/dpkg/status")
    });
    let own = (0..OWN_PACKAGES).map(|it| {
        let seed = number * OWN_PACKAGES + it;
        let library = popular(seed, LIBRARIES);
        let path = format!("app/node_modules/library-{library}/package.json");
        Component::new(package("npm", format!("library-{library}"), format!("1.{}.0", seed % 3)), path)
    });
    Facts::Image(ImageFacts { components: of_base.chain(own).collect(), ..ImageFacts::default() })
}

fn record(number: usize) -> String {
    let (ecosystem, name, fixed) = match number % 4 {
        0 => {
            let (package, round) = (number / 4 % BASE_PACKAGES, number / 4 / BASE_PACKAGES);
            // Most are repaired in what is installed; the first of the update is not, anywhere.
            let fixed = match () {
                () if number == VULNERABILITIES => BASES,
                () if round % 20 == 0 => number / 4 % 23,
                () => 0,
            };
            ("Debian:12", format!("package-{package}"), format!("1.{fixed}-1"))
        }
        // 7,919 is prime: neighbours are far apart, and each library has its turn.
        _ => ("npm", format!("library-{}", number * 7_919 % LIBRARIES), format!("1.{}.0", number / LIBRARIES % 3)),
    };
    let kind = if ecosystem == "npm" { "SEMVER" } else { "ECOSYSTEM" };
    format!(
        r#"{{"id":"CVE-2024-{number:05}","summary":"Flaw {number} lets a stranger in.","affected":[{{"package":{{"ecosystem":
            "{ecosystem}","name":"{name}"}},"ranges":[{{"type":"{kind}","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

/// The data of a day.
fn data(dir: &Path, day: usize) -> Arc<Data> {
    let (feeds, file) = (dir.join(format!("feeds-{day}")), AdvisoryFile::at(dir.join(format!("advisories-{day}"))));
    fs::create_dir_all(&feeds).unwrap();
    let mut epss = "cve,epss,percentile\n".to_owned();
    // What an update takes back lies anywhere.
    let taken_back = |number: &usize| day > 0 && number % 1_000 == 500;
    for number in (0..VULNERABILITIES + 100 * day).filter(|number| !taken_back(number)) {
        fs::write(feeds.join(format!("CVE-2024-{number:05}.json")), record(number)).unwrap();
        let score = 0.001 + popular(number, 900) as f64 / 1_000.0 + day as f64 / 100_000.0;
        writeln!(epss, "CVE-2024-{number:05},{score:.5},0.5").unwrap();
    }
    fs::write(feeds.join("epss.csv"), epss).unwrap();
    import(&file, &SystemClock, &[feeds], &mut |_| {}).unwrap();
    file.take_up().unwrap();
    file.current().unwrap()
}

fn rematch(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let (today, tomorrow) = (data(dir.path(), 0), data(dir.path(), 1));
    let standing = dir.path().join("standing.db");
    {
        let db = Db::open(&standing).unwrap();
        let ledger = Ledger::open(db.clone(), Arc::new(SystemClock)).unwrap();
        for number in 0..IMAGES {
            let asset = Asset::new(AssetKind::Image, format!("sha256:{number}"), format!("app-{number}"));
            ledger.save_asset(&asset).unwrap();
            let taken = Taken { at: SystemClock.now(), source: "", judged_by: None };
            ledger.save_facts(asset.id, &inventory(number), taken).unwrap();
        }
        let pass = rematch::pass(&ledger, &today, &|| false).unwrap();
        let different = ledger.packages(0, false, u32::MAX).unwrap().len();
        eprint!("{different} different packages, {} findings, {} MB; ", pass.changed, db.size_bytes().unwrap() / 1_000_000);
        db.back_up(&dir.path().join("judged.db")).unwrap();
    }
    let judged = dir.path().join("judged.db");
    let copy = dir.path().join("copy.db");
    let opened = || {
        for suffix in ["", "-wal", "-shm"] {
            drop(fs::remove_file(dir.path().join(format!("copy.db{suffix}"))));
        }
        fs::copy(&judged, &copy).unwrap();
        Ledger::open(Db::open(&copy).unwrap(), Arc::new(SystemClock)).unwrap()
    };
    let pass = rematch::pass(&opened(), &tomorrow, &|| false).unwrap();
    eprintln!("the update is news for {} of {}, {} findings change", pass.concerned, pass.inventories, pass.changed);
    let mut group = c.benchmark_group("re-match 1,000 inventories");
    group.sample_size(10);
    group.bench_function("after a day's update", |b| {
        b.iter_batched(opened, |ledger| rematch::pass(&ledger, &tomorrow, &|| false).unwrap(), BatchSize::PerIteration);
    });
    group.bench_function("nothing new", |b| {
        b.iter_batched(opened, |ledger| rematch::pass(&ledger, &today, &|| false).unwrap(), BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, rematch);
criterion_main!(benches);
