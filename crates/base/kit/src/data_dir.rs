//! The directory in which one running Vigie keeps everything, and who may open it.
//!
//! ```text
//! VERSION      "vigie-data 1": the layout's version, written once
//! LOCK         held by the running instance; its content is the holder's process id
//! state.db     everything that has a life (base/db)
//! lake/        events (keep/lake)
//! advisories/  vulnerability data (judge/advisories)
//! tls/         certificate and key of the console
//! set-up       the address of the first start, until it was used
//! layers/      what is known of layers of images
//! geoip/       copies of the databases of addresses in use
//! fingerprint.key  by which secrets are told from each other
//! ```
//!
//! Holds: an opened directory belongs to the effective user, nobody else may look into it, no other
//! instance has it open, and its layout is one that this program knows.

mod error;

pub use error::DataDirError;

use crate::files::{self, Lock, LockError, ReadError};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The layout that this program writes.
const LAYOUT: u32 = 1;
/// The first word of the VERSION file.
const MARK: &str = "vigie-data";
/// What the VERSION file may hold at most.
const VERSION_BYTES_MAX: u64 = 256;
/// Below this, nothing could be kept for long and SQLite could not even grow its log.
const FREE_BYTES_MIN: u64 = 32 * 1024 * 1024;

/// The file of settings that somebody may put there.
pub const SETTINGS: &str = "vigie.toml";

/// An opened data directory; other instances are kept out until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: Option<Lock>,
}

impl DataDir {
    /// Opens the directory for this process alone, creating it if need be.
    ///
    /// # Errors
    /// See [`DataDirError`]: each is one sentence with a hint.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        Self::open_with_room(path, FREE_BYTES_MIN)
    }

    /// Opens an existing directory beside a running instance, for reading and for what is safe to
    /// do beside one (the database takes several processes, the advisories are swapped).
    ///
    /// # Errors
    /// As [`DataDir::open`], except that an instance may run and the disk may be full.
    pub fn open_beside(path: &Path) -> Result<Self, DataDirError> {
        let path = absolute(path)?;
        check_owner(&path)?;
        match layout(&path)? {
            Some(LAYOUT) => Ok(Self { path, _lock: None }),
            Some(found) => Err(DataDirError::Newer { path, found, known: LAYOUT }),
            None => Err(DataDirError::NotOurs { path }),
        }
    }

    /// Where data is kept when nobody says: `/var/lib/vigie` for root, else `$XDG_DATA_HOME/vigie`
    /// or `~/.local/share/vigie`.
    ///
    /// # Errors
    /// [`DataDirError::NoHome`] when the environment names no home directory.
    pub fn default_path() -> Result<PathBuf, DataDirError> {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        default_path_of(rustix::process::geteuid().is_root(), variable("XDG_DATA_HOME"), variable("HOME"))
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state database.
    #[must_use]
    pub fn state_db(&self) -> PathBuf {
        self.path.join("state.db")
    }

    /// The directory of events.
    #[must_use]
    pub fn lake(&self) -> PathBuf {
        self.path.join("lake")
    }

    /// The directory of the user's own pages for log formats.
    #[must_use]
    pub fn parsers(&self) -> PathBuf {
        self.path.join("parsers")
    }

    /// The directory of the databases of addresses in use.
    #[must_use]
    pub fn geoip(&self) -> PathBuf {
        self.path.join("geoip")
    }

    /// The directory of vulnerability data.
    #[must_use]
    pub fn advisories(&self) -> PathBuf {
        self.path.join("advisories")
    }

    /// The directory of the console's certificate and key.
    #[must_use]
    pub fn tls(&self) -> PathBuf {
        self.path.join("tls")
    }

    /// The file with the address of the first start.
    #[must_use]
    pub fn set_up(&self) -> PathBuf {
        self.path.join("set-up")
    }

    fn open_with_room(path: &Path, needed: u64) -> Result<Self, DataDirError> {
        create(path)?;
        let path = absolute(path)?;
        check_owner(&path)?;
        let found = layout(&path)?;
        // Read again: somebody else's first start may have come between.
        if found.is_none() && !is_empty(&path)? && layout(&path)?.is_none() {
            return Err(DataDirError::NotOurs { path });
        }
        let lock = files::lock(&path.join("LOCK")).map_err(|error| locked(&path, error))?;
        // Read again under the lock: two first starts at once both saw nothing.
        match layout(&path)? {
            None => write_layout(&path)?,
            Some(LAYOUT) => {}
            Some(found) => return Err(DataDirError::Newer { path, found, known: LAYOUT }),
        }
        let free = files::free_bytes(&path).map_err(|source| failed(&path, source))?;
        if free < needed {
            return Err(DataDirError::Full { path, free, needed });
        }
        fs::set_permissions(&path, Permissions::from_mode(0o700)).map_err(|source| failed(&path, source))?;
        Ok(Self { path, _lock: Some(lock) })
    }
}

