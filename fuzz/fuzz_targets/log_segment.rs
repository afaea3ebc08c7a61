//! A segment of the lake's log, as it comes and damaged, read as after a stop.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::segment::damaged;
use vigie_lake::fuzz::segment;

vigie_fuzz::target!(|bytes: &[u8]| {
    drop(segment(bytes, None));
    let file = damaged(bytes);
    for end in [None, Some(0), Some(file.len() as u64 - 1), Some(file.len() as u64), Some(u64::MAX)] {
        assert!(segment(&file, end).len() <= 2);
    }
});
