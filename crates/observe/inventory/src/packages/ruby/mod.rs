//! Ruby gems.

pub(crate) mod gemfile_lock;
pub(crate) mod gemspec;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "RubyGems";

/// A version without the platform that may follow it: `1.13.0-x86_64-linux`. A gem's own version has no `-`.
fn without_platform(version: &str) -> &str {
    version.split('-').next().unwrap_or(version)
}
