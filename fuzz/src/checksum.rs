//! Checksums that fit, so that what is behind them is reached.
//!
//! Formats with a checksum refuse nearly everything that a fuzzer makes. A target therefore shows its
//! parser the bytes twice: as they come, and with the checksum they should have.

/// CRC-32 as zlib and the compact file of vulnerability data have it.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Bytes closed with FNV-1a, as the stored state of correlations is.
#[must_use]
pub fn closed(bytes: &[u8]) -> Vec<u8> {
    let sum = bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum: u64, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
    [bytes, &sum.to_le_bytes()].concat()
}
