//! Which file this is, across renames, copies and restarts.
//!
//! A path says nothing: log rotation gives it to another file every night. Device and inode say
//! more, but inodes are used again; so the first bytes count as well. Log lines begin with a time,
//! which makes the beginnings of two log files differ.

use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

/// How many of its first bytes a file is known by.
pub(super) const HEAD_MAX: usize = 128;

/// Fewest first bytes by which a copy of a file (another inode) is recognised.
const HEAD_OF_COPY_MIN: usize = 16;

/// What tells one file from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    /// The first bytes, as far as they were there when it was looked at.
    #[serde(with = "hex")]
    head: Vec<u8>,
}

impl Identity {
    /// The identity of an open file.
    pub(super) fn of(file: &File, metadata: &Metadata) -> io::Result<Self> {
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), head: head(file)? })
    }

    /// Whether the path now leads to another file than this.
    pub(super) fn is_elsewhere(&self, metadata: &Metadata) -> bool {
        (self.device, self.inode) != (metadata.dev(), metadata.ino())
    }

    /// Whether this is the earlier file, perhaps longer than it was then.
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        (self.device, self.inode) == (earlier.device, earlier.inode) && self.head.starts_with(&earlier.head)
    }

    /// The identity of a compressed file by what it unpacks to.
    pub(super) fn of_packed(metadata: &Metadata, head: Vec<u8>) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino(), head }
    }

    /// Whether a file that begins like this is a copy of the file.
    pub(super) fn is_copied_in(&self, head: &[u8]) -> bool {
        self.head.len() >= HEAD_OF_COPY_MIN && head.starts_with(&self.head)
    }

    /// Whether two identities are of one content, whatever the inodes.
    pub(super) fn is_copy_of(&self, original: &Self) -> bool {
        original.is_copied_in(&self.head)
    }

    /// Looks at the beginning again: false when it is no longer the one that was seen, that is when
    /// the file was truncated and written anew.
    pub(super) fn still_holds(&mut self, file: &File) -> io::Result<bool> {
        let now = head(file)?;
        let holds = now.starts_with(&self.head);
        if holds {
            self.head = now;
        }
        Ok(holds)
    }
}

fn head(file: &File) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD_MAX];
    let mut length = 0;
    while length < HEAD_MAX {
        match file.read_at(&mut head[length..], length as u64)? {
            0 => break,
            read => length += read,
        }
    }
    head.truncate(length);
    Ok(head)
}

/// Bytes as hexadecimal text.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let byte = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        bytes.ok_or_else(|| Error::custom("not hexadecimal"))
    }
}
