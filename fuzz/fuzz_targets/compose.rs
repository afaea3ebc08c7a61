//! Services of a Compose file, judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::configuration::read;

fuzz_target!(|bytes: &[u8]| {
    let pieces = read("compose.yaml", bytes).unwrap_or_default();
    for piece in &pieces {
        assert!(piece.lines.values().all(|line| *line >= 1));
        drop(vigie_checks::judge_piece(piece, &pieces));
    }
});
