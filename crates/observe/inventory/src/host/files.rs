//! Modes and owners of files that open a machine when they are wrong.
//!
//! Three sorts: files and directories that are always listed; directories of programs, scripts and units that root runs,
//! with those of their members that somebody else may write; and home directories with what must stay private in them.
//! A symbolic link counts as what it points to. Nothing is opened, only looked at.

use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use vigie_model::host::{FileMode, User};
use vigie_model::observed::{Gap, Observed};

/// Always listed where they exist.
const ALWAYS: [&str; 44] = [
    "/etc/passwd",
    "/etc/passwd-",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/group",
    "/etc/group-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/security/opasswd",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/crontab",
    "/etc/cron.allow",
    "/etc/cron.deny",
    "/etc/at.allow",
    "/etc/at.deny",
    "/etc/anacrontab",
    "/var/spool/cron",
    "/var/spool/cron/crontabs",
    "/etc/ssh/sshd_config",
    "/etc/ssh/sshd_config.d",
    "/etc/ssl/private",
    "/etc/shells",
    "/etc/hosts.equiv",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf",
    "/etc/profile",
    "/etc/environment",
    "/etc/motd",
    "/etc/issue",
    "/etc/issue.net",
    "/boot/grub/grub.cfg",
    "/boot/grub2/grub.cfg",
    "/boot/grub/user.cfg",
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/root",
    "/var/log",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/etc/docker/daemon.json",
];
/// Directories whose content root runs or obeys.
const RUN_BY_ROOT: [&str; 17] = [
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/cron.monthly",
    "/etc/cron.weekly",
    "/etc/init.d",
    "/etc/profile.d",
    "/etc/ld.so.conf.d",
    "/etc/pam.d",
    "/etc/apt/apt.conf.d",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Where root's programs come from when nothing else is set.
const ROOT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What must stay private in a home directory.
const IN_HOMES: [&str; 6] = [".ssh", ".ssh/authorized_keys", ".netrc", ".rhosts", ".shosts", ".pgpass"];
/// The most home directories.
const HOMES_MAX: usize = 10_000;
/// The most members of one directory, counted with those of its subdirectories.
const MEMBERS_MAX: usize = 20_000;
/// The most gaps: an ordinary user meets many closed doors of the same kind.
const GAPS_MAX: usize = 100;

/// Looks at the files; `login_defs` may name another search path for root.
pub(super) fn observe(world: &World, users: &[User], login_defs: Option<&BTreeMap<String, String>>) -> Observed<Vec<FileMode>> {
    let mut list = List { world, files: BTreeMap::new(), directories: BTreeSet::new(), gaps: Vec::new() };
    for path in ALWAYS {
        list.look(path);
    }
    for directory in RUN_BY_ROOT {
        list.directory(directory, true);
    }
    let search = login_defs.and_then(|defs| defs.get("ENV_SUPATH")).map_or(ROOT_PATH, |path| path.trim_start_matches("PATH="));
    for directory in search.split(':').filter(|directory| directory.starts_with('/')) {
        // `/bin` is a link to `/usr/bin` today, which has its own entry.
        if matches!(world.link(directory), Ok(None) | Err(_)) {
            // `at` belongs to `daemon`, by intention of its distribution; here only modes tell.
            list.directory(directory, false);
        }
    }
    for home in homes(world, users) {
        list.home(&home);
    }
    list.host_keys();
    Observed::with_gaps(list.files.into_values().collect(), list.gaps)
}

/// Home directories of people, of root, and whatever else lies in `/home`.
pub(super) fn homes(world: &World, users: &[User]) -> Vec<String> {
    // Below 1000 are the accounts of services, whose homes are parts of the system; 65534 is nobody.
    let people = users.iter().filter(|user| user.uid == 0 || (1000..65534).contains(&user.uid));
    let mut homes: BTreeSet<String> = people.map(|user| user.home.trim_end_matches('/').to_owned()).collect();
    homes.retain(|home| home.starts_with('/') && !home.contains("/../"));
    homes.insert("/root".to_owned());
    let others = world.names("/home").ok().flatten().unwrap_or_default();
    homes.extend(others.iter().map(|name| format!("/home/{}", name.to_string_lossy())));
    homes.into_iter().take(HOMES_MAX).collect()
}

struct List<'a> {
    world: &'a World,
    files: BTreeMap<String, FileMode>,
    /// Devices and inodes of the directories whose members were looked at: `/lib` may be `/usr/lib`.
    directories: BTreeSet<(u64, u64)>,
    gaps: Vec<Gap>,
}

