//! Checks of what keeps a service apart from the machine it runs on.

use super::view::{extends_elsewhere, missing, mounts, of_member, of_service, scalar, texts};
use crate::sensitive::{is_engine_socket, is_sensitive_folder};
use serde_json::Value;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

/// A member that is exactly this text.
fn is_text(piece: &Piece, member: &str, bad: &[&str]) -> Verdict {
    of_service(piece, |tally| {
        let pointer = format!("/{member}");
        if let Some(text) = tally.known(&pointer).and_then(Value::as_str).filter(|text| bad.contains(text)) {
            tally.bad(&pointer, pointer.clone(), format!("{member}: {text}"), "");
        }
    })
}

/// `privileged: true`.
pub(crate) fn privileged(piece: &Piece, _: &[Piece]) -> Verdict {
    of_service(piece, |tally| {
        if tally.known("/privileged").is_some_and(|value| scalar(value) == "true") {
            tally.bad("/privileged", "/privileged", "privileged: true", "");
        }
    })
}

/// `network_mode: host`.
pub(crate) fn host_network(piece: &Piece, _: &[Piece]) -> Verdict {
    is_text(piece, "network_mode", &["host"])
}

/// `pid: host`.
pub(crate) fn host_processes(piece: &Piece, _: &[Piece]) -> Verdict {
    is_text(piece, "pid", &["host"])
}

/// `ipc: host`.
pub(crate) fn host_ipc(piece: &Piece, _: &[Piece]) -> Verdict {
    is_text(piece, "ipc", &["host"])
}

/// `uts: host`.
pub(crate) fn host_name_space(piece: &Piece, _: &[Piece]) -> Verdict {
    is_text(piece, "uts", &["host"])
}

/// `userns_mode: host`.
pub(crate) fn host_user_namespace(piece: &Piece, _: &[Piece]) -> Verdict {
    is_text(piece, "userns_mode", &["host"])
}

/// `cgroup: host`.
pub(crate) fn host_cgroup(piece: &Piece, _: &[Piece]) -> Verdict {
    is_text(piece, "cgroup", &["host"])
}

fn bare(capability: &str) -> String {
    let upper = capability.to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// Capabilities with which a container takes over the machine.
pub(crate) fn capability_dangerous(piece: &Piece, _: &[Piece]) -> Verdict {
    const DANGEROUS: [&str; 11] = [
        "ALL",
        "BPF",
        "DAC_READ_SEARCH",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "PERFMON",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_MODULE",
        "SYS_PTRACE",
        "SYS_RAWIO",
    ];
    of_member(piece, "cap_add", |tally| {
        for (pointer, capability) in texts(piece, tally, "/cap_add") {
            let name = bare(capability);
            if DANGEROUS.contains(&name.as_str()) {
                tally.bad(&pointer, format!("/cap_add/{name}"), format!("cap_add: {capability}"), "");
            }
        }
    })
}

/// Docker's capabilities are all kept.
pub(crate) fn capabilities_kept(piece: &Piece, _: &[Piece]) -> Verdict {
    of_service(piece, |tally| {
        let dropped = texts(piece, tally, "/cap_drop").iter().any(|(_, capability)| bare(capability) == "ALL");
        if !dropped {
            missing(tally, piece, "cap_drop", "cap_drop: [ALL]");
        }
    })
}

/// Security profiles that are switched off.
pub(crate) fn profile_unconfined(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "security_opt", |tally| {
        for (pointer, option) in texts(piece, tally, "/security_opt") {
            let flat = option.replace('=', ":").to_ascii_lowercase();
            if matches!(flat.as_str(), "seccomp:unconfined" | "apparmor:unconfined" | "label:disable" | "systempaths:unconfined")
            {
                tally.bad(&pointer, format!("/security_opt/{flat}"), option, "");
            }
        }
    })
}

/// Programs may gain rights, for lack of `no-new-privileges`.
pub(crate) fn new_privileges_allowed(piece: &Piece, _: &[Piece]) -> Verdict {
    of_service(piece, |tally| {
        let options = texts(piece, tally, "/security_opt");
        let set = options.iter().any(|(_, option)| {
            let flat = option.replace('=', ":");
            flat == "no-new-privileges" || flat == "no-new-privileges:true"
        });
        if !set {
            missing(tally, piece, "security_opt", "no-new-privileges:true");
        }
    })
}

/// The socket of the container engine.
pub(crate) fn engine_socket(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "volumes", |tally| {
        for mount in mounts(piece, tally) {
            if is_engine_socket(mount.source) {
                tally.bad(&mount.pointer, format!("/volumes/{}", mount.target), format!("{}:{}", mount.source, mount.target), "");
            }
        }
    })
}

/// Folders of the host that tell or rule it.
pub(crate) fn host_folder(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "volumes", |tally| {
        for mount in mounts(piece, tally) {
            if is_sensitive_folder(mount.source) && !is_engine_socket(mount.source) {
                tally.bad(&mount.pointer, format!("/volumes/{}", mount.target), format!("{}:{}", mount.source, mount.target), "");
            }
        }
    })
}

/// Mounts within the container that appear on the host.
pub(crate) fn mount_propagated(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "volumes", |tally| {
        for mount in mounts(piece, tally) {
            if matches!(mount.propagation, "shared" | "rshared") {
                tally.bad(&mount.pointer, format!("/volumes/{}", mount.target), mount.propagation, "rprivate");
            }
        }
    })
}

/// Disks and memory of the host as devices.
pub(crate) fn host_device(piece: &Piece, _: &[Piece]) -> Verdict {
    const RAW: [&str; 10] = [
        "/dev/sd",
        "/dev/nvme",
        "/dev/vd",
        "/dev/xvd",
        "/dev/mem",
        "/dev/kmem",
        "/dev/port",
        "/dev/dm-",
        "/dev/disk",
        "/dev/mapper",
    ];
    of_member(piece, "devices", |tally| {
        for (pointer, device) in texts(piece, tally, "/devices") {
            let source = device.split(':').next().unwrap_or_default();
            if source == "/dev" || source == "/dev/" || RAW.iter().any(|raw| source.starts_with(raw)) {
                tally.bad(&pointer, format!("/devices/{source}"), device, "");
            }
        }
    })
}

/// The root file system may be changed.
pub(crate) fn root_file_system_writable(piece: &Piece, _: &[Piece]) -> Verdict {
    of_service(piece, |tally| {
        let set = tally.known("/read_only").map(scalar);
        match set.as_deref() {
            Some("true") => {}
            Some(_) => tally.bad("/read_only", "/read_only", "read_only: false", "read_only: true"),
            None if extends_elsewhere(piece) => tally.unknown("extends"),
            None if piece.body.get("read_only").is_none() => tally.bad("", "/read_only", "", "read_only: true"),
            None => {}
        }
    })
}

/// `user: root`.
pub(crate) fn user_root(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "user", |tally| {
        let Some(user) = tally.known("/user").map(scalar) else { return };
        let name = user.split(':').next().unwrap_or_default();
        if name == "root" || name == "0" {
            tally.bad("/user", "/user", format!("user: {user}"), "");
        }
    })
}
