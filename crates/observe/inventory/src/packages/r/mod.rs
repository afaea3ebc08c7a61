//! R packages of CRAN.

pub(crate) mod description;
pub(crate) mod renv_lock;

/// OSV's name of the ecosystem.
const ECOSYSTEM: &str = "CRAN";
