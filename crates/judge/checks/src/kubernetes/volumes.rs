//! What pods and volumes take from the node's own files.

use super::at::{At, Faults, Field};
use super::object;
use super::pod::{Pod, judged};
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

/// Sockets of engines, and folders that hold little else. Whoever speaks to one starts containers as root.
const SOCKETS: [&str; 11] = [
    "/run/docker.sock",
    "/run/containerd",
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd",
    "/run/k3s/containerd/containerd.sock",
    "/run/crio",
    "/run/crio/crio.sock",
    "/run/cri-dockerd.sock",
    "/run/podman",
    "/run/podman/podman.sock",
    "/run/buildkit/buildkitd.sock",
];

/// Folders of the node in which writing is as good as being root.
const SYSTEM: [&str; 26] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/sbin",
    "/var",
    "/var/lib",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/log",
];
/// Trees of which the same holds for everything below.
const SYSTEM_TREES: [&str; 6] = ["/boot/", "/etc/", "/proc/sys", "/root/", "/var/lib/etcd/", "/var/spool/cron"];

/// Files below these trees that say what time or which machine it is: shared often, and harmless.
const HARMLESS: [&str; 4] = ["/etc/hostname", "/etc/localtime", "/etc/machine-id", "/etc/timezone"];

/// A `hostPath`.
struct HostPath<'a> {
    at: At<'a>,
    /// Without `/var/run` for `/run`, and without a slash at the end.
    path: String,
    name: &'a str,
}

fn host_paths<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) -> Vec<HostPath<'a>> {
    let mut found = Vec::new();
    for volume in faults.list(&pod.spec.to("volumes")) {
        let at = volume.to("hostPath/path");
        if let Field::Is(path) = faults.text(&at) {
            found.push(HostPath { path: normal(path), name: volume.to("name").word(), at });
        }
    }
    found
}

fn normal(path: &str) -> String {
    let path = path.trim_end_matches('/');
    let path = path
        .strip_prefix("/var/run")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .map_or(path.to_owned(), |rest| format!("/run{rest}"));
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Whether somebody mounts a volume without `readOnly`.
fn is_writable<'a>(pod: &Pod<'a>, volume: &str, faults: &mut Faults<'a>) -> bool {
    let containers = pod.containers(faults);
    containers.iter().any(|container| {
        let is_etcd = container.to("command").words().first().is_some_and(|program| program.ends_with("etcd"));
        let mounts = container.to("volumeMounts").items();
        let writes = |mount: &At<'a>| mount.to("name").word() == volume && mount.to("readOnly").known() != Some(&true.into());
        !is_etcd && mounts.iter().any(writes)
    })
}

fn is_system(path: &str) -> bool {
    SYSTEM.contains(&path) || !HARMLESS.contains(&path) && SYSTEM_TREES.iter().any(|tree| path.starts_with(tree))
}

/// The socket of the node's container engine.
pub(crate) fn volume_engine_socket(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for volume in host_paths(pod, faults) {
            if SOCKETS.contains(&volume.path.as_str()) {
                faults.set(volume.at, volume.path, "");
            }
        }
    })
}

/// The node's system, writable.
pub(crate) fn volume_writable_system_path(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for volume in host_paths(pod, faults) {
            if is_system(&volume.path) && is_writable(pod, volume.name, faults) {
                faults.set(volume.at, volume.path, "readOnly: true");
            }
        }
    })
}

/// Any other path of the node.
pub(crate) fn volume_host_path(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for volume in host_paths(pod, faults) {
            let told =
                SOCKETS.contains(&volume.path.as_str()) || is_system(&volume.path) && is_writable(pod, volume.name, faults);
            if !told {
                faults.set(volume.at, volume.path, "");
            }
        }
    })
}

/// `gitRepo`: git runs as root on the node.
pub(crate) fn volume_git_repository(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for volume in faults.list(&pod.spec.to("volumes")) {
            let at = volume.to("gitRepo");
            if at.is_set() {
                let repository = at.to("repository").word();
                faults.bad(at, format!("gitRepo: {repository}"), "");
            }
        }
    })
}

/// `mountPropagation: Bidirectional`.
pub(crate) fn volume_mounts_reach_the_node(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for container in pod.containers(faults) {
            for mount in faults.list(&container.to("volumeMounts")) {
                let at = mount.to("mountPropagation");
                if faults.text(&at) == Field::Is("Bidirectional") {
                    faults.set(at, "Bidirectional", "HostToContainer");
                }
            }
        }
    })
}

/// `subPath` of a volume of the node.
pub(crate) fn volume_sub_path_of_node(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        let of_node: Vec<&str> = host_paths(pod, faults).iter().map(|volume| volume.name).collect();
        for container in pod.containers(faults) {
            for mount in faults.list(&container.to("volumeMounts")) {
                for at in [mount.to("subPath"), mount.to("subPathExpr")] {
                    if at.is_set() && of_node.contains(&mount.to("name").word()) {
                        let path = at.word();
                        faults.set(at, path, "");
                    }
                }
            }
        }
    })
}

/// A `PersistentVolume` that is a folder of one node.
pub(crate) fn volume_persistent_host_path(piece: &Piece, _: &[Piece]) -> Verdict {
    object::judged(piece, &[("", "PersistentVolume")], |volume, faults| {
        let at = volume.at("spec/hostPath");
        if at.is_set() {
            let path = at.to("path").word();
            faults.bad(at, format!("hostPath: {path}"), "local, csi");
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::pss;
    use super::*;
    use vigie_inventory::configuration;

    #[test]
    fn paths_are_compared_in_one_form() {
        for (path, expected) in
            [("/var/run/docker.sock", "/run/docker.sock"), ("/", "/"), ("/etc/", "/etc"), ("/var/runner", "/var/runner")]
        {
            assert_eq!(normal(path), expected);
        }
    }

    #[test]
    fn every_host_path_is_told_once() {
        for path in ["/", "/var/run/docker.sock", "/etc/ssl", "/etc/localtime", "/data", "/var/log/pods"] {
            for read_only in [true, false] {
                let text = format!(
                    "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{{name: a, image: a, volumeMounts: [{{name: v, mountPath: /v, readOnly: {read_only}}}]}}]\n  \
                     volumes: [{{name: v, hostPath: {{path: {path}}}}}]\n"
                );
                let pieces = configuration::read("a.yaml", text.as_bytes()).unwrap();
                let checks = [volume_engine_socket, volume_writable_system_path, volume_host_path];
                let fails = checks.iter().filter(|check| matches!(check(&pieces[0], &pieces), Verdict::Fail { .. })).count();
                assert_eq!(fails, 1, "{path} {read_only}");
                assert!(matches!(judged(&pieces[0], pss::host_path_volumes), Verdict::Fail { .. }));
            }
        }
    }
}
