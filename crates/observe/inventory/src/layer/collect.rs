//! Is told of each entry of a layer or a tree, and gathers what they tell.

use super::quality::Quality;
use super::{FileFacts, LayerFacts, Readers};
use crate::content::{Content, Meta, Setting};
use crate::host::{accounts, os_release};
use crate::packages::{Found, HEAD_BYTES, READERS, Reader};
use crate::walk::path::{self, Mark, Odd};
use crate::walk::tar::Kind;
use crate::watch::Watcher;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufRead};
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use vigie_model::component::Component;
use vigie_model::host::OsRelease;
use vigie_model::image::Remark;
use vigie_model::observed::{Gap, Obstacle};

/// Files up to this size are read into memory, larger ones into the scratch folder.
const MEMORY_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The most gaps that are listed for one layer.
const GAPS_MAX: usize = 1000;
/// The most remarks of watchers that are kept for one layer.
const REMARKS_MAX: usize = 100_000;
/// The most components that are kept for one layer.
const COMPONENTS_MAX: usize = 250_000;
/// Up to here every path is remembered for what it hides in the layers below. Beyond, ordinary files are
/// remembered only where they may tell of packages; what is then missed is an ordinary file that takes the
/// place of a directory with packages.
const REPLACED_MAX: usize = 1 << 18;
/// The most paths that are read in a second pass.
const AGAIN_MAX: usize = 100_000;
/// The most paths that are remembered as shown to a reader; beyond, a second name of one is read once more.
const OFFERED_MAX: usize = 1 << 18;
/// Files that name the distribution.
const RELEASES: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
/// Files that name the accounts.
const ACCOUNTS: [&str; 2] = ["etc/passwd", "etc/shadow"];
/// The largest of them.
const ACCOUNTS_BYTES_MAX: u64 = 1024 * 1024;
/// Where databases of package systems lie: a link that stands there is followed.
const DATABASES: [&str; 6] =
    ["var/lib/dpkg", "lib/apk/db", "usr/lib/apk/db", "var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"];

/// An entry as it comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming<'a> {
    /// As written in the archive.
    pub(crate) name: &'a [u8],
    /// Where a link leads, as written.
    pub(crate) link: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) mode: u32,
}

/// What is to be looked for in a second pass: real path → names under which it matters.
#[derive(Debug, Default)]
pub(crate) struct Again {
    files: BTreeMap<String, Vec<String>>,
    folders: Vec<(String, String)>,
}

impl Again {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.folders.is_empty()
    }

    /// Takes the targets of another.
    pub(crate) fn append(&mut self, other: Self) {
        for (real, names) in other.files {
            self.files.entry(real).or_default().extend(names);
        }
        self.folders.extend(other.folders);
    }

    /// Files and folders to look at.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).chain(self.folders.iter().map(|(real, _)| real.as_str()))
    }

    /// The names under which a path matters.
    fn names_of(&self, path: &str) -> Vec<String> {
        let in_folders = self.folders.iter().filter_map(|(real, name)| {
            let rest = path.strip_prefix(real.as_str())?.strip_prefix('/')?;
            Some(format!("{name}/{rest}"))
        });
        self.files.get(path).into_iter().flatten().cloned().chain(in_folders).collect()
    }
}

/// Gathers.
pub(crate) struct Collector<'a> {
    setting: Setting,
    readers: Readers<'a>,
    watchers: Vec<Watching<'a>>,
    facts: LayerFacts,
    found: BTreeMap<String, FileFacts>,
    components: usize,
    releases: BTreeMap<String, OsRelease>,
    quality: Quality,
    /// Paths that were shown to a reader: a second name of such a file needs no second pass.
    offered: HashSet<u64>,
    again: Again,
    gaps_unlisted: u64,
    bytes_counted_before: u64,
    path: String,
    below: String,
    buffer: Vec<u8>,
}

struct Watching<'a> {
    name: &'static str,
    watcher: Box<dyn Watcher + 'a>,
    active: bool,
}

impl<'a> Collector<'a> {
    /// Whether somebody wants the reading to end.
    pub(crate) fn stopped(&self) -> bool {
        self.readers.stopped()
    }

