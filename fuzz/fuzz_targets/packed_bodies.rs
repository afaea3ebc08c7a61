//! Bodies, files and objects in every packing: nothing more is unpacked than the limit allows.
#![cfg_attr(not(test), no_main)]

use std::io::Read;
use vigie_collect::intake::body::{Packing, guess, unpack};
use vigie_collect::packed::Packed;

const MAX: usize = 64 * 1024;

vigie_fuzz::target!(|bytes: &[u8]| {
    for packing in [Packing::None, Packing::Gzip, Packing::Deflate, Packing::Zstd, Packing::Snappy, guess(bytes)] {
        if let Ok(unpacked) = unpack(packing, bytes, MAX) {
            assert!(unpacked.len() <= MAX);
        }
    }
    for (packed, _) in Packed::ALL {
        if let Ok(reader) = packed.unpack(bytes) {
            // Damage is an error of reading; what came before it is given all the same.
            drop(reader.take(MAX as u64).read_to_end(&mut Vec::new()));
        }
    }
});
