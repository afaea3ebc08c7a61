//! Sections of ELF, PE and Mach-O files.
//!
//! Formats: the ELF part of the System V ABI, Microsoft's "PE Format", Apple's `mach-o/loader.h`. Only names, addresses
//! and bytes of sections and of what is loaded; no symbols, no relocations.
//!
//! Holds: at most [`PARTS_MAX`] sections and as many segments are listed, however many a file claims.

use crate::packages::bytes::{Bytes, Order, until_zero};

/// The most sections or segments of one file.
const PARTS_MAX: usize = 10_000;
/// `SHT_NOBITS`: a section without bytes in the file.
const ELF_NO_BITS: u32 = 8;
/// `PT_LOAD`.
const ELF_LOAD: u32 = 1;
/// `PF_W`.
const ELF_WRITABLE: u32 = 2;
/// `IMAGE_SCN_MEM_WRITE`.
const PE_WRITABLE: u32 = 0x8000_0000;
/// `VM_PROT_WRITE`.
const MACH_WRITABLE: u32 = 2;

/// A program or library over borrowed bytes.
#[derive(Debug)]
pub(super) struct Executable<'a> {
    /// The order of its numbers.
    pub(super) order: Order,
    sections: Vec<Section<'a>>,
    segments: Vec<Segment<'a>>,
}

#[derive(Debug)]
struct Section<'a> {
    name: &'a [u8],
    bytes: &'a [u8],
}

/// What is loaded at an address.
#[derive(Debug)]
struct Segment<'a> {
    address: u64,
    bytes: &'a [u8],
    writable: bool,
}

/// Whether a file that begins so may be a program.
pub(super) fn begins_right(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF") || head.starts_with(b"MZ") || mach_order(head).is_some() || is_fat(head)
}

/// The magic of Mach-O, of 32 and 64 bits, in either order.
fn mach_order(head: &[u8]) -> Option<Order> {
    match head.get(..4)? {
        [0xce | 0xcf, 0xfa, 0xed, 0xfe] => Some(Order::Little),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] => Some(Order::Big),
        _ => None,
    }
}

/// Several Mach-O in one. Java classes begin in the same way, with a version above 44 in place of the count.
fn is_fat(head: &[u8]) -> bool {
    head.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) && Bytes::big(head).u32(4).is_some_and(|count| count > 0 && count < 40)
}

impl<'a> Executable<'a> {
    /// None when it is no program, or one whose headers make no sense.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.starts_with(b"\x7fELF") {
            return elf(bytes);
        }
        if bytes.starts_with(b"MZ") {
            return pe(bytes);
        }
        if is_fat(bytes) {
            let fat = Bytes::big(bytes);
            let first = fat.slice(fat.word(16)?, fat.word(20)?)?;
            return mach(first);
        }
        mach(bytes)
    }

    /// The bytes of the first section of this name.
    pub(super) fn section(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.sections.iter().find(|section| section.name == name).map(|section| section.bytes)
    }

    /// The first bytes that may be written while the program runs.
    pub(super) fn data(&self) -> Option<&'a [u8]> {
        self.segments.iter().find(|segment| segment.writable && !segment.bytes.is_empty()).map(|segment| segment.bytes)
    }

    /// What is loaded at an address.
    pub(super) fn loaded_at(&self, address: u64, length: usize) -> Option<&'a [u8]> {
        self.segments.iter().find_map(|segment| {
            let start = usize::try_from(address.checked_sub(segment.address)?).ok()?;
            segment.bytes.get(start..start.checked_add(length)?)
        })
    }
}

/// Bytes that a header promises, as far as the file has them.
fn present<'a>(file: Bytes<'a>, at: usize, length: usize) -> &'a [u8] {
    file.slice(at, length.min(file.len().saturating_sub(at))).unwrap_or_default()
}

fn elf(bytes: &[u8]) -> Option<Executable<'_>> {
    let wide = match bytes.get(4)? {
        1 => false,
        2 => true,
        _ => return None,
    };
    let order = match bytes.get(5)? {
        1 => Order::Little,
        2 => Order::Big,
        _ => return None,
    };
    let file = Bytes::of(bytes, order);
    let table = |places: [usize; 3]| {
        let start = if wide { file.long(places[0]) } else { file.word(places[0]) };
        Some((start?, file.short(places[1])?, file.short(places[2])?))
    };
    let segments = table(if wide { [32, 54, 56] } else { [28, 42, 44] })?;
    let sections = table(if wide { [40, 58, 60] } else { [32, 46, 48] })?;
    let names = file.short(if wide { 62 } else { 50 })?;
    Some(Executable {
        order,
        sections: elf_sections(file, wide, sections, names).unwrap_or_default(),
        segments: elf_segments(file, wide, segments).unwrap_or_default(),
    })
}

