//! Which container a process runs in.
//!
//! Format: `/proc/<pid>/cgroup` of cgroups(7), version 1 (one line for each hierarchy) and version 2 (one
//! line). Container engines put the container's id, 64 hexadecimal digits, into the last part of
//! the path that is theirs: `docker-<id>.scope`, `/docker/<id>`, `cri-containerd-<id>.scope`,
//! `/kubepods/…/<id>`, `crio-<id>.scope`, `libpod-<id>.scope`.

/// The largest cgroup file that is read.
pub const BYTES_MAX: usize = 64 * 1024;
/// Digits of a container id.
const ID_DIGITS: usize = 64;

/// The container id in a cgroup file; the innermost one when containers run in containers.
#[must_use]
pub fn container(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    // `hierarchy:controllers:path`; the path may hold further colons.
    text.lines().filter_map(|line| line.splitn(3, ':').nth(2)).find_map(|path| path.rsplit('/').find_map(id_in))
}

/// The id in one part of a path.
fn id_in(part: &str) -> Option<String> {
    let bare = part.strip_suffix(".scope").unwrap_or(part);
    // conmon watches a Podman or CRI-O container from outside and is not in it.
    if bare.starts_with("libpod-conmon-") || bare.starts_with("crio-conmon-") {
        return None;
    }
    // containerd's systemd driver writes `system.slice:cri-containerd:<id>` where no unit is made.
    let id = bare.rsplit(['-', ':']).next()?;
    let is_id = id.len() == ID_DIGITS && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "3f4e1b6a9c0d2e5f7a8b1c4d6e9f0a2b3c5d7e8f1a4b6c9d0e2f5a7b8c1d4e6f";

    #[test]
    fn knows_the_paths_of_the_engines() {
        let inside = [
            "0::/system.slice/docker-ID.scope",
            "12:memory:/docker/ID\n11:cpu:/docker/ID",
            "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1b2.slice/cri-containerd-ID.scope",
            "5:cpu:/kubepods/besteffort/pod1b2-c3/ID",
            "0::/kubepods.slice/kubepods-pod1.slice/crio-ID.scope",
            "0::/machine.slice/libpod-ID.scope/container",
            "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope",
            "1:name=systemd:/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:ID",
            "0::/docker/ID/init.scope",
        ];
        for text in inside {
            assert_eq!(container(text.replace("ID", ID).as_bytes()).as_deref(), Some(ID), "{text}");
        }
        let outside =
            ["0::/", "0::/system.slice/ssh.service", "0::/user.slice/libpod-conmon-ID.scope", "garbage", "0::/docker/abc"];
        for text in outside {
            assert_eq!(container(text.replace("ID", ID).as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn takes_the_innermost_container() {
        let inner = ID.replace('3', "4");
        let text = format!("0::/docker/{ID}/docker/{inner}");
        assert_eq!(container(text.as_bytes()), Some(inner));
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(container(&bytes));
        }
    }
}
