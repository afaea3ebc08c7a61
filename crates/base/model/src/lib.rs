//! The nouns of Vigie, one word per thing, everywhere the same.
//!
//! Every room speaks these types: what is there ([`asset`], [`host`], [`package`]), what happened
//! ([`event`]), what was judged ([`verdict`]), what is wrong and how it lives on ([`finding`], [`secret`],
//! [`life`]). Deliberately absent: files, sockets, clocks, databases, and any knowledge of where a
//! value came from. Times are [`time::Timestamp`] (µs since 1970 UTC); texts for people are
//! [`lang::Text`] in three languages.

pub mod asset;
pub mod component;
pub mod configuration;
pub mod event;
pub mod facts;
pub mod finding;
pub mod host;
pub mod ids;
pub mod image;
pub mod lang;
pub mod life;
pub mod lineage;
pub mod observed;
pub mod occurrence;
pub mod package;
pub mod priority;
pub mod purl;
pub mod secret;
pub mod severity;
pub mod time;
pub mod verdict;
pub mod version;
