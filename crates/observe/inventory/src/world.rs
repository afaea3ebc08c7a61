//! The machine that is looked at: its files, below a root that need not be `/`.
//!
//! Every path of this crate is a path inside that root, and so are the targets of symbolic links: a link to
//! `/etc/shadow` in a mounted image leads to the image's file, never to ours. (Only good as long as
//! nobody changes the image meanwhile.) What cannot be read becomes a [`Gap`] that names the path as the machine sees it.

use rustix::process::geteuid;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use vigie_kit::files::{self, ReadError};
use vigie_model::observed::{Gap, Obstacle};

mod glob;

/// The most entries of one directory.
pub const ENTRIES_MAX: usize = 500_000;
/// The most symbolic links on the way to a file; Linux has the same limit.
const LINKS_MAX: usize = 40;

/// A machine to look at.
#[derive(Clone, Debug)]
pub struct World {
    /// Where its `/` is.
    pub root: PathBuf,
    /// Whether programs of the machine may be started to ask them (`sshd -T`).
    pub may_run_commands: bool,
}

impl World {
    /// The machine this program runs on.
    #[must_use]
    pub fn live() -> Self {
        Self { root: PathBuf::from("/"), may_run_commands: true }
    }

    /// A machine at rest below a directory; none of its programs are started.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), may_run_commands: false }
    }

    /// Whether this is the running machine, so that the kernel may be asked about it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Whether we may see everything.
    #[must_use]
    pub fn is_root(&self) -> bool {
        geteuid().is_root()
    }

    /// Reads a file of at most `max` bytes.
    pub(crate) fn read(&self, path: impl AsRef<Path>, max: usize) -> Result<Vec<u8>, Gap> {
        let path = path.as_ref();
        files::read_bounded(&self.place(path), max as u64).map_err(|error| gap_of_read(path, &error))
    }

    /// Reads a file that need not be there.
    pub(crate) fn read_if_there(&self, path: impl AsRef<Path>, max: usize) -> Result<Option<Vec<u8>>, Gap> {
        match self.read(path, max) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(gap) if gap.why == Obstacle::Missing => Ok(None),
            Err(gap) => Err(gap),
        }
    }

    /// Opens a file that is too large to be read at once.
    pub(crate) fn open(&self, path: impl AsRef<Path>) -> Result<File, Gap> {
        let path = path.as_ref();
        match File::open(self.place(path)) {
            Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Ok(file),
            Ok(_) => Err(Gap::new(path.display().to_string(), Obstacle::Unreadable, "not a regular file")),
            Err(error) => Err(gap(path, &error)),
        }
    }

    /// The sorted names in a directory; `None` when it is not there.
    pub(crate) fn names(&self, path: impl AsRef<Path>) -> Result<Option<Vec<OsString>>, Gap> {
        let path = path.as_ref();
        let entries = match fs::read_dir(self.place(path)) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(gap(path, &error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => names.push(entry.file_name()),
                // A process that ended while its directory was read.
                Err(error) if is_missing(&error) => return Ok(None),
                Err(error) => return Err(gap(path, &error)),
            }
            if names.len() > ENTRIES_MAX {
                let detail = format!("more than {ENTRIES_MAX} entries");
                return Err(Gap::new(path.display().to_string(), Obstacle::BeyondLimit, detail));
            }
        }
        names.sort_unstable();
        Ok(Some(names))
    }

    /// What the file system knows of a file, behind symbolic links; `None` when it is not there.
    pub(crate) fn metadata(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>, Gap> {
        let path = path.as_ref();
        match fs::metadata(self.place(path)) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(gap(path, &error)),
        }
    }

    /// Whether there is certainly something at this path.
    pub(crate) fn exists(&self, path: impl AsRef<Path>) -> bool {
        matches!(self.metadata(path), Ok(Some(_)))
    }

    /// Where a symbolic link points to, as text; `None` when it is not there.
    pub(crate) fn link(&self, path: impl AsRef<Path>) -> Result<Option<String>, Gap> {
        let path = path.as_ref();
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
        match fs::read_link(self.place(parent).join(name)) {
            Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(gap(path, &error)),
        }
    }

    /// The files a glob(7) pattern names, sorted, and the directories that could not be looked into.
    pub(crate) fn glob(&self, pattern: &str) -> (Vec<PathBuf>, Vec<Gap>) {
        glob::expand(self, pattern)
    }

    /// Where a path of the machine is for us, with all symbolic links on the way kept inside the root.
    pub(crate) fn place(&self, path: &Path) -> PathBuf {
        if self.is_live() {
            return path.to_owned();
        }
        let mut inside = PathBuf::new();
        let mut ahead: Vec<OsString> = parts(path);
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if part == ".." {
                inside.pop();
                continue;
            }
            match fs::read_link(self.root.join(&inside).join(&part)) {
                Ok(target) if links < LINKS_MAX => {
                    links += 1;
                    if target.is_absolute() {
                        inside = PathBuf::new();
                    }
                    ahead.extend(parts(&target));
                }
                // Beyond the limit the link itself is named, and opening it fails like a missing file.
                Ok(_) => return self.root.join("\u{fffd}too-many-links"),
                Err(_) => inside.push(part),
            }
        }
        self.root.join(inside)
    }
}

