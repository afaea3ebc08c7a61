//! Versions as Debian orders them.
//!
//! Implements deb-version(7) as dpkg's `lib/dpkg/version.c` does: `[epoch:]upstream[-revision]`, the
//! epoch by number, then upstream and revision by turns of non-digits and digits, where `~` sorts
//! before everything, even the end, and letters before all other characters. A missing epoch or
//! revision is 0. Never allocates.
//!
//! dpkg refuses texts that are no versions (`a:1`, an empty revision); here they have a place too:
//! without a number before the first `:` there is no epoch and the `:` belongs to the version.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    digits::compare(a.epoch, b.epoch)
        .then_with(|| compare_part(a.upstream, b.upstream))
        .then_with(|| compare_part(a.revision, b.revision))
}

struct Parts<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let version = version.as_bytes().trim_ascii();
        let (epoch, rest) = match version.iter().position(|byte| *byte == b':') {
            Some(colon) if digits::are_all(&version[..colon]) => (&version[..colon], &version[colon + 1..]),
            _ => (&[][..], version),
        };
        let (upstream, revision) = match rest.iter().rposition(|byte| *byte == b'-') {
            Some(hyphen) => (&rest[..hyphen], &rest[hyphen + 1..]),
            None => (rest, &[][..]),
        };
        Self { epoch, upstream, revision }
    }
}

/// Compares upstream versions or revisions: non-digits, digits, non-digits, digits, …
pub(super) fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        // Character by character while at least one of the two is not at a digit or the end.
        loop {
            let (weight_a, weight_b) = (weight(a.first()), weight(b.first()));
            match weight_a.cmp(&weight_b) {
                Ordering::Equal if weight_a == AT_DIGIT_OR_END => break,
                Ordering::Equal => (a, b) = (&a[1..], &b[1..]),
                unequal => return unequal,
            }
        }
        let (number_a, rest_a) = digits::split(a);
        let (number_b, rest_b) = digits::split(b);
        match digits::compare(number_a, number_b) {
            Ordering::Equal => (a, b) = (rest_a, rest_b),
            unequal => return unequal,
        }
    }
    Ordering::Equal
}

/// What the end of a run of non-digits weighs.
const AT_DIGIT_OR_END: i16 = 0;

fn weight(byte: Option<&u8>) -> i16 {
    match byte {
        None => AT_DIGIT_OR_END,
        Some(digit) if digit.is_ascii_digit() => AT_DIGIT_OR_END,
        Some(b'~') => -1,
        Some(letter) if letter.is_ascii_alphabetic() => i16::from(*letter),
        Some(other) => i16::from(*other) + 256,
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_dpkg_does() {
        check(
            super::compare,
            "
            0 = 0-0
            1.0 = 1.0-0
            0:1.0 = 1.0
            1.0 < 2:1.0
            12:0 > 9:9
            1.2.3 < 1.2.10
            1.02 = 1.2
            2:4.19.01-1 = 2:4.19.1-1
            # ~ before everything, even the end
            1.0~rc1 < 1.0
            1.0~ < 1.0
            1.0~~ < 1.0~
            1.0~~a < 1.0~
            1.0~beta1-1 < 1.0~rc1-1
            # letters before the rest
            1.0a < 1.0+
            1.0a < 1.0b
            1.0 < 1.0a
            1.0A < 1.0a
            1.0.1 > 1.0+dfsg
            # a revision begins at the last hyphen
            1-1-2 > 1-1-1
            1.2-3-4 < 1.3-1
            1.0-1 < 1.0-1+deb12u1
            1.0-1+deb12u2 < 1.0-1+deb12u10
            1.0-1~bpo12+1 < 1.0-1
            2.3.1-1ubuntu0.14.04.1 > 2.3.1
            7u151-2.6.11-2ubuntu0.14.04.1 < 7u152
            8.3.1-5ubuntu1.40 > 8.3.1-5ubuntu1.5
            43.0.2357.81-0ubuntu0.14.04.1.1089 < 43.0.2358-0ubuntu0.14.04.1.1089
            1:9.18.28-1~deb12u2 < 1:9.18.33-1~deb12u2
            # numbers have no end
            1.99999999999999999999999 < 1.100000000000000000000000
            # no versions, and still in order
            a:1 > 1
            :1 > 1
            1:2:3 > 1:2
            ",
        );
    }
}
