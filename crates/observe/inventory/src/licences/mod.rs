//! Licences as their texts say them: for packages that declare none.
//!
//! A licence file is known by its name ([`is_licence_file`]); its text is compared with those that SPDX lists
//! ([`recognise`]), Debian's `copyright` files are read as what they are ([`debian`]). What a package declares itself
//! goes before: only one that declares nothing gets the licences of the files beside it ([`conclude`]), marked as
//! concluded.
//!
//! Deliberately absent: the text of a file's head, and legal advice. GPL texts do not say whether later versions may be
//! used as well; `-only` is what is certain.
//!
//! Holds: memory is that of the index (under 2 MB) and of one text of at most [`TEXT_BYTES_MAX`].

mod conclude;
mod debian;
pub mod index;
#[cfg(test)]
mod tests;
mod text;
mod watch;
mod words;

pub use conclude::conclude;
pub use text::recognise;
pub use watch::{LicenceFiles, is_licence_file};

/// The most of a licence file that is read.
pub const TEXT_BYTES_MAX: usize = 512 * 1024;

/// A licence that a text is under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// An SPDX id or expression; `LicenseRef-…` for what SPDX does not list.
    pub id: String,
    /// How much of the licence's text is there, or how sure a tag or a sentence makes us; in hundredths.
    pub confidence: u8,
}

/// The licences that a file holds, by its path and its text.
#[must_use]
pub fn of_file(path: &str, bytes: &[u8]) -> Vec<Recognised> {
    let text = String::from_utf8_lossy(bytes);
    let of_debian = if debian::is_copyright(path) { debian::read(&text) } else { Vec::new() };
    if of_debian.is_empty() { recognise(&text) } else { of_debian }
}
