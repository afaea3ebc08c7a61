//! SQLite as rpm uses it: one table, read from the bytes of the file.
//!
//! Format: <https://www.sqlite.org/fileformat2.html>. Only what leads to the blobs of the table `Packages`: the schema on
//! page 1, table b-trees, records, overflow pages. No library opens the file, so a hostile one meets no code but this,
//! and no file beside it is touched: what a machine wrote to `rpmdb.sqlite-wal` and never brought over is not
//! seen. (rpm brings it over when it ends.)
//!
//! Holds: each page of a tree is visited once, and all blobs together are not longer than the file twice over.

use super::Broken;
use crate::packages::bytes::Bytes;
use std::borrow::Cow;
use std::collections::HashSet;

/// What the file begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
const PAGE_INTERIOR: u8 = 5;
const PAGE_LEAF: u8 = 13;
/// The file's own header, before the first page's.
const FILE_HEADER_BYTES: usize = 100;
/// The longest row; rpm's largest headers have 16 MB.
const ROW_BYTES_MAX: usize = 256 * 1024 * 1024;
const OUTSIDE: Broken = "a part of it lies outside the file";

struct File<'a> {
    bytes: Bytes<'a>,
    page_bytes: usize,
    /// Bytes of a page that hold something.
    usable: usize,
    /// How many bytes of rows may still be given out.
    budget: usize,
}

/// Gives out the headers of all packages until `take` says no.
pub(super) fn each_header(bytes: &[u8], take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Broken> {
    let head = Bytes::big(bytes);
    let page_bytes = match head.short(16).ok_or(OUTSIDE)? {
        1 => 65_536,
        size => size,
    };
    let usable = page_bytes.saturating_sub(head.u8(20).ok_or(OUTSIDE)?.into());
    if !page_bytes.is_power_of_two() || page_bytes < 512 || usable < 480 {
        return Err("its pages have a size that SQLite does not know");
    }
    let mut file = File { bytes: head, page_bytes, usable, budget: bytes.len().saturating_mul(2) };
    let mut root = None;
    file.each_row(1, &mut |row| {
        root = root_of_packages(row);
        root.is_none()
    })?;
    let root = root.ok_or("it has no table Packages")?;
    file.each_row(root, &mut |row| match columns(row).into_iter().flatten().find_map(Value::blob) {
        Some(blob) => take(blob),
        None => take(&[]),
    })
}

/// Where the table `Packages` begins, if this row of the schema is about it.
fn root_of_packages(row: &[u8]) -> Option<usize> {
    let columns = columns(row)?;
    match columns.as_slice() {
        [Value::Text(b"table"), Value::Text(b"Packages"), _, Value::Number(root), ..] => usize::try_from(*root).ok(),
        _ => None,
    }
}

impl<'a> File<'a> {
    /// Gives out the rows of the table whose tree begins at a page, until `take` says no.
    fn each_row(&mut self, root: usize, take: &mut dyn FnMut(&[u8]) -> bool) -> Result<(), Broken> {
        let mut visited = HashSet::new();
        // The last is next: pages are pushed in reverse.
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            if !visited.insert(number) {
                return Err("its tree goes round in circles");
            }
            let page = self.page(number).ok_or(OUTSIDE)?;
            let header = if number == 1 { FILE_HEADER_BYTES } else { 0 };
            let kind = page.u8(header).ok_or(OUTSIDE)?;
            let count = page.short(header + 3).ok_or(OUTSIDE)?;
            match kind {
                PAGE_INTERIOR => {
                    waiting.push(page.word(header + 8).ok_or(OUTSIDE)?);
                    for index in (0..count).rev() {
                        let cell = page.short(header + 12 + 2 * index).ok_or(OUTSIDE)?;
                        waiting.push(page.word(cell).ok_or(OUTSIDE)?);
                    }
                }
                PAGE_LEAF => {
                    for index in 0..count {
                        let cell = page.short(header + 8 + 2 * index).ok_or(OUTSIDE)?;
                        let row = self.row(page, cell)?;
                        if !take(&row) {
                            return Ok(());
                        }
                    }
                }
                _ => return Err("a page of its tree is none"),
            }
        }
        Ok(())
    }

    fn page(&self, number: usize) -> Option<Bytes<'a>> {
        let place = number.checked_sub(1)?.checked_mul(self.page_bytes)?;
        self.bytes.slice(place, self.page_bytes).map(Bytes::big)
    }

    /// The row of a cell, put together from its page and the overflow pages.
    fn row(&mut self, page: Bytes<'a>, cell: usize) -> Result<Cow<'a, [u8]>, Broken> {
        let (length, at) = varint(page, cell).ok_or(OUTSIDE)?;
        let (_, at) = varint(page, at).ok_or(OUTSIDE)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= ROW_BYTES_MAX).ok_or("a row is too long")?;
        self.budget = self.budget.checked_sub(length).ok_or("its rows are longer than the file")?;
        let here = self.bytes_here(length);
        let first = page.slice(at, here).ok_or(OUTSIDE)?;
        if here == length {
            return Ok(Cow::Borrowed(first));
        }
        let mut row = Vec::with_capacity(length);
        row.extend_from_slice(first);
        let mut next = page.word(at + here).ok_or(OUTSIDE)?;
        while row.len() < length {
            let page = self.page(next).ok_or(OUTSIDE)?;
            let here = (self.usable - 4).min(length - row.len());
            row.extend_from_slice(page.slice(4, here).ok_or(OUTSIDE)?);
            next = page.word(0).ok_or(OUTSIDE)?;
        }
        Ok(Cow::Owned(row))
    }

    /// How much of a row of this length is on the page of its tree.
    const fn bytes_here(&self, length: usize) -> usize {
        let most = self.usable - 35;
        if length <= most {
            return length;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let even = least + (length - least) % (self.usable - 4);
        if even <= most { even } else { least }
    }
}

/// A column of a row, as far as it matters.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
    Other,
}

impl<'a> Value<'a> {
    fn blob(self) -> Option<&'a [u8]> {
        if let Self::Blob(blob) = self { Some(blob) } else { None }
    }
}

/// The columns of a record; none when it is none.
fn columns(row: &[u8]) -> Option<Vec<Value<'_>>> {
    /// Tables of rpm have two columns, the schema has five.
    const COLUMNS_MAX: usize = 16;
    let row = Bytes::big(row);
    let (header, mut at) = varint(row, 0)?;
    let header = usize::try_from(header).ok()?;
    let mut place = header;
    let mut columns = Vec::new();
    while at < header && columns.len() < COLUMNS_MAX {
        let (kind, next) = varint(row, at)?;
        at = next;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            longer => (longer - 12) / 2,
        };
        let bytes = row.slice(place, usize::try_from(length).ok()?)?;
        place += bytes.len();
        columns.push(match kind {
            1..=6 => Value::Number(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))),
            8 => Value::Number(0),
            9 => Value::Number(1),
            0 | 7 => Value::Other,
            blob if blob % 2 == 0 => Value::Blob(bytes),
            _ => Value::Text(bytes),
        });
    }
    Some(columns)
}

/// A number of one to nine bytes, and the place behind it.
fn varint(bytes: Bytes<'_>, at: usize) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for index in 0..8 {
        let byte = bytes.u8(at.checked_add(index)?)?;
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, at + index + 1));
        }
    }
    let byte = bytes.u8(at.checked_add(8)?)?;
    Some((number << 8 | u64::from(byte), at + 9))
}
