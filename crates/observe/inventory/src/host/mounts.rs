//! Mounted file systems.
//!
//! Format: `/proc/self/mountinfo` (proc_pid_mountinfo(5)). The options in force are those of the mount and those of
//! the file system together, as findmnt(8) shows them. What is mounted over by something else is not listed.

use crate::world::World;
use std::collections::HashMap;
use vigie_model::host::Mount;
use vigie_model::observed::{Gap, Observed, Obstacle};

/// The largest table that is read.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most mounts; a host with many containers has thousands.
const MOUNTS_MAX: usize = 50_000;

/// Reads the table of mounts. Lines that are none are passed over.
#[must_use]
pub fn parse(bytes: &[u8]) -> (Vec<Mount>, Vec<Gap>) {
    let text = String::from_utf8_lossy(bytes);
    let mut mounts: Vec<Mount> = text.lines().filter_map(mount).take(MOUNTS_MAX + 1).collect();
    let mut gaps = Vec::new();
    if mounts.len() > MOUNTS_MAX {
        mounts.truncate(MOUNTS_MAX);
        gaps.push(Gap::new("/proc/self/mountinfo", Obstacle::BeyondLimit, format!("more than {MOUNTS_MAX} mounts")));
    }
    let last: HashMap<String, usize> = mounts.iter().enumerate().map(|(place, mount)| (mount.target.clone(), place)).collect();
    let mut place = 0;
    mounts.retain(|mount| {
        place += 1;
        last.get(&mount.target) == Some(&(place - 1))
    });
    (mounts, gaps)
}

/// `id parent major:minor root target options optional… - type source options`.
fn mount(line: &str) -> Option<Mount> {
    let (mounted, system) = line.split_once(" - ")?;
    let mut mounted = mounted.split(' ').skip(4);
    let target = unescape(mounted.next()?);
    let mut options: Vec<String> = Vec::new();
    let mut system = system.split(' ');
    let kind = system.next()?.to_owned();
    for option in mounted.next()?.split(',').chain(system.nth(1).unwrap_or_default().split(',')) {
        match option {
            // What is read-only on either side is read-only.
            "rw" if options.iter().any(|known| known == "ro") => {}
            "ro" => {
                options.retain(|known| known != "rw");
                options.push("ro".to_owned());
            }
            _ if option.is_empty() || options.iter().any(|known| known == option) => {}
            _ => options.push(option.to_owned()),
        }
    }
    Some(Mount { target, kind, options })
}

/// Blanks, tabs, line ends and backslashes are written in octal.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('\\');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (digits, rest) = part.split_at_checked(3).unwrap_or((part, ""));
        match u8::from_str_radix(digits, 8) {
            Ok(byte) if digits.len() == 3 && byte.is_ascii() => plain.push(char::from(byte)),
            _ => {
                plain.push('\\');
                plain.push_str(digits);
            }
        }
        plain.push_str(rest);
    }
    plain
}

pub(super) fn observe(world: &World) -> Observed<Vec<Mount>> {
    match world.read("/proc/self/mountinfo", BYTES_MAX) {
        Ok(bytes) => {
            let (mounts, gaps) = parse(&bytes);
            Observed::with_gaps(mounts, gaps)
        }
        Err(gap) => Observed::Unseen(gap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn options_of_mount_and_file_system_are_joined() {
        let text = "24 27 0:6 / /dev rw,nosuid,relatime shared:2 master:1 - devtmpfs udev rw,size=1k,mode=755\n\
                    25 27 0:7 / /mnt/a\\040b ro,nodev - ext4 /dev/sda rw,errors=remount-ro\n\
                    26 27 0:8 / /tmp rw - ext4 /dev/sdb rw\n\
                    28 27 0:5 / /iso rw,nosuid - iso9660 /dev/sr0 ro\n\
                    27 27 0:9 / /tmp rw,noexec - tmpfs tmpfs rw\nnonsense\n";
        let said: Vec<_> =
            parse(text.as_bytes()).0.iter().map(|m| format!("{} {} {}", m.target, m.kind, m.options.join(","))).collect();
        assert_eq!(
            said,
            [
                "/dev devtmpfs rw,nosuid,relatime,size=1k,mode=755",
                "/mnt/a b ext4 ro,nodev,errors=remount-ro",
                "/iso iso9660 nosuid,ro",
                "/tmp tmpfs rw,noexec",
            ]
        );
    }

    proptest! {
        #[test]
        fn survives_any_line(line in r"[0-9a-z/,: \\é-]{0,80}") {
            drop(parse(format!("{line} - {line}\n1 1 0:1 / {line} rw - x y rw\n").as_bytes()));
            unescape(&line);
        }
    }
}
