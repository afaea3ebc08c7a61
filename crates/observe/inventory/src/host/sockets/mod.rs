//! Listening sockets of every network namespace, with the process and the container that own them.
//!
//! The kernel's tables name each socket by its inode; the descriptors of the processes name the same inodes. A network
//! namespace is seen through any process that is in it, so one that holds no process is not seen. An ordinary user may
//! look into own processes only: sockets of others stay without owner, and namespaces of others unseen; a
//! gap says so.

pub mod cgroup;
mod owners;
pub mod table;

use crate::world::World;
use owners::Processes;
use std::collections::{BTreeMap, HashSet};
use table::Listener;
use vigie_model::host::{Socket, Transport};
use vigie_model::observed::{Gap, Observed, Obstacle};

/// The tables of one network namespace; a kernel without IPv6 has no second and fourth.
const TABLES: [(&str, Transport); 4] =
    [("tcp", Transport::Tcp), ("tcp6", Transport::Tcp), ("udp", Transport::Udp), ("udp6", Transport::Udp)];
/// How many processes of a namespace are tried, since the first may end meanwhile.
const TRIES_MAX: usize = 5;
/// The most sockets that are kept.
const SOCKETS_MAX: usize = 100_000;

pub(super) fn observe(world: &World) -> Observed<Vec<Socket>> {
    let processes = match Processes::list(world) {
        Ok(processes) => processes,
        Err(gap) => return Observed::Unseen(gap),
    };
    let mut gaps = Vec::new();
    let mut listeners = listeners(world, &processes, &mut gaps);
    if listeners.len() > SOCKETS_MAX {
        listeners.truncate(SOCKETS_MAX);
        gaps.push(Gap::new("/proc/net", Obstacle::BeyondLimit, format!("more than {SOCKETS_MAX} listening sockets")));
    }
    let inodes: HashSet<u64> = listeners.iter().map(|listener| listener.inode).collect();
    let owners = processes.owners_of(world, &inodes);
    let mut sockets: Vec<Socket> = listeners
        .iter()
        .map(|listener| Socket {
            protocol: listener.protocol,
            address: listener.address,
            port: listener.port,
            process: owners.get(&listener.inode).cloned(),
        })
        .collect();
    let unowned = sockets.iter().filter(|socket| socket.process.is_none()).count();
    if unowned > 0 && owners.denied > 0 {
        gaps.push(Gap::new("/proc/*/fd", Obstacle::NotPermitted, format!("{unowned} sockets without a visible owner")));
    }
    sockets.sort_unstable();
    // Several sockets of one program on one port (SO_REUSEPORT) are one thing to whoever looks from outside.
    sockets.dedup();
    Observed::with_gaps(sockets, gaps)
}

/// The listening sockets of all namespaces, our own first.
fn listeners(world: &World, processes: &Processes, gaps: &mut Vec<Gap>) -> Vec<Listener> {
    let mut namespaces: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut denied = 0;
    for pid in processes.ids() {
        match world.link(format!("/proc/{pid}/ns/net")) {
            Ok(Some(namespace)) => {
                let pids = namespaces.entry(namespace).or_default();
                if pids.len() < TRIES_MAX {
                    pids.push(*pid);
                }
            }
            Ok(None) => {}
            Err(_) => denied += 1,
        }
    }
    // Our own namespace needs no permission, under whatever process id we run.
    let own = world.link("/proc/self/ns/net").ok().flatten();
    let mut listeners = tables_of(world, "self", gaps);
    for pids in namespaces.iter().filter(|(namespace, _)| Some(*namespace) != own.as_ref()).map(|(_, pids)| pids) {
        let alive = pids.iter().find(|pid| world.exists(format!("/proc/{pid}/net/tcp")));
        if let Some(pid) = alive {
            listeners.extend(tables_of(world, &pid.to_string(), gaps));
        }
    }
    if denied > 0 {
        let detail = format!("the network namespaces of {denied} processes are not known");
        gaps.push(Gap::new("/proc/*/ns/net", Obstacle::NotPermitted, detail));
    }
    if !world.is_root() && world.is_live() && !world.exists("/proc/1") {
        gaps.push(Gap::new("/proc", Obstacle::NotPermitted, "processes of other users are hidden (hidepid)"));
    }
    listeners
}

fn tables_of(world: &World, process: &str, gaps: &mut Vec<Gap>) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for (name, protocol) in TABLES {
        match world.read_if_there(format!("/proc/{process}/net/{name}"), table::BYTES_MAX) {
            Ok(bytes) => listeners.extend(table::parse(&bytes.unwrap_or_default(), protocol)),
            Err(gap) => gaps.push(gap),
        }
    }
    listeners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn tcp(port: &str, inode: &str) -> String {
        format!("{HEAD}   0: 00000000:{port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n")
    }

    #[test]
    fn sockets_of_all_namespaces_have_their_owners() {
        let id = "3f4e1b6a9c0d2e5f7a8b1c4d6e9f0a2b3c5d7e8f1a4b6c9d0e2f5a7b8c1d4e6f";
        let (host, inside) = (tcp("0016", "100"), tcp("1F90", "200"));
        let cgroup = format!("0::/system.slice/docker-{id}.scope\n");
        let (_files, world) = world(&[
            ("/proc/self/net/tcp", &host),
            ("/proc/1/net/tcp", &host),
            ("/proc/1/comm", "init"),
            ("/proc/7/comm", "sshd"),
            ("/proc/7/status", "Name:\tsshd\nUid:\t0\t0\t0\t0"),
            ("/proc/9/net/tcp", &inside),
            ("/proc/9/comm", "web server"),
            ("/proc/9/status", "Name:\tweb\nUid:\t33\t0\t0\t0"),
            ("/proc/9/cgroup", &cgroup),
            ("/proc/self/ns/net -> net:[1]", ""),
            ("/proc/1/ns/net -> net:[1]", ""),
            ("/proc/7/ns/net -> net:[1]", ""),
            ("/proc/9/ns/net -> net:[2]", ""),
            // Socket activation: init keeps the socket that it hands to the server.
            ("/proc/1/fd/5 -> socket:[100]", ""),
            ("/proc/7/fd/3 -> socket:[100]", ""),
            ("/proc/9/fd/4 -> socket:[200]", ""),
            ("/proc/7/exe -> /usr/sbin/sshd (deleted)", ""),
        ]);

        let Observed::Seen(sockets) = observe(&world) else { panic!("{:?}", observe(&world)) };
        let said: Vec<_> = sockets
            .iter()
            .map(|s| {
                let owner = s.process.as_ref().unwrap();
                (s.port, owner.pid, owner.name.as_str(), owner.exe.as_str(), owner.uid, owner.container.as_deref())
            })
            .collect();
        assert_eq!(said, [(22, 7, "sshd", "/usr/sbin/sshd", 0, None), (8080, 9, "web server", "", 33, Some(id))]);
    }

    #[test]
    fn without_proc_nothing_is_seen() {
        let (_dir, world) = world(&[("/etc/hostname", "x")]);
        assert!(matches!(observe(&world), Observed::Unseen(_)));
    }
}
