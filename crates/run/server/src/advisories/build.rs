//! Builds the data from feeds, beside the standing file, and moves the result over it.
//!
//! Holds: whatever goes wrong on the way, the standing data and the standing feeds are unchanged. A
//! new feed that is cut off or damaged is left out, and the standing feed of its name is used
//! instead; the report says so.

use super::sources::{self, Feed, FeedKind, Feeds};
use super::{AdvisoryFile, open};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use vigie_advisories::import::{ImportReport, Importer};
use vigie_kit::clock::Clock;
use vigie_kit::files::{self, LockError};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Where the work is, for whoever watches.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// Bytes of a feed have arrived.
    Fetching {
        /// Its name.
        feed: &'a str,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where the server says.
        total: Option<u64>,
    },
    /// Records of a feed have been read.
    Reading {
        /// Its name.
        feed: &'a str,
        /// Records so far.
        done: u64,
        /// Records in all.
        total: u64,
    },
    /// The data are sorted and written.
    Writing,
}

/// What came of building.
#[derive(Debug)]
pub struct Built {
    /// What was met in the feeds that were used.
    pub report: ImportReport,
    /// New feeds that were damaged and not used, with what was met in them.
    pub left_out: ImportReport,
}

/// Takes feeds from files and folders and builds the data anew.
///
/// # Errors
/// A [`Problem`] when there is no feed, another import runs, or the disk refuses.
pub fn import(
    file: &AdvisoryFile,
    clock: &dyn Clock,
    paths: &[PathBuf],
    watch: &mut dyn FnMut(Step<'_>),
) -> Result<Built, Problem> {
    let _alone = alone(file)?;
    let found = sources::find(paths).map_err(|error| unreadable(paths, error))?;
    if found.is_empty() {
        return Err(nothing_found(paths));
    }
    build(file, clock, found, watch)
}

/// Builds the data again from the kept feeds, for a release of Vigie that lays them out in another way.
/// Tells whether there were feeds to build from.
pub(super) fn renew(file: &AdvisoryFile, clock: &dyn Clock) -> Result<bool, Problem> {
    let _alone = alone(file)?;
    if sources::standing(&kept(file)).is_empty() {
        return Ok(false);
    }
    build(file, clock, Feeds::new(), &mut |_| {}).map(|_| true)
}

/// Keeps a second import out.
pub(super) fn alone(file: &AdvisoryFile) -> Result<files::Lock, Problem> {
    fs::create_dir_all(file.folder()).map_err(|error| unwritable(file.folder(), error))?;
    files::lock(&file.folder().join("LOCK")).map_err(|error| match error {
        LockError::Held { pid, .. } => {
            let who = pid.map_or(String::new(), |pid| format!(" ({pid})"));
            Problem::new(
                Kind::User,
                text!(
                    en "Another import or update is running{who}",
                    fr "Une autre importation ou mise à jour est en cours{who}",
                    de "Ein anderer Import oder eine Aktualisierung läuft bereits{who}",
                ),
            )
            .hint(text!(en "wait for it to end", fr "attendez qu’elle se termine", de "warten Sie auf ihr Ende"))
        }
        other => other.explain(),
    })
}

/// Builds from the standing feeds with new ones in their place.
pub(super) fn build(
    file: &AdvisoryFile,
    clock: &dyn Clock,
    new: Feeds,
    watch: &mut dyn FnMut(Step<'_>),
) -> Result<Built, Problem> {
    let standing = sources::standing(&kept(file));
    let mut new = new;
    let mut left_out = ImportReport::default();
    let work = file.folder().join("advisories.new");
    let report = loop {
        let mut all = standing.clone();
        all.extend(new.clone());
        let report = write(&work, clock, &all, watch)?;
        let damaged = damaged(&report, &new);
        if damaged.is_empty() {
            break report;
        }
        for (name, place) in damaged {
            new.remove(&name);
            left_out.sources.push(report.sources[place].clone());
        }
        if new.is_empty() && standing.is_empty() {
            remove(&work);
            return Err(all_damaged(&left_out));
        }
    };
    // Whatever is swapped in has been opened once: a file that does not open is no data.
    open(&work)?;
    keep(file, &new).and_then(|()| super::bundle::forget(file)).map_err(|error| unwritable(file.folder(), error))?;
    fs::rename(&work, file.path())
        .and_then(|()| files::sync_dir(file.folder()))
        .map_err(|error| unwritable(file.folder(), error))?;
    Ok(Built { report, left_out })
}

/// The folder of kept feeds.
pub(super) fn kept(file: &AdvisoryFile) -> PathBuf {
    file.folder().join("sources")
}

/// New feeds that were not read to their end, with their place in the report.
fn damaged(report: &ImportReport, new: &Feeds) -> Vec<(PathBuf, usize)> {
    let unwhole = report.sources.iter().enumerate().filter(|(_, source)| !source.whole);
    unwhole
        .filter_map(|(place, source)| {
            let name = new.iter().find(|(name, _)| name.to_string_lossy() == source.name)?.0;
            Some((name.clone(), place))
        })
        .collect()
}

fn write(work: &Path, clock: &dyn Clock, feeds: &Feeds, watch: &mut dyn FnMut(Step<'_>)) -> Result<ImportReport, Problem> {
    let mut importer = Importer::new(clock.now());
    for (name, feed) in feeds {
        add(&mut importer, &name.to_string_lossy(), feed, watch)?;
    }
    watch(Step::Writing);
    let file = File::create(work).map_err(|error| unwritable(work, error))?;
    let mut out = BufWriter::new(file);
    let report = importer.finish(&mut out).map_err(failed)?;
    let file = out.into_inner().map_err(|error| unwritable(work, error.into_error()))?;
    file.sync_all().map_err(|error| unwritable(work, error))?;
    Ok(report)
}

fn add(importer: &mut Importer, name: &str, feed: &Feed, watch: &mut dyn FnMut(Step<'_>)) -> Result<(), Problem> {
    let file = File::open(&feed.path).map_err(|error| unreadable(std::slice::from_ref(&feed.path), error))?;
    let reader = BufReader::new(file);
    let mut progress = |progress: vigie_advisories::import::Progress<'_>| {
        watch(Step::Reading { feed: progress.source, done: progress.done as u64, total: progress.total as u64 });
    };
    match feed.kind {
        FeedKind::Osv => importer.add_osv_zip(name, reader, &mut progress).map(drop).map_err(failed),
        FeedKind::Vendor => importer.add(name, reader, &mut progress).map(drop).map_err(failed),
        FeedKind::Record => importer.add_osv_json(name, reader).map(drop).map_err(failed),
        FeedKind::Kev => {
            importer.add_kev(name, reader);
            Ok(())
        }
        FeedKind::Epss => {
            importer.add_epss(name, reader);
            Ok(())
        }
    }
}

/// Keeps new feeds for the next time: copied beside, then moved into place one by one.
fn keep(file: &AdvisoryFile, new: &Feeds) -> io::Result<()> {
    for (name, feed) in new {
        let to = kept(file).join(name);
        if feed.path == to {
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        let beside = to.with_extension("incoming");
        let mut copy = File::create(&beside)?;
        io::copy(&mut File::open(&feed.path)?, &mut copy)?;
        copy.flush()?;
        copy.sync_all()?;
        fs::rename(&beside, &to)?;
    }
    Ok(())
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(path = %path.display(), %error, "could not be removed");
    }
}

fn failed(error: vigie_advisories::import::ImportError) -> Problem {
    Problem::new(Kind::Environment, error.said()).because(error)
}

pub(super) fn unwritable(path: &Path, error: io::Error) -> Problem {
    let shown = path.display();
    Problem::new(
        Kind::Environment,
        text!(
            en "{shown} cannot be written; the standing data are unchanged",
            fr "{shown} ne peut pas être écrit ; les données en place sont inchangées",
            de "{shown} kann nicht geschrieben werden; die vorhandenen Daten sind unverändert",
        ),
    )
    .hint(text!(
        en "is the disk full, or does the folder belong to somebody else?",
        fr "le disque est-il plein, ou le répertoire appartient-il à quelqu’un d’autre ?",
        de "ist die Platte voll, oder gehört der Ordner jemand anderem?",
    ))
    .because(error)
}

fn unreadable(paths: &[PathBuf], error: io::Error) -> Problem {
    let shown = shown(paths);
    Problem::new(Kind::User, text!(en "{shown} cannot be read", fr "{shown} est illisible", de "{shown} ist nicht lesbar"))
        .because(error)
}

fn nothing_found(paths: &[PathBuf]) -> Problem {
    let shown = shown(paths);
    Problem::new(
        Kind::User,
        text!(
            en "There is no vulnerability data in {shown}",
            fr "Aucune donnée de vulnérabilités dans {shown}",
            de "In {shown} sind keine Schwachstellendaten",
        ),
    )
    .hint(text!(
        en "expected are OSV's zips and records, trackers of Debian and Ubuntu, secdb of Alpine, CSAF of Red Hat and SUSE, NVD, KEV, EPSS",
        fr "sont attendus les zips et fiches d'OSV, les trackers de Debian et d'Ubuntu, secdb d'Alpine, le CSAF de Red Hat et de SUSE, NVD, KEV, EPSS",
        de "erwartet werden OSV-Zips und -Einträge, die Tracker von Debian und Ubuntu, secdb von Alpine, CSAF von Red Hat und SUSE, NVD, KEV, EPSS",
    ))
}

fn all_damaged(left_out: &ImportReport) -> Problem {
    let first = left_out.sources.iter().flat_map(|source| &source.problems).next();
    let name = left_out.sources.first().map_or(String::new(), |source| source.name.clone());
    let said = first.map_or_else(
        || text!(en "{name} is damaged", fr "{name} est endommagé", de "{name} ist beschädigt"),
        vigie_advisories::import::Problem::said,
    );
    Problem::new(Kind::User, said).hint(text!(
        en "fetch the file again and compare its size",
        fr "téléchargez de nouveau le fichier et comparez sa taille",
        de "laden Sie die Datei erneut und vergleichen Sie ihre Größe",
    ))
}

fn shown(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}
