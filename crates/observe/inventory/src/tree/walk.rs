//! Walks a tree with several threads, each with a collector of its own.

use super::Choice;
use super::beneath::Root;
use crate::content::Setting;
use crate::layer::{Again, Collector, ENTRIES_MAX, Incoming, LayerFacts, Readers, obstacle};
use crate::walk::path::{self, DEPTH_MAX, Mark};
use crate::walk::tar::Kind;
use rustix::fs::{AtFlags, Dir, FileType, Stat, fgetxattr, readlinkat, statat};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use vigie_model::observed::{Gap, Obstacle};

/// Folders of a system that hold no files of its own.
const UNREAL: [&[u8]; 3] = [b"proc", b"sys", b"dev"];
/// How much of a file is read at a time.
const BUFFER_BYTES: usize = 128 * 1024;
/// The most files with several names that are told apart; those beyond count once for each name.
const LINKED_MAX: usize = 1_000_000;
/// Marks of overlay file systems for a folder that hides all below: the kernel's, that of user namespaces,
/// that of fuse-overlayfs.
const OPAQUE: [&str; 3] = ["trusted.overlay.opaque", "user.overlay.opaque", "user.fuseoverlayfs.opaque"];

/// What is walked, and how.
pub(super) struct Walk<'a> {
    pub(super) root: &'a Root,
    pub(super) setting: Setting,
    /// Whether it is a layer of an overlay file system, with marks for what is deleted.
    pub(super) overlay: bool,
    pub(super) threads: Option<usize>,
    /// Which files and folders count; all of them, else.
    pub(super) chosen: Option<&'a Choice<'a>>,
}

/// A layer as overlay file systems keep it: a folder.
pub(crate) fn layer_of_folder(folder: &Path, readers: Readers<'_>) -> io::Result<LayerFacts> {
    let root = Root::open(folder)?;
    // Layers are read side by side; one thread for each is enough.
    Ok(read_all(&Walk { root: &root, setting: Setting::Installed, overlay: true, threads: Some(1), chosen: None }, readers))
}

/// Walks all of it.
pub(super) fn read_all(walk: &Walk<'_>, readers: Readers<'_>) -> LayerFacts {
    let here = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = walk.threads.unwrap_or_else(here).max(1);
    let queue = Queue::new(Vec::new());
    let gathered = Mutex::new((LayerFacts::default(), Again::default()));
    let work = || {
        let mut collector = Collector::new(walk.setting, readers);
        let mut buffer = vec![0; BUFFER_BYTES];
        queue.each(|folder, push| walk_folder(walk, folder, &mut collector, &mut buffer, &queue, push));
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let (facts, again) = collector.finish();
        gathered.0.append(facts);
        gathered.1.append(again);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let (mut facts, again) = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !again.is_empty() {
        facts.append(read_again(walk, readers, again));
    }
    facts.complete = !readers.stopped();
    if queue.entries.load(Ordering::Relaxed) > ENTRIES_MAX {
        facts.complete = false;
        facts.gaps.push(Gap::new(
            "further files",
            Obstacle::BeyondLimit,
            format!("more than {ENTRIES_MAX}; the rest was not looked at"),
        ));
    }
    facts.sort();
    facts
}

/// Reads what links of the system lead to.
fn read_again(walk: &Walk<'_>, readers: Readers<'_>, again: Again) -> LayerFacts {
    let targets: Vec<String> = again.targets().map(str::to_owned).collect();
    let mut collector = Collector::again(walk.setting, Readers { watches: &[], ..readers }, again);
    let mut buffer = vec![0; BUFFER_BYTES];
    for target in targets {
        let mut show = |path: &[u8]| {
            let Ok((file, stat)) = walk.root.file(path) else { return };
            let mut content = Lazy::opened(file, &stat, &mut buffer);
            if let Err(error) = collector.entry_again(path, size_of(&stat), mode_of(&stat), &mut content) {
                collector.gap(Gap::new(String::from_utf8_lossy(path), obstacle(&error), error.to_string()));
            }
        };
        match walk.root.folder(target.as_bytes()).and_then(|folder| Ok(Dir::new(folder)?)) {
            Ok(folder) => {
                let names = folder.flatten().map(|entry| entry.file_name().to_bytes().to_vec());
                names
                    .filter(|name| !matches!(&name[..], b"." | b".."))
                    .for_each(|name| show(&[target.as_bytes(), b"/", &name].concat()));
            }
            Err(_) => show(target.as_bytes()),
        }
    }
    collector.finish().0
}

/// Folders that wait, and how many are being walked; what all threads count.
struct Queue {
    state: Mutex<(Vec<Vec<u8>>, usize)>,
    changed: Condvar,
    entries: AtomicU64,
    /// Files with several names that were met, by device and number.
    linked: Mutex<HashSet<(u64, u64)>>,
}

impl Queue {
    fn new(first: Vec<u8>) -> Self {
        Self {
            state: Mutex::new((vec![first], 0)),
            changed: Condvar::new(),
            entries: AtomicU64::new(0),
            linked: Mutex::default(),
        }
    }

    /// Whether a file was met before under another of its names.
    fn met(&self, stat: &Stat) -> bool {
        if stat.st_nlink < 2 || FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return false;
        }
        let mut linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        linked.len() < LINKED_MAX && !linked.insert((stat.st_dev, stat.st_ino))
    }

    /// Takes folders until none is left and nobody walks one that may bring more. The newest goes first: a
    /// queue that goes deep stays short.
    fn each(&self, mut walk: impl FnMut(&[u8], &mut dyn FnMut(Vec<u8>))) {
        loop {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let folder = loop {
                match state.0.pop() {
                    Some(folder) => break folder,
                    None if state.1 == 0 => return,
                    None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                }
            };
            state.1 += 1;
            drop(state);
            walk(&folder, &mut |folder| {
                self.state.lock().unwrap_or_else(PoisonError::into_inner).0.push(folder);
                self.changed.notify_one();
            });
            self.state.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
            self.changed.notify_all();
        }
    }
}

