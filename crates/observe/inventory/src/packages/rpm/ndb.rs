//! `ndb`, the container of SUSE's rpm.
//!
//! Format: `lib/backend/ndb/rpmpkg.c` of rpm 4.18. A header of 32 bytes; slots of 16 bytes in pages of 4,096, of which the
//! header takes the first two; each used slot leads to a blob with a head of 16 bytes. Numbers begin with
//! the lowest byte.

use super::Broken;
use crate::packages::bytes::Bytes;

/// What the file begins with.
pub(super) const MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const BLOB_MAGIC: &[u8] = b"BlbS";
const SLOT_BYTES: usize = 16;
const PAGE_BYTES: usize = 4096;
/// Blobs begin at multiples of this.
const BLOCK_BYTES: usize = 16;

/// Gives out the headers of all packages until `take` says no.
pub(super) fn each_header(bytes: &[u8], take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Broken> {
    let file = Bytes::little(bytes);
    let (version, pages) = file.u32(4).zip(file.word(12)).ok_or("its head ends early")?;
    if version != 0 {
        return Err("it has a version that nobody knows");
    }
    let slots = pages.saturating_mul(PAGE_BYTES / SLOT_BYTES);
    let mut budget = bytes.len().saturating_mul(2);
    for slot in 2..slots {
        let slot = slot * SLOT_BYTES;
        if file.slice(slot, SLOT_MAGIC.len()) != Some(SLOT_MAGIC) {
            return Err("a slot is not where it should be");
        }
        if file.u32(slot + 4) == Some(0) {
            continue;
        }
        let blob = blob(file, slot).ok_or("a slot leads to where its package is not")?;
        budget = budget.checked_sub(blob.len()).ok_or("its packages are longer than the file")?;
        if !take(blob) {
            return Ok(());
        }
    }
    Ok(())
}

/// The blob of a slot, when it is that of the same package.
fn blob(file: Bytes<'_>, slot: usize) -> Option<&[u8]> {
    let place = file.word(slot + 8)?.checked_mul(BLOCK_BYTES)?;
    let same = file.slice(place, 4)? == BLOB_MAGIC && file.u32(place.checked_add(4)?)? == file.u32(slot + 4)?;
    let length = file.word(place.checked_add(12)?)?;
    file.slice(place.checked_add(16)?, length).filter(|_| same)
}
