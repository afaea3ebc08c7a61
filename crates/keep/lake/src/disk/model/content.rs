//! The content of a file: what processes see, what the disk holds, and what may still be lost.

/// What reaches the disk as a whole or not at all.
const BLOCK: usize = 512;

#[derive(Default, Clone)]
pub(super) struct Content {
    pub(super) cached: Vec<u8>,
    pub(super) durable: Vec<u8>,
    /// Writes and truncations since the last sync.
    pub(super) pending: Vec<Change>,
}

#[derive(Clone)]
pub(super) enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

impl Content {
    pub(super) fn apply(&mut self, change: Change) {
        change.to(&mut self.cached);
        self.pending.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.to(&mut self.durable);
        }
    }

    /// Lets chance decide what of the pending changes reached the disk, and forgets the rest. The
    /// length of the file and its blocks go separately, as they do with delayed allocation.
    pub(super) fn spill(&mut self, chance: &mut dyn FnMut() -> bool) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::Truncate(length) if chance() => self.durable.truncate(length),
                Change::Truncate(_) => {}
                Change::Write(offset, bytes) => {
                    let end = offset + bytes.len();
                    if self.durable.len() < end && chance() {
                        self.durable.resize(end, 0);
                    }
                    for (block, from, to) in blocks(offset, bytes.len()) {
                        let reaches = offset + to <= self.durable.len() || block * BLOCK <= self.durable.len();
                        if reaches && chance() {
                            Change::Write(offset + from, bytes[from..to].to_vec()).to(&mut self.durable);
                        }
                    }
                }
            }
        }
    }
}

fn blocks(offset: usize, length: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (offset / BLOCK..(offset + length).div_ceil(BLOCK)).map(move |block| {
        let from = (block * BLOCK).max(offset) - offset;
        let to = ((block + 1) * BLOCK).min(offset + length) - offset;
        (block, from, to)
    })
}

impl Change {
    fn to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                let end = offset + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(written);
            }
            Self::Truncate(length) => bytes.truncate(*length),
        }
    }
}
