//! Scans a folder for secrets and prints what it found: one line each, and a summary.
//!
//! `cargo run --release -p vigie-inventory --example secrets -- DIR`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use vigie_inventory::secrets::{FingerprintKey, Scanner};

/// Files of this folder and all below it, links left alone.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path(), found),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    // A fixed key: fingerprints of two runs can be compared, and whoever has this file can test a guess.
    let scanner = Scanner::with_all_rules(FingerprintKey::new(&[0; 32]));
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut out = std::io::stdout().lock();
    let (mut bytes, mut secrets) = (0, 0);
    for path in &paths {
        let name = path.strip_prefix(&root).unwrap_or(path).display().to_string();
        if !scanner.wants(&name) {
            continue;
        }
        let Ok(text) = std::fs::read(path) else { continue };
        bytes += text.len();
        for secret in scanner.scan_bytes(&name, &text) {
            secrets += 1;
            let title = vigie_catalogue::by_id(&secret.rule).map_or("", |entry| entry.path);
            writeln!(out, "{:?}\t{}\t{title}\t{}\t{}", secret.confidence, secret.rule, secret.place(), secret.masked)?;
        }
    }
    writeln!(out, "{} files, {bytes} bytes, {secrets} secrets", paths.len())
}
