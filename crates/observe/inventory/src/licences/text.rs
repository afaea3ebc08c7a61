//! Recognises licences in a text.

use super::index::Index;
use super::words::shingles;
use super::{Recognised, TEXT_BYTES_MAX};
use std::sync::LazyLock;

/// How much of a licence's text must stand there, in hundredths.
const PART_MIN: u32 = 80;
/// The most licences of one text.
const LICENCES_MAX: usize = 24;
/// Licences that most texts are under: of two wordings that fit nearly alike, it is one of these.
const USUAL: [&str; 16] = [
    "0BSD",
    "AGPL-3.0-only",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "EPL-2.0",
    "GPL-2.0-only",
    "GPL-3.0-only",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-3.0-only",
    "MIT",
    "MPL-2.0",
    "Unlicense",
    "Zlib",
];
/// How much more likely they are.
const USUAL_FACTOR: f64 = 3.0;
/// How sure a sentence that names a licence makes us, in hundredths.
const NAMED: u8 = 75;
/// How sure a tag makes us.
const TAGGED: u8 = 100;
/// How far behind its tag an expression may reach.
const EXPRESSION_MAX: usize = 200;

static INDEX: LazyLock<Option<Index>> = LazyLock::new(|| Index::read(include_bytes!("index.bin")));

/// Sentences by which texts are put under a licence without its words, in small letters and single spaces.
const SENTENCES: [(&str, &str); 12] = [
    ("licensed under the apache license version 2 0", "Apache-2.0"),
    ("apache license version 2 0", "Apache-2.0"),
    ("terms of the mozilla public license v 2 0", "MPL-2.0"),
    ("under the terms of the mit license", "MIT"),
    ("licensed under the mit license", "MIT"),
    ("released under the mit license", "MIT"),
    ("the mit license", "MIT"),
    ("released into the public domain", "LicenseRef-public-domain"),
    ("boost software license version 1 0", "BSL-1.0"),
    ("do what the fuck you want to public license", "WTFPL"),
    ("eclipse public license v 2 0", "EPL-2.0"),
    ("licensed under the isc license", "ISC"),
];

/// The SPDX id of a name that is one but for its case.
pub(super) fn spelt(name: &str) -> Option<&'static str> {
    let licences = &INDEX.as_ref()?.licences;
    licences.iter().map(|known| known.id.as_str()).find(|id| id.eq_ignore_ascii_case(name))
}

/// The licences of a text: those whose words stand in it, or else those that it names.
#[must_use]
pub fn recognise(text: &str) -> Vec<Recognised> {
    let text = text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default();
    let mut found = by_tag(text);
    if let Some(index) = INDEX.as_ref() {
        for recognised in by_words(index, text) {
            if !found.iter().any(|known| known.id == recognised.id) {
                found.push(recognised);
            }
        }
    }
    if found.is_empty() { by_sentence(text) } else { found }
}

/// `SPDX-License-Identifier: MIT`.
fn by_tag(text: &str) -> Vec<Recognised> {
    let mut found: Vec<Recognised> = Vec::new();
    for line in text.lines() {
        let Some((_, behind)) = line.split_once("SPDX-License-Identifier:") else { continue };
        let expression = behind.trim().trim_end_matches(['*', '/', '-', '>', ' ']);
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '.' | '-' | '+' | '(' | ')' | ':');
        let is_one = !expression.is_empty() && expression.len() <= EXPRESSION_MAX && expression.chars().all(fits);
        if is_one && found.len() < LICENCES_MAX && !found.iter().any(|known| known.id == expression) {
            found.push(Recognised { id: expression.to_owned(), confidence: TAGGED });
        }
    }
    found
}

fn by_words(index: &Index, text: &str) -> Vec<Recognised> {
    let counts = index.count(&shingles(text));
    let mut candidates: Vec<(f64, u16, u32)> = Vec::new();
    for ((number, known), count) in (0_u16..).zip(&index.licences).zip(&counts) {
        let part = count * 100 / known.sampled.max(1);
        if part >= PART_MIN {
            // A text that is there as a whole goes before a longer one of which a sentence is missing.
            let share = f64::from(*count) / f64::from(known.sampled.max(1));
            let size = f64::from(known.sampled) * f64::from(1_u32 << known.level);
            let usual = if USUAL.contains(&known.id.as_str()) { USUAL_FACTOR } else { 1.0 };
            candidates.push((usual * size * share.powi(8), number, part));
        }
    }
    candidates.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut taken: Vec<u16> = Vec::new();
    let mut found = Vec::new();
    for (_, number, part) in candidates {
        let Some(known) = index.licences.get(usize::from(number)) else { continue };
        let known_of = |taken: &u16| index.licences.get(usize::from(*taken));
        // A part of what is there already, or another wording of the same.
        let is_part = taken.iter().filter_map(known_of).any(|whole| whole.covers.contains(&number));
        let is_more = taken.iter().any(|taken| known.covers.contains(taken));
        if !is_part && !is_more && found.len() < LICENCES_MAX {
            taken.push(number);
            found.push(Recognised { id: known.id.clone(), confidence: u8::try_from(part).unwrap_or(100) });
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found
}

fn by_sentence(text: &str) -> Vec<Recognised> {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| if word.eq_ignore_ascii_case("licence") { "license".to_owned() } else { word.to_lowercase() })
        .collect();
    let text = format!(" {} ", words.join(" "));
    let mut found: Vec<Recognised> = Vec::new();
    for (sentence, id) in SENTENCES {
        if text.contains(&format!(" {sentence} ")) && !found.iter().any(|known| known.id == id) {
            found.push(Recognised { id: id.to_owned(), confidence: NAMED });
        }
    }
    found
}
