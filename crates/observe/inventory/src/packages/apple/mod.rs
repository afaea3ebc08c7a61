//! Packages for Apple's platforms.

pub(crate) mod package_resolved;
pub(crate) mod podfile_lock;
