//! All facts about one host.
//!
//! [`observe`] fills every section of [`HostFacts`], each by a reader of its own file. The readers work at the same time
//! where that pays: unpacking apt's lists takes longer than everything else together. Nothing is kept
//! between two runs.

pub mod accounts;
mod asset;
pub mod containers;
mod files;
pub mod kernel;
pub mod keys;
pub mod mounts;
pub mod os_release;
pub mod packages;
pub mod sockets;
pub mod ssh;
pub mod sudo;
pub mod sysctl;
mod updates;

pub use asset::{asset, containers_as_assets, described};

use crate::world::World;
use std::collections::{BTreeMap, HashMap};
use std::thread;
use vigie_kit::clock::Clock;
use vigie_model::host::{Container, Group, HostFacts, OsRelease, Socket, User};
use vigie_model::observed::{Gap, Observed, Obstacle};

/// Looks at a host. Never fails: what could not be seen is a gap in its section.
#[must_use]
pub fn observe(world: &World, clock: &dyn Clock) -> HostFacts {
    let os = os_release(world);
    let mut facts = thread::scope(|scope| {
        let about_packages = || package_facts(world, os.value());
        let thread = thread::Builder::new().name("packages".to_owned()).spawn_scoped(scope, about_packages);
        let mut facts = system_facts(world, clock);
        let seen = match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(seen)) => seen,
            // A defect of ours in one reader must not cost the other sections.
            Ok(Err(_)) => {
                let broken = Observed::Unseen(Gap::new("packages", Obstacle::Failed, "the reader broke off"));
                HostFacts { packages: broken, ..HostFacts::default() }
            }
            // The system gives us no second thread.
            Err(_) => package_facts(world, os.value()),
        };
        facts.packages = seen.packages;
        facts.pending_updates = seen.pending_updates;
        facts.last_package_change = seen.last_package_change;
        facts.last_list_refresh = seen.last_list_refresh;
        facts.reboot_required = seen.reboot_required;
        facts
    });
    facts.os = os;
    facts
}

/// The ecosystem of the machine's own packages, without looking at the packages.
#[must_use]
pub fn own_ecosystem(world: &World) -> String {
    let os = os_release(world);
    os.value().map(|os| packages::ecosystem(os, packages::manager(world))).unwrap_or_default()
}

/// The sections about packages; all others stay empty.
fn package_facts(world: &World, os: Option<&OsRelease>) -> HostFacts {
    let manager = packages::manager(world);
    let ecosystem = os.map(|os| packages::ecosystem(os, manager)).unwrap_or_default();
    let packages = packages::observe(world, manager, &ecosystem);
    HostFacts {
        pending_updates: updates::pending(world, manager, packages.value()),
        last_package_change: packages::last_change(world, manager),
        last_list_refresh: updates::last_refresh(world, manager),
        reboot_required: updates::reboot_required(world, manager),
        packages,
        ..HostFacts::default()
    }
}

/// The sections about everything else.
fn system_facts(world: &World, clock: &dyn Clock) -> HostFacts {
    let users = users(world);
    let accounts = users.value().map(Vec::as_slice).unwrap_or_default();
    let login_defs = login_defs(world);
    let ssh_server = ssh::observe(world);
    let host_keys = ssh_server.value().and_then(|server| server.settings.get("hostkey")).map(Vec::as_slice).unwrap_or_default();
    let containers = containers::observe(world, accounts, clock);
    let mut sockets = sockets::observe(world);
    name_containers(&mut sockets, &containers);
    HostFacts {
        taken_at: clock.now(),
        kernel: kernel::observe(world),
        groups: groups(world),
        sockets,
        containers,
        sudo: sudo::observe(world),
        sysctl: sysctl::observe(world),
        mounts: mounts::observe(world),
        files: files::observe(world, accounts, login_defs.value()),
        private_keys: keys::observe(world, accounts, host_keys),
        ssh_server,
        login_defs,
        users,
        ..HostFacts::default()
    }
}

/// Names the container of a process that is its first one, where no cgroup tells it (`--cgroups=disabled`).
fn name_containers(sockets: &mut Observed<Vec<Socket>>, containers: &Observed<Vec<Container>>) {
    let (Observed::Seen(sockets) | Observed::Partly { value: sockets, .. }) = sockets else { return };
    let containers = containers.value().map(Vec::as_slice).unwrap_or_default();
    let by_pid: HashMap<u32, &str> = containers
        .iter()
        .filter(|container| container.pid != 0)
        .map(|container| (container.pid, container.id.as_str()))
        .collect();
    for owner in sockets.iter_mut().filter_map(|socket| socket.process.as_mut()).filter(|owner| owner.container.is_none()) {
        owner.container = by_pid.get(&owner.pid).map(|id| (*id).to_owned());
    }
}

