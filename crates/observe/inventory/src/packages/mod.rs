//! What package managers, lock files and binaries say is there: one file for each format.
//!
//! A [`Reader`] recognises its files by path, then by their first bytes, and reads them whole.
//! Readers of an operating system's database leave [`vigie_model::package::Package::ecosystem`] as the
//! name of the package system (`dpkg`, `apk`, `rpm`): which distribution it is stands in another file,
//! perhaps in another layer, and is filled in when all of them are known.

pub mod apk;
pub mod apt;
pub mod binary;
mod bytes;
pub mod control;
pub mod dpkg;
pub mod os;
pub(crate) mod owned;
pub mod rpm;

mod apple;
mod bitnami;
mod cargo_lock;
mod conan_lock;
mod conda;
mod dotnet;
mod github_workflow;
mod golang;
mod haskell;
mod java;
mod javascript;
mod julia;
pub(crate) mod list;
mod mix_lock;
mod php;
mod pubspec_lock;
mod python;
mod r;
mod ruby;
pub(crate) mod syntax;
#[cfg(test)]
pub(crate) mod told;

use crate::content::{Content, Meta, Setting};
use vigie_model::component::Component;
use vigie_model::observed::Gap;

/// Reads one format.
pub struct Reader {
    /// The format's name, for reports of what could not be read.
    pub name: &'static str,
    /// Whether a file may be one of these, by its path, size and mode.
    pub wants: fn(&Meta<'_>, Setting) -> bool,
    /// Whether it is one, by its first bytes (at most [`HEAD_BYTES`]).
    pub looks_right: fn(&[u8]) -> bool,
    /// The largest file that is read; a larger one is a gap.
    pub bytes_max: u64,
    /// Reads it.
    pub read: fn(&Meta<'_>, &Content<'_>) -> Found,
}

/// How many of a file's first bytes a reader is shown before it is read whole.
pub const HEAD_BYTES: usize = 512;

/// What a file told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What is there.
    pub components: Vec<Component>,
    /// Files that the packages of the operating system brought, of those that [`may_carry`] a component.
    pub owned: Vec<Owned>,
    /// Marks ([`owned::mark`]) of all files below `usr` that the packages of the operating system brought.
    pub owned_marks: Vec<u32>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Paths of files beside this one that say the same less well: what they told does not count.
    pub supersedes: Vec<String>,
}

/// A file and the package of the operating system that brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Below the root, without a leading `/`.
    pub path: String,
    /// The package.
    pub package: String,
}

/// All readers; the first that wants a file gets it.
pub static READERS: &[&Reader] = &[
    &apk::READER,
    &dpkg::STATUS,
    &dpkg::FILES,
    &rpm::DATABASE,
    &rpm::MANIFEST,
    &binary::runtimes::READER,
    &apple::package_resolved::READER,
    &apple::podfile_lock::READER,
    &bitnami::READER,
    &cargo_lock::READER,
    &conan_lock::READER,
    &conda::environment::READER,
    &conda::meta::READER,
    &dotnet::assets::READER,
    &dotnet::deps_json::READER,
    &dotnet::packages_config::READER,
    &dotnet::packages_lock::READER,
    &dotnet::packages_props::READER,
    &dotnet::project::READER,
    &github_workflow::READER,
    &golang::go_mod::READER,
    &golang::go_sum::READER,
    &golang::vendor_modules::READER,
    &haskell::CABAL,
    &haskell::STACK,
    &java::gradle_lock::READER,
    &java::gradle_verification::READER,
    &java::jar::READER,
    &java::pom::READER,
    &java::sbt_lock::READER,
    &javascript::bun_lock::READER,
    &javascript::npm_lock::READER,
    &javascript::package_json::READER,
    &javascript::pnpm_lock::READER,
    &javascript::yarn_lock::READER,
    &julia::READER,
    &mix_lock::READER,
    &php::composer_lock::READER,
    &php::installed::READER,
    &pubspec_lock::READER,
    &python::egg::READER,
    &python::metadata::READER,
    &python::pdm_lock::READER,
    &python::pipfile_lock::READER,
    &python::poetry_lock::READER,
    &python::pylock::READER,
    &python::requirements::READER,
    &python::uv_lock::READER,
    &r::description::READER,
    &r::renv_lock::READER,
    &ruby::gemfile_lock::READER,
    &ruby::gemspec::READER,
    // Wants every program, so it comes last.
    &binary::READER,
];

/// Who reads a file, judged by its path.
#[must_use]
pub fn reader_of(meta: &Meta<'_>, setting: Setting) -> Option<&'static Reader> {
    READERS.iter().copied().find(|reader| (reader.wants)(meta, setting))
}

/// Whether some reader that is not one of the operating system's databases wants this path: only of such
/// files it matters whether a package of the operating system owns them.
#[must_use]
pub fn may_carry(path: &str) -> bool {
    reader_of(&Meta { path, size: 1, mode: 0o755 }, Setting::Installed).is_some()
}
