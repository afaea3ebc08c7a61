//! Speed of the secret scan over a source tree, in bytes per second.
//!
//! The tree is that of `VIGIE_BENCH_TREE`, else the registry sources of this machine's Cargo. It is
//! read into memory first: what is measured is the scan.

use aho_corasick::AhoCorasick;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use vigie_inventory::secrets::{FingerprintKey, Scanner};

/// How much of the tree is scanned.
const BYTES_MAX: usize = 256 * 1024 * 1024;

fn tree() -> PathBuf {
    let home = std::env::var("HOME").unwrap_or_default();
    std::env::var("VIGIE_BENCH_TREE").map_or_else(|_| Path::new(&home).join(".cargo/registry/src"), PathBuf::from)
}

fn files(folder: &Path, kept: &mut Vec<(String, Vec<u8>)>, bytes: &mut usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, kept, bytes),
            Ok(kind) if kind.is_file() && *bytes < BYTES_MAX => {
                let text = std::fs::read(&path).unwrap_or_default();
                *bytes += text.len();
                kept.push((path.display().to_string(), text));
            }
            _ => {}
        }
    }
}

fn secrets(criterion: &mut Criterion) {
    let (mut kept, mut bytes) = (Vec::new(), 0);
    files(&tree(), &mut kept, &mut bytes);
    let scanner = Scanner::with_all_rules(FingerprintKey::new(&[1; 32]));
    kept.retain(|(path, _)| scanner.wants(path));
    let bytes: u64 = kept.iter().map(|(_, text)| text.len() as u64).sum();
    let mut group = criterion.benchmark_group("secrets");
    group.throughput(Throughput::Bytes(bytes)).sample_size(10);
    group.bench_function("scan a source tree", |bench| {
        bench.iter(|| kept.iter().map(|(path, text)| scanner.scan_bytes(path, black_box(text)).len()).sum::<usize>());
    });
    let words: Vec<String> =
        vigie_catalogue::all().iter().filter_map(|entry| entry.secret.as_ref()).flat_map(|rule| rule.keywords.clone()).collect();
    let kind = Some(aho_corasick::AhoCorasickKind::DFA);
    let automaton = AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(&words).expect("keywords build");
    group.bench_function("an Aho-Corasick automaton over the keywords alone", |bench| {
        bench.iter(|| kept.iter().map(|(_, text)| automaton.find_overlapping_iter(black_box(text)).count()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, secrets);
criterion_main!(benches);