    pub(crate) fn new(setting: Setting, readers: Readers<'a>) -> Self {
        let watching =
            |watch: &&'a dyn crate::watch::Watch| Watching { name: watch.name(), watcher: watch.start(setting), active: false };
        Self {
            setting,
            readers,
            watchers: readers.watches.iter().map(watching).collect(),
            facts: LayerFacts::default(),
            found: BTreeMap::new(),
            components: 0,
            releases: BTreeMap::new(),
            quality: Quality::default(),
            offered: HashSet::new(),
            again: Again::default(),
            gaps_unlisted: 0,
            bytes_counted_before: 0,
            path: String::new(),
            below: String::new(),
            buffer: Vec::new(),
        }
    }

    /// One that only looks for what was passed over.
    pub(crate) fn again(setting: Setting, readers: Readers<'a>, again: Again) -> Self {
        Self { again, ..Self::new(setting, readers) }
    }

    /// Takes an entry of a layer. An error is one of the content's bytes.
    pub(crate) fn entry(&mut self, entry: &Incoming<'_>, content: &mut dyn BufRead) -> io::Result<()> {
        let mut path = std::mem::take(&mut self.path);
        let odd = path::normalise(entry.name, &mut path);
        let outcome = self.entry_at(&path, odd, entry, content);
        self.path = path;
        outcome
    }

    fn entry_at(&mut self, path: &str, odd: Result<(), Odd>, entry: &Incoming<'_>, content: &mut dyn BufRead) -> io::Result<()> {
        self.facts.entries += 1;
        match odd {
            Ok(()) => {}
            Err(Odd::TooLong) => {
                self.gap(Gap::new("a file with a very long name", Obstacle::BeyondLimit, shortened(entry.name)));
                return Ok(());
            }
            Err(Odd::Above) => {
                self.gap(Gap::new(
                    path,
                    Obstacle::Unreadable,
                    format!("its name leads out of the image: {}", shortened(entry.name)),
                ));
            }
        }
        if path.is_empty() {
            return Ok(());
        }
        match path::mark(path) {
            Mark::None => {}
            Mark::Gone { folder, name } => {
                self.facts.replaced.push(path::hash_parts(folder, name));
                return Ok(());
            }
            Mark::Opaque(folder) => {
                self.opaque(folder);
                return Ok(());
            }
            Mark::Ignored => return Ok(()),
        }
        self.take(path, entry, content)
    }

    /// Nothing of what lies in this directory below shows through.
    pub(crate) fn opaque(&mut self, folder: &str) {
        self.facts.opaque.push(path::hash(folder));
    }

    /// What lies at this path below is gone.
    pub(crate) fn gone(&mut self, path: &str) {
        self.facts.replaced.push(path::hash(path));
    }

    /// A file that is shown is another name of one whose bytes were counted.
    pub(crate) fn counted_before(&mut self, bytes: u64) {
        self.bytes_counted_before = self.bytes_counted_before.saturating_add(bytes);
    }

    /// Takes an entry whose name is no mark for layers below, whatever it looks like.
    pub(crate) fn entry_unmarked(&mut self, entry: &Incoming<'_>, content: &mut dyn BufRead) -> io::Result<()> {
        self.facts.entries += 1;
        let mut path = std::mem::take(&mut self.path);
        let outcome = match path::normalise(entry.name, &mut path) {
            Ok(()) | Err(Odd::Above) => self.take(&path, entry, content),
            Err(Odd::TooLong) => {
                self.gap(Gap::new("a file with a very long name", Obstacle::BeyondLimit, shortened(entry.name)));
                Ok(())
            }
        };
        self.path = path;
        outcome
    }

