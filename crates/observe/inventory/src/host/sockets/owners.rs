//! Which process holds which socket.

use super::cgroup;
use crate::world::World;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use vigie_model::host::SocketOwner;
use vigie_model::observed::{Gap, Obstacle};

/// The most processes that are looked at.
const PROCESSES_MAX: usize = 200_000;
/// The largest file about one process that is read.
const BYTES_MAX: usize = 64 * 1024;

/// The processes of a machine at one time.
pub(super) struct Processes {
    ids: Vec<u32>,
}

/// The owners of sockets, by inode.
pub(super) struct Owners {
    by_inode: HashMap<u64, SocketOwner>,
    /// How many processes could not be looked into.
    pub(super) denied: usize,
}

impl Owners {
    pub(super) fn get(&self, inode: &u64) -> Option<&SocketOwner> {
        self.by_inode.get(inode)
    }
}

impl Processes {
    /// All processes that can be seen.
    pub(super) fn list(world: &World) -> Result<Self, Gap> {
        let names = world.names("/proc")?.ok_or_else(|| Gap::new("/proc", Obstacle::Missing, ""))?;
        let mut ids: Vec<u32> = names.iter().filter_map(|name| name.to_str()?.parse().ok()).collect();
        if ids.is_empty() && !world.exists("/proc/self") {
            return Err(Gap::new("/proc", Obstacle::Missing, "no processes are shown"));
        }
        ids.sort_unstable();
        ids.truncate(PROCESSES_MAX);
        Ok(Self { ids })
    }

    /// Their ids, ascending.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The owners of these sockets. A socket that several processes hold belongs to the eldest, but to process 1 only
    /// if nobody else has it: that one keeps sockets for servers which it starts.
    pub(super) fn owners_of(&self, world: &World, inodes: &HashSet<u64>) -> Owners {
        let mut holders: HashMap<u64, u32> = HashMap::new();
        let mut denied = 0;
        for pid in self.ids.iter().filter(|pid| **pid != 1).chain(self.ids.iter().filter(|pid| **pid == 1)) {
            match sockets_of(world, *pid) {
                Ok(sockets) => {
                    for inode in sockets.into_iter().filter(|inode| inodes.contains(inode)) {
                        holders.entry(inode).or_insert(*pid);
                    }
                }
                Err(_) => denied += 1,
            }
        }
        let mut described: HashMap<u32, SocketOwner> = HashMap::new();
        let by_inode = holders.into_iter().map(|(inode, pid)| {
            let owner = described.entry(pid).or_insert_with(|| describe(world, pid));
            (inode, owner.clone())
        });
        Owners { by_inode: by_inode.collect(), denied }
    }
}

/// The inodes of the sockets that a process has open.
fn sockets_of(world: &World, pid: u32) -> Result<Vec<u64>, Gap> {
    let directory = format!("/proc/{pid}/fd");
    let mut inodes = Vec::new();
    for name in world.names(&directory)?.unwrap_or_default() {
        // A descriptor that was closed meanwhile is nothing to report.
        let Some(target) = world.link(Path::new(&directory).join(name))? else { continue };
        let inode = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
        inodes.extend(inode.and_then(|inode| inode.parse::<u64>().ok()));
    }
    Ok(inodes)
}

/// What is known of a process; it may end meanwhile, and then less is.
fn describe(world: &World, pid: u32) -> SocketOwner {
    let read = |name: &str| world.read(format!("/proc/{pid}/{name}"), BYTES_MAX).unwrap_or_default();
    let exe = world.link(format!("/proc/{pid}/exe")).ok().flatten().unwrap_or_default();
    SocketOwner {
        pid,
        name: String::from_utf8_lossy(&read("comm")).trim_end().to_owned(),
        exe: exe.strip_suffix(" (deleted)").unwrap_or(&exe).to_owned(),
        uid: real_user(&read("status")).unwrap_or_default(),
        container: world.read(format!("/proc/{pid}/cgroup"), cgroup::BYTES_MAX).ok().and_then(|bytes| cgroup::container(&bytes)),
    }
}

/// The first number of `Uid:` in `/proc/<pid>/status`.
fn real_user(status: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(status);
    text.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.parse().ok()
}
