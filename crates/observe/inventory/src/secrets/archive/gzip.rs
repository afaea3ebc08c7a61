//! A gzip file: what is packed in it, by its name without the ending.

use super::{Missed, PACKED_TARS, Reader, Seeker, UNKNOWN_SIZE};
use flate2::write::MultiGzDecoder;
use std::io::Write as _;
use std::mem;

/// Packed bytes that are unpacked at a time: at most a thousand times as many come out.
const PIECE: usize = 512;
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What passes by.
pub(super) struct Gzip {
    path: String,
    depth: usize,
    decoder: MultiGzDecoder<Vec<u8>>,
    inner: Option<Reader>,
    head: Vec<u8>,
    is_over: bool,
}

impl Gzip {
    pub(super) fn new(path: &str, depth: usize) -> Self {
        let decoder = MultiGzDecoder::new(Vec::new());
        Self { path: path.to_owned(), depth, decoder, inner: None, head: Vec::new(), is_over: false }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], seeker: &mut Seeker<'_>) {
        if self.inner.is_none() && !self.is_over {
            let (head, rest) = bytes.split_at(bytes.len().min(MAGIC.len() - self.head.len()));
            self.head.extend_from_slice(head);
            bytes = rest;
            if self.head.len() < MAGIC.len() {
                return;
            }
            self.begin(seeker);
        }
        for piece in bytes.chunks(PIECE) {
            if self.is_over {
                return;
            }
            self.unpack(piece, seeker);
        }
    }

    /// The first bytes are there: another thing by that name is not unpacked.
    fn begin(&mut self, seeker: &mut Seeker<'_>) {
        self.is_over = self.head != MAGIC;
        if self.is_over {
            return;
        }
        // A packed tar lies no deeper than a plain one; its name is kept, a plain file loses the ending.
        let small = self.path.to_ascii_lowercase();
        self.inner = Some(if PACKED_TARS.iter().any(|ending| small.ends_with(ending)) {
            Reader::Tar(Box::new(super::tar::Tar::new(&self.path, self.depth)))
        } else {
            let name = self.path.get(..self.path.len() - 3).unwrap_or(&self.path).to_owned();
            Reader::of(seeker, &name, UNKNOWN_SIZE, self.depth)
        });
        let head = mem::take(&mut self.head);
        self.unpack(&head, seeker);
    }

    fn unpack(&mut self, piece: &[u8], seeker: &mut Seeker<'_>) {
        let Some(inner) = &mut self.inner else { return };
        let is_broken = self.decoder.write_all(piece).is_err();
        let mut out = mem::take(self.decoder.get_mut());
        inner.feed(&out, seeker);
        self.is_over = !seeker.unpacked(out.len());
        out.clear();
        *self.decoder.get_mut() = out;
        if is_broken {
            seeker.miss(Missed::Broken);
            self.is_over = true;
        }
    }

    pub(super) fn finish(mut self: Box<Self>, seeker: &mut Seeker<'_>) {
        if self.inner.is_some() && !self.is_over && self.decoder.try_finish().is_err() {
            seeker.miss(Missed::Broken);
        }
        let rest = mem::take(self.decoder.get_mut());
        if let Some(inner) = &mut self.inner {
            inner.feed(&rest, seeker);
            inner.finish(seeker);
        }
    }
}
