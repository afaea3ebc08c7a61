//! Checks of resources of a cloud, in Terraform’s language or ARM templates: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/cloud/` and, with `_` for `-`, of the function.

use crate::check::Check;

/// All checks.
pub(crate) static CHECKS: &[Check] = &[];
