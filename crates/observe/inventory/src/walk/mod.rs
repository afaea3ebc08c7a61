//! A layer as it streams by: decompressed, hashed and cut into files in one pass.
//!
//! [`stream`] runs decompression and the two hashes beside whoever looks at the bytes; [`tar`] cuts the bytes
//! into entries; [`path`] says what an entry's name means below a root. What is done with a file is decided
//! in [`crate::layer`].

#[cfg(test)]
pub(crate) mod build;
pub(crate) mod path;
pub(crate) mod stream;
pub(crate) mod tar;

pub use stream::Digest;
