//! Whether everything is still what it was: the chain of the catalogue, and every byte of the files.
//!
//! What is proven: nobody changed, added or took away a file or an act inside the chain without
//! computing it anew from there on. What is not: that nobody did compute it anew, or cut off its end.
//! Whoever keeps a link elsewhere, the newest above all, can tell: a chain that was computed anew
//! does not have it ([`Verified::expected`]).

use super::KeepError;
use crate::catalogue::{Act, Base, FileRow, Files, Link, LinkKind, dropped_by, hex, hold_faults, kind, next_link};
use crate::disk::Disk;
use crate::lake::{Core, Lake};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use vigie_db::{DbError, Reader};

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Verified {
    /// Files that are what they were.
    pub files: u64,
    /// Bytes of all files that were read.
    pub bytes: u64,
    /// Links that were pruned: what they were of is proven by the base of the chain, an act that says where it goes on.
    pub pruned: u64,
    /// The number of the link from which on the chain was walked; 0 from its first.
    pub base: i64,
    /// Links of the chain whose files were dropped, merged or rewritten since.
    pub dropped: u64,
    /// Links of the chain that say what was done: merged, dropped, erased, held.
    pub acts: u64,
    /// The newest link of the chain; zeros when there is none. Kept elsewhere, it shows later whether
    /// the chain was computed anew or cut.
    pub head: [u8; 32],
    /// The number of the newest link.
    pub head_number: i64,
    /// The number of the link that was expected; nothing when none was, or it is not there.
    pub expected: Option<i64>,
    /// What is not as it was: first the chain by its order, then the files.
    pub faults: Vec<VerifyFault>,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyFault {
    /// A file is gone.
    Missing(String),
    /// A file has changed.
    Changed(String),
    /// A file cannot be read.
    Unreadable(String),
    /// This link of the chain does not follow from the one before: it was changed, or one was taken
    /// out before it.
    Chain(i64),
    /// What this act says of files is not what the catalogue says.
    Act(i64),
    /// The link that was expected is nowhere in the chain: it was computed anew, or cut.
    Unexpected,
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Verifying {
    /// Files read.
    pub files: u64,
    /// Of so many.
    pub files_total: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Of so many.
    pub bytes_total: u64,
}

impl Lake {
    /// Reads every file and compares it with what the catalogue says, and the catalogue with itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn verify(&self) -> Result<Verified, KeepError> {
        self.verify_with(None, &mut |_| true)
    }

    /// As [`Lake::verify`]; also looks for a link that somebody kept, and tells how far it is after
    /// each file. Ends early when `go_on` says so. Events are taken, sealed and merged meanwhile.
    ///
    /// # Errors
    /// As [`Lake::verify`], and [`KeepError::Cancelled`].
    pub fn verify_with(&self, expect: Option<[u8; 32]>, go_on: &mut dyn FnMut(Verifying) -> bool) -> Result<Verified, KeepError> {
        let core = self.core();
        let (files, mut verified) = core.verify_chain(expect)?;
        let mut progress = Verifying { files_total: files.all().len() as u64, ..Verifying::default() };
        progress.bytes_total = files.all().iter().map(|file| file.facts.bytes).sum();
        let mut buffer = vec![0; 4 << 20];
        for file in files.all() {
            if !go_on(progress) {
                return Err(KeepError::Cancelled);
            }
            match hash_of(&*core.disk, &core.directory.join(&file.path), &mut buffer) {
                Ok(hash) if hash == file.facts.sha256 => verified.files += 1,
                Ok(_) => verified.faults.push(VerifyFault::Changed(file.path.clone())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    verified.faults.push(VerifyFault::Missing(file.path.clone()));
                }
                Err(_) => verified.faults.push(VerifyFault::Unreadable(file.path.clone())),
            }
            progress.files += 1;
            progress.bytes += file.facts.bytes;
        }
        verified.bytes = progress.bytes;
        core.work.checked(core.clock.now(), &verified, Some(progress.files));
        Ok(verified)
    }

    /// As [`Lake::verify_with`], without reading the files.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn verify_links(&self, expect: Option<[u8; 32]>) -> Result<Verified, KeepError> {
        let core = self.core();
        let verified = core.verify_chain(expect)?.1;
        core.work.checked(core.clock.now(), &verified, None);
        Ok(verified)
    }

    /// The newest link of the chain, and its number: to be kept elsewhere.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn head(&self) -> Result<([u8; 32], i64), KeepError> {
        Ok(self.core().catalogue.head()?)
    }
}

impl Core {
    /// Walks the chain; gives the files that it has, which stay on the disk as long as they are kept.
    pub(super) fn verify_chain(&self, expect: Option<[u8; 32]>) -> Result<(Arc<Files>, Verified), KeepError> {
        // Nothing is replaced between the two readings.
        let _alone = self.alone();
        let files = self.catalogue.files()?;
        let (base, unread) = self.catalogue.base()?;
        let mut walk = Walk { known: files.all().iter().map(|file| (file.number, file)).collect(), ..Walk::new(expect, base) };
        let acts = walk.acts_of_chain(self)?;
        walk.end();
        let Walk { mut verified, .. } = walk;
        verified.faults.extend(acts);
        // A base that cannot be read proves nothing of what lies before it.
        verified.faults.extend(unread.map(VerifyFault::Act));
        verified.faults.sort_by_key(|fault| match fault {
            VerifyFault::Chain(number) | VerifyFault::Act(number) => *number,
            _ => i64::MAX,
        });
        if expect.is_some() && verified.expected.is_none() {
            verified.faults.push(VerifyFault::Unexpected);
        }
        Ok((files, verified))
    }
}

