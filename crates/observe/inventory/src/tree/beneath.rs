//! Opening files below a folder, and nowhere else.
//!
//! The kernel itself refuses to follow links (openat2(2), `RESOLVE_BENEATH` and `RESOLVE_NO_SYMLINKS`), so that
//! a tree that changes while it is read leads nowhere else either. A kernel without that call (before 5.6, or a
//! sandbox that refuses it) gets the path opened name by name.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// The folder.
pub(crate) struct Root {
    folder: OwnedFd,
}

impl Root {
    /// Opens the folder itself; it may be a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { folder: openat(CWD, path, flags, Mode::empty())? })
    }

    /// Opens a folder below; the empty path is the folder itself.
    pub(crate) fn folder(&self, path: &[u8]) -> io::Result<OwnedFd> {
        self.beneath(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC)
    }

    /// Opens a regular file below.
    pub(crate) fn file(&self, path: &[u8]) -> io::Result<(std::fs::File, Stat)> {
        let file = self.beneath(path, OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY)?;
        let stat = fstat(&file)?;
        if rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() {
            Ok((file.into(), stat))
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "no longer a regular file"))
        }
    }

    /// Whether something stands at this path, no link on the way.
    pub(crate) fn has(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.folder(folder.as_bytes()).is_ok_and(|folder| statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
    }

    fn beneath(&self, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let whole = if path.is_empty() { &b"."[..] } else { path };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        match openat2(&self.folder, whole, flags, Mode::empty(), resolve) {
            Err(Errno::NOSYS | Errno::PERM) => self.name_by_name(path, flags),
            other => Ok(other?),
        }
    }

    fn name_by_name(&self, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let folders = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let open = |at: BorrowedFd<'_>, name: &[u8], flags| openat(at, name, flags, Mode::empty());
        let mut at = open(self.folder.as_fd(), b".", folders)?;
        let mut names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            if name == b".." {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let flags = if names.peek().is_some() { folders } else { flags | OFlags::NOFOLLOW };
            at = open(at.as_fd(), name, flags)?;
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_is_opened_through_a_link_or_above() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::write(tree.join("a/b/file"), "inside").unwrap();
        fs::write(dir.path().join("secret"), "outside").unwrap();
        symlink("../../secret", tree.join("a/out")).unwrap();
        symlink("a/b", tree.join("link")).unwrap();
        let root = Root::open(&tree).unwrap();
        let by_name = |path: &[u8]| root.name_by_name(path, OFlags::RDONLY);
        assert!(root.file(b"a/b/file").is_ok() && by_name(b"a/b/file").is_ok());
        for path in [&b"a/out"[..], b"link/file", b"../secret", b"a/b", b"absent"] {
            assert!(root.file(path).is_err(), "{}", String::from_utf8_lossy(path));
        }
        for path in [&b"a/out"[..], b"link/file", b"../secret", b"absent"] {
            assert!(by_name(path).is_err(), "{}", String::from_utf8_lossy(path));
        }
        assert!(root.has("a/b") && root.has("link") && !root.has("link/file") && !root.has("../secret"));
    }
}
