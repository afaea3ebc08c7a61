//! Versions of Haskell packages (Hackage, GHC), as Cabal orders them.
//!
//! Numbers joined by `.`; of two that begin alike the longer one is the newer. Any other text sorts
//! before all versions, among themselves by bytes.

use super::integers;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    integers::compare(a, b, |byte| byte == b'.')
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_cabal_does() {
        check(
            super::compare,
            "
            2.0.3.0 < 2.0.3.1
            2.0 < 2.0.0
            0.9 < 0.11.3.0
            1.02 = 1.2
            1.2-beta < 0
            ",
        );
    }
}
