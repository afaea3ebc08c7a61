//! A download into a file: `.part`, resumed where the server's validator is the same, then swapped.

use super::error::{HttpError, shown};
use super::{Client, check_url, outcome};
use crate::files::{self, sync_dir};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use ureq::Body;
use ureq::http::Response;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, LAST_MODIFIED};

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// From where: `http://` or `https://`.
    pub url: &'a str,
    /// The entity tag of what stands already; the server then may say that nothing changed.
    pub etag: Option<&'a str>,
    /// More than this is refused.
    pub bytes_max: u64,
    /// What the complete file must hash to, where that is known beforehand.
    pub sha256: Option<[u8; 32]>,
}

/// How a download ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The target was replaced.
    New(Download),
    /// The server says that the wanted entity tag is still the present one; the target stands.
    Unchanged,
}

/// What was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its size.
    pub bytes: u64,
    /// The server's entity tag, to be given next time.
    pub etag: Option<String>,
    /// The server's `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// What it hashes to.
    pub sha256: [u8; 32],
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are on disk, those of earlier attempts included.
    pub done: u64,
    /// All bytes, where the server says.
    pub total: Option<u64>,
}

impl Client {
    /// Downloads into the file `to`, which is replaced only by a complete and matching file.
    ///
    /// `progress` is called at the start and after each piece and may break the download off; what
    /// was received then stays in `<to>.part` for the next time.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn download(
        &self,
        wanted: &Wanted<'_>,
        to: &Path,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Fetched, HttpError> {
        check_url(wanted.url)?;
        let part = Part::beside(to);
        let head = self.retry.run(|| outcome(self.receive(wanted, &part, progress)))?;
        match head {
            Some(head) => part.finish(wanted, to, head).map(Fetched::New),
            None => Ok(Fetched::Unchanged),
        }
    }