fn default_path_of(root: bool, xdg: Option<PathBuf>, home: Option<PathBuf>) -> Result<PathBuf, DataDirError> {
    if root {
        return Ok(PathBuf::from("/var/lib/vigie"));
    }
    // The XDG specification says to ignore relative paths.
    let absolute = |path: &PathBuf| path.is_absolute();
    if let Some(xdg) = xdg.filter(absolute) {
        return Ok(xdg.join("vigie"));
    }
    home.filter(absolute).map(|home| home.join(".local/share/vigie")).ok_or(DataDirError::NoHome)
}

fn create(path: &Path) -> Result<(), DataDirError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(DataDirError::NotADirectory { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| failed(path, source))
        }
        Err(source) => Err(failed(path, source)),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, DataDirError> {
    fs::canonicalize(path).map_err(|source| failed(path, source))
}

fn check_owner(path: &Path) -> Result<(), DataDirError> {
    let metadata = fs::metadata(path).map_err(|source| failed(path, source))?;
    if !metadata.is_dir() {
        return Err(DataDirError::NotADirectory { path: path.to_owned() });
    }
    let (owner, user) = (metadata.uid(), rustix::process::geteuid().as_raw());
    // Root is refused as well: files of root's would lock the real owner out.
    if owner == user { Ok(()) } else { Err(DataDirError::Foreign { path: path.to_owned(), owner, user }) }
}

/// The layout's version, or none where no VERSION file is.
fn layout(path: &Path) -> Result<Option<u32>, DataDirError> {
    let file = path.join("VERSION");
    let text = match files::read_text_bounded(&file, VERSION_BYTES_MAX) {
        Ok(text) => text,
        Err(ReadError::Missing { .. }) => return Ok(None),
        Err(ReadError::Failed { source, .. }) => return Err(failed(&file, source)),
        Err(ReadError::NotPermitted { .. }) => return Err(failed(&file, io::ErrorKind::PermissionDenied.into())),
        Err(ReadError::NotAFile { .. } | ReadError::TooLarge { .. } | ReadError::NotText { .. }) => {
            return Err(DataDirError::NotOurs { path: path.to_owned() });
        }
    };
    let number = text.trim().strip_prefix(MARK).and_then(|rest| rest.trim().parse().ok());
    number.map(Some).ok_or_else(|| DataDirError::NotOurs { path: path.to_owned() })
}

fn write_layout(path: &Path) -> Result<(), DataDirError> {
    let file = path.join("VERSION");
    files::write_atomic(&file, format!("{MARK} {LAYOUT}\n").as_bytes(), 0o600).map_err(|error| match error {
        files::WriteError::Full { .. } => DataDirError::Full { path: path.to_owned(), free: 0, needed: FREE_BYTES_MIN },
        files::WriteError::NotPermitted { source, .. } | files::WriteError::Failed { source, .. } => failed(path, source),
    })
}

/// Whether there is nothing but settings and what a mount point or a first start that was cut short leaves.
fn is_empty(path: &Path) -> Result<bool, DataDirError> {
    for entry in fs::read_dir(path).map_err(|source| failed(path, source))? {
        let name = entry.map_err(|source| failed(path, source))?.file_name();
        let name = name.to_string_lossy();
        let is_first = ["VERSION.new-", "fingerprint.key"].iter().any(|first| name.starts_with(first));
        if ![SETTINGS, "lost+found", "LOCK"].contains(&&*name) && !is_first {
            return Ok(false);
        }
    }
    Ok(true)
}

fn locked(path: &Path, error: LockError) -> DataDirError {
    match error {
        LockError::Held { pid, .. } => DataDirError::InUse { path: path.to_owned(), pid },
        LockError::Failed { source, .. } => failed(path, source),
    }
}

