//! Object storage: S3 and what speaks like it, Azure Blob, Google Cloud Storage, a directory.
//!
//! A thin seam over `object_store`, for two rooms: one reads logs out of buckets, the other keeps its
//! files there. A place is an address ([`Address`]); what it takes to be let in never stands in an
//! address, an argument or an error: it comes from the environment, from the files of the providers'
//! own tools and from the machine's own identity, as those tools find it.
//!
//! Holds: every request ends (a limit for one, a limit for all attempts), a list and a body come in
//! pieces of bounded size, and an object that is replaced while it is read is an error, never a
//! mixture. Not here: what is in the objects, and caching.
//!
//! [`Objects`] is asynchronous; [`Blocking`] is the same for threads.

mod address;
mod blocking;
mod error;
mod objects;
mod open;
mod profile;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use blocking::Blocking;
pub use bytes::Bytes;
pub use error::ObjectsError;
pub use objects::{CHUNK_BYTES, Object, Objects, Reading};
pub use open::Limits;
