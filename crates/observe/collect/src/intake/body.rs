//! Bodies as they are packed on their way: gzip, deflate, zstd, snappy.
//!
//! Holds: never more than the limit is unpacked, whatever a body claims.

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::{self, Read};

/// Memory that zstd may ask for: 2 to this power.
const ZSTD_WINDOW_LOG_MAX: u32 = 24;

/// With what a stream of snappy frames begins; a bare block of snappy cannot.
const SNAPPY_FRAMES: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// RFC 1952, also several members one after another.
    Gzip,
    /// RFC 1950, or, as some write it, RFC 1951.
    Deflate,
    /// RFC 8878.
    Zstd,
    /// Snappy, as one block or as frames.
    Snappy,
}

/// Why a body cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is larger than the limit.
    #[error("the body is too large")]
    TooLarge,
    /// It is not what it says it is.
    #[error("the body is damaged")]
    Damaged(#[source] io::Error),
}

impl Packing {
    /// The packing that a header names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" | "none" => Self::None,
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" | "zlib" => Self::Deflate,
            "zstd" => Self::Zstd,
            "snappy" | "x-snappy-framed" => Self::Snappy,
            _ => return None,
        })
    }

    /// The names that are understood, as a header lists them.
    pub const NAMES: &'static str = "gzip, deflate, zstd, snappy";
}

/// Unpacks a body to at most so many bytes.
///
/// # Errors
/// [`UnpackError`].
pub fn unpack(packing: Packing, body: &[u8], max: usize) -> Result<Cow<'_, [u8]>, UnpackError> {
    match packing {
        Packing::None if body.len() > max => Err(UnpackError::TooLarge),
        Packing::None => Ok(Cow::Borrowed(body)),
        Packing::Gzip => read(MultiGzDecoder::new(body), max),
        Packing::Deflate if is_zlib(body) => read(ZlibDecoder::new(body), max),
        Packing::Deflate => read(DeflateDecoder::new(body), max),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(UnpackError::Damaged)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(UnpackError::Damaged)?;
            read(decoder, max)
        }
        Packing::Snappy if body.starts_with(SNAPPY_FRAMES) => read(snap::read::FrameDecoder::new(body), max),
        Packing::Snappy => {
            let damaged = |error: snap::Error| UnpackError::Damaged(io::Error::other(error));
            if snap::raw::decompress_len(body).map_err(damaged)? > max {
                return Err(UnpackError::TooLarge);
            }
            snap::raw::Decoder::new().decompress_vec(body).map(Cow::Owned).map_err(damaged)
        }
    }
}

/// What a body is packed with, where nobody says it: GELF tells by the first bytes alone.
#[must_use]
pub fn guess(body: &[u8]) -> Packing {
    match body {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        _ if is_zlib(body) => Packing::Deflate,
        _ => Packing::None,
    }
}

/// RFC 1950 §2.2: method 8, and the first two bytes are a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

fn read(source: impl Read, max: usize) -> Result<Cow<'static, [u8]>, UnpackError> {
    let mut unpacked = Vec::new();
    source.take(max as u64 + 1).read_to_end(&mut unpacked).map_err(UnpackError::Damaged)?;
    if unpacked.len() > max { Err(UnpackError::TooLarge) } else { Ok(Cow::Owned(unpacked)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<(Packing, Vec<u8>)> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(text).unwrap();
        let mut frames = snap::write::FrameEncoder::new(Vec::new());
        frames.write_all(text).unwrap();
        vec![
            (Packing::None, text.to_vec()),
            (Packing::Gzip, gzip.finish().unwrap()),
            (Packing::Deflate, zlib.finish().unwrap()),
            (Packing::Deflate, deflate.finish().unwrap()),
            (Packing::Zstd, zstd::encode_all(text, 1).unwrap()),
            (Packing::Snappy, snap::raw::Encoder::new().compress_vec(text).unwrap()),
            (Packing::Snappy, frames.into_inner().unwrap()),
        ]
    }

    #[test]
    fn every_packing_comes_apart_up_to_the_limit() {
        let text = b"the same line again and again\n".repeat(100);
        for (packing, body) in packed(&text) {
            assert_eq!(&*unpack(packing, &body, text.len()).unwrap(), text, "{packing:?}");
            assert!(matches!(unpack(packing, &body, text.len() - 1), Err(UnpackError::TooLarge)), "{packing:?}");
        }
    }

    #[test]
    fn damage_is_told() {
        for packing in [Packing::Gzip, Packing::Deflate, Packing::Zstd, Packing::Snappy] {
            assert!(matches!(unpack(packing, b"\x05\xff\xffno", 100), Err(UnpackError::Damaged(_))), "{packing:?}");
        }
    }

    #[test]
    fn packings_are_known_by_their_first_bytes() {
        for (packing, body) in
            packed(b"{\"version\":\"1.1\"}").into_iter().filter(|(packing, _)| *packing != Packing::Snappy).take(3)
        {
            assert_eq!(guess(&body), packing);
        }
    }
}