    /// Takes an entry at a path that is already clean and no mark for the layers below.
    fn take(&mut self, path: &str, entry: &Incoming<'_>, content: &mut dyn BufRead) -> io::Result<()> {
        if entry.kind == Kind::Directory {
            self.quality.directory(path, entry.mode);
            if self.found.contains_key(path) {
                self.forget(path);
            }
            if crate::packages::may_carry(path) {
                // A file below is gone, what lies below a directory there is not: hence not the hash of the path.
                self.facts.replaced.push(path::hash_parts(path, ""));
            }
            return Ok(());
        }
        self.forget(path);
        let meta = Meta { path, size: entry.size, mode: entry.mode };
        let reader = matches!(entry.kind, Kind::File | Kind::HardLink)
            .then(|| first_reader(&meta_of(&meta, entry.kind), self.setting))
            .flatten();
        self.replaces(path, entry.kind, reader.is_some());
        if matches!(entry.kind, Kind::File | Kind::HardLink | Kind::SymbolicLink) {
            self.quality.program(path, entry.mode);
        }
        match entry.kind {
            Kind::File => {
                self.facts.file_bytes = self.facts.file_bytes.saturating_add(entry.size);
                self.quality.file(path, entry.size, entry.mode);
                self.file(path, &meta, reader, content)
            }
            Kind::HardLink => {
                self.hard_link(path, entry.link, reader.is_some());
                Ok(())
            }
            Kind::SymbolicLink => {
                self.symbolic_link(path, entry.link);
                Ok(())
            }
            Kind::Sparse => {
                self.facts.file_bytes = self.facts.file_bytes.saturating_add(entry.size);
                if first_reader(&meta, self.setting).is_some() {
                    self.gap(Gap::new(path, Obstacle::Unreadable, "it is stored without its holes"));
                }
                Ok(())
            }
            Kind::Directory | Kind::Other => Ok(()),
        }
    }

    /// In a second pass: takes a file under the names that matter.
    pub(crate) fn entry_again(&mut self, name: &[u8], size: u64, mode: u32, content: &mut dyn BufRead) -> io::Result<()> {
        let mut path = String::new();
        if path::normalise(name, &mut path) == Err(Odd::TooLong) {
            return Ok(());
        }
        let names = self.again.names_of(&path);
        let Some((first, others)) = names.split_first() else { return Ok(()) };
        let meta = Meta { path: first, size, mode };
        self.file(first, &meta, first_reader(&meta, self.setting), content)?;
        others.iter().for_each(|other| self.same_as(other, first));
        Ok(())
    }

    /// Names that were too long to be read at all.
    pub(crate) fn names_lost(&mut self, count: u64) {
        if count > 0 {
            self.gap(Gap::new("files with very long names", Obstacle::BeyondLimit, format!("{count} were passed over")));
        }
    }

    /// Adds a gap, within the limit.
    pub(crate) fn gap(&mut self, gap: Gap) {
        if self.facts.gaps.len() < GAPS_MAX {
            self.facts.gaps.push(gap);
        } else {
            self.gaps_unlisted += 1;
        }
    }

    /// What was gathered, and what a second pass should look for.
    pub(crate) fn finish(mut self) -> (LayerFacts, Again) {
        if self.gaps_unlisted > 0 {
            let detail = format!("{} more of this layer are not listed", self.gaps_unlisted);
            self.facts.gaps.push(Gap::new("further files", Obstacle::BeyondLimit, detail));
        }
        let lists = self.quality.finish();
        let mut facts = self.facts;
        facts.file_bytes = facts.file_bytes.saturating_sub(self.bytes_counted_before);
        for hashes in [&mut facts.replaced, &mut facts.opaque] {
            hashes.sort_unstable();
            hashes.dedup();
        }
        facts.found = self.found.into_values().collect();
        facts.releases = self.releases.into_iter().collect();
        (facts.elevated, facts.world_writable) = (lists.elevated, lists.world_writable);
        facts.programs = lists.programs;
        (facts.large, facts.caches) = (lists.large, lists.caches);
        (facts, self.again)
    }

    /// An archive may name a path twice; what comes last is there.
    fn forget(&mut self, path: &str) {
        if !self.found.is_empty() {
            self.found.remove(path);
            // Asked for every entry of the layer, hence without an allocation of its own.
            self.below.clear();
            self.below.push_str(path);
            self.below.push('/');
            let below = self.below.as_str();
            let beneath = |found: &BTreeMap<String, FileFacts>| {
                let first = found.range::<str, _>((Bound::Included(below), Bound::Unbounded)).next();
                first.map(|(known, _)| known).filter(|known| known.starts_with(below)).cloned()
            };
            while let Some(known) = beneath(&self.found) {
                self.found.remove(&known);
            }
        }
        if !self.releases.is_empty() {
            self.releases.remove(path);
        }
    }