    /// One attempt: the headers of a completely received body, or none when nothing changed.
    fn receive(
        &self,
        wanted: &Wanted<'_>,
        part: &Part,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Option<Head>, HttpError> {
        let standing = part.standing();
        let response = self.ask_for_rest(wanted, standing.as_ref())?;
        let start = match (response.status().as_u16(), &standing) {
            (304, _) => return Ok(None),
            (200, _) => 0,
            (206, Some(standing)) if continues(&response, standing.bytes) => standing.bytes,
            (206 | 416, Some(_)) => {
                // The server and we disagree on what is there already: begin again.
                part.forget().map_err(|source| HttpError::disk(&part.path, source))?;
                return Err(HttpError::broken(wanted.url, io::Error::other("the server cannot continue the download")));
            }
            (status, _) => return Err(HttpError::status(wanted.url, status)),
        };
        let head = Head::of(&response, start);
        if head.total.is_some_and(|total| total > wanted.bytes_max) {
            return Err(HttpError::TooLarge { url: shown(wanted.url), max: wanted.bytes_max });
        }
        let file = part.open(start, head.validator()).map_err(|source| HttpError::disk(&part.path, source))?;
        pour(wanted, &part.path, response.into_body(), file, Progress { done: start, total: head.total }, progress)?;
        Ok(Some(head))
    }

    fn ask_for_rest(&self, wanted: &Wanted<'_>, standing: Option<&Standing>) -> Result<Response<Body>, HttpError> {
        let range = standing.map(|standing| format!("bytes={}-", standing.bytes));
        let mut headers = Vec::new();
        if let Some(etag) = wanted.etag {
            headers.push(("If-None-Match", etag));
        }
        if let (Some(range), Some(standing)) = (&range, standing) {
            headers.push(("Range", range));
            headers.push(("If-Range", &standing.validator));
        }
        self.ask(wanted.url, &headers)
    }
}

/// Writes the body after what the file holds already and brings it to disk.
fn pour(
    wanted: &Wanted<'_>,
    path: &Path,
    body: Body,
    mut file: File,
    mut so_far: Progress,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(), HttpError> {
    let mut reader = body.into_with_config().limit(u64::MAX).reader();
    let mut piece = vec![0; 64 * 1024];
    loop {
        if progress(so_far).is_break() {
            return Err(HttpError::Cancelled { url: shown(wanted.url) });
        }
        let count = reader.read(&mut piece).map_err(|source| HttpError::broken(wanted.url, source))?;
        if count == 0 {
            break;
        }
        so_far.done += count as u64;
        if so_far.done > wanted.bytes_max {
            return Err(HttpError::TooLarge { url: shown(wanted.url), max: wanted.bytes_max });
        }
        file.write_all(&piece[..count]).map_err(|source| HttpError::disk(path, source))?;
    }
    if so_far.total.is_some_and(|total| total != so_far.done) {
        return Err(HttpError::broken(wanted.url, io::ErrorKind::UnexpectedEof.into()));
    }
    file.sync_all().map_err(|source| HttpError::disk(path, source))
}

/// What the headers of an answer say.
struct Head {
    etag: Option<String>,
    last_modified: Option<String>,
    total: Option<u64>,
}

impl Head {
    fn of(response: &Response<Body>, start: u64) -> Self {
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let length: Option<u64> = text(CONTENT_LENGTH).and_then(|length| length.parse().ok());
        Self { etag: text(ETAG), last_modified: text(LAST_MODIFIED), total: length.map(|length| length.saturating_add(start)) }
    }

    /// What tells this content from another under the same address (RFC 9110 §13.1.5: a weak tag
    /// does not).
    fn validator(&self) -> Option<&str> {
        let strong = self.etag.as_deref().filter(|etag| !etag.starts_with("W/"));
        strong.or(self.last_modified.as_deref())
    }
}

/// Whether a 206 answer goes on at this byte.
fn continues(response: &Response<Body>, at: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {at}-")))
}

/// A file on its way, and beside it the validator of what it is a part of.
struct Part {
    path: PathBuf,
    validator: PathBuf,
}

/// What an earlier attempt left.
struct Standing {
    bytes: u64,
    validator: String,
}

/// Entity tags are short; a longer one is not kept, and the download begins again.
const VALIDATOR_BYTES_MAX: u64 = 1024;

impl Part {
    fn beside(to: &Path) -> Self {
        let with = |suffix: &str| {
            let mut name = to.file_name().unwrap_or_default().to_owned();
            name.push(suffix);
            to.with_file_name(name)
        };
        Self { path: with(".part"), validator: with(".part.validator") }
    }

    fn standing(&self) -> Option<Standing> {
        let bytes = fs::metadata(&self.path).ok()?.len();
        let validator = files::read_text_bounded(&self.validator, VALIDATOR_BYTES_MAX).ok()?;
        // A header value must not smuggle in another header.
        let clean = !validator.is_empty() && validator.chars().all(|c| !c.is_control());
        (bytes > 0 && clean).then_some(Standing { bytes, validator })
    }

    fn open(&self, start: u64, validator: Option<&str>) -> io::Result<File> {
        if start > 0 {
            return OpenOptions::new().append(true).open(&self.path);
        }
        self.forget()?;
        if let Some(validator) = validator {
            fs::write(&self.validator, validator)?;
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path)
    }

    fn forget(&self) -> io::Result<()> {
        for path in [&self.path, &self.validator] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks the complete file and puts it in the target's place.
    fn finish(&self, wanted: &Wanted<'_>, to: &Path, head: Head) -> Result<Download, HttpError> {
        let disk = |source| HttpError::disk(&self.path, source);
        let (sha256, bytes) = hash(&self.path).map_err(disk)?;
        if let Some(expected) = wanted.sha256
            && expected != sha256
        {
            self.forget().map_err(disk)?;
            return Err(HttpError::WrongSum { url: shown(wanted.url), expected, found: sha256 });
        }
        fs::rename(&self.path, to).map_err(disk)?;
        sync_dir(to.parent().unwrap_or(Path::new("/"))).map_err(disk)?;
        self.forget().map_err(disk)?;
        Ok(Download { bytes, etag: head.etag, last_modified: head.last_modified, sha256 })
    }
}

fn hash(path: &Path) -> io::Result<([u8; 32], u64)> {
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((hasher.finalize().into(), bytes))
}
