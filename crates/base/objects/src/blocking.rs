//! The same for threads that have no executor.
//!
//! Requests run on a small executor of its own, and the caller waits. It may be called from anywhere,
//! also from a task of another executor, which then waits as it does for a disk.

use crate::error::ObjectsError;
use crate::objects::{CHUNK_BYTES, Object, Objects};
use bytes::Bytes;
use futures_util::TryStreamExt;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::sync::{Arc, mpsc};
use tokio::runtime::Runtime;

/// Objects for threads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blocking {
    objects: Objects,
    executor: Arc<Executor>,
}

#[derive(Debug)]
struct Executor(Option<Runtime>);

impl Drop for Executor {
    fn drop(&mut self) {
        // May happen within another executor, where waiting for this one's end would be refused.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Blocking {
    /// Starts the executor.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(objects: Objects) -> io::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("objects").enable_all().build()?;
        Ok(Self { objects, executor: Arc::new(Executor(Some(runtime))) })
    }

    /// The address, to be shown.
    #[must_use]
    pub fn address(&self) -> &str {
        self.objects.address()
    }

    /// See [`Objects::head`].
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub fn head(&self, key: &str) -> Result<Object, ObjectsError> {
        let (objects, key) = (self.objects.clone(), key.to_owned());
        self.wait(async move { objects.head(&key).await })
    }

    /// See [`Objects::get_range`].
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, ObjectsError> {
        let (objects, key) = (self.objects.clone(), key.to_owned());
        self.wait(async move { objects.get_range(&key, range, None).await })
    }

    /// At most `max` objects; see [`Objects::list`].
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub fn list(&self, prefix: &str, start_after: Option<&str>, max: usize) -> Result<Vec<Object>, ObjectsError> {
        use futures_util::StreamExt;
        let listed = self.objects.list(prefix, start_after).take(max);
        self.wait(listed.try_collect())
    }

    /// See [`Objects::put`].
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub fn put(&self, key: &str, bytes: Bytes) -> Result<Option<String>, ObjectsError> {
        let (objects, key) = (self.objects.clone(), key.to_owned());
        self.wait(async move { objects.put(&key, bytes).await })
    }

    /// See [`Objects::put_if_absent`].
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<bool, ObjectsError> {
        let (objects, key) = (self.objects.clone(), key.to_owned());
        self.wait(async move { objects.put_if_absent(&key, bytes).await })
    }

    /// Writes an object of a length whose bytes `read` gives, place by place: in one request when it
    /// is short, in parts when it is long. No more than one part is in memory.
    ///
    /// # Errors
    /// Those of `read`, and [`ObjectsError`] as their source.
    pub fn put_from(
        &self,
        key: &str,
        length: u64,
        read: &mut dyn FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<Option<String>> {
        let mut chunk = |at: u64| -> io::Result<Bytes> {
            let mut bytes = vec![0; usize::try_from(CHUNK_BYTES.min(length - at)).unwrap_or_default()];
            read(at, &mut bytes)?;
            Ok(bytes.into())
        };
        if length <= CHUNK_BYTES {
            return self.put(key, chunk(0)?).map_err(io::Error::other);
        }
        let (objects, owned) = (self.objects.clone(), key.to_owned());
        let mut uploading = self.wait(async move { objects.upload(&owned).await }).map_err(io::Error::other)?;
        let mut at = 0;
        while at < length {
            let sent = chunk(at).inspect(|bytes| at += bytes.len() as u64);
            let pushed = match sent {
                Ok(bytes) => {
                    let (back, pushed) = self.wait(async move {
                        let pushed = uploading.push(bytes).await;
                        (uploading, pushed)
                    });
                    uploading = back;
                    pushed.map_err(io::Error::other)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = pushed {
                self.wait(uploading.abort());
                return Err(error);
            }
        }
        self.wait(uploading.finish()).map_err(io::Error::other)
    }

    /// See [`Objects::delete`].
    ///
    /// # Errors
    /// See [`ObjectsError`].
    pub fn delete(&self, key: &str) -> Result<(), ObjectsError> {
        let (objects, key) = (self.objects.clone(), key.to_owned());
        self.wait(async move { objects.delete(&key).await })
    }

    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (answer, answered) = mpsc::sync_channel(1);
        let Some(runtime) = &self.executor.0 else { unreachable!("the executor ends with the last clone") };
        runtime.spawn(async move {
            // Nobody listens when the caller's thread is gone.
            drop(answer.send(work.await));
        });
        match answered.recv() {
            Ok(done) => done,
            // Only a panic in the work drops the channel; it goes on in the caller.
            Err(_) => unreachable!("a request to object storage panicked"),
        }
    }
}