    /// Remembers that what lies at this path in the layers below is replaced.
    fn replaces(&mut self, path: &str, kind: Kind, telling: bool) {
        let ordinary = matches!(kind, Kind::File | Kind::HardLink | Kind::Sparse);
        if self.facts.replaced.len() < REPLACED_MAX || telling || !ordinary || RELEASES.contains(&path) {
            self.facts.replaced.push(path::hash(path));
        }
    }

    fn file(
        &mut self,
        path: &str,
        meta: &Meta<'_>,
        reader: Option<&'static Reader>,
        content: &mut dyn BufRead,
    ) -> io::Result<()> {
        let release = RELEASES.contains(&path) && meta.size <= os_release::BYTES_MAX as u64;
        let accounts = self.setting == Setting::Installed && ACCOUNTS.contains(&path) && meta.size <= ACCOUNTS_BYTES_MAX;
        let mut watched = false;
        for watching in &mut self.watchers {
            watching.active = watching.watcher.file(meta);
            watched |= watching.active;
        }
        if reader.is_none() && !release && !accounts && !watched {
            return Ok(());
        }
        if reader.is_some() && self.offered.len() < OFFERED_MAX {
            self.offered.insert(path::hash(path));
        }
        let outcome = self.read_file(path, meta, reader, release || accounts, content);
        for watching in self.watchers.iter_mut().filter(|watching| watching.active) {
            // A file that breaks off is ended, too: what was seen of it counts.
            for value in watching.watcher.end() {
                if self.facts.remarks.len() < REMARKS_MAX {
                    let (watcher, path) = (watching.name.to_owned(), path.to_owned());
                    self.facts.remarks.push(Remark { watcher, path, layer: None, hidden_by: None, published: false, value });
                }
            }
        }
        outcome
    }

    fn read_file(
        &mut self,
        path: &str,
        meta: &Meta<'_>,
        reader: Option<&'static Reader>,
        of_system: bool,
        content: &mut dyn BufRead,
    ) -> io::Result<()> {
        self.buffer.clear();
        let watched = self.watchers.iter().any(|watching| watching.active);
        let more = fill(&mut self.buffer, HEAD_BYTES, content, &mut self.watchers)?;
        let reader = reader.and_then(|first| right_reader(first, meta, self.setting, &self.buffer));
        let too_large = reader.filter(|reader| meta.size > reader.bytes_max);
        if let Some(reader) = too_large {
            let detail = format!("{} has {} bytes, more than the {} that are read", reader.name, meta.size, reader.bytes_max);
            self.gap(Gap::new(path, Obstacle::BeyondLimit, detail));
        }
        let reader = reader.filter(|_| too_large.is_none());
        if reader.is_none() && !of_system {
            return if watched && more { pass_by(content, &mut self.watchers) } else { Ok(()) };
        }
        if meta.size > MEMORY_BYTES_MAX {
            return reader.map_or(Ok(()), |reader| self.read_large(path, meta, reader, content));
        }
        if more {
            fill(&mut self.buffer, usize::MAX, content, &mut self.watchers)?;
        }
        if of_system {
            self.read_of_system(path);
        }
        if let Some(reader) = reader {
            let buffer = std::mem::take(&mut self.buffer);
            self.run(path, meta, reader, &Content::of(&buffer));
            self.buffer = buffer;
        }
        Ok(())
    }

    /// Reads a small file of the system itself from the buffer.
    fn read_of_system(&mut self, path: &str) {
        match path {
            "etc/passwd" => self.facts.passwd = Some(accounts::parse_passwd(&self.buffer).0),
            "etc/shadow" => {
                let known = accounts::parse_shadow(&self.buffer).0;
                self.facts.shadow = Some(known.into_iter().map(|(name, shadow)| (name, shadow.password)).collect());
            }
            _ => drop(self.releases.insert(path.to_owned(), os_release::parse(&self.buffer))),
        }
    }

