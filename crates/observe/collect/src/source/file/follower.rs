//! Follows one path across rotation, truncation and restart.
//!
//! [`Follower::step`] does one look and one read; it neither waits nor sends, so that a test can put
//! a rotation between any two steps. What happens to the file:
//!
//! - It is renamed and a new one made: both are read, the old one until nothing has come to it for
//!   [`QUIET_STEPS`] steps, because its writer may keep it open for a while.
//! - It is copied and truncated: the copy is found by its first bytes and read to its end, then the
//!   file from its beginning.
//! - It changed while nobody looked: the file that was being read is found among the rotated ones
//!   and read to its end, then those that came after it, then the one at the path.
//!
//! Holds: every complete line is given once, as long as the rotated file it stands in still exists
//! uncompressed, as `.gz` or as `.zst`. A line without end waits until its file is complete, lines to which more may
//! belong wait for [`FLUSH_STEPS`] steps.

use super::identity::Identity;
use super::position::{Place, Position};
use super::rotated::{self, Rotated};
use super::stream::{Outcome, Room, Stream, Take};
use crate::frame::{Framing, LINE_MAX};
use crate::state::SourceState;
use std::collections::VecDeque;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// After how many steps without news a rotated file is taken for complete.
const QUIET_STEPS: u32 = 40;

/// After how many steps without news lines are given that wait to see whether more belongs to them: half a second at
/// least, as one step follows an acknowledgement at once.
const FLUSH_STEPS: u32 = 4;

/// Follows one path.
pub(super) struct Follower {
    path: PathBuf,
    framing: Framing,
    /// How much of a file is read that was there before the very first start.
    backlog: u64,
    /// Where to go on, until the first look.
    resume: Option<Resume>,
    /// Files that are no longer at the path, the oldest first.
    older: VecDeque<Stream>,
    current: Option<Stream>,
}

/// From where the first look goes on.
enum Resume {
    /// Never read before.
    First,
    /// Read before.
    From(Position),
}

/// What a step did.
#[derive(Debug)]
pub(super) struct Step {
    /// The state of the source after it.
    pub(super) state: SourceState,
    /// Where to go on after what was given.
    pub(super) position: Vec<u8>,
    /// Whether there is more to be had at once.
    pub(super) more: bool,
    /// Bytes of an old backlog that were passed over.
    pub(super) skipped: u64,
    /// Bytes known to be there and not yet read.
    pub(super) behind: u64,
}

impl Follower {
    /// Follows a path from a stored position, or for the first time.
    pub(super) fn new(path: PathBuf, framing: Framing, backlog: u64, position: Option<&[u8]>) -> Self {
        let resume = match position.map(Position::read) {
            Some(Some(position)) => Resume::From(position),
            Some(None) => {
                tracing::warn!(path = %path.display(), "the stored position makes no sense; reading as if for the first time");
                Resume::First
            }
            None => Resume::First,
        };
        Self { path, framing, backlog, resume: Some(resume), older: VecDeque::new(), current: None }
    }

    /// Looks at the path, then gives what can be read, up to a batch.
    pub(super) fn step(&mut self, take: Take<'_>) -> Step {
        let mut step = Step { state: SourceState::Running, position: Vec::new(), more: false, skipped: 0, behind: 0 };
        let outcome = self.look(&mut step).and_then(|()| self.read(&mut step, take));
        if let Err(error) = outcome {
            let path = self.path.display().to_string();
            step.state = match error.kind() {
                ErrorKind::NotFound => SourceState::Waiting { path },
                ErrorKind::PermissionDenied => SourceState::NotPermitted { path },
                _ => SourceState::Failing { why: format!("{path}: {error}") },
            };
        }
        step.position = self.position().write();
        step
    }

    fn position(&self) -> Position {
        if let Some(Resume::From(position)) = &self.resume {
            return position.clone();
        }
        Position { files: self.older.iter().chain(&self.current).map(Stream::place).collect() }
    }

    /// Opens, reopens and closes what the path asks for.
    fn look(&mut self, step: &mut Step) -> io::Result<()> {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(resume) = self.resume.take() {
            let done = self.start(&resume, step);
            if done.is_err() {
                self.older.clear();
                self.current = None;
                self.resume = Some(resume);
            }
            return done;
        }
        match (metadata, self.current.as_mut()) {
            (None, None) => {}
            (None, Some(_)) => self.retire(),
            (Some(_), None) => self.current = Some(self.open()?),
            (Some(metadata), Some(current)) if current.identity.is_elsewhere(&metadata) => {
                let new = self.open()?;
                self.retire();
                self.current = Some(new);
            }
            (Some(metadata), Some(current)) => {
                if current.was_truncated(&metadata)? {
                    self.begin_again()?;
                }
            }
        }
        Ok(())
    }

    /// Opens the path to be read from its beginning.
    fn open(&self) -> io::Result<Stream> {
        let (file, metadata) = rotated::open(&self.path)?;
        let identity = Identity::of(&file, &metadata)?;
        Stream::live(file, identity, self.framing, 0, false)
    }

    /// The current file is no longer at the path.
    fn retire(&mut self) {
        if let Some(mut stream) = self.current.take() {
            stream.quiet = 0;
            self.older.push_back(stream);
        }
    }

