//! A package list of apt as it is kept: packed with gzip or LZ4.
#![cfg_attr(not(test), no_main)]

use flate2::read::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;
use std::io::Read;
use vigie_inventory::packages::apt::{Offers, Release};

vigie_fuzz::target!(|bytes: &[u8]| {
    read(MultiGzDecoder::new(bytes));
    read(FrameDecoder::new(bytes));
});

fn read(list: impl Read) {
    let mut offers = Offers::new(&[]);
    drop(offers.read(list, &Release { security: false, priority: 500 }));
    assert!(offers.pending().is_empty(), "nothing is installed");
}