fn os_release(world: &World) -> Observed<OsRelease> {
    for path in ["/etc/os-release", "/usr/lib/os-release"] {
        match world.read_if_there(path, os_release::BYTES_MAX) {
            Ok(Some(bytes)) => return Observed::Seen(os_release::parse(&bytes)),
            Ok(None) => {}
            Err(gap) => return Observed::Unseen(gap),
        }
    }
    Observed::Unseen(Gap::new("/etc/os-release", Obstacle::Missing, ""))
}

/// The accounts, with what shadow(5) says of them where it may be read.
fn users(world: &World) -> Observed<Vec<User>> {
    let (mut users, mut gaps) = match world.read("/etc/passwd", accounts::BYTES_MAX) {
        Ok(bytes) => accounts::parse_passwd(&bytes),
        Err(gap) => return Observed::Unseen(gap),
    };
    match world.read_if_there("/etc/shadow", accounts::BYTES_MAX) {
        Ok(Some(bytes)) => {
            let (shadow, missing) = accounts::parse_shadow(&bytes);
            accounts::join(&mut users, &shadow);
            gaps.extend(missing);
        }
        Ok(None) => {}
        Err(gap) => gaps.push(gap),
    }
    Observed::with_gaps(users, gaps)
}

fn groups(world: &World) -> Observed<Vec<Group>> {
    match world.read("/etc/group", accounts::BYTES_MAX) {
        Ok(bytes) => {
            let (groups, gaps) = accounts::parse_group(&bytes);
            Observed::with_gaps(groups, gaps)
        }
        Err(gap) => Observed::Unseen(gap),
    }
}

fn login_defs(world: &World) -> Observed<BTreeMap<String, String>> {
    match world.read_if_there("/etc/login.defs", accounts::BYTES_MAX) {
        Ok(Some(bytes)) => Observed::Seen(accounts::parse_login_defs(&bytes)),
        Ok(None) => Observed::Absent,
        Err(gap) => Observed::Unseen(gap),
    }
}

/// The host's own name.
fn host_name(world: &World) -> Option<String> {
    let name = if world.is_live() {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    } else {
        String::from_utf8_lossy(&world.read("/etc/hostname", 4096).ok()?).trim().to_owned()
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use vigie_testkit::FakeClock;

    #[test]
    fn a_small_machine_is_seen_whole() {
        let (_dir, world) = world(&[
            ("/etc/os-release", "ID=debian\nVERSION_ID=12\n"),
            ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
            ("/etc/shadow", "root:*:19000:0:99999:7:::\n"),
            ("/etc/group", "root:x:0:\n"),
            ("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"),
            ("/var/lib/apt/lists/x_InRelease", "Label: Debian-Security\n"),
            ("/var/lib/apt/lists/x_Packages", "Package: a\nVersion: 2\nArchitecture: all\n"),
            ("/var/log/dpkg.log", "2026-01-02 03:04:05 status installed a:all 1\n"),
            ("/proc/self/mountinfo", "1 0 8:1 / / rw - ext4 /dev/sda rw\n"),
            ("/proc/sys/kernel/osrelease", "6.1.0\n"),
            ("/proc/sys/kernel/version", "#1\n"),
            ("/proc/sys/kernel/kptr_restrict", "1\n"),
            ("/proc/stat", "btime 1700000000\n"),
        ]);
        let clock = FakeClock::at("2026-11-21T12:00:00Z");
        let facts = observe(&world, &clock);
        assert_eq!(facts.gaps(), Vec::<&Gap>::new());
        assert_eq!(facts.taken_at, clock.now());
        assert_eq!(facts.packages.value().unwrap()[0].ecosystem, "Debian:12");
        assert!(facts.pending_updates.value().unwrap()[0].security);
        assert_eq!(facts.last_package_change.value().unwrap().to_string(), "2026-01-02T03:04:05Z");
        assert_eq!((&facts.ssh_server, &facts.sudo), (&Observed::Absent, &Observed::Absent));
        let json = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<HostFacts>(&json).unwrap(), facts);
    }

    #[test]
    fn an_empty_machine_is_all_gaps_and_no_error() {
        let (_dir, world) = world(&[]);
        let facts = observe(&world, &FakeClock::at("2026-11-21T12:00:00Z"));
        assert!(matches!(facts.os, Observed::Unseen(_)) && matches!(facts.users, Observed::Unseen(_)));
        assert!(facts.gaps().iter().any(|gap| gap.what == "/var/lib/dpkg/status"));
    }
}