impl List<'_> {
    /// Lists a file if it is there.
    fn look(&mut self, path: &str) -> Option<Metadata> {
        match self.world.metadata(path) {
            Ok(metadata) => {
                if let Some(metadata) = &metadata {
                    self.files.insert(path.to_owned(), file_mode(path, metadata));
                }
                metadata
            }
            Err(gap) => {
                self.gap(gap);
                None
            }
        }
    }

    /// Lists a home directory and what must stay private in it; one closed door is one gap.
    fn home(&mut self, home: &str) {
        self.look(home);
        for name in IN_HOMES {
            let path = format!("{home}/{name}");
            match self.world.metadata(&path) {
                Ok(Some(metadata)) => drop(self.files.insert(path.clone(), file_mode(&path, &metadata))),
                Ok(None) => {}
                Err(gap) => return self.gap(Gap::new(home, gap.why, gap.detail)),
            }
        }
    }

    /// Lists a directory, and the members that others than root may write: by their mode, and as `owners` if asked.
    fn directory(&mut self, path: &str, owners: bool) {
        let (mut left, mut ahead) = (MEMBERS_MAX, vec![path.to_owned()]);
        while let Some(path) = ahead.pop() {
            let is_top = ahead.is_empty() && left == MEMBERS_MAX;
            let metadata = if is_top { self.look(&path) } else { self.world.metadata(&path).ok().flatten() };
            let Some(metadata) = metadata.filter(Metadata::is_dir) else { continue };
            if !self.directories.insert((metadata.dev(), metadata.ino())) {
                if is_top {
                    self.files.remove(path.as_str());
                }
                continue;
            }
            let names = match self.world.names(&path) {
                Ok(names) => names.unwrap_or_default(),
                Err(gap) => {
                    self.gap(gap);
                    continue;
                }
            };
            for name in names.iter().take(left) {
                left -= 1;
                self.member(&format!("{path}/{}", name.to_string_lossy()), owners, &mut ahead);
            }
        }
    }

    fn member(&mut self, path: &str, owners: bool, ahead: &mut Vec<String>) {
        // Links to /dev/null switch units off; devices are nothing that root obeys.
        let Ok(Some(metadata)) = self.world.metadata(path) else { return };
        let writable = metadata.mode() & 0o022 != 0 || (owners && metadata.uid() != 0);
        if writable && (metadata.is_file() || metadata.is_dir()) {
            self.files.insert(path.to_owned(), file_mode(path, &metadata));
        }
        if metadata.is_dir() && matches!(self.world.link(path), Ok(None) | Err(_)) {
            ahead.push(path.to_owned());
        }
    }

    /// The server's private keys, whatever they are called.
    fn host_keys(&mut self) {
        let (paths, gaps) = self.world.glob("/etc/ssh/ssh_host_*_key");
        gaps.into_iter().for_each(|gap| self.gap(gap));
        for path in paths {
            self.look(&path.display().to_string());
        }
    }

    fn gap(&mut self, gap: Gap) {
        let known = self.gaps.iter().any(|known| Path::new(&gap.what).starts_with(&known.what) && known.why == gap.why);
        if !known && self.gaps.len() < GAPS_MAX {
            self.gaps.push(gap);
        }
    }
}

fn file_mode(path: &str, metadata: &Metadata) -> FileMode {
    FileMode {
        path: path.to_owned(),
        mode: metadata.mode() & 0o7777,
        uid: metadata.uid(),
        gid: metadata.gid(),
        directory: metadata.is_dir(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;

    #[test]
    fn lists_what_exists_and_what_others_may_write() {
        let (_files, world) = world(&[
            ("/etc/passwd", ""),
            ("/etc/cron.daily/safe", ""),
            ("/etc/cron.daily/open mode=0666", ""),
            ("/etc/systemd/system/a.service.d/open.conf mode=0666", ""),
            ("/usr/lib/systemd/system/a.service", ""),
            ("/usr/local/bin/x", ""),
            ("/home/eva/.netrc", ""),
            ("/srv/bob/.ssh/authorized_keys", ""),
            ("/lib -> usr/lib", ""),
        ]);
        let (users, _) =
            super::super::accounts::parse_passwd(b"bob:x:1000:1000::/srv/bob:/bin/sh\nwww:x:33:33::/var/www:/bin/false\n");
        let Observed::Seen(files) = observe(&world, &users, None) else { panic!() };
        let listed = |path: &str| files.iter().any(|file| file.path == path);
        for path in [
            "/etc/passwd",
            "/etc/cron.daily",
            "/etc/cron.daily/open",
            "/etc/systemd/system/a.service.d/open.conf",
            "/usr/lib/systemd/system",
            "/usr/local/bin",
            "/home/eva",
            "/home/eva/.netrc",
            "/srv/bob/.ssh",
        ] {
            assert!(listed(path), "{path}");
        }
        // Members that belong to somebody else than root are listed, too, and whoever runs this test may be one.
        let safe = ["/lib/systemd/system", "/etc/shadow", "/var/www"];
        assert!(safe.iter().all(|path| !listed(path)));
        assert_eq!(files.iter().find(|file| file.path == "/etc/cron.daily/open").unwrap().mode, 0o666);
        assert!(files.is_sorted_by_key(|file| file.path.clone()));
    }
}
