//! Dart's package versions (pub.dev), as the package `pub_semver` orders them.
//!
//! Semantic versions in which build metadata count: `1.0.0 < 1.0.0+1 < 1.0.0+2`. A text without a
//! number at its start sorts before all versions.

use super::semver;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(a, b).then_with(|| semver::compare_builds(a, b))
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_pub_does() {
        check(
            super::compare,
            "
            1.0.0 < 1.0.0+1
            1.0.0+1 < 1.0.0+2
            1.0.0+9 < 1.0.0+10
            1.0.0+10 < 1.0.0+hotfix
            1.0.0+hotfix < 1.0.0+hotfix.1
            1.0.0-dev+1 < 1.0.0
            1.0.0+9 < 1.0.1-dev
            v1.0.0 = 1.0
            ",
        );
    }
}
