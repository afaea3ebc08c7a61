//! A tar archive as its bytes pass by: regular files with their names (ustar, pax, GNU).

use super::{Missed, NAME_BYTES_MAX, Reader, Seeker};
use crate::walk::tar::BLOCK;
use crate::walk::tar::{checksum_holds, number, pax_record, until_nul};
use std::mem;

/// The longest extended header that is read; a longer one leaves its entry with the short name.
const EXTENSION_BYTES_MAX: u64 = 64 * 1024;

/// What passes by.
pub(super) struct Tar {
    path: String,
    depth: usize,
    state: State,
    /// The name and the size that an extended header gives the next entry.
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

enum State {
    /// Gathers a header.
    Header(Vec<u8>),
    /// Gathers an extended header of a kind.
    Extension {
        flag: u8,
        left: u64,
        bytes: Vec<u8>,
    },
    /// Hands on an entry's bytes.
    Content {
        left: u64,
        padding: u64,
        reader: Reader,
    },
    /// Passes over what fills a block, or what nobody wants.
    Passing(u64),
    Over,
}

impl Tar {
    pub(super) fn new(path: &str, depth: usize) -> Self {
        Self { path: path.to_owned(), depth, state: State::Header(Vec::new()), name: None, size: None }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], seeker: &mut Seeker<'_>) {
        while !bytes.is_empty() {
            bytes = match &mut self.state {
                State::Header(header) => {
                    let (here, rest) = bytes.split_at(bytes.len().min(BLOCK - header.len()));
                    header.extend_from_slice(here);
                    if header.len() == BLOCK {
                        let header = mem::take(header);
                        self.state = self.entry(&header, seeker);
                    }
                    rest
                }
                State::Extension { left, bytes: gathered, .. } => {
                    let (here, rest) = split(bytes, *left);
                    gathered.extend_from_slice(here);
                    *left -= here.len() as u64;
                    if *left == 0 {
                        self.extended();
                    }
                    rest
                }
                State::Content { left, padding, reader } => {
                    let (here, rest) = split(bytes, *left);
                    reader.feed(here, seeker);
                    *left -= here.len() as u64;
                    if *left == 0 {
                        reader.finish(seeker);
                        self.state = passing(*padding);
                    }
                    rest
                }
                State::Passing(left) => {
                    let (here, rest) = split(bytes, *left);
                    *left -= here.len() as u64;
                    if *left == 0 {
                        self.state = State::Header(Vec::new());
                    }
                    rest
                }
                State::Over => return,
            };
        }
    }

    /// What follows a header.
    fn entry(&mut self, header: &[u8], seeker: &mut Seeker<'_>) -> State {
        if header.iter().all(|byte| *byte == 0) {
            return State::Header(Vec::new());
        }
        let Ok(header) = <&[u8; BLOCK]>::try_from(header) else { return State::Over };
        let Some(size) = number(&header[124..136]).filter(|_| checksum_holds(header)) else {
            seeker.miss(Missed::Broken);
            return State::Over;
        };
        let flag = header[156];
        let padded = |size: u64| size.saturating_add((BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64);
        if matches!(flag, b'x' | b'L') && size > 0 && size <= EXTENSION_BYTES_MAX {
            return State::Extension { flag, left: padded(size), bytes: Vec::new() };
        }
        let long = self.name.take();
        let size = self.size.take().unwrap_or(size);
        if !matches!(flag, 0 | b'0' | b'7') || size == 0 {
            // Links and folders may announce a size and have no bytes.
            return if matches!(flag, b'1'..=b'6') { State::Header(Vec::new()) } else { passing(padded(size)) };
        }
        let name = long.unwrap_or_else(|| short_name(header));
        match Reader::of_entry(seeker, &self.path, &name, size, self.depth) {
            Reader::Nothing => passing(padded(size)),
            reader => State::Content { left: size, padding: padded(size) - size, reader },
        }
    }

    /// An extended header is whole.
    fn extended(&mut self) {
        let State::Extension { flag, bytes, .. } = mem::replace(&mut self.state, State::Header(Vec::new())) else { return };
        if flag == b'L' {
            self.name = Some(until_nul(&bytes).to_vec());
            return;
        }
        let mut rest = &bytes[..];
        while let Some((key, value, after)) = pax_record(rest) {
            match key {
                b"path" => self.name = Some(value[..value.len().min(NAME_BYTES_MAX)].to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
                _ => {}
            }
            rest = after;
        }
    }

    /// The archive ended: what is open ends with it.
    pub(super) fn finish(&mut self, seeker: &mut Seeker<'_>) {
        match mem::replace(&mut self.state, State::Over) {
            State::Content { mut reader, .. } => {
                reader.finish(seeker);
                seeker.miss(Missed::Broken);
            }
            State::Extension { .. } => seeker.miss(Missed::Broken),
            State::Header(part) if !part.is_empty() => seeker.miss(Missed::Broken),
            State::Header(_) | State::Passing(_) | State::Over => {}
        }
    }
}

fn short_name(header: &[u8; BLOCK]) -> Vec<u8> {
    let prefix = if &header[257..263] == b"ustar\0" { until_nul(&header[345..500]) } else { &[] };
    let name = until_nul(&header[..100]);
    if prefix.is_empty() { name.to_vec() } else { [prefix, name].join(&b'/') }
}

fn passing(bytes: u64) -> State {
    if bytes == 0 { State::Header(Vec::new()) } else { State::Passing(bytes) }
}

fn split(bytes: &[u8], left: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len())))
}
