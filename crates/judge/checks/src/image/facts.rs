//! From facts of an image to a verdict, without losing what could not be read.

use vigie_model::image::{FileMode, ImageFacts};
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// Evidence without an expectation.
pub(super) fn proof(locator: impl Into<String>, place: impl Into<String>, found: impl Into<String>) -> Evidence {
    Evidence { locator: locator.into(), place: place.into(), found: found.into(), expected: String::new() }
}

/// Judges what lies in the layers: a clean result over layers that were not read whole is unknown.
pub(super) fn of_files(facts: &ImageFacts, judge: impl FnOnce(&ImageFacts) -> Vec<Evidence>) -> Verdict {
    let evidence = judge(facts);
    let whole = !facts.layers.is_empty() && facts.layers.iter().all(|layer| layer.complete);
    match (evidence.is_empty(), facts.gaps.first()) {
        (true, Some(gap)) => Verdict::unknown(gap.said()),
        (true, None) if !whole => Verdict::unknown(text!(
            en "not all layers were read",
            fr "toutes les couches n’ont pas été lues",
            de "nicht alle Schichten wurden gelesen"
        )),
        _ => Verdict::from_evidence(evidence),
    }
}

/// The file name of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Programs with one of these names.
pub(super) fn programs<'a>(facts: &'a ImageFacts, names: &[&str]) -> Vec<&'a FileMode> {
    facts.programs.iter().filter(|program| names.contains(&name_of(&program.path))).collect()
}

/// The layer of a file, as people count.
pub(super) fn place(path: &str, layer: Option<u32>) -> String {
    layer.map_or_else(|| format!("/{path}"), |layer| format!("/{path} (layer {layer})"))
}

/// Bytes for people.
pub(super) fn bytes(bytes: u64) -> String {
    const KIB: u64 = 1024;
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..1_048_576 => format!("{} KiB", bytes / KIB),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes / 1_048_576),
        _ => format!("{}.{} GiB", bytes / 1_073_741_824, bytes % 1_073_741_824 * 10 / 1_073_741_824),
    }
}

/// Up to ten paths, and how many more there are.
pub(super) fn listed<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 10;
    let all: Vec<String> = paths.map(|path| format!("/{path}")).collect();
    let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" ");
    if all.len() > SHOWN { format!("{shown} + {}", all.len() - SHOWN) } else { shown }
}
