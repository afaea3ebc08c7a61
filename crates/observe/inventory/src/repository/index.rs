//! The index: what the next commit will hold. Versions 2 to 4 (gitformat-index(5)).
//!
//! Of the extensions only the cached trees are read: they say which folders are as some tree has
//! them, so that a comparison need not go there.

use super::Id;
use std::collections::HashMap;

/// How many entries are read.
const ENTRIES_MAX: usize = 5_000_000;

/// How deep folders of the cached trees may be.
const DEPTH_MAX: usize = 512;

/// What the next commit will hold.
#[derive(Debug, Default)]
pub struct Index {
    /// In the order of the file: by path.
    pub(super) entries: Vec<Entry>,
    /// For each folder that no entry changed in: its tree. The root is the empty path.
    pub(super) trees: HashMap<String, Id>,
}

/// A file of the next commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) id: Id,
    /// An ordinary file: neither a link nor another repository.
    pub(super) is_file: bool,
}

impl Index {
    /// How many files it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Reads an index; none when it is not one.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Index> {
    let rest = bytes.strip_prefix(b"DIRC")?;
    let (version, rest) = number(rest)?;
    let (count, mut rest) = number(rest)?;
    if !(2..=4).contains(&version) || count as usize > ENTRIES_MAX {
        return None;
    }
    let mut entries: Vec<Entry> = Vec::with_capacity((count as usize).min(rest.len() / 64));
    let mut path = Vec::new();
    for _ in 0..count {
        let (entry, after) = entry(rest, version, &mut path)?;
        entries.extend(entry);
        rest = after;
    }
    Some(Index { entries, trees: extensions(rest) })
}

/// One entry and what follows; no entry for the sides of a conflict.
fn entry<'b>(bytes: &'b [u8], version: u32, path: &mut Vec<u8>) -> Option<(Option<Entry>, &'b [u8])> {
    let mode = u32::from_be_bytes(*bytes.get(24..)?.first_chunk()?);
    let id: Id = *bytes.get(40..)?.first_chunk()?;
    let flags = u16::from_be_bytes(*bytes.get(60..)?.first_chunk()?);
    let head = if flags & 0x4000 != 0 && version >= 3 { 64 } else { 62 };
    let mut rest = bytes.get(head..)?;
    if version == 4 {
        let (dropped, after) = offset(rest)?;
        path.truncate(path.len().checked_sub(dropped)?);
        rest = after;
    } else {
        path.clear();
    }
    let end = memchr::memchr(0, rest)?;
    path.extend_from_slice(&rest[..end]);
    // Up to version 3, entries are filled up with zeros to a multiple of eight, at least one.
    let length = if version == 4 { end + 1 } else { (head + end + 8) / 8 * 8 - head };
    let is_conflict = flags & 0x3000 != 0;
    let entry = Entry { path: String::from_utf8_lossy(path).into_owned(), id, is_file: mode >> 12 == 0b1000 };
    Some(((!is_conflict).then_some(entry), rest.get(length..)?))
}

/// A number in the variable length that packs use for offsets.
fn offset(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        value = (value << 7) + usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[place + 1..]));
        }
        value += 1;
    }
    None
}

fn extensions(mut bytes: &[u8]) -> HashMap<String, Id> {
    // The last 20 bytes are the checksum.
    while bytes.len() > 28 {
        let Some((name, rest)) = bytes.split_first_chunk::<4>() else { break };
        let Some((length, rest)) = number(rest) else { break };
        let Some((body, rest)) = rest.split_at_checked(length as usize) else { break };
        if name == b"TREE" {
            let mut trees = HashMap::new();
            // A cache that is cut short is no cache, and no harm.
            return if cached(body, "", 0, &mut trees).is_some() { trees } else { HashMap::new() };
        }
        bytes = rest;
    }
    HashMap::new()
}

/// One folder of the cached trees, with those below it.
fn cached<'b>(bytes: &'b [u8], above: &str, depth: usize, trees: &mut HashMap<String, Id>) -> Option<&'b [u8]> {
    let end = memchr::memchr(0, bytes)?;
    let name = String::from_utf8_lossy(&bytes[..end]);
    let path = if above.is_empty() { name.into_owned() } else { format!("{above}/{name}") };
    let rest = &bytes[end + 1..];
    let line = memchr::memchr(b'\n', rest)?;
    let mut numbers = std::str::from_utf8(&rest[..line]).ok()?.split(' ');
    let count: i64 = numbers.next()?.parse().ok()?;
    let folders: usize = numbers.next()?.parse().ok()?;
    let mut rest = &rest[line + 1..];
    if count >= 0 {
        let (id, after) = rest.split_first_chunk()?;
        trees.insert(path.clone(), *id);
        rest = after;
    }
    if depth > DEPTH_MAX {
        return None;
    }
    for _ in 0..folders {
        rest = cached(rest, &path, depth + 1, trees)?;
    }
    Some(rest)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk::<4>().map(|(number, rest)| (u32::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(mode: u32, id: u8, flags: u16) -> Vec<u8> {
        let mut bytes = vec![0; 24];
        bytes.extend(mode.to_be_bytes());
        bytes.extend([0; 12]);
        bytes.extend([id; 20]);
        bytes.extend(flags.to_be_bytes());
        bytes
    }

    fn index(version: u32, entries: &[Vec<u8>], after: &[u8]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend((entries.len() as u32).to_be_bytes());
        bytes.extend(entries.concat());
        bytes.extend(after);
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn entries_of_version_two_are_padded() {
        let mut one = head(0o100_644, 1, 5);
        one.extend(b"a/b.c\0\0\0\0\0");
        let mut two = head(0o120_000, 2, 4);
        two.extend(b"link\0\0\0\0\0\0");
        let mut tree = b"TREE".to_vec();
        let body = [b"\x001 1\n".as_slice(), &[7; 20], b"a\0-1 0\n"].concat();
        tree.extend((body.len() as u32).to_be_bytes());
        tree.extend(body);
        let index = parse(&index(2, &[one, two], &tree)).unwrap();
        let seen: Vec<_> = index.entries.iter().map(|entry| (entry.path.as_str(), entry.id[0], entry.is_file)).collect();
        assert_eq!(seen, [("a/b.c", 1, true), ("link", 2, false)]);
        assert_eq!(index.trees, HashMap::from([(String::new(), [7; 20])]));
    }

    #[test]
    fn entries_of_version_four_share_their_beginnings() {
        let mut one = head(0o100_644, 1, 3);
        one.extend(b"\0a/b\0");
        let mut two = head(0o100_755, 2, 4);
        two.extend(b"\x01cd\0");
        let index = parse(&index(4, &[one, two], &[])).unwrap();
        assert_eq!(index.entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["a/b", "a/cd"]);
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), version in 2_u32..5, count in 0_u32..4) {
            let mut whole = b"DIRC".to_vec();
            whole.extend(version.to_be_bytes());
            whole.extend(count.to_be_bytes());
            whole.extend(bytes);
            drop(parse(&whole));
        }
    }
}
