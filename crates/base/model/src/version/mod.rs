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
mod digits;
pub mod dpkg;
#[cfg(test)]
mod peers;
pub mod pep440;
mod scheme;
pub mod semver;
#[cfg(test)]
mod tests;

pub use scheme::Scheme;