    /// Puts a large file into the scratch folder and has it read from there.
    fn read_large(&mut self, path: &str, meta: &Meta<'_>, reader: &'static Reader, content: &mut dyn BufRead) -> io::Result<()> {
        let mut spool = self.readers.scratch.create().map(Some).or_else(|error| self.unspooled(path, &error))?;
        let head = std::mem::take(&mut self.buffer);
        spool = self.spooled(path, spool, &head)?;
        self.buffer = head;
        loop {
            let chunk = content.fill_buf()?;
            let count = chunk.len();
            if count == 0 {
                break;
            }
            show(chunk, &mut self.watchers);
            if let Some(mut open) = spool.take() {
                match open.write(chunk) {
                    Ok(()) => spool = Some(open),
                    Err(error) => self.gap(unspooled(path, &error)),
                }
            }
            content.consume(count);
        }
        let Some(spool) = spool else { return Ok(()) };
        match spool.map() {
            Ok((mapped, kept)) => self.run(path, meta, reader, &Content { bytes: &mapped, file: Some(kept.path()) }),
            Err(error) => self.gap(unspooled(path, &error)),
        }
        Ok(())
    }

    fn unspooled<T>(&mut self, path: &str, error: &io::Error) -> io::Result<Option<T>> {
        self.gap(unspooled(path, error));
        Ok(None)
    }

    fn spooled(
        &mut self,
        path: &str,
        spool: Option<super::scratch::Spool>,
        bytes: &[u8],
    ) -> io::Result<Option<super::scratch::Spool>> {
        let Some(mut spool) = spool else { return Ok(None) };
        match spool.write(bytes) {
            Ok(()) => Ok(Some(spool)),
            Err(error) => self.unspooled(path, &error),
        }
    }

    /// Runs a reader over a whole file. A reader that panics is a defect, but not the end of the scan.
    fn run(&mut self, path: &str, meta: &Meta<'_>, reader: &'static Reader, content: &Content<'_>) {
        let Ok(found) = catch_unwind(AssertUnwindSafe(|| (reader.read)(meta, content))) else {
            self.gap(Gap::new(path, Obstacle::Failed, format!("the reader of {} broke off", reader.name)));
            return;
        };
        self.keep(path, reader.name, found);
    }

    fn keep(&mut self, path: &str, reader: &str, found: Found) {
        for gap in found.gaps {
            let what = if gap.what.contains(path) { gap.what } else { format!("{path}: {}", gap.what) };
            self.gap(Gap { what, ..gap });
        }
        if found.components.is_empty() && found.owned_marks.is_empty() && found.owned.is_empty() && found.supersedes.is_empty() {
            return;
        }
        if self.components + found.components.len() > COMPONENTS_MAX {
            self.gap(Gap::new(path, Obstacle::BeyondLimit, format!("more than {COMPONENTS_MAX} packages in one layer")));
            return;
        }
        self.components += found.components.len();
        let owned = found.owned.into_iter().map(|owned| (owned.path, owned.package)).collect();
        let (components, owned_marks, supersedes) = (found.components, found.owned_marks, found.supersedes);
        let facts = FileFacts { path: path.to_owned(), reader: reader.to_owned(), components, owned, owned_marks, supersedes };
        self.found.insert(path.to_owned(), facts);
    }

    /// A second name of an earlier file: the same content.
    fn hard_link(&mut self, path: &str, target: &[u8], wanted: bool) {
        let mut real = String::new();
        if path::normalise(target, &mut real) == Err(Odd::TooLong) {
            return;
        }
        if let Some(release) = self.releases.get(&real).filter(|_| RELEASES.contains(&path)).cloned() {
            self.releases.insert(path.to_owned(), release);
        } else if self.found.contains_key(&real) {
            if wanted {
                self.same_as(path, &real);
            }
        } else if (wanted || RELEASES.contains(&path)) && !self.offered.contains(&path::hash(&real)) {
            self.look_again(path, real);
        }
    }

    fn look_again(&mut self, path: &str, real: String) {
        if self.again.files.len() < AGAIN_MAX {
            self.again.files.entry(real).or_default().push(path.to_owned());
        } else {
            self.gap(Gap::new(path, Obstacle::BeyondLimit, format!("more than {AGAIN_MAX} files with two names")));
        }
    }

