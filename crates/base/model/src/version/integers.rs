//! Versions that are nothing but numbers.

use super::digits;
use std::cmp::Ordering;

/// Compares numbers one by one; of two rows that begin alike the longer one is the newer. What is no
/// such row sorts before all, among themselves by bytes.
pub(super) fn compare(a: &str, b: &str, is_separator: fn(u8) -> bool) -> Ordering {
    let (a, b) = (a.as_bytes().trim_ascii(), b.as_bytes().trim_ascii());
    let numbers = |text: &'_ [u8]| text.split(|byte| is_separator(*byte)).all(digits::are_all);
    match (numbers(a), numbers(b)) {
        (true, true) => {
            let (mut a, mut b) = (a.split(|byte| is_separator(*byte)), b.split(|byte| is_separator(*byte)));
            loop {
                let order = match (a.next(), b.next()) {
                    (Some(a), Some(b)) => digits::compare(a, b),
                    (a, b) => return a.is_some().cmp(&b.is_some()),
                };
                if order.is_ne() {
                    return order;
                }
            }
        }
        (false, false) => a.cmp(b),
        (a, b) => a.cmp(&b),
    }
}
