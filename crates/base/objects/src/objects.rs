//! Listing, reading, writing and removing objects.

use crate::address::{Address, Place};
use crate::error::ObjectsError;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use vigie_model::time::Timestamp;

/// Bytes that are fetched or sent in one request at most.
pub const CHUNK_BYTES: u64 = 8 << 20;

/// Objects of a directory that are listed at most; providers list in pieces and have no such limit.
const DIRECTORY_OBJECTS_MAX: usize = 1 << 20;

/// A place with objects. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Objects {
    address: Arc<Address>,
    shown: Arc<str>,
    store: Arc<dyn ObjectStore>,
}

/// What a list says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name below the address.
    pub key: String,
    /// Its length in bytes.
    pub size: u64,
    /// What the provider calls this content; another content has another one.
    pub etag: Option<String>,
    /// When it was written, by the provider's clock.
    pub modified: Timestamp,
}

/// An object that is being read: what it is, and its bytes in pieces of at most [`CHUNK_BYTES`].
pub struct Reading {
    /// What it was when reading began.
    pub object: Object,
    /// Its bytes in order; ends with an error when they are no longer those of `object`.
    pub chunks: BoxStream<'static, Result<Bytes, ObjectsError>>,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Objects").field(&self.shown).finish()
    }
}

impl Objects {
    pub(crate) fn new(address: Address, store: Arc<dyn ObjectStore>) -> Self {
        Self { shown: address.to_string().into(), address: Arc::new(address), store }
    }

    /// The address, to be shown: it holds no secret.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shown
    }

    /// Objects in the order of their keys, those behind `start_after` where there is one. A prefix ends
    /// where a part of a key ends: `a/b` lists `a/b/c`, and not `a/bc`.
    ///
    /// Pages are fetched as the stream is read. An error ends it.
    pub fn list(&self, prefix: &str, start_after: Option<&str>) -> BoxStream<'static, Result<Object, ObjectsError>> {
        let path = self.path(prefix);
        let after = start_after.map(|key| self.path(key)).transpose();
        let (path, after) = match (path, after) {
            (Ok(path), Ok(after)) => (path, after),
            (Err(error), _) | (_, Err(error)) => return stream::once(async { Err(error) }).boxed(),
        };
        let below = (!path.as_ref().is_empty()).then_some(&path);
        let listed = match &after {
            Some(after) => self.store.list_with_offset(below, after),
            None => self.store.list(below),
        };
        let this = self.clone();
        let objects = listed.map(move |meta| match meta {
            Ok(meta) => Ok(this.object(&meta)),
            Err(error) => Err(this.failed("")(error)),
        });
        if matches!(self.address.place, Place::Directory { .. }) { in_order(objects.boxed()) } else { objects.boxed() }
    }

    /// What is there under a key.
    ///
    /// # Errors
    /// See [`ObjectsError`]; [`ObjectsError::NotFound`] when there is nothing.
    pub async fn head(&self, key: &str) -> Result<Object, ObjectsError> {
        let meta = self.store.head(&self.path(key)?).await.map_err(self.failed(key))?;
        Ok(self.object(&meta))
    }

    /// Bytes of an object; fewer when it ends before. With an `etag`, only of that content.
    ///
    /// # Errors
    /// See [`ObjectsError`]; [`ObjectsError::Changed`] when the content is another.
    pub async fn get_range(&self, key: &str, range: Range<u64>, etag: Option<&str>) -> Result<Bytes, ObjectsError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let options =
            GetOptions { range: Some(GetRange::Bounded(range)), if_match: etag.map(str::to_owned), ..GetOptions::default() };
        let got = self.store.get_opts(&self.path(key)?, options).await.map_err(self.failed(key))?;
        got.bytes().await.map_err(self.failed(key))
    }

    /// An object from its beginning.
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub async fn get(&self, key: &str) -> Result<Reading, ObjectsError> {
        let object = self.head(key).await?;
        let (this, size, etag) = (self.clone(), object.size, object.etag.clone());
        let key = key.to_owned();
        let chunks = stream::try_unfold(0, move |at| {
            let (this, key, etag) = (this.clone(), key.clone(), etag.clone());
            async move {
                if at >= size {
                    return Ok(None);
                }
                let end = size.min(at.saturating_add(CHUNK_BYTES));
                let bytes = this.get_range(&key, at..end, etag.as_deref()).await?;
                if bytes.len() as u64 != end - at {
                    return Err(ObjectsError::Changed { address: this.address().to_owned(), key });
                }
                Ok(Some((bytes, end)))
            }
        });
        Ok(Reading { object, chunks: chunks.boxed() })
    }

    /// Writes an object, in the place of whatever is there; gives what the provider calls it.
    ///
    /// # Errors
    /// See [`ObjectsError`]. After [`ObjectsError::Unreachable`] it may be there nevertheless, even
    /// later.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Option<String>, ObjectsError> {
        let put = self.store.put(&self.path(key)?, PutPayload::from_bytes(bytes)).await.map_err(self.failed(key))?;
        self.settle(key).await?;
        Ok(put.e_tag)
    }

    /// Writes an object where there is none; says whether there was none.
    ///
    /// # Errors
    /// As [`Objects::put`].
    pub async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<bool, ObjectsError> {
        let options = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&self.path(key)?, PutPayload::from_bytes(bytes), options).await {
            Ok(_) => self.settle(key).await.map(|()| true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.failed(key)(error)),
        }
    }

    /// Writes a large object piece by piece, none of which is longer than [`CHUNK_BYTES`] and all but the
    /// last of which have that length. It is there when [`Uploading::finish`] says so.
    pub(crate) async fn upload(&self, key: &str) -> Result<Uploading, ObjectsError> {
        let parts = self.store.put_multipart(&self.path(key)?).await.map_err(self.failed(key))?;
        Ok(Uploading { objects: self.clone(), key: key.to_owned(), parts })
    }

    /// Removes an object; fine when it is not there.
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub async fn delete(&self, key: &str) -> Result<(), ObjectsError> {
        match self.store.delete(&self.path(key)?).await {
            Err(object_store::Error::NotFound { source, path }) => {
                let error = self.failed(key)(object_store::Error::NotFound { source, path });
                if matches!(error, ObjectsError::NotFound { .. }) { Ok(()) } else { Err(error) }
            }
            Err(error) => Err(self.failed(key)(error)),
            Ok(()) => self.settle(key).await,
        }
    }

    fn path(&self, key: &str) -> Result<Path, ObjectsError> {
        let whole = match &*self.address.prefix {
            "" => key.to_owned(),
            prefix => format!("{prefix}/{key}"),
        };
        Path::parse(&whole).map_err(|_| ObjectsError::Key { key: key.to_owned() })
    }

    fn object(&self, meta: &ObjectMeta) -> Object {
        let whole = meta.location.as_ref();
        let key = whole.strip_prefix(&*self.address.prefix).unwrap_or(whole).trim_start_matches('/');
        let modified = Timestamp::from_micros(meta.last_modified.timestamp_micros());
        Object { key: key.to_owned(), size: meta.size, etag: meta.e_tag.clone(), modified }
    }

    fn failed(&self, key: &str) -> impl Fn(object_store::Error) -> ObjectsError + use<> {
        let (shown, key) = (Arc::clone(&self.shown), key.to_owned());
        move |error| {
            let said = ObjectsError::from_store(&shown, &key, &error);
            tracing::debug!(%said, "object storage");
            said
        }
    }

    /// A provider keeps what it has acknowledged; a directory keeps what was synced.
    async fn settle(&self, key: &str) -> Result<(), ObjectsError> {
        let Place::Directory { path } = &self.address.place else { return Ok(()) };
        let path = path.join(self.path(key)?.as_ref());
        let sync = move || -> std::io::Result<()> {
            match std::fs::File::open(&path) {
                Ok(file) => file.sync_all()?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            path.ancestors().skip(1).take(8).try_for_each(vigie_kit::files::sync_dir)
        };
        let synced = tokio::task::spawn_blocking(sync).await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        synced.map_err(|error| self.failed(key)(object_store::Error::Generic { store: "directory", source: Box::new(error) }))
    }
}

