//! What a layer tells of how an image was made: leftovers of package managers, files that anybody may
//! change, programs that run as somebody else, and which files are large.
//!
//! Facts only; what is too much is judged elsewhere. Holds: each list has a limit, so that a layer of ten
//! million files needs no more memory than one of ten thousand; what lies beyond is not listed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use vigie_model::image::{CacheLeft, FileMode};

/// The most files of a kind that are listed for one layer.
const LISTED_MAX: usize = 1000;
/// Files below this size are not remembered for what later layers hide.
const LARGE_BYTES: u64 = 64 * 1024;
/// The most large files that are remembered: the largest.
const LARGE_MAX: usize = 4096;

const STICKY: u32 = 0o1000;
const SET_ID: u32 = 0o6000;
const OTHERS_WRITE: u32 = 0o002;

/// Directories in which nothing should be changed by everybody.
const SYSTEM: [&str; 12] = ["bin", "boot", "etc", "lib", "lib32", "lib64", "opt", "root", "sbin", "srv", "usr", "var"];
/// Directories that everybody may change, if only their sticky bit is set.
const SHARED: [&str; 3] = ["tmp", "var/tmp", "run"];

/// Folders of package managers whose content is not needed at run time.
const CACHES: [(&str, &str); 15] = [
    ("apt", "var/cache/apt"),
    ("apt", "var/lib/apt/lists"),
    ("apk", "var/cache/apk"),
    ("apk", "etc/apk/cache"),
    ("dnf", "var/cache/dnf"),
    ("dnf", "var/cache/libdnf5"),
    ("yum", "var/cache/yum"),
    ("zypper", "var/cache/zypp"),
    ("pacman", "var/cache/pacman/pkg"),
    ("yarn", "usr/local/share/.cache/yarn"),
    ("go", "go/pkg/mod/cache/download"),
    ("bundler", "usr/local/bundle/cache"),
    ("conda", "opt/conda/pkgs"),
    ("composer", "tmp/composer/cache"),
    ("npm", "tmp/npm-cache"),
];
/// The same below a home directory.
const HOME_CACHES: [(&str, &str); 12] = [
    ("pip", ".cache/pip"),
    ("uv", ".cache/uv"),
    ("poetry", ".cache/pypoetry"),
    ("npm", ".npm/_cacache"),
    ("yarn", ".cache/yarn"),
    ("yarn", ".yarn/berry/cache"),
    ("go", ".cache/go-build"),
    ("maven", ".m2/repository"),
    ("gradle", ".gradle/caches"),
    ("composer", ".composer/cache"),
    ("composer", ".cache/composer"),
    ("cargo", ".cargo/registry"),
];

/// Programs that somebody who broke in looks for, or that tell what an image is made for. Sorted.
const PROGRAMS: [&str; 64] = [
    "apk", "apt-get", "ash", "bash", "busybox", "c++", "cargo", "cc", "clang", "composer", "curl", "dash", "dnf", "doas",
    "dotnet", "dpkg", "dropbear", "fish", "g++", "gcc", "gdb", "gem", "git", "go", "java", "javac", "ksh", "ld", "make",
    "microdnf", "nc", "ncat", "netcat", "nginx", "nmap", "node", "npm", "opkg", "perl", "php", "pip", "pip3", "python",
    "python3", "rpm", "rsync", "ruby", "rustc", "sh", "socat", "sshd", "strace", "su", "sudo", "tcpdump", "tdnf", "telnet",
    "telnetd", "vsftpd", "wget", "xinetd", "yum", "zsh", "zypper",
];
/// Folders in which programs lie.
const PROGRAM_FOLDERS: [&str; 7] =
    ["bin", "opt/java/openjdk/bin", "sbin", "usr/bin", "usr/local/bin", "usr/local/sbin", "usr/sbin"];

/// Gathers it for one layer.
#[derive(Default)]
pub(crate) struct Quality {
    elevated: BTreeMap<String, u32>,
    writable: BTreeMap<String, u32>,
    programs: BTreeMap<String, u32>,
    large: BinaryHeap<Reverse<(u64, String)>>,
    caches: BTreeMap<(&'static str, String), u64>,
}

/// The lists of a layer.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) elevated: Vec<FileMode>,
    pub(crate) world_writable: Vec<FileMode>,
    pub(crate) programs: Vec<FileMode>,
    pub(crate) large: Vec<(String, u64)>,
    pub(crate) caches: Vec<CacheLeft>,
}

impl Quality {
    pub(crate) fn file(&mut self, path: &str, size: u64, mode: u32) {
        set(&mut self.elevated, path, mode, mode & SET_ID != 0 && mode & 0o111 != 0);
        set(&mut self.writable, path, mode, mode & OTHERS_WRITE != 0 && is_system(path));
        if size >= LARGE_BYTES {
            self.large.push(Reverse((size, path.to_owned())));
            if self.large.len() > LARGE_MAX {
                self.large.pop();
            }
        }
        if let Some((manager, child)) = cache_of(path).filter(|_| size > 0) {
            let key = (manager, child.to_owned());
            if self.caches.len() < LISTED_MAX || self.caches.contains_key(&key) {
                *self.caches.entry(key).or_default() += size;
            }
        }
    }

    /// A file or link that may be a program.
    pub(crate) fn program(&mut self, path: &str, mode: u32) {
        if is_program(path) && self.programs.len() < LISTED_MAX {
            self.programs.insert(path.to_owned(), mode);
        }
    }

