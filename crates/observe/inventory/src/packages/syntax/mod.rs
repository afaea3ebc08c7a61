//! The syntaxes package files are written in, read with limits and without panics.
//!
//! Each gives what its readers need and no more: a reader wants one word of a thousand fields, and the bytes
//! come from anybody.

pub(crate) mod json;
pub(crate) mod text;
pub(crate) mod toml;
pub(crate) mod xml;
pub(crate) mod yaml;
