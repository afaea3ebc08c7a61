//! Where the parts of an image come from, by digest.

use super::archive::{Archive, open_file};
use super::error::ImageError;
use super::oci::{Descriptor, is_sha256};
use crate::walk::Digest;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes as they come.
pub(crate) type Stream = Box<dyn Read + Send>;

/// A place that has blobs.
pub(crate) trait Blobs: Send + Sync {
    /// The bytes of a blob. They are checked against the digest by whoever reads them.
    fn open(&self, digest: &str) -> io::Result<Stream>;

    /// The same for manifests and indexes, which some places keep elsewhere.
    fn open_manifest(&self, digest: &str) -> io::Result<Stream> {
        self.open(digest)
    }
}

/// A folder with `blobs/sha256/…`: an OCI layout, containerd's content store.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Blobs for Folder {
    fn open(&self, digest: &str) -> io::Result<Stream> {
        let path = self.0.join("blobs").join("sha256").join(hex_of(digest)?);
        Ok(Box::new(open_file(&path)?))
    }
}

/// An archive with `blobs/sha256/…`.
pub(crate) struct InArchive(pub(crate) Arc<Archive>);

impl Blobs for InArchive {
    fn open(&self, digest: &str) -> io::Result<Stream> {
        Ok(Box::new(self.0.read(&format!("blobs/sha256/{}", hex_of(digest)?))?))
    }
}

fn hex_of(digest: &str) -> io::Result<&str> {
    let hex = digest.strip_prefix("sha256:").filter(|_| is_sha256(digest));
    hex.ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "its digest is not SHA-256"))
}

/// Reads a small blob whole, and checks its digest.
pub(crate) fn read_small(
    blobs: &dyn Blobs,
    descriptor: &Descriptor,
    bytes_max: u64,
    reference: &str,
    what: &'static str,
) -> Result<Vec<u8>, ImageError> {
    let damaged = |why: String| ImageError::Damaged { reference: reference.to_owned(), what, why };
    let manifest = what == "manifest";
    let stream = if manifest { blobs.open_manifest(&descriptor.digest) } else { blobs.open(&descriptor.digest) };
    let stream = stream.map_err(|error| damaged(error.to_string()))?;
    let bytes = read_bounded(stream, bytes_max).map_err(|error| damaged(error.to_string()))?;
    let found = digest_of(&bytes);
    if found == descriptor.digest {
        Ok(bytes)
    } else {
        Err(damaged(format!("its bytes hash to {found}, not to {}", descriptor.digest)))
    }
}

/// Reads to the end, but no more than this.
pub(crate) fn read_bounded(stream: impl Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {bytes_max} bytes")));
    }
    Ok(bytes)
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    Digest(Sha256::digest(bytes).into()).to_string()
}
