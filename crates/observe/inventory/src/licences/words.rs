//! A text as a set of hashes: of every few words that follow each other.
//!
//! Case, punctuation, line breaks, comment marks, British and American spelling and who holds the copyright make no
//! difference.

/// How many words make one hash.
const WORDS: usize = 4;

/// The distinct hashes of a text, sorted.
#[must_use]
pub(super) fn shingles(text: &str) -> Vec<u32> {
    let mut last = [0_u64; WORDS];
    let mut seen = 0_usize;
    let mut hashes = Vec::with_capacity(text.len() / 6);
    for line in text.lines().filter(|line| !names_a_holder(line)) {
        for word in line.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            last.rotate_left(1);
            last[WORDS - 1] = hash(word);
            seen += 1;
            if seen >= WORDS {
                hashes.push(mixed(&last));
            }
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Whether a line says who holds the copyright, which is another in every copy.
fn names_a_holder(line: &str) -> bool {
    let line = line.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '©' && letter != '(');
    let begins = |with: &str| line.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let rest = if begins("copyright") { line.get(9..).unwrap_or_default().trim_start() } else { line };
    let sign = ["(c)", "©"].iter().any(|sign| rest.get(..sign.len()).is_some_and(|start| start.eq_ignore_ascii_case(sign)));
    let year =
        begins("copyright") && rest.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '<' | '[' | '{'));
    sign || year || begins("all rights reserved")
}

/// FNV-1a over the small letters.
fn hash(word: &str) -> u64 {
    let word = match word {
        "licence" | "Licence" | "LICENCE" => "license",
        "https" => "http",
        word => word,
    };
    let step = |hash: u64, letter: char| (hash ^ u64::from(u32::from(letter))).wrapping_mul(0x0100_0000_01b3);
    word.chars().flat_map(char::to_lowercase).fold(0xcbf2_9ce4_8422_2325, step)
}

/// One hash of several, with bits as good at its end as at its beginning.
fn mixed(words: &[u64; WORDS]) -> u32 {
    let mut hash = words.iter().fold(0_u64, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    u32::try_from(hash >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_makes_no_difference() {
        let one = "Permission to use,\n * copy and modify this Licence at https://a.b";
        let other = "permission TO use copy;\nand modify this \"license\" at http://a.b";
        assert_eq!(shingles(one), shingles(other));
        assert_eq!(shingles(one).len(), 9);
    }

    #[test]
    fn holders_make_no_difference() {
        let text = "one two three four five";
        for line in [
            "Copyright (c) 2020 Ada",
            "# Copyright 2020 Ada",
            "© Ada",
            "(C) 1999 Ada",
            "All rights reserved.",
            "Copyright <year> <holder>",
        ] {
            assert_eq!(shingles(&format!("{line}\n{text}")), shingles(text), "{line}");
        }
        assert_ne!(shingles(&format!("copyright notice\n{text}")), shingles(text));
    }
}
