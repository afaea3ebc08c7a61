//! Checks of services of a Compose file: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/compose/` and, with `_` for `-`, of the function.

use crate::check::Check;

/// All checks.
pub(crate) static CHECKS: &[Check] = &[];
