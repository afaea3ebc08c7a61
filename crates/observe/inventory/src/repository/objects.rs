//! Objects by their name, and the two kinds of them that lead to others: commits and trees.

use super::Id;
use gix_object::{Find as _, Kind};
use gix_odb::pack::cache::DecodeEntry;
use std::collections::{HashMap, VecDeque};
use std::path::Path;

/// Largest object that is read.
const OBJECT_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How much of what deltas build on is kept.
const CACHE_BYTES_MAX: usize = 48 * 1024 * 1024;

/// The objects of a repository.
pub(super) struct Objects {
    store: gix_odb::Handle,
}

/// A commit, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) tree: Id,
    pub(super) parents: Vec<Id>,
}

/// What stands in a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: EntryKind,
    pub(super) id: Id,
}

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Folder,
    File,
    /// A symbolic link or another repository's commit.
    Other,
}

impl Objects {
    pub(super) fn open(folder: &Path) -> std::io::Result<Self> {
        let mut store = gix_odb::at(folder, gix_hash::Kind::Sha1)?;
        store.set_pack_cache(|| Box::new(Cache::default()));
        Ok(Self { store })
    }

    /// Reads an object of some kind; none when it is missing, broken, too large or of another kind.
    fn read<'b>(&self, id: &Id, kind: Kind, buffer: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        let name = gix_hash::ObjectId::Sha1(*id);
        let object = self.store.try_find(&name, buffer).ok()??;
        (object.kind == kind && object.data.len() <= OBJECT_BYTES_MAX).then_some(object.data)
    }

    pub(super) fn blob<'b>(&self, id: &Id, buffer: &'b mut Vec<u8>) -> Option<&'b [u8]> {
        self.read(id, Kind::Blob, buffer)
    }

    pub(super) fn tree(&self, id: &Id, buffer: &mut Vec<u8>) -> Option<Vec<Entry>> {
        self.read(id, Kind::Tree, buffer).and_then(tree)
    }

    pub(super) fn commit(&self, id: &Id, buffer: &mut Vec<u8>) -> Option<Commit> {
        self.read(id, Kind::Commit, buffer).and_then(commit)
    }

    /// The commit that a name leads to, through tags.
    pub(super) fn peeled(&self, id: &Id, buffer: &mut Vec<u8>) -> Option<Id> {
        let mut id = *id;
        // A tag of a tag of a tag is a joke; more of them an attack.
        for _ in 0..8 {
            let name = gix_hash::ObjectId::Sha1(id);
            let object = self.store.try_find(&name, buffer).ok()??;
            match object.kind {
                Kind::Commit => return Some(id),
                Kind::Tag => id = header(object.data, "object")?,
                Kind::Tree | Kind::Blob => return None,
            }
        }
        None
    }
}

/// Reads the entries of a tree.
fn tree(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let end = memchr::memchr(0, bytes)?;
        let (head, rest) = (&bytes[..end], &bytes[end + 1..]);
        let space = memchr::memchr(b' ', head)?;
        let (id, rest) = rest.split_first_chunk::<20>()?;
        let kind = match &head[..space] {
            b"40000" | b"040000" => EntryKind::Folder,
            mode if mode.starts_with(b"100") => EntryKind::File,
            _ => EntryKind::Other,
        };
        entries.push(Entry { name: String::from_utf8_lossy(&head[space + 1..]).into_owned(), kind, id: *id });
        bytes = rest;
    }
    Some(entries)
}

fn commit(bytes: &[u8]) -> Option<Commit> {
    let tree = header(bytes, "tree")?;
    let headers = bytes.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    let parents = headers.filter_map(|line| id_of(line.strip_prefix(b"parent ")?)).collect();
    Some(Commit { tree, parents })
}

/// The object that a header names.
fn header(bytes: &[u8], name: &str) -> Option<Id> {
    let mut headers = bytes.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    headers.find_map(|line| id_of(line.strip_prefix(name.as_bytes())?.strip_prefix(b" ")?))
}

/// A name in hexadecimal.
pub(super) fn id_of(hex: &[u8]) -> Option<Id> {
    let hex = hex.get(..40)?;
    let mut id = [0; 20];
    for (byte, pair) in id.iter_mut().zip(hex.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(id)
}

/// What deltas build on, the newest of it; by pack and place.
#[derive(Default)]
struct Cache {
    kept: HashMap<(u32, u64), (Kind, usize, Vec<u8>)>,
    order: VecDeque<(u32, u64)>,
    bytes: usize,
}

impl DecodeEntry for Cache {
    fn put(&mut self, pack_id: u32, offset: u64, data: &[u8], kind: Kind, compressed_size: usize) {
        if data.len() > CACHE_BYTES_MAX / 8 || self.kept.contains_key(&(pack_id, offset)) {
            return;
        }
        self.bytes += data.len();
        self.order.push_back((pack_id, offset));
        self.kept.insert((pack_id, offset), (kind, compressed_size, data.to_vec()));
        while self.bytes > CACHE_BYTES_MAX {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.kept.remove(&oldest).map_or(0, |(_, _, data)| data.len());
        }
    }

    fn get(&mut self, pack_id: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let (kind, compressed_size, data) = self.kept.get(&(pack_id, offset))?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, *compressed_size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_and_commits_are_read() {
        let mut bytes = b"100644 a b\0".to_vec();
        bytes.extend([1; 20]);
        bytes.extend(b"40000 dir\0");
        bytes.extend([2; 20]);
        let entries = tree(&bytes).unwrap();
        assert_eq!((entries[0].name.as_str(), entries[0].kind, entries[1].kind), ("a b", EntryKind::File, EntryKind::Folder));
        assert_eq!(tree(&bytes[..40]), None);
        let hex = "ab".repeat(20);
        let text = format!("tree {hex}\nparent {hex}\nauthor x\n\nparent {hex}\n");
        assert_eq!(commit(text.as_bytes()).unwrap(), Commit { tree: [0xab; 20], parents: vec![[0xab; 20]] });
        assert_eq!(commit(b"tree x\n"), None);
    }
}
