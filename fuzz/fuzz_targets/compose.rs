//! Services of a Compose file, judged.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::configuration::read;

vigie_fuzz::target!(|bytes: &[u8]| {
    let pieces = read("compose.yaml", bytes).unwrap_or_default();
    for piece in &pieces {
        assert!(piece.lines.values().all(|line| *line >= 1));
        drop(vigie_checks::judge_piece(piece, &pieces));
    }
});