    /// The current file was truncated: what it held may be in a copy.
    fn begin_again(&mut self) -> io::Result<()> {
        let Some(current) = self.current.as_mut() else { return Ok(()) };
        let mut old = current.begin_again()?;
        let place = old.place();
        let copy = rotated::siblings(&self.path).into_iter().rev().find(|sibling| sibling.is(&place.identity));
        if let Some(copy) = copy {
            old = leftover(&copy, place, self.framing)?;
        }
        self.older.push_back(old);
        Ok(())
    }

    /// The first look: finds the files of the position again.
    fn start(&mut self, resume: &Resume, step: &mut Step) -> io::Result<()> {
        let opened = match rotated::open(&self.path) {
            Ok(opened) => Some(opened),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let current = match opened {
            Some((file, metadata)) => Some((Identity::of(&file, &metadata)?, file, metadata)),
            None => None,
        };
        let position = match resume {
            Resume::From(position) => position,
            Resume::First => {
                if let Some((identity, file, metadata)) = current {
                    let offset = match self.framing {
                        // Its framer begins at a chunk, and a log holds as much as it was allowed to.
                        Framing::EventLog => 0,
                        _ => first_offset(&file, &metadata, self.backlog)?,
                    };
                    step.skipped = offset;
                    self.current = Some(Stream::live(file, identity, self.framing, offset, false)?);
                }
                return Ok(());
            }
        };
        let is_current = |place: &Place| {
            current
                .as_ref()
                .is_some_and(|(identity, _, metadata)| identity.continues(&place.identity) && place.offset <= metadata.len())
        };
        let (here, gone): (Vec<&Place>, Vec<&Place>) = position.files.iter().partition(|place| is_current(place));
        if !gone.is_empty() {
            self.find_again(&gone, here.is_empty())?;
        }
        if let Some((identity, file, _)) = current {
            let (offset, continues) = here.last().map_or((0, false), |place| (place.offset, place.continues));
            self.current = Some(Stream::live(file, identity, self.framing, offset, continues)?);
        }
        Ok(())
    }

    /// Finds files that left the path while nobody looked; and, when `later`, those after them.
    fn find_again(&mut self, gone: &[&Place], later: bool) -> io::Result<()> {
        let siblings = rotated::siblings(&self.path);
        let mut last_found = None;
        for place in gone {
            // The youngest first: a copy of a copy would begin alike.
            let Some(at) = siblings.iter().rposition(|sibling| sibling.is(&place.identity)) else {
                tracing::warn!(path = %self.path.display(), offset = place.offset, "the file that was being read is gone; what came after this place in it is lost");
                continue;
            };
            self.older.push_back(leftover(&siblings[at], (*place).clone(), self.framing)?);
            last_found = last_found.max(Some(at));
        }
        if let (true, Some(last)) = (later, last_found) {
            for sibling in &siblings[last + 1..] {
                let place = Place { identity: sibling.identity()?, offset: 0, continues: false };
                self.older.push_back(leftover(sibling, place, self.framing)?);
            }
        }
        Ok(())
    }

    /// Reads the older files to their end, then the current one.
    fn read(&mut self, step: &mut Step, take: Take<'_>) -> io::Result<()> {
        let mut room = Room::new();
        let mut index = 0;
        while let Some(stream) = self.older.get_mut(index) {
            if stream.read(&mut room, take)? == Outcome::Full {
                step.more = true;
                return Ok(());
            }
            stream.quiet += 1;
            if stream.quiet == FLUSH_STEPS {
                stream.flush(&mut room, take);
            }
            if stream.is_live() && stream.quiet < QUIET_STEPS {
                index += 1;
                continue;
            }
            stream.finish(&mut room, take);
            self.older.remove(index);
        }
        let Some(current) = self.current.as_mut() else {
            return if room.is_untouched() && self.older.is_empty() { Err(ErrorKind::NotFound.into()) } else { Ok(()) };
        };
        step.more = current.read(&mut room, take)? == Outcome::Full;
        if !step.more {
            current.quiet = current.quiet.saturating_add(1);
            if current.quiet >= FLUSH_STEPS {
                current.flush(&mut room, take);
            }
        }
        let size = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        step.behind = size.saturating_sub(current.read_to());
        Ok(())
    }
}

fn leftover(rotated: &Rotated, place: Place, framing: Framing) -> io::Result<Stream> {
    tracing::info!(path = %rotated.path().display(), offset = place.offset, "reading on in a rotated file");
    let rest = rotated.open_at(place.offset)?;
    Ok(Stream::leftover(rest, place.identity, framing, place.offset, place.continues))
}

/// Where to start in a file never read before: at its beginning, or at the first line of its last
/// bytes.
fn first_offset(file: &fs::File, metadata: &Metadata, backlog: u64) -> io::Result<u64> {
    let Some(offset) = metadata.len().checked_sub(backlog).filter(|offset| *offset > 0) else { return Ok(0) };
    let mut window = vec![0; LINE_MAX];
    let read = file.read_at(&mut window, offset)?;
    let line = window.iter().take(read).position(|byte| *byte == b'\n').map_or(0, |end| end as u64 + 1);
    Ok(offset + line)
}