/// The parts of a path, last one first.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().filter_map(|component| match component {
        Component::Normal(part) => Some(part.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    });
    let mut parts: Vec<_> = parts.collect();
    parts.reverse();
    parts
}

/// Missing, also in the ways of a process that has just ended.
fn is_missing(error: &io::Error) -> bool {
    let no_such_process = error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error());
    no_such_process || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The gap that an error of the system leaves.
pub(crate) fn gap(path: &Path, error: &io::Error) -> Gap {
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied => Obstacle::NotPermitted,
        _ if is_missing(error) => Obstacle::Missing,
        _ => Obstacle::Failed,
    };
    Gap::new(path.display().to_string(), why, error.to_string())
}

fn gap_of_read(path: &Path, error: &ReadError) -> Gap {
    let why = match error {
        ReadError::Missing { .. } => Obstacle::Missing,
        ReadError::NotPermitted { .. } => Obstacle::NotPermitted,
        ReadError::NotAFile { .. } | ReadError::NotText { .. } => Obstacle::Unreadable,
        ReadError::TooLarge { .. } => Obstacle::BeyondLimit,
        ReadError::Failed { source, .. } => return gap(path, source),
    };
    // The error names our own path, which for a machine at rest is not the one that it knows.
    Gap::new(path.display().to_string(), why, "")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A machine at rest with these files: what stands in a header of [`vigie_testkit::World`], and the content.
    pub(crate) fn world(files: &[(&str, &str)]) -> (vigie_testkit::World, World) {
        let text: String =
            files.iter().map(|(header, content)| format!("//- {header}\n{content}")).collect::<Vec<_>>().join("\n");
        let files = vigie_testkit::World::new(&text);
        let world = World::at(files.root());
        (files, world)
    }

    #[test]
    fn links_stay_inside_the_root() {
        let (_files, world) = world(&[
            ("/usr/lib/os-release", "ID=x"),
            ("/etc/passwd", "inside"),
            ("/etc/os-release -> ../usr/lib/os-release", ""),
            ("/absolute -> /etc", ""),
            ("/etc/out -> ../../../../etc/passwd", ""),
            ("/round -> round", ""),
        ]);
        assert_eq!(world.read("/etc/os-release", 10).unwrap(), b"ID=x\n");
        assert_eq!(world.read("/absolute/passwd", 10).unwrap(), b"inside\n");
        assert_eq!(world.read("/etc/out", 10).unwrap(), b"inside\n");
        assert_eq!(world.link("/absolute").unwrap().unwrap(), "/etc");
        assert_eq!(world.read("/round", 10).unwrap_err().why, Obstacle::Missing);
    }

    #[test]
    fn what_cannot_be_read_is_a_gap() {
        let (_dir, world) = world(&[("/big", "123456"), ("/dir/file", "")]);
        assert_eq!(world.read("/big", 5).unwrap_err(), Gap::new("/big", Obstacle::BeyondLimit, ""));
        assert_eq!(world.read("/dir", 5).unwrap_err().why, Obstacle::Unreadable);
        assert_eq!(world.read_if_there("/none", 5).unwrap(), None);
        assert_eq!(world.names("/none").unwrap(), None);
        assert_eq!(world.names("/").unwrap().unwrap(), ["big", "dir"]);
        assert!(world.exists("/dir/file") && !world.exists("/big/file"));
    }
}
