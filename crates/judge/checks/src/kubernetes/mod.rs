//! Checks of objects of Kubernetes: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/kubernetes/` and, with `_` for `-`, of the function.

use crate::check::Check;

/// All checks.
pub(crate) static CHECKS: &[Check] = &[];
