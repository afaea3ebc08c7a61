//! Lets one tar layer stream by, and says what it holds.

use super::collect::{Again, Collector, Incoming};
use super::{ENTRIES_MAX, LayerFacts, Readers};
use crate::content::Setting;
use crate::walk::stream::{Chunks, PassError, pass};
use crate::walk::tar::{Kind, Tar, TarError};
use std::io::{self, Read};
use vigie_model::observed::{Gap, Obstacle};

/// What a layer must hash to; what is not known is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The layer as stored, `sha256:…`.
    pub digest: Option<String>,
    /// The layer uncompressed, `sha256:…`.
    pub diff_id: Option<String>,
}

/// Reads a layer from the stream that `open` gives. `name` is what gaps call it.
///
/// Some layers are opened a second time: when a file that matters is a second name of one that was passed
/// over. A layer whose hash is not the expected one tells nothing but that.
pub fn read<R: Read + Send>(
    name: &str,
    expected: &Expected,
    open: &mut dyn FnMut() -> io::Result<R>,
    readers: Readers<'_>,
) -> LayerFacts {
    let (facts, again) = first_pass(name, expected, open(), readers);
    if again.is_empty() || !facts.complete {
        return facts;
    }
    second_pass(name, facts, again, open(), readers)
}

fn first_pass<R: Read + Send>(
    name: &str,
    expected: &Expected,
    source: io::Result<R>,
    readers: Readers<'_>,
) -> (LayerFacts, Again) {
    let source = match source {
        Ok(source) => source,
        Err(error) => return (unread(name, obstacle(&error), error.to_string()), Again::default()),
    };
    let mut collector = Collector::new(Setting::Installed, readers);
    let source = Stoppable { source, stop: readers.stop };
    let (outcome, passed) = pass(source, |chunks| walk(chunks, &mut collector));
    let (mut facts, again) = collector.finish();
    match (outcome, passed) {
        (Ok(()), Ok(passed)) => {
            (facts.digest, facts.diff_id) = (passed.stored.to_string(), passed.unpacked.to_string());
            (facts.bytes, facts.bytes_unpacked) = (passed.stored_bytes, passed.unpacked_bytes);
            facts.complete = true;
            let wrong = |expected: &Option<String>, found: &str| expected.as_ref().filter(|expected| *expected != found).cloned();
            if let Some(digest) = wrong(&expected.digest, &facts.digest).or_else(|| wrong(&expected.diff_id, &facts.diff_id)) {
                let told = format!("its bytes hash to {} ({} unpacked), not to {digest}", facts.digest, facts.diff_id);
                return (unread(name, Obstacle::Unreadable, told), Again::default());
            }
        }
        (outcome, passed) => {
            let stopped = outcome.err().unwrap_or(Stop::Bytes);
            facts.gaps.insert(0, broken_off(name, &stopped, passed.err().as_ref()));
        }
    }
    (facts, again)
}

/// Bytes that end with an error when somebody wants the reading to end.
struct Stoppable<'a, R> {
    source: R,
    stop: super::Stop<'a>,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_some_and(|stop| stop()) {
            return Err(io::Error::other("stopped"));
        }
        self.source.read(buffer)
    }
}

/// Why a walk ended before the layer did.
enum Stop {
    /// The bytes make no archive.
    Tar(TarError),
    /// Too many entries.
    Entries,
    /// The bytes behind the archive failed.
    Bytes,
}

fn walk(chunks: &mut Chunks, collector: &mut Collector<'_>) -> Result<(), Stop> {
    let mut tar = Tar::new(&mut *chunks);
    let mut entries = 0;
    while tar.advance().map_err(Stop::Tar)? {
        entries += 1;
        if entries > ENTRIES_MAX {
            return Err(Stop::Entries);
        }
        let (entry, mut content) = tar.parts();
        let incoming = Incoming { name: &entry.path, link: &entry.link, kind: entry.kind, size: entry.size, mode: entry.mode };
        collector.entry(&incoming, &mut content).map_err(|error| Stop::Tar(error.into()))?;
    }
    collector.names_lost(tar.skipped());
    tar.into_source().drain().map_err(|_| Stop::Bytes)
}

/// The gap that stands for the part of a layer that was not read.
fn broken_off(name: &str, stopped: &Stop, passed: Option<&PassError>) -> Gap {
    match (stopped, passed) {
        (Stop::Entries, _) => {
            Gap::new(name, Obstacle::BeyondLimit, format!("more than {ENTRIES_MAX} files; the rest was not looked at"))
        }
        (_, Some(bomb @ PassError::Bomb { .. })) => Gap::new(name, Obstacle::BeyondLimit, bomb.to_string()),
        (_, Some(error @ (PassError::Read(_) | PassError::Foreign(_)))) => {
            Gap::new(name, Obstacle::Unreadable, format!("the layer cannot be read on: {error}"))
        }
        (Stop::Tar(error), _) => Gap::new(name, Obstacle::Unreadable, format!("the layer cannot be read on: {error}")),
        (Stop::Bytes, _) => Gap::new(name, Obstacle::Unreadable, "the layer cannot be read on"),
    }
}

/// Reads again what was passed over and has other names that matter.
fn second_pass<R: Read + Send>(
    name: &str,
    mut facts: LayerFacts,
    again: Again,
    source: io::Result<R>,
    readers: Readers<'_>,
) -> LayerFacts {
    let source = match source {
        Ok(source) => source,
        Err(error) => {
            facts.gaps.push(Gap::new(name, obstacle(&error), format!("files with two names were not read: {error}")));
            return facts;
        }
    };
    let mut collector = Collector::again(Setting::Installed, Readers { watches: &[], ..readers }, again);
    let source = Stoppable { source, stop: readers.stop };
    let (outcome, _) = pass(source, |chunks| walk_again(chunks, &mut collector));
    if let Err(error) = outcome {
        facts.gaps.push(Gap::new(name, Obstacle::Unreadable, format!("files with two names were not read: {error}")));
    }
    let (more, _) = collector.finish();
    for file in more.found {
        match facts.found.binary_search_by(|known| known.path.cmp(&file.path)) {
            Ok(_) => {}
            Err(place) => facts.found.insert(place, file),
        }
    }
    for release in more.releases {
        if let Err(place) = facts.releases.binary_search_by(|known| known.0.cmp(&release.0)) {
            facts.releases.insert(place, release);
        }
    }
    facts.gaps.extend(more.gaps);
    facts.complete &= !readers.stopped();
    facts
}

fn walk_again(chunks: &mut Chunks, collector: &mut Collector<'_>) -> Result<(), TarError> {
    let mut tar = Tar::new(&mut *chunks);
    while tar.advance()? {
        let (entry, mut content) = tar.parts();
        if entry.kind == Kind::File {
            collector.entry_again(&entry.path, entry.size, entry.mode, &mut content)?;
        }
    }
    Ok(())
}

/// A layer of which only is known why nothing is known.
pub(crate) fn unread(name: &str, why: Obstacle, detail: impl Into<String>) -> LayerFacts {
    LayerFacts { gaps: vec![Gap::new(name, why, detail)], ..LayerFacts::default() }
}

pub(crate) fn obstacle(error: &io::Error) -> Obstacle {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Obstacle::NotPermitted,
        io::ErrorKind::NotFound => Obstacle::Missing,
        _ => Obstacle::Failed,
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
