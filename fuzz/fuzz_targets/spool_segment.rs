//! A segment of an agent's spool, as it comes and behind a head that is sound.
#![cfg_attr(not(test), no_main)]

use vigie_spool::SpoolId;
use vigie_spool::format::{RECORD_HEADER, SEGMENT_HEADER, read_head, read_records, write_head, write_record};

vigie_fuzz::target!(|bytes: &[u8]| {
    if let Ok(head) = read_head(bytes) {
        let (entries, end) = read_records(&head, bytes);
        assert!(end <= bytes.len() && entries.len() <= bytes.len() / RECORD_HEADER);
    }
    let mut file = Vec::new();
    let head = write_head(SpoolId([7; 16]), 1, &mut file);
    assert_eq!(read_head(&file), Ok(head));
    write_record(head.epoch, 1, bytes, &mut file);
    let first = file.len();
    file.extend_from_slice(bytes);
    let (entries, end) = read_records(&head, &file);
    assert!(!entries.is_empty() && end >= first && end >= SEGMENT_HEADER);
});
