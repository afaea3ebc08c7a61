//! Event logs of Windows: a header and a chunk are put before the bytes, whose records may be anything.
#![cfg_attr(not(test), no_main)]

use vigie_collect::frame::{Framer, Framing};

const HEADER: usize = 4096;
const CHUNK: usize = 64 * 1024;

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut file = b"ElfFile\0".to_vec();
    file.resize(HEADER, 0);
    file.extend_from_slice(b"ElfChnk\0");
    file.resize(HEADER + 512, 0);
    file.extend_from_slice(bytes.get(..CHUNK - 512).unwrap_or(bytes));
    file.resize(HEADER + CHUNK, 0);
    let whole = records(&file, file.len());
    assert_eq!(records(&file, 1000), whole, "chunks make no difference");
});

fn records(file: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut framer = Framer::new(Framing::EventLog, false);
    let mut records = Vec::new();
    for part in file.chunks(step) {
        framer.push(part);
        while let Some(piece) = framer.next_piece() {
            assert!(piece.bytes.starts_with(b"{") && !piece.cut && !piece.continues);
            records.push(piece.bytes.to_vec());
        }
    }
    assert_eq!(framer.consumed() + framer.waiting() as u64, file.len() as u64);
    records
}