fn elf_sections(file: Bytes<'_>, wide: bool, table: (usize, usize, usize), names: usize) -> Option<Vec<Section<'_>>> {
    let (start, size, count) = table;
    if start == 0 {
        return None;
    }
    let header =
        |index: usize| file.slice(start.checked_add(index.checked_mul(size)?)?, size).map(|it| Bytes::of(it, file.order()));
    let extent = |header: Bytes<'_>| {
        if wide { Some((header.long(24)?, header.long(32)?)) } else { Some((header.word(16)?, header.word(20)?)) }
    };
    // Where there are more than fit the file's header, the first section tells.
    let first = header(0)?;
    let count = if count == 0 { extent(first)?.1 } else { count };
    let names = if names == 0xffff { first.word(if wide { 40 } else { 24 })? } else { names };
    let (at, length) = extent(header(names)?)?;
    let names = present(file, at, length);
    let sections = (0..count.min(PARTS_MAX)).map_while(header).filter(|it| it.u32(4) != Some(ELF_NO_BITS));
    let sections = sections.filter_map(|header| {
        let (at, length) = extent(header)?;
        Some(Section { name: until_zero(names.get(header.word(0)?..)?), bytes: present(file, at, length) })
    });
    Some(sections.collect())
}

fn elf_segments(file: Bytes<'_>, wide: bool, table: (usize, usize, usize)) -> Option<Vec<Segment<'_>>> {
    let (start, size, count) = table;
    let header =
        |index: usize| file.slice(start.checked_add(index.checked_mul(size)?)?, size).map(|it| Bytes::of(it, file.order()));
    let segments = (0..count.min(PARTS_MAX)).map_while(header).filter(|it| it.u32(0) == Some(ELF_LOAD));
    let segments = segments.filter_map(|header| {
        let (flags, at, address, length) = if wide {
            (header.u32(4)?, header.long(8)?, header.u64(16)?, header.long(32)?)
        } else {
            (header.u32(24)?, header.word(4)?, u64::from(header.u32(8)?), header.word(16)?)
        };
        Some(Segment { address, bytes: present(file, at, length), writable: flags & ELF_WRITABLE != 0 })
    });
    Some(segments.collect())
}

fn pe(bytes: &[u8]) -> Option<Executable<'_>> {
    let file = Bytes::little(bytes);
    let start = file.word(0x3c)?;
    if file.slice(start, 4)? != b"PE\0\0" {
        return None;
    }
    let (count, optional) = (file.short(start + 6)?, file.short(start + 20)?);
    let base = match file.u16(start + 24) {
        Some(0x10b) => u64::from(file.u32(start + 52)?),
        Some(0x20b) => file.u64(start + 48)?,
        _ => 0,
    };
    let (mut sections, mut segments) = (Vec::new(), Vec::new());
    for index in 0..count.min(PARTS_MAX) {
        let Some(header) = file.slice(start + 24 + optional + 40 * index, 40) else { break };
        let (name, header) = (until_zero(header.get(..8)?), Bytes::little(header));
        let bytes = present(file, header.word(20)?, header.word(16)?);
        sections.push(Section { name, bytes });
        let writable = header.u32(36)? & PE_WRITABLE != 0;
        segments.push(Segment { address: base.wrapping_add(u64::from(header.u32(12)?)), bytes, writable });
    }
    Some(Executable { order: Order::Little, sections, segments })
}

fn mach(bytes: &[u8]) -> Option<Executable<'_>> {
    let order = mach_order(bytes)?;
    let file = Bytes::of(bytes, order);
    let wide = file.u32(0)? == 0xfeed_facf;
    let (mut sections, mut segments) = (Vec::new(), Vec::new());
    let mut at = if wide { 32 } else { 28 };
    for _ in 0..file.word(16)?.min(PARTS_MAX) {
        let (Some(kind), Some(size)) = (file.u32(at), file.word(at + 4).filter(|size| *size >= 8)) else { break };
        let Some(command) = file.slice(at, size) else { break };
        let command = Bytes::of(command, order);
        if kind == if wide { 0x19 } else { 1 } {
            segments.extend(mach_segment(file, command, wide));
            mach_sections(file, command, wide, &mut sections);
        }
        at += size;
    }
    Some(Executable { order, sections, segments })
}

fn mach_segment<'a>(file: Bytes<'a>, command: Bytes<'a>, wide: bool) -> Option<Segment<'a>> {
    let (address, at, length, protection) = if wide {
        (command.u64(24)?, command.long(40)?, command.long(48)?, command.u32(60)?)
    } else {
        (u64::from(command.u32(24)?), command.word(32)?, command.word(36)?, command.u32(44)?)
    };
    Some(Segment { address, bytes: present(file, at, length), writable: protection & MACH_WRITABLE != 0 })
}

fn mach_sections<'a>(file: Bytes<'a>, command: Bytes<'a>, wide: bool, sections: &mut Vec<Section<'a>>) {
    let (count, first, size) = if wide { (command.word(64), 72, 80) } else { (command.word(48), 56, 68) };
    for index in 0..count.unwrap_or_default().min(PARTS_MAX) {
        let Some(header) = command.slice(first + size * index, size) else { return };
        let name = until_zero(header.get(..16).unwrap_or_default());
        let header = Bytes::of(header, command.order());
        let extent = if wide { header.word(48).zip(header.long(40)) } else { header.word(40).zip(header.word(36)) };
        if let Some((at, length)) = extent.filter(|_| sections.len() < PARTS_MAX) {
            sections.push(Section { name, bytes: present(file, at, length) });
        }
    }
}
