//! What is known of the texts of licences: samples of their hashes, in a file that is part of the program.
//!
//! Of a long text every second, fourth … hash is kept, by the lowest bits of the hash itself, so that the samples of
//! two texts can be compared. `cargo run -p vigie-inventory --example licence_index` makes the file from the texts that
//! SPDX publishes (crate `spdx`, feature `text`); a test holds that it is up to date.

use super::words::shingles;
use std::collections::BTreeMap;

/// How many hashes of a text are kept at least, if it has as many.
const SAMPLE: usize = 96;
/// Which part of a text must be in another one to be no licence of its own there.
const COVERED: f64 = 0.5;
/// First bytes of the file.
const MAGIC: &[u8; 4] = b"VLI1";

/// One licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: String,
    /// Hashes with as many zeros at their end are in the sample.
    pub(super) level: u8,
    /// How many hashes are in the sample.
    pub(super) sampled: u32,
    /// Licences whose text is a good part of this one's, or another wording of it.
    pub(super) covers: Vec<u16>,
}

/// All licences, and which hash is of which.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) licences: Vec<Known>,
    /// Sorted by hash.
    hashes: Vec<(u32, u16)>,
}

impl Index {
    /// Reads the file; none where it is not one.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let count = u16_of(&mut rest)?;
        let (mut licences, mut hashes) = (Vec::new(), Vec::new());
        for number in 0..count {
            let length = usize::from(u16_of(&mut rest)?);
            let (id, behind) = rest.split_at_checked(length)?;
            rest = behind;
            let level = u8::try_from(u16_of(&mut rest)?).ok()?;
            let covers = (0..u16_of(&mut rest)?).map(|_| u16_of(&mut rest)).collect::<Option<_>>()?;
            let sampled = u16_of(&mut rest)?;
            for _ in 0..sampled {
                let (hash, behind) = rest.split_first_chunk()?;
                rest = behind;
                hashes.push((u32::from_le_bytes(*hash), number));
            }
            licences.push(Known { id: std::str::from_utf8(id).ok()?.to_owned(), level, sampled: u32::from(sampled), covers });
        }
        hashes.sort_unstable();
        Some(Self { licences, hashes })
    }

    /// How many hashes of each licence's sample are among these.
    pub(super) fn count(&self, of_text: &[u32]) -> Vec<u32> {
        let mut counts = vec![0; self.licences.len()];
        for hash in of_text {
            let first = self.hashes.partition_point(|(known, _)| known < hash);
            let same = self.hashes.get(first..).unwrap_or_default().iter().take_while(|(known, _)| known == hash);
            for (_, licence) in same {
                if let Some(count) = counts.get_mut(usize::from(*licence)) {
                    *count += 1;
                }
            }
        }
        counts
    }
}

/// Makes the file of ids and texts. Of equal texts the id comes first that says most: `-only`, then the shortest.
#[must_use]
pub fn build<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Vec<u8> {
    let mut by_hashes: BTreeMap<Vec<u32>, &str> = BTreeMap::new();
    let mut texts: Vec<(&str, Vec<u32>)> = texts.into_iter().map(|(id, text)| (id, shingles(text))).collect();
    // Old names of what is now `-only` and `-or-later`.
    let old: Vec<String> = texts.iter().filter_map(|(id, _)| id.strip_suffix("-only")).map(str::to_owned).collect();
    texts.retain(|(id, _)| !id.ends_with('+') && !old.iter().any(|old| old == id));
    // The text of the LGPL comes with that of the GPL behind it.
    if let Some((_, gpl)) = texts.iter().find(|(id, _)| *id == "GPL-3.0-only").cloned() {
        let lesser = texts.iter_mut().filter(|(id, _)| id.starts_with("LGPL-3.0"));
        lesser.for_each(|(_, hashes)| hashes.retain(|hash| gpl.binary_search(hash).is_err()));
    }
    let rank = |id: &str| (!id.ends_with("-only"), id.len(), id.to_owned());
    for (id, hashes) in texts.into_iter().filter(|(_, hashes)| hashes.len() >= 20) {
        let known = by_hashes.entry(hashes).or_insert(id);
        if rank(id) < rank(known) {
            *known = id;
        }
    }
    let mut all: Vec<(&str, Vec<u32>)> = by_hashes.into_iter().map(|(hashes, id)| (id, hashes)).collect();
    all.sort_by_key(|(id, _)| *id);
    let mut file = MAGIC.to_vec();
    put(&mut file, all.len());
    for (id, hashes) in &all {
        let level = level(hashes.len());
        let sample: Vec<u32> = hashes.iter().copied().filter(|hash| hash.trailing_zeros() >= level).collect();
        let covers: Vec<usize> =
            (0..all.len()).filter(|other| all.get(*other).is_some_and(|(_, part)| covers(hashes, part))).collect();
        put(&mut file, id.len());
        file.extend_from_slice(id.as_bytes());
        put(&mut file, level as usize);
        put(&mut file, covers.len());
        covers.iter().for_each(|other| put(&mut file, *other));
        put(&mut file, sample.len());
        sample.iter().for_each(|hash| file.extend_from_slice(&hash.to_le_bytes()));
    }
    file
}

/// How many zeros a hash must end with for about [`SAMPLE`] of so many to be kept.
const fn level(count: usize) -> u32 {
    let parts = count / SAMPLE;
    if parts < 2 { 0 } else { parts.ilog2() }
}

/// Whether a good part of another text is in this one.
fn covers(whole: &[u32], part: &[u32]) -> bool {
    let shared = part.iter().filter(|hash| whole.binary_search(hash).is_ok()).count();
    whole != part && shared as f64 >= COVERED * part.len() as f64
}

fn put(file: &mut Vec<u8>, number: usize) {
    file.extend_from_slice(&u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
}

fn u16_of(rest: &mut &[u8]) -> Option<u16> {
    let (number, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(u16::from_le_bytes(*number))
}
