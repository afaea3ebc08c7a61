//! The running kernel.
//!
//! Formats: `/proc/sys/kernel/*` and the `btime` line of `/proc/stat` (proc(5)).

use crate::world::World;
use vigie_model::host::Kernel;
use vigie_model::observed::{Gap, Observed, Obstacle};
use vigie_model::time::Timestamp;

/// The largest of these files that is read; `/proc/stat` grows with the number of processors.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// When the machine started, from `/proc/stat`.
#[must_use]
pub fn parse_boot_time(stat: &[u8]) -> Option<Timestamp> {
    let line = stat.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"btime "))?;
    let seconds: i64 = std::str::from_utf8(line).ok()?.trim().parse().ok()?;
    (seconds > 0).then(|| Timestamp::from_seconds(seconds))
}

pub(super) fn observe(world: &World) -> Observed<Kernel> {
    let line = |path: &str| {
        let bytes = world.read(path, BYTES_MAX)?;
        Ok::<_, Gap>(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let release = match line("/proc/sys/kernel/osrelease") {
        Ok(release) => release,
        Err(gap) => return Observed::Unseen(gap),
    };
    let mut gaps = Vec::new();
    let version = line("/proc/sys/kernel/version").unwrap_or_else(|gap| {
        gaps.push(gap);
        String::new()
    });
    // `arch` came with Linux 6.1; before, only the system call tells.
    let machine = line("/proc/sys/kernel/arch").ok().or_else(|| world.is_live().then(uname_machine));
    let booted_at = match world.read("/proc/stat", BYTES_MAX) {
        Ok(stat) => parse_boot_time(&stat),
        Err(gap) => {
            gaps.push(gap);
            None
        }
    };
    if booted_at.is_none() && gaps.is_empty() {
        gaps.push(Gap::new("/proc/stat", Obstacle::Unreadable, "no btime line"));
    }
    Observed::with_gaps(Kernel { release, version, machine: machine.unwrap_or_default(), booted_at }, gaps)
}

fn uname_machine() -> String {
    rustix::system::uname().machine().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;

    #[test]
    fn reads_a_machine() {
        let (_dir, world) = world(&[
            ("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"),
            ("/proc/sys/kernel/version", "#1 SMP Debian 6.1.76-1\n"),
            ("/proc/stat", "cpu 1 2\nbtime 1700000000\n"),
        ]);
        let kernel = observe(&world);
        let Observed::Seen(kernel) = kernel else { panic!("{kernel:?}") };
        assert_eq!((kernel.release.as_str(), kernel.machine.as_str()), ("6.1.0-18-amd64", ""));
        assert_eq!(kernel.booted_at.unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(parse_boot_time(b"btime x\n"), None);
    }
}
