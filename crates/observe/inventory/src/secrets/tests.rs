use super::*;
use proptest::prelude::*;
use vigie_catalogue::Family;
use vigie_model::secret::{Confidence, Origin};

fn scanner() -> Scanner {
    Scanner::with_all_rules(FingerprintKey::new(&[1; 32]))
}

#[test]
fn every_rule_finds_its_examples_and_leaves_the_near_misses() {
    let scanner = scanner();
    let mut wrong = Vec::new();
    for entry in vigie_catalogue::of(Family::Secrets) {
        let (hold, miss) = entry.samples();
        for sample in hold {
            let found = scanner.scan_bytes(&sample.path, sample.text.as_bytes());
            if found.len() != 1 || found[0].rule != entry.id {
                let rules: Vec<&str> = found.iter().map(|secret| secret.rule.as_str()).collect();
                wrong.push(format!("{} {}: found {rules:?} in {} `{}`", entry.id, entry.path, sample.path, sample.text));
            }
        }
        for sample in miss {
            let found = scanner.scan_bytes(&sample.path, sample.text.as_bytes());
            if found.iter().any(|secret| secret.rule == entry.id) {
                wrong.push(format!("{} {}: must not be found in {} `{}`", entry.id, entry.path, sample.path, sample.text));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn our_own_pages_hold_no_secret() {
    let scanner = scanner();
    for entry in vigie_catalogue::of(Family::Secrets) {
        for text in [entry.rule.unwrap_or_default(), entry.fires, entry.silent, &entry.looks_for.en, &entry.fix.en] {
            let found = scanner.scan_bytes("settings.txt", text.as_bytes());
            let surely: Vec<_> = found.iter().filter(|secret| secret.confidence == Confidence::High).collect();
            assert!(surely.is_empty(), "{}: {surely:?}", entry.path);
        }
    }
}

/// All examples that must be found, as one text.
fn all_examples() -> String {
    let samples = vigie_catalogue::of(Family::Secrets).flat_map(|entry| entry.samples().0);
    samples.filter(|sample| !sample.path.contains(".json")).map(|sample| sample.text + "\n").collect()
}

#[test]
fn nothing_depends_on_how_a_file_is_cut() {
    let scanner = scanner();
    let text = format!("{}{}{}", all_examples(), "filler words and more\n".repeat(7_000), all_examples());
    let whole = scanner.scan_bytes("a.txt", text.as_bytes());
    assert!(!whole.is_empty());
    for size in [7, 4096, 100_000, 1 << 20] {
        let mut scan = scanner.begin("a.txt", text.len() as u64).unwrap();
        text.as_bytes().chunks(size).for_each(|piece| scan.feed(piece));
        assert_eq!(scan.finish(), whole, "in pieces of {size}");
    }
}

#[test]
fn a_manifest_hides_nothing() {
    use base64::Engine as _;
    let value = base64::engine::general_purpose::STANDARD.encode("tr4verse-Viol3t");
    let text = format!("apiVersion: v1\nkind: Secret\ndata:\n  user: YWRtaW4=\n  db-password: {value}\n");
    let found = scanner().scan_bytes("k8s/db.yaml", text.as_bytes());
    let places: Vec<_> = found.iter().map(|secret| (secret.line, secret.column, secret.masked.as_str())).collect();
    assert_eq!(places, [(5, 16, "****")]);
}

#[test]
fn an_image_s_configuration_is_looked_at() {
    let found = environment(&scanner(), &["PATH=/usr/bin", "DB_PASSWORD=tr4verse-Viol3t"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].path.as_str(), &found[0].origin), ("DB_PASSWORD", &Origin::Environment));
    let found = history(&scanner(), &["CMD sh", "ARG X; RUN curl -u deploy:tr4verse-Viol3t https://files.internal/a"]);
    assert_eq!(found.iter().map(|secret| &secret.origin).collect::<Vec<_>>(), [&Origin::ImageHistory(1)]);
}

#[test]
fn a_secret_in_test_data_is_worth_a_look_only() {
    let sample = vigie_catalogue::by_id("SEC-0001").unwrap().samples().0.remove(0);
    let confidence = |path: &str| scanner().scan_bytes(path, sample.text.as_bytes())[0].confidence;
    assert!(confidence("src/a.rs") > confidence("tests/a.rs"));
}

#[test]
fn one_occurrence_for_a_secret_in_a_file() {
    let sample = vigie_catalogue::by_id("SEC-0001").unwrap().samples().0.remove(0);
    let text = format!("{0}\nagain\n{0}\n", sample.text);
    let asset = vigie_model::asset::Asset::id_of(vigie_model::asset::AssetKind::Repository, "r");
    let occurrences = occurrences(asset, &scanner().scan_bytes("a.txt", text.as_bytes()));
    assert_eq!(occurrences.len(), 1);
    assert_eq!(occurrences[0].evidence.len(), 2);
    let said = format!("{occurrences:?}");
    let token = sample.text.split(['=', ' ', '"']).max_by_key(|part| part.len()).unwrap();
    assert!(token.len() >= 40 && !said.contains(token), "{said}");
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), path in "[a-z./]{0,20}") {
        drop(scanner_of_tests().scan_bytes(&path, &bytes));
    }
}

/// One scanner for all cases: patterns are compiled once.
fn scanner_of_tests() -> &'static Scanner {
    static SCANNER: std::sync::LazyLock<Scanner> = std::sync::LazyLock::new(scanner);
    &SCANNER
}
