//! The data directory for those who need no platform.

use std::path::Path;
use vigie_kit::data_dir::{DataDir, DataDirError};
use vigie_kit::problem::{Explain, Problem};

/// Makes the directory as `up` makes it, unless it is there. A platform that runs on it is no obstacle.
///
/// # Errors
/// When it cannot be made, or belongs to somebody else.
pub fn make_data_dir(path: &Path) -> Result<(), Problem> {
    match DataDir::open(path) {
        Ok(_) | Err(DataDirError::InUse { .. }) => Ok(()),
        Err(other) => Err(other.explain()),
    }
}
