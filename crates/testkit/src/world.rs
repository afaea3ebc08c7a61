//! A small world of files from one text: a root directory that a test can read in the place of `/`.
//!
//! ```text
//! //- /etc/passwd mode=0644 uid=0 gid=0
//! root:x:0:0:root:/root:/bin/bash
//! //- /var/spool/cron/ mode=0700
//! //- /etc/localtime -> /usr/share/zoneinfo/UTC
//! //- /var/lib/apt/stamp mtime=2026-01-01T00:00:00Z
//! //- /bin/tool hex
//! 7f 45 4c 46
//! ```
//!
//! A path that ends in `/` is a directory. Files are 0644 and directories 0755 unless `mode` says
//! otherwise; `uid` and `gid` need root, see [`World::sets_owners`]. Missing parents are created.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use vigie_model::time::Timestamp;

/// A directory with the files of a text; removed when it is dropped.
#[derive(Debug)]
pub struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// The world that a text describes.
    ///
    /// # Panics
    /// When the text makes no sense or a file cannot be made, with the header in question.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary directory: {error}"));
        let world = Self { dir };
        world.add(text);
        world
    }

    /// The directory that stands for `/`.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Where a path of this world is on the machine.
    ///
    /// # Panics
    /// When the path is not absolute.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        let Some(relative) = path.strip_prefix('/') else { panic!("`{path}` is not absolute") };
        self.root().join(relative)
    }

    /// Adds what another text describes, in the place of files of the same name.
    ///
    /// # Panics
    /// As [`World::new`].
    pub fn add(&self, text: &str) {
        for entry in entries(text) {
            if let Err(error) = self.make(&entry) {
                panic!("cannot make `{}`: {error}", entry.header);
            }
        }
    }

    /// Adds to the end of a file, as a log grows.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn append(&self, path: &str, text: &str) {
        let opened = File::options().append(true).create(true).open(self.path(path));
        let written = opened.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
        written.unwrap_or_else(|error| panic!("cannot append to `{path}`: {error}"));
    }

    /// Whether `uid` and `gid` take effect: only for root. Without, files belong to the test's user.
    #[must_use]
    pub fn sets_owners(&self) -> bool {
        fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
    }

    fn make(&self, entry: &Entry<'_>) -> io::Result<()> {
        let path = self.path(entry.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if let Some(target) = entry.target {
            return symlink(target, path);
        }
        if entry.path.ends_with('/') {
            fs::create_dir_all(&path)?;
        } else {
            fs::write(&path, &entry.content)?;
        }
        if let Some(time) = entry.mtime {
            let since = Duration::from_micros(u64::try_from(time.micros()).unwrap_or_default());
            File::open(&path)?.set_modified(UNIX_EPOCH + since)?;
        }
        if self.sets_owners() && (entry.uid.is_some() || entry.gid.is_some()) {
            chown(&path, entry.uid, entry.gid)?;
        }
        // Last: a chown clears the set-user-id bit.
        fs::set_permissions(&path, Permissions::from_mode(entry.mode))
    }
}

struct Entry<'t> {
    header: &'t str,
    path: &'t str,
    target: Option<&'t str>,
    mode: u32,
    uid: Option<u32>,
    gid: Option<u32>,
    mtime: Option<Timestamp>,
    content: Vec<u8>,
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut found: Vec<(Entry<'_>, bool)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(header) = line.strip_prefix("//- ") {
            found.push(entry(header.trim()));
        } else if let Some((entry, _)) = found.last_mut() {
            entry.content.extend_from_slice(line.as_bytes());
        } else if !line.trim().is_empty() {
            panic!("content before the first `//- ` header: {line}");
        }
    }
    let decoded = found.into_iter().map(|(mut entry, hex)| {
        if hex {
            entry.content = from_hex(&entry);
        }
        entry
    });
    decoded.collect()
}

/// What a header says, and whether the content is hexadecimal.
fn entry(header: &str) -> (Entry<'_>, bool) {
    let (header_path, target) = match header.split_once(" -> ") {
        Some((path, target)) => (path, Some(target.trim())),
        None => (header, None),
    };
    let mut words = header_path.split_whitespace();
    let path = words.next().unwrap_or_default();
    let mode = if path.ends_with('/') { 0o755 } else { 0o644 };
    let mut entry = Entry { header, path, target, mode, uid: None, gid: None, mtime: None, content: Vec::new() };
    let mut hex = false;
    for word in words {
        let wrong = || -> ! { panic!("`{word}` makes no sense in `{header}`") };
        match word.split_once('=') {
            Some(("mode", value)) => entry.mode = u32::from_str_radix(value, 8).unwrap_or_else(|_| wrong()),
            Some(("uid", value)) => entry.uid = Some(value.parse().unwrap_or_else(|_| wrong())),
            Some(("gid", value)) => entry.gid = Some(value.parse().unwrap_or_else(|_| wrong())),
            Some(("mtime", value)) => entry.mtime = Some(Timestamp::parse(value).unwrap_or_else(|_| wrong())),
            None if word == "hex" => hex = true,
            _ => wrong(),
        }
    }
    (entry, hex)
}

fn from_hex(entry: &Entry<'_>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&entry.content);
    let digits: Vec<u32> = text.chars().filter(|c| !c.is_whitespace()).map_while(|c| c.to_digit(16)).collect();
    if !digits.len().is_multiple_of(2) || text.chars().any(|c| !c.is_whitespace() && !c.is_ascii_hexdigit()) {
        panic!("`{}` is not hexadecimal", entry.header);
    }
    // Two digits below 16 always fit a byte.
    digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_files_directories_links_and_bytes() {
        let world = World::new(
            "//- /etc/shadow mode=0640 uid=0 gid=42\nroot:*:\n\
             //- /empty\n\
             //- /var/cron/ mode=0700\n\
             //- /etc/localtime -> /usr/share/zoneinfo/UTC\n\
             //- /bin/tool mode=4755 hex mtime=2026-01-01T00:00:00Z\n7f 45\n4c46\n",
        );
        let mode = |path| fs::metadata(world.path(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(fs::read_to_string(world.path("/etc/shadow")).unwrap(), "root:*:\n");
        assert_eq!((mode("/etc/shadow"), mode("/empty"), mode("/var/cron"), mode("/bin/tool")), (0o640, 0o644, 0o700, 0o4755));
        assert_eq!(fs::read_link(world.path("/etc/localtime")).unwrap(), Path::new("/usr/share/zoneinfo/UTC"));
        assert_eq!(fs::read(world.path("/bin/tool")).unwrap(), b"\x7fELF");
        assert_eq!(fs::metadata(world.path("/bin/tool")).unwrap().mtime(), 1_767_225_600);
        if world.sets_owners() {
            assert_eq!(fs::metadata(world.path("/etc/shadow")).unwrap().gid(), 42);
        }
        world.append("/etc/shadow", "daemon:*:\n");
        assert_eq!(fs::read_to_string(world.path("/etc/shadow")).unwrap(), "root:*:\ndaemon:*:\n");
    }

    #[test]
    #[should_panic(expected = "`colour=red` makes no sense in `/a colour=red`")]
    fn a_header_that_makes_no_sense_is_named() {
        drop(World::new("//- /a colour=red\n"));
    }
}
