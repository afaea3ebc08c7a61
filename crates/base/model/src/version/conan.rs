//! Versions of Conan packages (ConanCenter), as Conan 2 orders them.
//!
//! `items[-pre-release][+build]`, each part items joined by dots. Zeros at the end of the first part do
//! not count; a pre-release sorts before its version, a build after it. Items are numbers by value and
//! before words (`1.0 < cci.20200101`).
//!
//! Conan compares a number with a word as texts, which is no order (`100 < 1a < 20`): here an item with
//! a number at its front goes by that number first.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    compare_items(a.items, b.items)
        .then_with(|| match (a.pre_release, b.pre_release) {
            (Some(a), Some(b)) => compare_items(a, b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        })
        .then_with(|| match (a.build, b.build) {
            (Some(a), Some(b)) => compare_items(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
}

struct Parts<'a> {
    items: &'a [u8],
    pre_release: Option<&'a [u8]>,
    build: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let version = version.as_bytes().trim_ascii();
        let (version, build) = cut(version, b'+');
        let (items, pre_release) = cut(version, b'-');
        let items = items.strip_prefix(b"v").filter(|rest| rest.first().is_some_and(u8::is_ascii_digit)).unwrap_or(items);
        Self { items: without_zeros(items), pre_release: pre_release.map(without_zeros), build: build.map(without_zeros) }
    }
}

fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == separator) {
        Some(place) => (&text[..place], Some(&text[place + 1..])),
        None => (text, None),
    }
}

/// The items without zeros (and empty ones) at their end.
fn without_zeros(mut items: &[u8]) -> &[u8] {
    loop {
        let start = items.iter().rposition(|byte| *byte == b'.').map_or(0, |dot| dot + 1);
        if items.is_empty() || items[start..].iter().any(|byte| *byte != b'0') {
            return items;
        }
        items = &items[..start.saturating_sub(1)];
    }
}

fn compare_items(a: &[u8], b: &[u8]) -> Ordering {
    let items = |text: &'_ [u8]| if text.is_empty() { 0 } else { 1 + text.iter().filter(|byte| **byte == b'.').count() };
    let (mut left_a, mut left_b) = (items(a), items(b));
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        if left_a == 0 || left_b == 0 {
            return left_a.min(1).cmp(&left_b.min(1));
        }
        let order = compare_item(a.next().unwrap_or_default(), b.next().unwrap_or_default());
        if order.is_ne() {
            return order;
        }
        (left_a, left_b) = (left_a - 1, left_b - 1);
    }
}

fn compare_item(a: &[u8], b: &[u8]) -> Ordering {
    let ((number_a, word_a), (number_b, word_b)) = (digits::split(a), digits::split(b));
    // Words without a number come last.
    let is_word = |number: &[u8], word: &[u8]| number.is_empty() && !word.is_empty();
    is_word(number_a, word_a)
        .cmp(&is_word(number_b, word_b))
        .then_with(|| digits::compare(number_a, number_b))
        .then_with(|| word_a.cmp(word_b))
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_conan_does() {
        check(
            super::compare,
            "
            1.2.11 < 1.2.13
            1.0 = 1.0.0
            1.1.1 < 1.1.1a
            1.1.1k < 1.1.1t
            3.0.0 > 1.1.1w
            1.0-pre.1 < 1.0
            1.0-pre.2 > 1.0-pre.1
            1.0 < 1.0+1
            1.0+1 < 1.0+2
            9 < 10a
            1.0 < cci.20200101
            cci.20200101 < cci.20210118
            cci < cci.20200101
            ",
        );
    }
}
