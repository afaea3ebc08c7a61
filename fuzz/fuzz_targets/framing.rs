//! Where records of files end: no byte is lost, and chunks make no difference.
#![cfg_attr(not(test), no_main)]

use vigie_collect::frame::{Framer, Framing};
use vigie_fuzz::choice;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (step, stream) = choice(bytes);
    for framing in [Framing::Lines, Framing::Paragraphs, Framing::Quoted, Framing::Traces, Framing::Container, Framing::Audit] {
        let whole = pieces(framing, stream, stream.len());
        assert_eq!(pieces(framing, stream, step.into()), whole, "chunks make no difference");
    }
});

fn pieces(framing: Framing, stream: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut framer = Framer::new(framing, false);
    let mut pieces = Vec::new();
    for chunk in stream.chunks(step.max(1)) {
        framer.push(chunk);
        while let Some(piece) = framer.next_piece() {
            assert!(!piece.bytes.is_empty() && piece.bytes.len() <= framing.limit());
            pieces.push(piece.bytes.to_vec());
        }
    }
    assert_eq!(framer.consumed() + framer.waiting() as u64, stream.len() as u64);
    pieces.extend(framer.finish().map(|piece| piece.bytes.to_vec()));
    let is_no_end = |byte: &&u8| !matches!(byte, b'\n' | b'\r' | 0);
    assert!(pieces.concat().iter().filter(is_no_end).eq(stream.iter().filter(is_no_end)), "no byte is lost");
    pieces
}
