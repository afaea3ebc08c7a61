//! Java packages, under Maven's names: `group:artifact`.

pub(crate) mod gradle_lock;
pub(crate) mod gradle_verification;
mod groups;
pub(crate) mod jar;
mod manifest;
pub(crate) mod pom;
pub(crate) mod sbt_lock;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "Maven";

/// Whether a version is a single one: no property left in it, no range, not "the newest".
fn is_exact(version: &str) -> bool {
    !version.is_empty()
        && !version.contains(['$', '[', ']', '(', ')', ',', '@', ' '])
        && !version.ends_with('+')
        && !["LATEST", "RELEASE", "latest.release", "latest.integration"].contains(&version)
}
