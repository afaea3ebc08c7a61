//! Version orders: which of two package versions is the newer one, as each package manager says.
//!
//! One file per order, each with `compare(a, b) -> Ordering`. [`Scheme`] picks the order of an
//! ecosystem. Nothing here knows advisories or ranges.
//!
//! Holds for every order and for all texts, valid or not: it is a total preorder (reflexive,
//! transitive, and `compare(a, b)` is the reverse of `compare(b, a)`), so it may be given to a sort.
//! Equal does not mean the same text: `1.0` and `1.0-0` are one version to dpkg. Numbers have no
//! upper bound. No order allocates.

pub mod apk;
pub mod bitnami;
pub mod conan;
pub mod conda;
pub mod cran;
mod digits;
pub mod dpkg;
pub mod hackage;
mod integers;
pub mod maven;
pub mod nuget;
pub mod packagist;
#[cfg(test)]
mod peers;
pub mod pep440;
pub mod pub_dev;
pub mod rpm;
pub mod rubygems;
mod scheme;
pub mod semver;
#[cfg(test)]
mod tests;

pub use scheme::Scheme;
