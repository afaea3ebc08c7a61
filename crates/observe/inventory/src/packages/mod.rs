//! Installed packages, from the databases of the package managers.
//!
//! Each reader takes bytes and gives what it understood together with what it did not; nothing
//! here opens a file, so that hosts, images and stored layers are read by the same functions.

pub mod apk;
pub mod apt;

pub mod control;
pub mod dpkg;
