//! Bodies in every packing: nothing more is unpacked than the limit allows.
#![cfg_attr(not(test), no_main)]

use vigie_collect::intake::body::{Packing, guess, unpack};

const MAX: usize = 64 * 1024;

vigie_fuzz::target!(|bytes: &[u8]| {
    for packing in [Packing::None, Packing::Gzip, Packing::Deflate, Packing::Zstd, Packing::Snappy, guess(bytes)] {
        if let Ok(unpacked) = unpack(packing, bytes, MAX) {
            assert!(unpacked.len() <= MAX);
        }
    }
});
