//! Manifests of Kubernetes, and what is judged of their objects.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::text;
use vigie_inventory::configuration::kubernetes::read_stream;
use vigie_model::verdict::Verdict;

vigie_fuzz::target!(|bytes: &[u8]| {
    let text = text(bytes);
    let lines = text.split('\n').count();
    let (pieces, _) = read_stream("a.yaml", text);
    for piece in &pieces {
        assert!(piece.line >= 1 && piece.line as usize <= lines, "line {} of {lines}", piece.line);
        for judged in vigie_checks::judge_piece(piece, &pieces) {
            if let Verdict::Fail { evidence } = judged.verdict {
                assert!(!evidence.is_empty(), "{} fails without proof", judged.entry.id);
            }
        }
    }
});