/// Going along the chain.
struct Walk<'f> {
    known: HashMap<i64, &'f FileRow>,
    expect: Option<[u8; 32]>,
    verified: Verified,
    acts: Vec<Act>,
    orphans: Vec<i64>,
    /// What stands for the links up to its number.
    base: Option<Base>,
}

impl<'f> Walk<'f> {
    fn new(expect: Option<[u8; 32]>, base: Option<Base>) -> Self {
        let mut verified = Verified::default();
        if let Some(base) = &base {
            verified.base = base.through;
            verified.pruned = base.files + base.acts;
            verified.head_number = base.through;
            verified.head = super::link_of(&base.link).unwrap_or_default();
            verified.expected = expect.is_some_and(|expect| expect == verified.head).then_some(base.through);
        }
        Self { known: HashMap::new(), expect, verified, acts: Vec::new(), orphans: Vec::new(), base }
    }

    /// Whether a link from before the base is what the base says; it goes on without those.
    fn before_base(&mut self, link: &Link) -> bool {
        let Some(base) = self.base.as_mut().filter(|base| link.number <= base.through) else { return false };
        if base.kept.remove(&link.number).is_none_or(|facts| facts != hex(&link.facts)) {
            self.verified.faults.push(VerifyFault::Chain(link.number));
        }
        true
    }

    /// What the base says is there and is not.
    fn end(&mut self) {
        let missing = self.base.iter().flat_map(|base| base.kept.keys().copied().map(VerifyFault::Chain));
        self.verified.faults.extend(missing);
    }

    /// Faults of acts.
    fn acts_of_chain(&mut self, core: &Core) -> Result<Vec<VerifyFault>, DbError> {
        // The closure borrows the walk, so acts are judged in a second step within the same reading.
        let acts = std::cell::RefCell::new(std::mem::take(&mut self.acts));
        let mut faults = Vec::new();
        core.catalogue.chain(
            |link| self.link(link, &mut acts.borrow_mut()),
            |r| {
                for act in acts.borrow().iter() {
                    if !holds(r, act)? {
                        faults.push(VerifyFault::Act(act.number));
                    }
                }
                let holds = hold_faults(r, &acts.borrow())?;
                faults.extend(holds.into_iter().map(VerifyFault::Act));
                Ok(())
            },
        )?;
        let numbers: std::collections::HashSet<i64> = acts.borrow().iter().map(|act| act.number).collect();
        let lost = |number: &i64| !numbers.contains(number);
        self.orphans.retain(lost);
        self.orphans.sort_unstable();
        self.orphans.dedup();
        faults.extend(self.orphans.iter().map(|number| VerifyFault::Act(*number)));
        Ok(faults)
    }

    fn link(&mut self, link: Link, acts: &mut Vec<Act>) {
        let before_base = self.before_base(&link);
        let verified = &mut self.verified;
        let follows =
            before_base || link.number == verified.head_number + 1 && next_link(&verified.head, &link.facts) == link.link;
        if !follows {
            verified.faults.push(VerifyFault::Chain(link.number));
        }
        if !before_base {
            (verified.head, verified.head_number) = (link.link, link.number);
            if self.expect == Some(link.link) {
                verified.expected = Some(link.number);
            }
        }
        match link.kind {
            // Others changed it in the database since it was read, which searches do not see.
            LinkKind::File(file) if self.known.get(&file.number) != Some(&&*file) => {
                if follows {
                    verified.faults.push(VerifyFault::Chain(link.number));
                }
            }
            LinkKind::File(_) => {}
            LinkKind::Dropped { act } => {
                verified.dropped += 1;
                self.orphans.push(act.unwrap_or(link.number));
            }
            LinkKind::Act(act) => {
                verified.acts += 1;
                acts.push(act);
            }
        }
    }
}

/// Whether what an act says is what the tables say, and adds up.
fn holds(r: &Reader<'_>, act: &Act) -> Result<bool, DbError> {
    let Some(told) = act.told() else { return Ok(false) };
    let gone: Vec<(i64, String)> = told.gone.iter().map(|file| (file.number, file.facts.clone())).collect();
    let mut sorted = gone;
    sorted.sort_unstable();
    if sorted != dropped_by(r, act.number)? {
        return Ok(false);
    }
    let rows = |files: &[crate::catalogue::ToldFile]| files.iter().map(|file| file.rows).sum::<u64>();
    Ok(match act.kind.as_str() {
        kind::MERGED => rows(&told.gone) == rows(&told.new),
        kind::ERASED => rows(&told.gone) == rows(&told.new) + told.removed,
        _ => true,
    })
}

fn hash_of(disk: &dyn Disk, path: &Path, buffer: &mut [u8]) -> io::Result<[u8; 32]> {
    let file = disk.read_fresh(path)?;
    let length = file.length()?;
    let mut sha256 = Sha256::new();
    let mut at = 0;
    while at < length {
        let piece = usize::try_from(length - at).unwrap_or(usize::MAX).min(buffer.len());
        let piece = buffer.get_mut(..piece).unwrap_or_default();
        file.read_exact_at(at, piece)?;
        sha256.update(&*piece);
        at += piece.len() as u64;
    }
    Ok(sha256.finalize().into())
}

/// A link as people write it.
#[must_use]
pub fn link_text(link: &[u8; 32]) -> String {
    hex(link)
}

/// A link out of what people write; nothing when it is not 64 hexadecimal digits.
#[must_use]
pub fn link_of(text: &str) -> Option<[u8; 32]> {
    let digits = text.trim().as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut link = [0; 32];
    for (byte, pair) in link.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(link)
}
