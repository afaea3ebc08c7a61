//! Versions of R packages (CRAN, Bioconductor), as R's `package_version` orders them.
//!
//! Numbers joined by `.` or `-`, which mean the same; of two that begin alike the longer one is the
//! newer. Any other text sorts before all versions, among themselves by bytes.

use super::integers;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    integers::compare(a, b, |byte| matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_r_does() {
        check(
            super::compare,
            "
            1.0-2 = 1.0.2
            1.0 < 1.0.0
            1.9 < 1.10
            1.01 = 1.1
            3.2-0 < 3.2-1
            0.9.8.1 > 0.9.8
            2.5a < 0
            1..2 < 0
            ",
        );
    }
}