    /// What the file at `real` told, told by `path`.
    fn same_as(&mut self, path: &str, real: &str) {
        let Some(known) = self.found.get(real) else { return };
        let renamed = |component: &Component| {
            let path = component.path.strip_prefix(real).map_or_else(|| component.path.clone(), |rest| format!("{path}{rest}"));
            Component { path, ..component.clone() }
        };
        let components: Vec<Component> = known.components.iter().map(renamed).collect();
        if self.components + components.len() > COMPONENTS_MAX {
            return;
        }
        self.components += components.len();
        // What stands beside the other name is not what stands beside this one.
        let (reader, owned, owned_marks) = (known.reader.clone(), known.owned.clone(), known.owned_marks.clone());
        let copy = FileFacts { path: path.to_owned(), reader, components, owned, owned_marks, supersedes: Vec::new() };
        self.found.insert(path.to_owned(), copy);
    }

    /// Links matter where a database or the name of the distribution is expected: their targets are read under
    /// the name that is known, unless the target is one of the known places itself.
    fn symbolic_link(&mut self, path: &str, target: &[u8]) {
        if RELEASES.contains(&path) {
            let real = path::resolve(path, target).filter(|real| !RELEASES.contains(&real.as_str()));
            if let Some(real) = real {
                self.look_again(path, real);
            }
        }
        let leads_to = |database: &str| database.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        for database in DATABASES.into_iter().filter(|database| leads_to(database)) {
            let Some(real) = path::resolve(path, target) else { continue };
            let real = format!("{real}{}", database.get(path.len()..).unwrap_or_default());
            if !DATABASES.contains(&real.as_str()) && self.again.folders.len() < DATABASES.len() {
                self.again.folders.push((real, database.to_owned()));
            }
        }
    }
}

/// The size of a hard link is that of its target, which the link does not say.
const fn meta_of<'m>(meta: &Meta<'m>, kind: Kind) -> Meta<'m> {
    match kind {
        Kind::HardLink => Meta { path: meta.path, size: 1, mode: meta.mode },
        _ => *meta,
    }
}

fn first_reader(meta: &Meta<'_>, setting: Setting) -> Option<&'static Reader> {
    crate::packages::reader_of(meta, setting)
}

/// The first reader, from this one on, that wants the file and knows its first bytes.
fn right_reader(first: &'static Reader, meta: &Meta<'_>, setting: Setting, head: &[u8]) -> Option<&'static Reader> {
    let head = &head[..head.len().min(HEAD_BYTES)];
    if (first.looks_right)(head) {
        return Some(first);
    }
    let behind = READERS.iter().copied().skip_while(|reader| !std::ptr::eq(*reader, first)).skip(1);
    behind.filter(|reader| (reader.wants)(meta, setting)).find(|reader| (reader.looks_right)(head))
}

fn show(chunk: &[u8], watchers: &mut [Watching<'_>]) {
    watchers.iter_mut().filter(|watching| watching.active).for_each(|watching| watching.watcher.bytes(chunk));
}

/// Fills the buffer up to a length; whether there may be more.
fn fill(buffer: &mut Vec<u8>, length: usize, content: &mut dyn BufRead, watchers: &mut [Watching<'_>]) -> io::Result<bool> {
    while buffer.len() < length {
        let chunk = content.fill_buf()?;
        let count = chunk.len().min(length - buffer.len());
        if count == 0 {
            return Ok(false);
        }
        let chunk = &chunk[..count];
        show(chunk, watchers);
        buffer.extend_from_slice(chunk);
        content.consume(count);
    }
    Ok(true)
}

/// Shows the rest of a file to those who watch.
fn pass_by(content: &mut dyn BufRead, watchers: &mut [Watching<'_>]) -> io::Result<()> {
    loop {
        let chunk = content.fill_buf()?;
        let count = chunk.len();
        if count == 0 {
            return Ok(());
        }
        show(chunk, watchers);
        content.consume(count);
    }
}

fn unspooled(path: &str, error: &io::Error) -> Gap {
    Gap::new(path, Obstacle::Failed, format!("no room for it in the folder for temporary files: {error}"))
}

/// A name for a report, cut to a length people read.
fn shortened(name: &[u8]) -> String {
    String::from_utf8_lossy(&name[..name.len().min(80)]).escape_debug().to_string()
}