/// A large object on its way.
pub(crate) struct Uploading {
    objects: Objects,
    key: String,
    parts: Box<dyn MultipartUpload>,
}

impl Uploading {
    pub(crate) async fn push(&mut self, bytes: Bytes) -> Result<(), ObjectsError> {
        let failed = self.objects.failed(&self.key);
        self.parts.put_part(PutPayload::from_bytes(bytes)).await.map_err(failed)
    }

    pub(crate) async fn finish(mut self) -> Result<Option<String>, ObjectsError> {
        let put = self.parts.complete().await.map_err(self.objects.failed(&self.key))?;
        self.objects.settle(&self.key).await?;
        Ok(put.e_tag)
    }

    /// Lets go of what was sent. What cannot be told the provider it keeps until a rule of the bucket
    /// removes it.
    pub(crate) async fn abort(mut self) {
        if self.parts.abort().await.is_err() {
            tracing::warn!(
                key = self.key,
                "parts of an upload that failed stay in the bucket; a rule for unfinished uploads removes them"
            );
        }
    }
}

/// A directory is walked in no order.
fn in_order(objects: BoxStream<'static, Result<Object, ObjectsError>>) -> BoxStream<'static, Result<Object, ObjectsError>> {
    let gathered = async move {
        let mut objects: Vec<Object> = objects.take(DIRECTORY_OBJECTS_MAX).try_collect().await?;
        objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok::<_, ObjectsError>(stream::iter(objects.into_iter().map(Ok)))
    };
    stream::once(gathered).try_flatten().boxed()
}
