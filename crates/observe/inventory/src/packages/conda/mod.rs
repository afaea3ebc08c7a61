//! Conda packages. Advisories for them are rare: the Python packages they install bring metadata of their own.

pub(crate) mod environment;
pub(crate) mod meta;

/// Nobody publishes advisories for it in OSV's form; the name is ours.
const ECOSYSTEM: &str = "conda";
