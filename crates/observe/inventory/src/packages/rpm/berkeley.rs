//! A Berkeley DB hash, rpm's container until 4.15.
//!
//! Format: `src/dbinc/db_page.h` of Berkeley DB 5.3. Pages of one size, the first of which tells it; on hash pages, an
//! index of places leads to keys and values by turns, and a value too long for its page is a chain of
//! overflow pages. The hash itself does not matter here: every page is looked at in turn. Numbers are in
//! the order of the machine that wrote the file. Key 0 holds rpm's own counter.
//!
//! Holds: chains that share pages or go round in circles end, because all values together are not longer than
//! the file twice over.

use super::Broken;
use crate::packages::bytes::{Bytes, Order};
use std::borrow::Cow;

/// `DB_HASHMAGIC`, at place 12.
const MAGIC: u32 = 0x0006_1561;
/// What every page begins with.
const PAGE_HEADER_BYTES: usize = 26;
const PAGE_HASH_UNSORTED: u8 = 2;
const PAGE_OVERFLOW: u8 = 7;
const PAGE_HASH: u8 = 13;
/// A value on its page.
const ITEM_HERE: u8 = 1;
/// A value on overflow pages.
const ITEM_ELSEWHERE: u8 = 3;

fn order_of(head: &[u8]) -> Option<Order> {
    [Order::Little, Order::Big].into_iter().find(|order| Bytes::of(head, *order).u32(12) == Some(MAGIC))
}

/// Whether a file that begins so is a hash.
pub(super) fn is_hash(head: &[u8]) -> bool {
    order_of(head).is_some()
}

struct Hash<'a> {
    bytes: Bytes<'a>,
    order: Order,
    page_bytes: usize,
    /// How many bytes of values may still be given out.
    budget: usize,
}

/// Gives out the headers of all packages until `take` says no.
pub(super) fn each_header(bytes: &[u8], take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Broken> {
    let order = order_of(bytes).ok_or("not a Berkeley DB hash")?;
    let head = Bytes::of(bytes, order);
    let page_bytes = head.word(20).ok_or("its first page ends early")?;
    if !page_bytes.is_power_of_two() || !(512..=65_536).contains(&page_bytes) {
        return Err("its pages have a size that Berkeley DB does not know");
    }
    if head.u8(24) != Some(0) {
        return Err("it is encrypted");
    }
    let mut hash = Hash { bytes: head, order, page_bytes, budget: bytes.len().saturating_mul(2) };
    let pages = head.word(32).unwrap_or_default().saturating_add(1);
    let present = bytes.len() / page_bytes;
    for page in 1..pages.min(present) {
        if !hash.page(page, take)? {
            return Ok(());
        }
    }
    if present < pages { Err("it is cut off: pages are missing at its end") } else { Ok(()) }
}

impl<'a> Hash<'a> {
    fn page_at(&self, number: usize) -> Option<Bytes<'a>> {
        let page = self.bytes.slice(number.checked_mul(self.page_bytes)?, self.page_bytes)?;
        Some(Bytes::of(page, self.order))
    }

    /// The values of one page; whether to go on.
    fn page(&mut self, number: usize, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<bool, Broken> {
        let Some(page) = self.page_at(number) else { return Ok(true) };
        if !matches!(page.u8(25), Some(PAGE_HASH | PAGE_HASH_UNSORTED)) {
            return Ok(true);
        }
        let items = page.short(20).unwrap_or_default();
        for pair in 0..items / 2 {
            if let Some(value) = self.value(page, pair)?
                && !take(&value)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The value of a pair on a page; none where it is not that of a package.
    fn value(&mut self, page: Bytes<'a>, pair: usize) -> Result<Option<Cow<'a, [u8]>>, Broken> {
        let outside = "an item lies outside its page";
        let place_of = |item: usize| page.short(PAGE_HEADER_BYTES + 2 * item).filter(|place| *place < page.len()).ok_or(outside);
        let (key, value) = (place_of(2 * pair)?, place_of(2 * pair + 1)?);
        let counter = page.u8(key) == Some(ITEM_HERE) && page.u32(key + 1) == Some(0);
        if counter {
            return Ok(None);
        }
        match page.u8(value) {
            // Items are laid down from the end of the page, so a value ends where its key begins.
            Some(ITEM_HERE) => {
                let length = key.checked_sub(value + 1).ok_or(outside)?;
                self.spend(length)?;
                Ok(page.slice(value + 1, length).map(Cow::Borrowed))
            }
            Some(ITEM_ELSEWHERE) => {
                let (first, length) = page.word(value + 4).zip(page.word(value + 8)).ok_or(outside)?;
                self.chain(first, length).map(|value| Some(Cow::Owned(value)))
            }
            _ => Ok(None),
        }
    }

    fn chain(&mut self, first: usize, length: usize) -> Result<Vec<u8>, Broken> {
        self.spend(length)?;
        let mut value = Vec::with_capacity(length);
        let mut number = first;
        while value.len() < length {
            let page = self.page_at(number).filter(|page| page.u8(25) == Some(PAGE_OVERFLOW));
            let page = page.ok_or("a value goes on on a page that is none of its own")?;
            let here = page.short(22).unwrap_or_default().min(length - value.len());
            let piece = page.slice(PAGE_HEADER_BYTES, here).filter(|piece| !piece.is_empty());
            value.extend_from_slice(piece.ok_or("a page of a value is empty or too full")?);
            number = page.word(16).unwrap_or_default();
        }
        Ok(value)
    }

    fn spend(&mut self, length: usize) -> Result<(), Broken> {
        self.budget = self.budget.checked_sub(length).ok_or("its values are longer than the file")?;
        Ok(())
    }
}
