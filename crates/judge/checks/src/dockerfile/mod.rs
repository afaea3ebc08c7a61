//! Checks of a recipe of images: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/dockerfile/` and, with `_` for `-`, of the function.

use crate::check::Check;

/// All checks.
pub(crate) static CHECKS: &[Check] = &[];
