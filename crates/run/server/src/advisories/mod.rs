//! The file of vulnerability data: opened, swapped in when a new one stands there, shared.
//!
//! The feeds it was built from are kept, so that each can be renewed alone. The data are built beside the standing file and moved over it, by this process or another; a
//! file that does not open is left aside and the data in use stay in use.

mod build;
mod bundle;
mod sources;
mod update;

pub use build::{Built, Step, import};
pub use bundle::{export, import_bundle, is_bundle, make_key, origin, read_key, read_public_key};
pub use update::{Origin, own_ecosystems, published, update};

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use vigie_advisories::{Advisories, OpenError};
use vigie_kit::clock::SystemClock;
use vigie_kit::files::{self, Mapped};
use vigie_kit::problem::{Kind, Problem};
use vigie_model::text;

/// Vulnerability data as they are used: mapped, not loaded.
pub type Data = Advisories<Mapped>;

/// The name of the file in its folder.
const FILE: &str = "advisories.vigie";

/// The file and what was taken up from it.
pub struct AdvisoryFile {
    folder: PathBuf,
    current: RwLock<Option<Arc<Data>>>,
    seen: Mutex<Option<Stamp>>,
}

/// Tells one file from its successor.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified_ns: i64,
}

impl AdvisoryFile {
    /// The file in this folder, not yet looked at.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self { folder, current: RwLock::new(None), seen: Mutex::new(None) }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// The folder, where a new file is built.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The data in use.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Data>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes up a file that was not seen before; tells whether there was one.
    ///
    /// # Errors
    /// A [`Problem`] when the file does not open; the data in use stay. The same broken file is
    /// complained about once.
    pub fn take_up(&self) -> Result<bool, Problem> {
        let stamp = stamp(&self.path());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if stamp.is_none() || *seen == stamp {
            return Ok(false);
        }
        *seen = stamp;
        let data = match opened(&self.path()) {
            Ok(data) => data,
            Err((problem, false)) => return Err(problem),
            // Written by another release: the feeds are still there.
            Err((problem, true)) => {
                if !build::renew(self, &SystemClock)? {
                    return Err(problem);
                }
                *seen = self::stamp(&self.path());
                open(&self.path())?
            }
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(data));
        Ok(true)
    }
}

/// Opens a file of vulnerability data.
///
/// # Errors
/// A [`Problem`] when it cannot be read or is none.
pub fn open(path: &Path) -> Result<Data, Problem> {
    opened(path).map_err(|(problem, _)| problem)
}

/// As [`open`]; the error also tells whether it is sound but laid out by another release.
fn opened(path: &Path) -> Result<Data, (Problem, bool)> {
    let shown = path.display();
    let mapped = files::map(path).map_err(|error| {
        let said = text!(
            en "The vulnerability data in {shown} cannot be read",
            fr "Les données de vulnérabilités dans {shown} sont illisibles",
            de "Die Schwachstellendaten in {shown} sind nicht lesbar",
        );
        (Problem::new(Kind::Environment, said).because(error), false)
    })?;
    Advisories::open(mapped).map_err(|error| {
        let outdated = matches!(error, OpenError::OtherVersion { .. });
        (Problem::new(Kind::Environment, error.said()).hint(error.hint()).because(error), outdated)
    })
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    let modified_ns = metadata.mtime().wrapping_mul(1_000_000_000).wrapping_add(metadata.mtime_nsec());
    Some(Stamp { inode: metadata.ino(), size: metadata.len(), modified_ns })
}
