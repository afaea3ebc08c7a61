//! Facts as bytes: JSON, compressed with zstd (RFC 8878).
//!
//! Both sides are bounded, since facts of an image are as large as whoever made the image wants them to be.

use crate::error::LedgerError;
use std::io::Read;
use vigie_model::facts::Facts;

/// The largest facts of one asset, as JSON: an image of 200,000 packages has half of it.
pub(crate) const FACTS_BYTES_MAX: usize = 64 << 20;
/// A level at which compressing costs less than writing the JSON.
const LEVEL: i32 = 3;

pub(super) fn pack(facts: &Facts) -> Result<Vec<u8>, LedgerError> {
    let json = serde_json::to_vec(facts).map_err(|source| LedgerError::stored("inventory", source))?;
    if json.len() > FACTS_BYTES_MAX {
        return Err(LedgerError::TooLarge { bytes: json.len(), max: FACTS_BYTES_MAX });
    }
    zstd::bulk::compress(&json, LEVEL).map_err(|source| LedgerError::stored("inventory", source))
}

pub(super) fn unpack(bytes: &[u8]) -> Result<Facts, LedgerError> {
    let damaged = |source: std::io::Error| LedgerError::stored("inventory", source);
    let mut json = Vec::new();
    let decoder = zstd::stream::read::Decoder::new(bytes).map_err(damaged)?;
    decoder.take(FACTS_BYTES_MAX as u64 + 1).read_to_end(&mut json).map_err(damaged)?;
    if json.len() > FACTS_BYTES_MAX {
        return Err(LedgerError::TooLarge { bytes: json.len(), max: FACTS_BYTES_MAX });
    }
    serde_json::from_slice(&json).map_err(|source| LedgerError::stored("inventory", source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::image::ImageFacts;

    #[test]
    fn facts_come_back_and_bombs_do_not() {
        let facts = Facts::Image(ImageFacts { reference: "app:1".repeat(1000), ..ImageFacts::default() });
        let bytes = pack(&facts).unwrap();
        assert!(bytes.len() < 1000, "{}", bytes.len());
        assert_eq!(unpack(&bytes).unwrap(), facts);
        let bomb = zstd::bulk::compress(&vec![b' '; FACTS_BYTES_MAX + 1], LEVEL).unwrap();
        assert!(matches!(unpack(&bomb), Err(LedgerError::TooLarge { .. })));
        assert!(unpack(b"{}").is_err());
        let large = Facts::Image(ImageFacts { reference: "a".repeat(FACTS_BYTES_MAX), ..ImageFacts::default() });
        assert!(matches!(pack(&large), Err(LedgerError::TooLarge { .. })));
    }
}
