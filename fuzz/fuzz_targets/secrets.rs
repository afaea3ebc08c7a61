//! Secrets in a file of any bytes: the same whether it comes whole or in pieces, however long what stands around it.
#![cfg_attr(not(test), no_main)]

use std::sync::LazyLock;
use vigie_inventory::secrets::{FingerprintKey, Scanner};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::with_all_rules(FingerprintKey::new(&[1; 32])));

const PATHS: [&str; 4] = ["app/.env", "k8s/secret.yaml", "src/main.c", "lib/a.so"];

vigie_fuzz::target!(|bytes: &[u8]| {
    let Some((&[which, lines, more, size], text)) = bytes.split_first_chunk() else { return };
    let path = PATHS[usize::from(which) % PATHS.len()];
    // Pieces are looked at 128 KiB at a time: half of all inputs reach beyond.
    let filler = "filler and more of it\n".repeat(usize::from(lines) * 64 + usize::from(more));
    let text = [text, filler.as_bytes(), text].concat();
    let whole = SCANNER.scan_bytes(path, &text);
    let Some(mut scan) = SCANNER.begin(path, text.len() as u64) else { return };
    text.chunks(usize::from(size) * 97 + 1).for_each(|piece| scan.feed(piece));
    assert_eq!(scan.finish(), whole);
    for secret in &whole {
        assert!(secret.line > 0 && secret.column > 0 && !secret.masked.chars().any(char::is_control));
    }
});
