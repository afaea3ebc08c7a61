//! Paths of a machine that give a container more than its own: shared by recipes, images and Compose files.

/// Whether a volume at this path covers what an engine or the kernel puts there, or the system itself.
pub(crate) fn is_system_volume(path: &str) -> bool {
    let path = trimmed(path);
    let roots = [
        "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr", "/var",
        "/var/run",
    ];
    roots.contains(&path) || is_engine_socket(path)
}

/// Whether a path is the socket of a container engine.
pub(crate) fn is_engine_socket(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "docker.sock" | "containerd.sock" | "podman.sock" | "crio.sock" | "dockershim.sock")
}

/// Whether a folder of the host tells or rules the whole machine.
pub(crate) fn is_sensitive_folder(path: &str) -> bool {
    let path = trimmed(path);
    let whole = ["/", "/home", "/root", "/var", "/usr", "/lib", "/run", "/var/run", "/etc", "/dev"];
    // Programs keep folders of their own below `/etc`, and harmless devices stand below `/dev`.
    let below = [
        "/proc",
        "/sys",
        "/boot",
        "/bin",
        "/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/usr/lib",
        "/var/lib/docker",
        "/var/lib/containerd",
        "/var/lib/kubelet",
        "/root/.ssh",
        "/root/.aws",
        "/root/.kube",
        "/root/.docker",
        "/etc/passwd",
        "/etc/shadow",
        "/etc/group",
        "/etc/gshadow",
        "/etc/sudoers",
        "/etc/sudoers.d",
        "/etc/ssh",
        "/etc/pam.d",
        "/etc/cron.d",
        "/etc/cron.daily",
        "/etc/crontab",
        "/etc/systemd",
        "/etc/init.d",
        "/etc/rc.local",
        "/etc/profile.d",
        "/etc/ld.so.preload",
        "/etc/kubernetes",
        "/etc/docker",
        "/dev/sda",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/disk",
    ];
    let under = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    whole.contains(&path) || below.iter().any(|folder| under(folder))
}

fn trimmed(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() && path.starts_with('/') { "/" } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_host() {
        for path in ["/", "/etc", "/etc/passwd", "/proc/", "/var/lib/docker/x", "/root/.ssh", "/dev/sda"] {
            assert!(is_sensitive_folder(path), "{path}");
        }
        for path in [
            "/etc/localtime",
            "/etc/wireguard",
            "/lib/modules",
            "/dev/bus/usb",
            "/home/eva/x",
            "/srv/data",
            "/var/log",
            "./etc",
            "/etcetera",
            "/usr/share/zoneinfo",
        ] {
            assert!(!is_sensitive_folder(path), "{path}");
        }
        assert!(is_engine_socket("/var/run/docker.sock") && is_system_volume("/proc/") && !is_system_volume("/var/lib/data"));
    }
}
