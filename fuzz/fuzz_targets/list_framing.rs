//! Documents that are lists of records, cut while they come.
#![cfg_attr(not(test), no_main)]

use vigie_collect::frame::{JSON_LINE_MAX, ListFramer, Within, is_list};
use vigie_collect::mapping::Mappings;
use vigie_fuzz::choice;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (step, document) = choice(bytes);
    let within = match step % 4 {
        0 => Within::Nothing,
        1 => Within::List,
        2 => Within::ObjectList,
        _ => Within::Tail,
    };
    let _either = is_list(document, &Mappings::shipped());
    assert_eq!(pieces(document, within, step.into()), pieces(document, within, document.len()), "chunks make no difference");
});

fn pieces(document: &[u8], within: Within, step: usize) -> Vec<Vec<u8>> {
    let mut framer = ListFramer::new(Mappings::shipped(), within);
    let mut pieces = Vec::new();
    for chunk in document.chunks(step.max(1)) {
        framer.push(chunk);
        while let Some(piece) = framer.next_piece() {
            assert!(!piece.bytes.is_empty() && piece.bytes.len() <= JSON_LINE_MAX);
            pieces.push(piece.bytes.to_vec());
        }
    }
    while let Some(piece) = framer.finish() {
        pieces.push(piece.bytes.to_vec());
    }
    assert!(framer.consumed().0 <= document.len() as u64);
    pieces
}
