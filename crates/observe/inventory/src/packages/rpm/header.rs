//! The binary header of a package, as the database keeps it.
//!
//! Format: <https://rpm-software-management.github.io/rpm/manual/format_header.html>, without the magic that
//! package files have before it: the number of entries, the size of the data, entries of 16 bytes (tag, type,
//! place in the data, count), the data; all numbers begin with the highest byte. Tags below 100 describe regions
//! of the header itself and are passed over. Entries added after the package was built stand behind its
//! own, so the last of a tag counts.

use super::Broken;
use crate::packages::bytes::{Bytes, until_zero};

/// `RPMTAG_NAME`.
pub(super) const NAME: u32 = 1000;
/// `RPMTAG_VERSION`.
pub(super) const VERSION: u32 = 1001;
/// `RPMTAG_RELEASE`.
pub(super) const RELEASE: u32 = 1002;
/// `RPMTAG_EPOCH`.
pub(super) const EPOCH: u32 = 1003;
/// `RPMTAG_LICENSE`.
pub(super) const LICENCE: u32 = 1014;
/// `RPMTAG_ARCH`.
pub(super) const ARCHITECTURE: u32 = 1022;
/// `RPMTAG_OLDFILENAMES`: whole paths, before rpm 4.
pub(super) const OLD_FILE_NAMES: u32 = 1027;
/// `RPMTAG_SOURCERPM`.
pub(super) const SOURCE_RPM: u32 = 1044;
/// `RPMTAG_DIRINDEXES`.
pub(super) const DIRECTORY_INDEXES: u32 = 1116;
/// `RPMTAG_BASENAMES`.
pub(super) const BASE_NAMES: u32 = 1117;
/// `RPMTAG_DIRNAMES`.
pub(super) const DIRECTORY_NAMES: u32 = 1118;

/// The first tag that is not about the header itself.
const FIRST_TAG: u32 = 100;
/// The most entries, as rpm has it.
const ENTRIES_MAX: usize = 65_535;
const ENTRY_BYTES: usize = 16;
/// `RPM_INT32_TYPE`.
const TYPE_NUMBER: u32 = 4;
/// `RPM_STRING_TYPE`.
const TYPE_TEXT: u32 = 6;
/// `RPM_STRING_ARRAY_TYPE`.
const TYPE_TEXTS: u32 = 8;
/// `RPM_I18NSTRING_TYPE`: a text in several languages, English first.
const TYPE_TRANSLATED: u32 = 9;

/// A header over borrowed bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    entries: &'a [u8],
    data: &'a [u8],
}

#[derive(Clone, Copy)]
struct Entry {
    kind: u32,
    place: usize,
    count: usize,
}

impl<'a> Header<'a> {
    /// A header and nothing behind it that matters.
    pub(super) fn parse(blob: &'a [u8]) -> Result<Self, Broken> {
        let bytes = Bytes::big(blob);
        let cut = "its header ends early";
        let (count, length) = (bytes.word(0).ok_or(cut)?, bytes.word(4).ok_or(cut)?);
        if count == 0 || count > ENTRIES_MAX {
            return Err("its header has no entries, or more than there can be");
        }
        let entries = bytes.slice(8, count * ENTRY_BYTES).ok_or(cut)?;
        let data = bytes.slice(8 + count * ENTRY_BYTES, length).ok_or(cut)?;
        Ok(Self { entries, data })
    }

    fn find(&self, tag: u32) -> Option<Entry> {
        debug_assert!(tag >= FIRST_TAG, "regions are not looked for");
        let entry = self.entries.chunks_exact(ENTRY_BYTES).rev().map(Bytes::big).find(|entry| entry.u32(0) == Some(tag))?;
        Some(Entry { kind: entry.u32(4)?, place: entry.word(8)?, count: entry.word(12)? })
    }

    fn data_from(&self, entry: Entry) -> &'a [u8] {
        self.data.get(entry.place..).unwrap_or_default()
    }

    /// A text that is printable.
    pub(super) fn text(&self, tag: u32) -> Option<String> {
        let entry = self.find(tag).filter(|entry| [TYPE_TEXT, TYPE_TEXTS, TYPE_TRANSLATED].contains(&entry.kind))?;
        let text = String::from_utf8_lossy(until_zero(self.data_from(entry))).trim().to_owned();
        (!text.is_empty() && text != "(none)" && !text.chars().any(char::is_control)).then_some(text)
    }

    /// The first number of an entry.
    pub(super) fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag).next()
    }

    /// All numbers of an entry; those outside the header are left out.
    pub(super) fn numbers(&self, tag: u32) -> impl Iterator<Item = u32> + use<'a> {
        let entry = self.find(tag).filter(|entry| entry.kind == TYPE_NUMBER);
        let (data, count) = entry.map_or((&[][..], 0), |entry| (self.data_from(entry), entry.count));
        data.chunks_exact(4).take(count).filter_map(|number| Bytes::big(number).u32(0))
    }

    /// All texts of an entry that are UTF-8; another one is empty, so that the others keep their places.
    pub(super) fn texts(&self, tag: u32) -> impl Iterator<Item = &'a str> + use<'a> {
        let entry = self.find(tag).filter(|entry| entry.kind == TYPE_TEXTS);
        let (data, count) = entry.map_or((&[][..], 0), |entry| (self.data_from(entry), entry.count));
        data.split(|byte| *byte == 0).take(count).map(|text| std::str::from_utf8(text).unwrap_or_default())
    }
}
