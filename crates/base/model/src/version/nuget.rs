//! NuGet versions: semantic versions with a fourth number and words without case.
//!
//! Implements the order of `NuGetVersion` (`VersionComparer.Default`): up to four numbers, missing ones
//! 0; pre-releases as in Semantic Versioning, but `BETA` is `beta`; build metadata does not count. More
//! numbers than four count too. A text without a number at its start sorts before all versions.

use super::semver;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    semver::compare_with(a, b, |a, b| a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)))
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_nuget_does() {
        check(
            super::compare,
            "
            1.0 = 1.0.0.0
            1.0.0.1 > 1.0.0
            1.0.0.1-beta < 1.0.0.1
            1.0.0-Alpha = 1.0.0-alpha
            1.0.0-RC.1 > 1.0.0-beta.2
            1.0.0-rc.10 > 1.0.0-RC.9
            1.0.0-1 < 1.0.0-a
            1.01.1 = 1.1.1
            1.0.0+sha.5 = 1.0.0
            4.3.0 < 4.3.1
            13.0.1 > 12.0.3
            abc < ABD
            ",
        );
    }
}