fn walk_folder(
    walk: &Walk<'_>,
    folder: &[u8],
    collector: &mut Collector<'_>,
    buffer: &mut [u8],
    queue: &Queue,
    push: &mut dyn FnMut(Vec<u8>),
) {
    let shown = || if folder.is_empty() { ".".into() } else { String::from_utf8_lossy(folder).into_owned() };
    let opened = walk.root.folder(folder).and_then(|opened| {
        if walk.overlay && is_opaque(&opened) {
            collector.opaque(&String::from_utf8_lossy(folder));
        }
        Ok(Dir::new(opened)?)
    });
    let mut opened = match opened {
        Ok(opened) => opened,
        Err(error) => return collector.gap(Gap::new(shown(), obstacle(&error), error.to_string())),
    };
    while let Some(entry) = opened.read().filter(|_| !collector.stopped()) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let error = io::Error::from(error);
                return collector.gap(Gap::new(shown(), obstacle(&error), error.to_string()));
            }
        };
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") || (walk.setting == Setting::Installed && folder.is_empty() && UNREAL.contains(&name)) {
            continue;
        }
        if queue.entries.fetch_add(1, Ordering::Relaxed) >= ENTRIES_MAX {
            return;
        }
        let path = if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() };
        if walk.chosen.is_some_and(|counts| !counts(&String::from_utf8_lossy(&path))) {
            continue;
        }
        let taken = opened.fd().map_err(io::Error::from).and_then(|at| {
            let stat = statat(at, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            let link = match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink => readlinkat(at, entry.file_name(), Vec::new())?.into_bytes(),
                _ => Vec::new(),
            };
            if queue.met(&stat) {
                // As in an archive, where the further names have no content.
                collector.counted_before(size_of(&stat));
            }
            take(walk, &path, &stat, &link, collector, buffer)
        });
        match taken {
            Ok(true) if folder.ends_with(b".git") && name == b"objects" => {}
            Ok(true) if path.iter().filter(|byte| **byte == b'/').count() >= DEPTH_MAX => {
                collector.gap(Gap::new(shown(), Obstacle::BeyondLimit, format!("deeper than {DEPTH_MAX} folders")));
            }
            Ok(true) => push(path),
            Ok(false) => {}
            // What vanishes while it is looked at was not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => collector.gap(Gap::new(String::from_utf8_lossy(&path), obstacle(&error), error.to_string())),
        }
    }
}

/// Shows one entry to the collector; whether it is a folder to walk.
fn take(
    walk: &Walk<'_>,
    path: &[u8],
    stat: &Stat,
    link: &[u8],
    collector: &mut Collector<'_>,
    buffer: &mut [u8],
) -> io::Result<bool> {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::SymbolicLink,
        // A device 0/0 marks what is deleted (overlayfs, "whiteouts and opaque directories").
        FileType::CharacterDevice if walk.overlay && stat.st_rdev == 0 => {
            collector.gone(&String::from_utf8_lossy(path));
            return Ok(false);
        }
        _ => Kind::Other,
    };
    let incoming = Incoming { name: path, link, kind, size: size_of(stat), mode: mode_of(stat) };
    let mut content = Lazy { root: Some((walk.root, path)), file: None, left: incoming.size, buffer, filled: 0, at: 0 };
    let marked = || {
        let path = String::from_utf8_lossy(path);
        path::mark(&path) != Mark::None
    };
    if walk.overlay && marked() {
        collector.entry(&incoming, &mut content)?;
        return Ok(false);
    }
    collector.entry_unmarked(&incoming, &mut content)?;
    Ok(kind == Kind::Directory)
}

fn is_opaque(folder: impl rustix::fd::AsFd) -> bool {
    let mut value = [0; 1];
    OPAQUE.iter().any(|name| fgetxattr(folder.as_fd(), *name, &mut value[..]).is_ok_and(|count| count == 1) && value == *b"y")
}

fn size_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or_default()
}

const fn mode_of(stat: &Stat) -> u32 {
    stat.st_mode & 0o7777
}

/// A file that is opened when somebody wants its bytes, and gives no more than it had when it was found.
struct Lazy<'a> {
    root: Option<(&'a Root, &'a [u8])>,
    file: Option<File>,
    left: u64,
    buffer: &'a mut [u8],
    filled: usize,
    at: usize,
}

impl<'a> Lazy<'a> {
    fn opened(file: File, stat: &Stat, buffer: &'a mut [u8]) -> Self {
        Self { root: None, file: Some(file), left: size_of(stat), buffer, filled: 0, at: 0 }
    }
}

impl Read for Lazy<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Lazy<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if let Some((root, path)) = self.root.take() {
            self.file = Some(root.file(path)?.0);
        }
        if self.at == self.filled && self.left > 0 {
            let length = usize::try_from(self.left).map_or(self.buffer.len(), |left| left.min(self.buffer.len()));
            (self.filled, self.at) = (0, 0);
            if let Some(file) = &mut self.file {
                self.filled = file.read(&mut self.buffer[..length])?;
            }
            // A file that became shorter meanwhile ends here.
            self.left = if self.filled == 0 { 0 } else { self.left - self.filled as u64 };
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}
