//! Versions of Conda packages, as `conda.models.version.VersionOrder` orders them.
//!
//! `[epoch!]version[+local]`: components split at `.`, `_` and `-`, each a row of numbers and words that
//! begins with a number (0 where none stands). Missing parts are 0. `dev` sorts before other words, words
//! before numbers, `post` after numbers; words have no case. Never allocates.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    digits::compare(a.epoch, b.epoch)
        .then_with(|| compare_components(a.version, b.version))
        .then_with(|| compare_components(a.local, b.local))
}

struct Parts<'a> {
    epoch: &'a [u8],
    version: &'a [u8],
    local: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.as_bytes().trim_ascii();
        let (epoch, rest) = match text.iter().position(|byte| *byte == b'!') {
            Some(place) if digits::are_all(&text[..place]) => (&text[..place], &text[place + 1..]),
            _ => (&[][..], text),
        };
        let (version, local) = match rest.iter().position(|byte| *byte == b'+') {
            Some(place) => (&rest[..place], &rest[place + 1..]),
            None => (rest, &[][..]),
        };
        Self { epoch, version, local }
    }
}

fn compare_components(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let mut order = Ordering::Equal;
    while order.is_eq() && !(a.is_empty() && b.is_empty()) {
        let (component_a, rest_a) = component(a);
        let (component_b, rest_b) = component(b);
        order = compare_atoms(component_a, component_b);
        (a, b) = (rest_a, rest_b);
    }
    order
}

/// Splits off the first component. A `_` at the very end belongs to it: OpenSSL's `1.0.1_` comes before
/// `1.0.1a`.
fn component(text: &[u8]) -> (&[u8], &[u8]) {
    let ends = |(place, byte): (usize, &u8)| match byte {
        b'.' | b'-' => true,
        b'_' => place + 1 < text.len(),
        _ => false,
    };
    match text.iter().enumerate().position(ends) {
        Some(place) => (&text[..place], &text[place + 1..]),
        None => (text, &[]),
    }
}

fn compare_atoms(a: &[u8], b: &[u8]) -> Ordering {
    let (number_a, mut a) = digits::split(a);
    let (number_b, mut b) = digits::split(b);
    let mut order = digits::compare(number_a, number_b);
    // A component that begins with a word has a 0 before it, which an empty number is.
    while order.is_eq() && !(a.is_empty() && b.is_empty()) {
        let (atom_a, rest_a) = atom(a);
        let (atom_b, rest_b) = atom(b);
        order = atom_a.compare(&atom_b);
        (a, b) = (rest_a, rest_b);
    }
    order
}

enum Atom<'a> {
    Development,
    Word(&'a [u8]),
    Number(&'a [u8]),
    Post,
}

impl Atom<'_> {
    const fn rank(&self) -> u8 {
        match self {
            Self::Development => 0,
            Self::Word(_) => 1,
            Self::Number(_) => 2,
            Self::Post => 3,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
            (Self::Number(a), Self::Number(b)) => digits::compare(a, b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

/// The next atom; past the end a 0.
fn atom(text: &[u8]) -> (Atom<'_>, &[u8]) {
    let (number, rest) = digits::split(text);
    if !number.is_empty() || text.is_empty() {
        return (Atom::Number(number), rest);
    }
    let (word, rest) = text.split_at(text.iter().take_while(|byte| !byte.is_ascii_digit()).count());
    let atom = match () {
        () if word.eq_ignore_ascii_case(b"dev") => Atom::Development,
        () if word.eq_ignore_ascii_case(b"post") => Atom::Post,
        () => Atom::Word(word),
    };
    (atom, rest)
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_conda_does() {
        check(
            super::compare,
            "
            0.4 = 0.4.0
            0.4 < 0.4.1.rc
            0.4.1.rc = 0.4.1.RC
            0.4.1.rc < 0.4.1
            0.5a1 < 0.5b3
            0.5b3 < 0.5C1
            0.5C1 < 0.5
            0.9.6 < 0.960923
            1.0.4a3 < 1.0.4b1
            1.0.4b1 < 1.0.4
            1.1dev1 < 1.1_
            1.1_ < 1.1a1
            1.1.0dev1 = 1.1.dev1
            1.1.a1 < 1.1.0rc1
            1.1.0 = 1.1
            1.1.0 < 1.1.0post1
            1.1.0post1 = 1.1.post1
            1.1post1 < 1996.07.12
            1996.07.12 < 1!0.4.1
            1!0.4.1.dev < 1!0.4.1
            1.0+1 > 1.0
            3.10-1 = 3.10_1
            ",
        );
    }
}
