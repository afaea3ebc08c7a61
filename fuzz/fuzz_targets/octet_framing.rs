//! Syslog on a stream (RFC 6587): counted records and lines.
#![cfg_attr(not(test), no_main)]

use vigie_collect::frame::{LINE_MAX, OctetFramer, TooLong};
use vigie_fuzz::choice;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (step, stream) = choice(bytes);
    assert_eq!(pieces(stream, step.into()), pieces(stream, stream.len()), "chunks make no difference");
});

fn pieces(stream: &[u8], step: usize) -> Result<Vec<Vec<u8>>, TooLong> {
    let mut framer = OctetFramer::default();
    let mut pieces = Vec::new();
    for chunk in stream.chunks(step.max(1)) {
        framer.push(chunk);
        while let Some(piece) = framer.next_piece()? {
            assert!(!piece.bytes.is_empty() && piece.bytes.len() <= LINE_MAX);
            pieces.push(piece.bytes.to_vec());
        }
    }
    pieces.extend(framer.finish().map(|piece| piece.bytes.to_vec()));
    Ok(pieces)
}