fn failed(path: &Path, source: io::Error) -> DataDirError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => DataDirError::Missing { path },
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => DataDirError::NotWritable { path, source },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DataDirError::Full { path, free: 0, needed: FREE_BYTES_MIN },
        _ => DataDirError::Failed { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Explain;
    use vigie_model::lang::Lang;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_first_start_creates_it_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let data = DataDir::open(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        assert_eq!(fs::read_to_string(path.join("VERSION")).unwrap(), "vigie-data 1\n");
        assert_eq!(data.state_db(), fs::canonicalize(&path).unwrap().join("state.db"));
        drop(data);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        drop(DataDir::open(&path).unwrap());
        assert_eq!(mode(&path), 0o700, "an opened one is closed to others again");
    }

    #[test]
    fn a_second_instance_is_told_the_first_ones_process() {
        let dir = tempfile::tempdir().unwrap();
        let _first = DataDir::open(dir.path()).unwrap();
        let problem = DataDir::open(dir.path()).unwrap_err().explain();
        let (path, pid) = (fs::canonicalize(dir.path()).unwrap(), std::process::id());
        let path = path.display();
        assert_eq!(
            problem.told(Lang::En),
            format!(
                "another Vigie (process {pid}) uses the data directory {path}\nhint: stop it first, or give this one a directory of its own with --data"
            )
        );
        assert_eq!(problem.said.fr, format!("un autre Vigie (processus {pid}) utilise le répertoire de données {path}"));
        assert_eq!(problem.said.de, format!("ein anderes Vigie (Prozess {pid}) verwendet das Datenverzeichnis {path}"));
        assert!(DataDir::open_beside(dir.path()).is_ok(), "reading beside it is allowed");
    }

    #[test]
    fn one_made_by_a_newer_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        drop(DataDir::open(dir.path()).unwrap());
        fs::write(dir.path().join("VERSION"), "vigie-data 2\n").unwrap();
        for error in [DataDir::open(dir.path()).unwrap_err(), DataDir::open_beside(dir.path()).unwrap_err()] {
            assert!(matches!(error, DataDirError::Newer { found: 2, known: 1, .. }));
        }
        assert_eq!(fs::read_to_string(dir.path().join("VERSION")).unwrap(), "vigie-data 2\n");
    }

    #[test]
    fn settings_may_be_there_before_the_first_start() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(SETTINGS), "").unwrap();
        DataDir::open(dir.path()).unwrap();
    }

    #[test]
    fn a_directory_with_other_content_is_not_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "").unwrap();
        assert!(matches!(DataDir::open(dir.path()), Err(DataDirError::NotOurs { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was written");
        fs::write(dir.path().join("VERSION"), "3.2\n").unwrap();
        assert!(matches!(DataDir::open(dir.path()), Err(DataDirError::NotOurs { .. })));
    }

    #[test]
    fn a_mount_point_is_as_good_as_empty() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lost+found")).unwrap();
        assert!(DataDir::open(dir.path()).is_ok());
    }

    #[test]
    fn a_file_is_no_directory_and_a_missing_one_cannot_be_read_beside() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        fs::write(&file, "").unwrap();
        assert!(matches!(DataDir::open(&file), Err(DataDirError::NotADirectory { .. })));
        assert!(matches!(DataDir::open_beside(&file), Err(DataDirError::NotADirectory { .. })));
        assert!(matches!(DataDir::open_beside(&dir.path().join("g")), Err(DataDirError::Missing { .. })));
    }

    #[test]
    fn a_disk_without_room_is_said_before_anything_starts() {
        let dir = tempfile::tempdir().unwrap();
        let error = DataDir::open_with_room(dir.path(), u64::MAX).unwrap_err();
        assert!(matches!(error, DataDirError::Full { .. }));
        assert!(DataDir::open(dir.path()).is_ok(), "and nothing stays locked");
    }

    #[test]
    fn a_system_error_gets_the_sentence_that_fits() {
        let of = |errno: rustix::io::Errno| failed(Path::new("/data"), errno.into());
        assert!(matches!(of(rustix::io::Errno::ACCESS), DataDirError::NotWritable { .. }));
        assert!(matches!(of(rustix::io::Errno::ROFS), DataDirError::NotWritable { .. }));
        assert!(matches!(of(rustix::io::Errno::NOSPC), DataDirError::Full { .. }));
        assert!(matches!(of(rustix::io::Errno::IO), DataDirError::Failed { .. }));
    }

    #[test]
    fn somebody_elses_directory_is_refused() {
        // "/proc/1" or "/" belongs to root; root gives the directory away instead.
        let dir = tempfile::tempdir().unwrap();
        let path = if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(dir.path(), Some(4711), None).unwrap();
            dir.path()
        } else {
            Path::new("/")
        };
        assert!(matches!(DataDir::open(path), Err(DataDirError::Foreign { .. })));
    }

    #[test]
    fn the_default_follows_the_user() {
        let path = |root, xdg: Option<&str>, home: Option<&str>| default_path_of(root, xdg.map(Into::into), home.map(Into::into));
        assert_eq!(path(true, Some("/x"), Some("/h")).unwrap(), Path::new("/var/lib/vigie"));
        assert_eq!(path(false, Some("/x"), Some("/h")).unwrap(), Path::new("/x/vigie"));
        assert_eq!(path(false, Some("x"), Some("/h")).unwrap(), Path::new("/h/.local/share/vigie"));
        assert!(matches!(path(false, None, None), Err(DataDirError::NoHome)));
    }
}
