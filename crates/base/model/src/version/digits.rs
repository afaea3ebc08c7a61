//! Numbers of any length, as runs of ASCII digits.

use std::cmp::Ordering;

/// Compares two runs of digits by value; the empty run is 0.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Splits off the digits at the start.
pub(super) fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether the text is one or more digits and nothing else.
pub(super) fn are_all(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn significant(run: &[u8]) -> &[u8] {
    let zeros = run.iter().take_while(|byte| **byte == b'0').count();
    &run[zeros..]
}
