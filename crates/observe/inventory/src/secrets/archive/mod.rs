//! Files within files: archives of programs and sources (zip, tar, gzip) as their bytes pass by.
//!
//! Nothing is gathered: entries are unpacked in the order in which they stand and looked through while they are, a
//! window of 32 KiB for each archive around. A zip is read by the heads before its entries and not by its directory
//! at the end, so what a directory no longer lists is seen, too; an entry that is stored without its length before it
//! is the one thing that cannot be.
//!
//! Limits, each told as a gap of the file: archives in archives [`DEPTH_MAX`] deep, [`BYTES_MAX`] unpacked and
//! [`ENTRIES_MAX`] entries for each file. Not here: xz, bzip2, zstd, 7z, and single gzip files of documentation.

mod gzip;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use super::{FileScan, Scanner};
use vigie_model::secret::Secret;

/// What stands between the path of an archive and that of a file in it.
pub(super) const INSIDE: &str = "!/";
/// How deep archives may lie in each other.
const DEPTH_MAX: usize = 3;
/// The most that is unpacked of one file.
const BYTES_MAX: u64 = 512 * 1024 * 1024;
/// The most entries of one file, those of archives in it included.
const ENTRIES_MAX: u32 = 100_000;
/// The longest name of an entry.
const NAME_BYTES_MAX: usize = 4096;
/// What is set aside for an entry of unknown size.
const UNKNOWN_SIZE: u64 = 8 * 1024;
/// The most secrets of one file.
const SECRETS_MAX: usize = 1000;

/// Endings of zip archives in other clothes.
const ZIPS: [&str; 14] =
    [".zip", ".jar", ".war", ".ear", ".aar", ".apk", ".egg", ".hpi", ".jpi", ".nupkg", ".pyz", ".vsix", ".whl", ".xpi"];
const TARS: [&str; 2] = [".tar", ".gem"];
const PACKED_TARS: [&str; 3] = [".tar.gz", ".tgz", ".crate"];
/// Where systems keep packed documentation.
const DOCUMENTATION: [&str; 3] = ["usr/share/doc/", "usr/share/man/", "usr/share/info/"];

/// What a name says about how a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packed {
    Zip,
    Tar,
    Gzip,
}

fn packed(path: &str) -> Option<Packed> {
    let path = path.to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    match () {
        () if ends(&ZIPS) => Some(Packed::Zip),
        () if ends(&TARS) => Some(Packed::Tar),
        () if ends(&PACKED_TARS) => Some(Packed::Gzip),
        () if path.ends_with(".gz") && !DOCUMENTATION.iter().any(|folder| path.starts_with(folder)) => Some(Packed::Gzip),
        () => None,
    }
}

/// Why something in an archive was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    Deep,
    Large,
    Crowded,
    Encrypted,
    Method,
    Broken,
}

impl Missed {
    /// A few words for a gap.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Deep => "archives in it lie too deep in each other",
            Self::Large => "more than 512 MiB when unpacked",
            Self::Crowded => "more than 100000 entries",
            Self::Encrypted => "it has encrypted entries",
            Self::Method => "an entry is packed in a way that is not read",
            Self::Broken => "it is damaged",
        }
    }
}

/// An archive that passes by.
pub(super) struct Opened<'s> {
    seeker: Seeker<'s>,
    reader: Reader,
}

/// What all readers of one file share.
struct Seeker<'s> {
    scanner: &'s Scanner,
    found: Vec<Secret>,
    missed: Option<Missed>,
    bytes: u64,
    bytes_max: u64,
    entries: u32,
}

/// Reads one layer of packing, or what is packed.
enum Reader {
    Plain(Box<FileScan>),
    Gzip(Box<gzip::Gzip>),
    Tar(Box<tar::Tar>),
    Zip(Box<zip::Zip>),
    /// Nothing in it is wanted, or it ended.
    Nothing,
}

impl<'s> Opened<'s> {
    /// Begins a file; none where its name is not that of an archive.
    pub(super) fn begin(scanner: &'s Scanner, path: &str) -> Option<Self> {
        packed(path)?;
        let mut seeker = Seeker { scanner, found: Vec::new(), missed: None, bytes: 0, bytes_max: BYTES_MAX, entries: 0 };
        let reader = Reader::of(&mut seeker, path, UNKNOWN_SIZE, 0);
        Some(Self { seeker, reader })
    }

    /// The next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.reader.feed(bytes, &mut self.seeker);
    }

    /// What was found, and what was not looked at.
    pub(super) fn finish(mut self) -> (Vec<Secret>, Option<Missed>) {
        self.reader.finish(&mut self.seeker);
        (self.seeker.found, self.seeker.missed)
    }
}

impl Seeker<'_> {
    fn miss(&mut self, why: Missed) {
        self.missed.get_or_insert(why);
    }

    /// Counts an entry; false when there are too many.
    fn enter(&mut self) -> bool {
        self.entries += 1;
        let fits = self.entries <= ENTRIES_MAX;
        if !fits {
            self.miss(Missed::Crowded);
        }
        fits
    }

    /// Counts unpacked bytes; false when there are too many.
    fn unpacked(&mut self, bytes: usize) -> bool {
        self.bytes += bytes as u64;
        let fits = self.bytes <= self.bytes_max;
        if !fits {
            self.miss(Missed::Large);
        }
        fits
    }
}

impl Reader {
    /// For a file of this path, so deep in archives.
    fn of(seeker: &mut Seeker<'_>, path: &str, size: u64, depth: usize) -> Self {
        match packed(path) {
            Some(_) if depth == DEPTH_MAX => {
                seeker.miss(Missed::Deep);
                Self::Nothing
            }
            Some(Packed::Zip) => Self::Zip(Box::new(zip::Zip::new(path, depth + 1))),
            Some(Packed::Tar) => Self::Tar(Box::new(tar::Tar::new(path, depth + 1))),
            Some(Packed::Gzip) => Self::Gzip(Box::new(gzip::Gzip::new(path, depth + 1))),
            None => seeker.scanner.begin(path, size).map_or(Self::Nothing, |scan| Self::Plain(Box::new(scan))),
        }
    }

    /// For an entry of an archive.
    fn of_entry(seeker: &mut Seeker<'_>, archive: &str, name: &[u8], size: u64, depth: usize) -> Self {
        if !seeker.enter() {
            return Self::Nothing;
        }
        let name = String::from_utf8_lossy(name);
        Self::of(seeker, &format!("{archive}{INSIDE}{}", name.trim_start_matches("./")), size, depth)
    }

    fn feed(&mut self, bytes: &[u8], seeker: &mut Seeker<'_>) {
        match self {
            Self::Plain(scan) => scan.feed(bytes),
            Self::Gzip(gzip) => gzip.feed(bytes, seeker),
            Self::Tar(tar) => tar.feed(bytes, seeker),
            Self::Zip(zip) => zip.feed(bytes, seeker),
            Self::Nothing => {}
        }
    }

    /// Ends what is open.
    fn finish(&mut self, seeker: &mut Seeker<'_>) {
        match std::mem::replace(self, Self::Nothing) {
            Self::Plain(scan) => {
                let left = SECRETS_MAX.saturating_sub(seeker.found.len());
                seeker.found.extend(scan.finish().into_iter().take(left));
            }
            Self::Gzip(gzip) => gzip.finish(seeker),
            Self::Tar(mut tar) => tar.finish(seeker),
            Self::Zip(mut zip) => zip.finish(seeker),
            Self::Nothing => {}
        }
    }
}
