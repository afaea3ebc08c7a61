//! Files and objects as they are packed at rest: gzip, zstd, xz, bzip2, each also as several streams one after another.
//!
//! Holds: memory is bounded whatever a file claims. How much may come out of one is for the caller to say, who reads it as
//! it comes. What is packed on its way to us is [`intake::body`](crate::intake::body). Left out: archives (zip, tar),
//! `.lzma` and `.Z`.

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use std::io::{self, BufRead, Read};

/// Largest window that a `.zst` may ask for, as a power of two: what `zstd` takes without `--long`.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// Most memory in KiB that a `.xz` may ask for: twice of what `xz -9` makes.
const XZ_MEMORY_KIB_MAX: u32 = 128 * 1024;

/// How many first bytes tell the packing.
pub(crate) const FIRST: usize = 6;

/// How something is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The format `.xz`, version 1.2.
    Xz,
    /// What `bzip2` makes.
    Bzip2,
}

impl Packed {
    /// All there are, with the end of their files' names.
    pub const ALL: [(Self, &str); 4] = [(Self::Gzip, ".gz"), (Self::Zstd, ".zst"), (Self::Xz, ".xz"), (Self::Bzip2, ".bz2")];

    /// The packing that the first bytes show.
    #[must_use]
    pub const fn of(first: &[u8]) -> Option<Self> {
        match first {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [b'B', b'Z', b'h', b'1'..=b'9', b'1' | 0x17, ..] => Some(Self::Bzip2),
            _ => None,
        }
    }

    /// A name without the end that tells the packing, and the packing.
    #[must_use]
    pub fn named(name: &[u8]) -> (&[u8], Option<Self>) {
        let told = Self::ALL.into_iter().find_map(|(packed, end)| Some((name.strip_suffix(end.as_bytes())?, Some(packed))));
        told.unwrap_or((name, None))
    }

    /// What is in it, as it comes.
    ///
    /// # Errors
    /// The system gives no memory. What is damaged, ends too early or asks for too much memory is an error of reading.
    pub fn unpack<'a>(self, packed: impl BufRead + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Zstd => {
                let mut unpacked = zstd::stream::read::Decoder::with_buffer(packed)?;
                unpacked.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Box::new(unpacked)
            }
            Self::Xz => Box::new(XzReader::new_mem_limit(packed, true, XZ_MEMORY_KIB_MAX)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
        })
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use std::io::Write;

    /// Packs as the tools do.
    pub(crate) fn pack(packed: Packed, bytes: &[u8]) -> Vec<u8> {
        match packed {
            Packed::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(bytes).unwrap();
                writer.finish().unwrap()
            }
            Packed::Zstd => zstd::encode_all(bytes, 3).unwrap(),
            Packed::Xz => {
                let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
                writer.write_all(bytes).unwrap();
                writer.finish().unwrap()
            }
            Packed::Bzip2 => {
                let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                writer.write_all(bytes).unwrap();
                writer.finish().unwrap()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::pack;
    use super::*;

    fn unpacked(packed: Packed, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        packed.unpack(bytes)?.read_to_end(&mut all)?;
        Ok(all)
    }

    #[test]
    fn every_packing_is_known_by_its_first_bytes_and_its_name() {
        for (packed, end) in Packed::ALL {
            for content in ["", "a line\n"] {
                let bytes = pack(packed, content.as_bytes());
                assert_eq!(Packed::of(&bytes[..FIRST]), Some(packed));
                assert_eq!(unpacked(packed, &bytes).unwrap(), content.as_bytes());
            }
            assert_eq!(Packed::named(format!("auth.log.1{end}").as_bytes()), (&b"auth.log.1"[..], Some(packed)));
        }
        assert_eq!((Packed::of(b"BZh9 said"), Packed::named(b"auth.log")), (None, (&b"auth.log"[..], None)));
    }

    #[test]
    fn several_streams_are_one_file_and_a_part_of_one_is_an_error() {
        for (packed, _) in Packed::ALL {
            let (one, other) = (pack(packed, &b"one\n".repeat(50_000)), pack(packed, b"other\n"));
            let both = unpacked(packed, &[&one[..], &other].concat()).unwrap();
            assert_eq!((both.len(), &both[both.len() - 6..]), (200_006, &b"other\n"[..]), "{packed:?}");
            for length in [one.len() / 2, one.len() - 1, one.len() + other.len() / 2] {
                let cut = &[&one[..], &other].concat()[..length];
                assert!(unpacked(packed, cut).is_err(), "{packed:?} at {length}");
            }
            // zstd writes a checksum only when it is asked for.
            if packed != Packed::Zstd {
                let mut damaged = one.clone();
                damaged[one.len() / 2] ^= 0x55;
                assert!(unpacked(packed, &damaged).is_err(), "{packed:?}");
            }
        }
    }

    #[test]
    fn what_claims_much_memory_gets_none() {
        // The dictionary of LZMA2 stands in a block's header, which has a checksum: 4 GiB are asked for.
        let mut bytes = pack(Packed::Xz, b"a line\n");
        let header = 12..12 + (usize::from(bytes[12]) + 1) * 4;
        let dictionary = bytes[header.clone()].windows(2).position(|pair| pair == [0x21, 1]).unwrap() + 14;
        bytes[dictionary] = 40;
        let sum = crc32(&bytes[header.start..header.end - 4]).to_le_bytes();
        bytes[header.end - 4..header.end].copy_from_slice(&sum);
        assert_eq!(unpacked(Packed::Xz, &bytes).unwrap_err().kind(), io::ErrorKind::OutOfMemory);
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }
}
