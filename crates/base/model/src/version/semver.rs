//! Semantic versions, and what the ecosystems that use them write in practice.
//!
//! Implements the precedence of Semantic Versioning 2.0.0 §11; build metadata does not count. Read
//! generously, so that Go's and npm's habits have a place: a leading `v` or `go` is skipped, missing
//! numbers are 0, a fourth number counts, and what follows the numbers without a hyphen is a
//! pre-release (`go1.21rc2` is `1.21.0-rc2`). A text without a number at its start is no version:
//! such texts sort before all versions, among themselves by bytes.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    compare_with(a, b, Ord::cmp)
}

/// Compares two versions, words by an order of the caller's.
pub(super) fn compare_with(a: &str, b: &str, words: fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    match (Parts::of(a), Parts::of(b)) {
        (Some(a), Some(b)) => {
            compare_numbers(a.numbers, b.numbers).then_with(|| compare_identifiers(a.pre_release, b.pre_release, words))
        }
        (None, None) => words(a.as_bytes(), b.as_bytes()),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Compares the build metadata of two versions alone; none is older than any.
pub(super) fn compare_builds(a: &str, b: &str) -> Ordering {
    match (a.split_once('+'), b.split_once('+')) {
        (Some((_, a)), Some((_, b))) => compare_rows(a.trim_ascii_end().as_bytes(), b.trim_ascii_end().as_bytes(), Ord::cmp),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

struct Parts<'a> {
    /// Digits and dots.
    numbers: &'a [u8],
    /// Identifiers and dots.
    pre_release: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Option<Self> {
        let version = version.as_bytes().trim_ascii();
        let version = [&b"go"[..], b"v", b"V"].iter().find_map(|prefix| version.strip_prefix(*prefix)).unwrap_or(version);
        let version = version.split(|byte| *byte == b'+').next().unwrap_or_default();
        let end = numbers_end(version);
        if end == 0 {
            return None;
        }
        let (numbers, rest) = version.split_at(end);
        let pre_release = match rest {
            [] => None,
            [b'-' | b'.', pre_release @ ..] | pre_release => Some(pre_release),
        };
        Some(Self { numbers, pre_release })
    }
}

/// Where `number{.number}…` ends; a dot counts only with a number after it that is all digits, so
/// that `1.0.0-rc` and `1.0.rc` both leave `rc` over.
fn numbers_end(version: &[u8]) -> usize {
    let mut end = digits::split(version).0.len();
    while end > 0 && version.get(end) == Some(&b'.') {
        let (number, _) = digits::split(&version[end + 1..]);
        if number.is_empty() {
            break;
        }
        end += 1 + number.len();
    }
    end
}

fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        let unequal = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (number_a, number_b) => digits::compare(number_a.unwrap_or_default(), number_b.unwrap_or_default()),
        };
        if unequal.is_ne() {
            return unequal;
        }
    }
}

fn compare_identifiers(a: Option<&[u8]>, b: Option<&[u8]>, words: fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare_rows(a, b, words),
        // Without one it is the release itself, and newer.
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

/// Identifiers joined by dots: numbers by value and before words; of two that begin alike the longer
/// row is the newer.
fn compare_rows(a: &[u8], b: &[u8], words: fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (Some(a), Some(b)) => match (digits::are_all(a), digits::are_all(b)) {
                (true, true) => digits::compare(a, b),
                (false, false) => words(a, b),
                (number_a, number_b) => number_b.cmp(&number_a),
            },
            (a, b) => return a.is_some().cmp(&b.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_the_specification_does() {
        check(
            super::compare,
            "
            1.0.0-alpha < 1.0.0-alpha.1
            1.0.0-alpha.1 < 1.0.0-alpha.beta
            1.0.0-alpha.beta < 1.0.0-beta
            1.0.0-beta < 1.0.0-beta.2
            1.0.0-beta.2 < 1.0.0-beta.11
            1.0.0-beta.11 < 1.0.0-rc.1
            1.0.0-rc.1 < 1.0.0
            1.9.0 < 1.10.0
            1.0.0+a = 1.0.0+b
            1.0.0-0 < 1.0.0-a
            1.0.0-1.2.3-x < 1.0.0-1.2.3-y
            1.0.0 < 18446744073709551616.0.0
            ",
        );
    }

    #[test]
    fn knows_what_ecosystems_write() {
        check(
            super::compare,
            "
            v1.2.3 = 1.2.3
            V1.0 = 1.0.0
            1 = 1.0.0
            1.2 < 1.2.0.1
            go1.23.1 < go1.24.1
            go1.21rc2 = 1.21.0-rc2
            1.0.0.alpha = 1.0.0-alpha
            v3.2.0 = v3.2.0+incompatible
            v0.0.0-20180116102854-5a71ef0e047d < v0.0.0-20190116102854-somehash
            v0.0.0-20180116102854-5a71ef0e047d < v0.0.1
            v1.2.4-0.20200101000000-abcdefabcdef > v1.2.3
            v1.2.4-0.20200101000000-abcdefabcdef < v1.2.4
            # no versions
            (devel) < 0.0.0-0
            a < b
            v < 0
            ",
        );
    }
}