    pub(crate) fn directory(&mut self, path: &str, mode: u32) {
        let open = mode & OTHERS_WRITE != 0 && mode & STICKY == 0;
        set(&mut self.writable, path, mode, open && (is_system(path) || SHARED.contains(&path)));
    }

    pub(crate) fn finish(self) -> Lists {
        let modes =
            |map: BTreeMap<String, u32>| map.into_iter().map(|(path, mode)| FileMode { path, mode, layer: None }).collect();
        let mut large: Vec<(String, u64)> = self.large.into_iter().map(|Reverse((size, path))| (path, size)).collect();
        large.sort_unstable();
        // A path that comes twice in one layer is stored twice, and the last one counts.
        large.dedup_by(|later, earlier| later.0 == earlier.0);
        let left =
            |((manager, path), bytes): ((&str, String), u64)| CacheLeft { manager: manager.to_owned(), path, bytes, layer: None };
        Lists {
            elevated: modes(self.elevated),
            world_writable: modes(self.writable),
            programs: modes(self.programs),
            large,
            caches: self.caches.into_iter().map(left).collect(),
        }
    }
}

/// Lists a path or takes it off the list: the last entry of a path counts.
fn set(list: &mut BTreeMap<String, u32>, path: &str, mode: u32, listed: bool) {
    if !listed {
        if !list.is_empty() {
            list.remove(path);
        }
    } else if list.len() < LISTED_MAX {
        list.insert(path.to_owned(), mode);
    }
}

fn is_program(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    PROGRAMS.binary_search(&name).is_ok() && PROGRAM_FOLDERS.binary_search(&folder).is_ok()
}

fn is_system(path: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    SYSTEM.contains(&top) && !SHARED.iter().any(|shared| below(path, shared).is_some() || path == *shared)
}

/// The manager that left a file, and the child of the manager's folder in which it lies.
fn cache_of(path: &str) -> Option<(&'static str, &str)> {
    let home = path.strip_prefix("root/").or_else(|| path.strip_prefix("home/")?.split_once('/').map(|(_, rest)| rest));
    let in_home =
        || home.and_then(|rest| find(&HOME_CACHES, rest)).map(|(manager, child)| (manager, path.len() - child.len(), child));
    let (manager, start, rest) =
        find(&CACHES, path).map(|(manager, child)| (manager, path.len() - child.len(), child)).or_else(in_home)?;
    let end = start + rest.find('/').unwrap_or(rest.len());
    path.get(..end).map(|child| (manager, child))
}

fn find<'a>(table: &[(&'static str, &str)], path: &'a str) -> Option<(&'static str, &'a str)> {
    table.iter().find_map(|(manager, folder)| below(path, folder).map(|child| (*manager, child)))
}

fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// The manager's folder of a child, as a person knows it: `var/cache/apt`.
pub(crate) fn cache_folder(child: &str) -> &str {
    child.rsplit_once('/').map_or(child, |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_are_known_by_their_folder() {
        assert_eq!(cache_of("var/lib/apt/lists/deb_main_Packages"), Some(("apt", "var/lib/apt/lists/deb_main_Packages")));
        assert_eq!(cache_of("var/cache/apt/archives/a.deb"), Some(("apt", "var/cache/apt/archives")));
        assert_eq!(cache_of("root/.cache/pip/http/1/2"), Some(("pip", "root/.cache/pip/http")));
        assert_eq!(cache_of("home/eva/.npm/_cacache/x"), Some(("npm", "home/eva/.npm/_cacache/x")));
        assert_eq!(cache_of("var/cache/aptitude/x"), None);
        assert_eq!(cache_of("home/eva"), None);
    }

    #[test]
    fn programs_are_known_by_folder_and_name() {
        assert!(PROGRAMS.is_sorted() && PROGRAM_FOLDERS.is_sorted());
        let mut quality = Quality::default();
        for path in ["bin/sh", "usr/sbin/sshd", "usr/share/sh", "sh", "usr/bin/shred", "opt/java/openjdk/bin/java"] {
            quality.program(path, 0o755);
        }
        let paths: Vec<String> = quality.finish().programs.into_iter().map(|program| program.path).collect();
        assert_eq!(paths, ["bin/sh", "opt/java/openjdk/bin/java", "usr/sbin/sshd"]);
    }

    #[test]
    fn modes_are_listed_and_the_last_one_counts() {
        let mut quality = Quality::default();
        quality.file("usr/bin/su", 1, 0o4755);
        quality.file("usr/bin/no", 1, 0o4755);
        quality.file("usr/bin/no", 1, 0o755);
        quality.file("etc/open", 1, 0o666);
        quality.file("tmp/open", 1, 0o666);
        quality.directory("tmp", 0o777);
        quality.directory("var/tmp", 0o1777);
        quality.directory("usr/share", 0o777);
        let lists = quality.finish();
        let paths = |modes: &[FileMode]| modes.iter().map(|mode| mode.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&lists.elevated), ["usr/bin/su"]);
        assert_eq!(paths(&lists.world_writable), ["etc/open", "tmp", "usr/share"]);
    }

    #[test]
    fn only_the_largest_files_are_remembered() {
        let mut quality = Quality::default();
        for number in 0..5000_u64 {
            quality.file(&format!("f{number}"), LARGE_BYTES + number, 0o644);
        }
        let large = quality.finish().large;
        assert_eq!(large.len(), LARGE_MAX);
        assert!(large.iter().all(|(_, size)| *size >= LARGE_BYTES + 904));
    }
}
