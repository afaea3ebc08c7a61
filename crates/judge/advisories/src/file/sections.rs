//! Header and sections: finding them, checking them, writing them.

use super::bytes::Reader;
use super::{Damaged, MAGIC, OpenError, VERSION};
use flate2::Crc;
use std::io::{self, Write};
use std::ops::Range;

/// The sections in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Status,
    Packages,
    Rows,
    Ids,
    Vulnerabilities,
    Vectors,
    Texts,
}

impl Section {
    pub(crate) const ALL: [Self; 7] =
        [Self::Status, Self::Packages, Self::Rows, Self::Ids, Self::Vulnerabilities, Self::Vectors, Self::Texts];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Packages => "packages",
            Self::Rows => "rows",
            Self::Ids => "ids",
            Self::Vulnerabilities => "vulnerabilities",
            Self::Vectors => "vectors",
            Self::Texts => "texts",
        }
    }
}

const ENTRY_LENGTH: usize = 8 + 8 + 4;
const HEADER_LENGTH: usize = MAGIC.len() + 4 + 4 + Section::ALL.len() * ENTRY_LENGTH + 4;

/// Bytes with a sound header and sound checksums.
pub(crate) struct Sections<B> {
    bytes: B,
    places: [Range<usize>; Section::ALL.len()],
    checksums: [u32; Section::ALL.len()],
}

impl<B: AsRef<[u8]>> Sections<B> {
    /// Reads the header and checks all checksums.
    pub(crate) fn open(bytes: B) -> Result<Self, OpenError> {
        let all = bytes.as_ref();
        let mut reader = Reader::new(all);
        if reader.array() != Some(MAGIC) {
            return Err(OpenError::NotAdvisories);
        }
        match reader.u32() {
            Some(VERSION) => {}
            Some(found) => return Err(OpenError::OtherVersion { found }),
            None => return Err(Damaged::HEADER.into()),
        }
        let places = places(all, reader).ok_or(Damaged::HEADER)?;
        for (section, (place, checksum)) in Section::ALL.into_iter().zip(&places) {
            let content = all.get(place.clone()).ok_or(Damaged::in_section(section))?;
            if crc(content) != *checksum {
                return Err(Damaged::in_section(section).into());
            }
        }
        let checksums = std::array::from_fn(|number| places[number].1);
        Ok(Self { bytes, places: places.map(|(place, _)| place), checksums })
    }

    /// The content of a section.
    pub(crate) fn get(&self, section: Section) -> &[u8] {
        // Checked by `open`; should the bytes behind `B` ever be others, an empty section is damaged.
        self.bytes.as_ref().get(self.places[section as usize].clone()).unwrap_or_default()
    }

    /// The checksum of a section.
    pub(crate) const fn checksum(&self, section: Section) -> u32 {
        self.checksums[section as usize]
    }

    /// How many bytes the whole file has.
    pub(crate) fn length(&self) -> usize {
        self.bytes.as_ref().len()
    }
}

type Place = (Range<usize>, u32);

/// The table of the header, after magic and version; `None` when it does not fit its checksum.
fn places(all: &[u8], mut reader: Reader<'_>) -> Option<[Place; Section::ALL.len()]> {
    if reader.u32()? as usize != Section::ALL.len() {
        return None;
    }
    let mut places = Section::ALL.map(|_| (0..0, 0));
    for place in &mut places {
        let start = usize::try_from(reader.u64()?).ok()?;
        let length = usize::try_from(reader.u64()?).ok()?;
        *place = (start..start.checked_add(length)?, reader.u32()?);
    }
    let header = all.get(..HEADER_LENGTH - 4)?;
    (reader.u32()? == crc(header)).then_some(places)
}

/// Writes header and sections; answers how many bytes that are.
pub(crate) fn write(sections: &[Vec<u8>; Section::ALL.len()], mut to: impl Write) -> io::Result<u64> {
    let mut header = Vec::with_capacity(HEADER_LENGTH);
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.extend_from_slice(&(Section::ALL.len() as u32).to_le_bytes());
    let mut offset = HEADER_LENGTH as u64;
    for content in sections {
        header.extend_from_slice(&offset.to_le_bytes());
        header.extend_from_slice(&(content.len() as u64).to_le_bytes());
        header.extend_from_slice(&crc(content).to_le_bytes());
        offset += content.len() as u64;
    }
    header.extend_from_slice(&crc(&header).to_le_bytes());
    to.write_all(&header)?;
    for content in sections {
        to.write_all(content)?;
    }
    to.flush()?;
    Ok(offset)
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut bytes = Vec::new();
        let sections = Section::ALL.map(|section| section.name().as_bytes().to_vec());
        let length = write(&sections, &mut bytes).unwrap();
        assert_eq!(length, bytes.len() as u64);
        bytes
    }

    #[test]
    fn sections_come_back() {
        let sections = Sections::open(file()).unwrap();
        for section in Section::ALL {
            assert_eq!(sections.get(section), section.name().as_bytes());
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let sound = file();
        for place in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[place] ^= 0x20;
            assert!(Sections::open(bytes).is_err(), "byte {place}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let sound = file();
        for length in 0..sound.len() {
            assert!(Sections::open(&sound[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn other_layouts_are_named() {
        let mut bytes = file();
        bytes[8] = 9;
        assert_eq!(Sections::open(bytes).err(), Some(OpenError::OtherVersion { found: 9 }));
        assert_eq!(Sections::open(b"PK\x03\x04").err(), Some(OpenError::NotAdvisories));
    }
}
