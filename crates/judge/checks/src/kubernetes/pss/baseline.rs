//! The controls of the baseline level.

use crate::kubernetes::at::{At, Faults, Field};
use crate::kubernetes::pod::Pod;
use serde_json::Value;

/// Capabilities that a container has by default, or that are weaker.
pub(crate) const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Sysctls that touch nobody else, in the order in which they were allowed.
const SYSCTLS: [&str; 14] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    // 1.27
    "net.ipv4.ip_local_reserved_ports",
    // 1.29
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    // 1.32
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    // 1.37
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_notsent_lowat",
];

/// Annotations with the AppArmor profile of a container.
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
/// Annotations with the seccomp profile of a pod and of a container.
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// The security context of the pod and those of its containers.
pub(super) fn contexts<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) -> Vec<At<'a>> {
    let of_containers = pod.containers(faults);
    let of_pod = [pod.spec.to("securityContext")];
    of_pod.into_iter().chain(of_containers.iter().map(|container| container.to("securityContext"))).collect()
}

/// `hostNetwork`, `hostPID`, `hostIPC`.
pub(super) fn host_namespaces<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    ["hostNetwork", "hostPID", "hostIPC"].into_iter().for_each(|field| host_namespace(pod, field, faults));
}

/// One of the namespaces of the host.
pub(crate) fn host_namespace<'a>(pod: &Pod<'a>, field: &str, faults: &mut Faults<'a>) {
    let at = pod.spec.to(field);
    if faults.flag(&at) == Field::Is(true) {
        faults.set(at, true, "false");
    }
}

/// `privileged: true`.
pub(crate) fn privileged<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for container in pod.containers(faults) {
        let at = container.to("securityContext/privileged");
        if faults.flag(&at) == Field::Is(true) {
            faults.set(at, true, "false");
        }
    }
}

/// Capabilities beyond those of every container.
pub(crate) fn capabilities_beyond_default<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for container in pod.containers(faults) {
        for (at, capability) in faults.words(&container.to("securityContext/capabilities/add")) {
            if !CAPABILITIES.contains(&capability) {
                faults.bad(at, capability, CAPABILITIES.join(", "));
            }
        }
    }
}

/// Volumes of the node's own files.
pub(crate) fn host_path_volumes<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for volume in faults.list(&pod.spec.to("volumes")) {
        let at = volume.to("hostPath");
        if at.is_set() {
            let path = at.to("path").word();
            faults.bad(at, format!("hostPath: {path}"), "");
        }
    }
}

/// Ports of the node.
pub(crate) fn host_ports<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for container in pod.containers(faults) {
        for port in faults.list(&container.to("ports")) {
            let at = port.to("hostPort");
            if let Some(number) = faults.number(&at).known().filter(|number| *number != 0) {
                // The port says more than a name that most leave out.
                let locator = format!("{}/ports/{number}/hostPort", container.locator);
                faults.set(At { locator, ..at }, number, "");
            }
        }
    }
}

/// Probes and hooks that the node sends somewhere else than to the pod.
pub(crate) fn host_probes<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    let handlers = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/postStart", "lifecycle/preStop"];
    for container in pod.containers(faults) {
        for handler in handlers {
            for way in ["httpGet", "tcpSocket"] {
                let at = container.to(handler).to(way).to("host");
                if let Some(host) = faults.text(&at).known().filter(|host| !host.is_empty()) {
                    faults.set(at, host, "");
                }
            }
        }
    }
}

/// AppArmor switched off or replaced: annotations and fields.
pub(crate) fn app_armor_profile<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for context in contexts(pod, faults) {
        profile(&context.to("appArmorProfile"), faults);
    }
    let annotations = pod.meta.to("annotations");
    let names = annotations.known().and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
    for at in names.filter(|name| name.starts_with(APP_ARMOR)).map(|name| annotations.member(name)) {
        let good = |value: &str| value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
        if let Some(value) = faults.text(&at).known().filter(|value| !good(value)) {
            faults.bad(at, value, "runtime/default, localhost/…");
        }
    }
}

/// A profile that is neither the runtime's nor the node's own.
fn profile<'a>(profile: &At<'a>, faults: &mut Faults<'a>) {
    let at = profile.to("type");
    match faults.text(&at) {
        Field::Is("RuntimeDefault" | "Localhost") | Field::Unclear => {}
        Field::Is(word) => faults.set(at, word, "RuntimeDefault, Localhost"),
        Field::Absent if profile.known().is_some() => faults.missing(at, "RuntimeDefault, Localhost"),
        Field::Absent => {}
    }
}

/// Seccomp before there were fields for it.
pub(crate) fn seccomp_annotations<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    let annotations = pod.meta.to("annotations");
    let of_containers = pod.containers(faults);
    let names = of_containers.iter().map(|container| format!("{SECCOMP_CONTAINER}{}", container.container));
    for name in std::iter::once(SECCOMP_POD.to_owned()).chain(names) {
        let at = annotations.member(&name);
        if let Some(value) = faults.text(&at).known() {
            let good = matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
            if !good {
                faults.bad(at, value, "runtime/default, docker/default, localhost/…");
            }
        }
    }
}

/// Seccomp switched off.
pub(crate) fn seccomp_fields<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for context in contexts(pod, faults) {
        profile(&context.to("seccompProfile"), faults);
    }
}

/// `/proc` with what the runtime hides.
pub(crate) fn proc_mount<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for container in pod.containers(faults) {
        let at = container.to("securityContext/procMount");
        if let Some(mount) = faults.text(&at).known().filter(|mount| *mount != "Default") {
            faults.set(at, mount, "Default");
        }
    }
}

/// The same, which does no harm where root is nobody outside.
pub(crate) fn proc_mount_v35<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    if !pod.has_own_users(faults) {
        proc_mount(pod, faults);
    }
}

pub(super) fn selinux_options_v0<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    selinux_options(pod, &["", "container_t", "container_init_t", "container_kvm_t"], faults);
}

/// SELinux labels other than those of containers.
pub(crate) fn selinux_options_v31<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    selinux_options(pod, &["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"], faults);
}

fn selinux_options<'a>(pod: &Pod<'a>, types: &[&str], faults: &mut Faults<'a>) {
    for context in contexts(pod, faults) {
        for (field, allowed) in [("type", types), ("user", &[""]), ("role", &[""])] {
            let at = context.to("seLinuxOptions").to(field);
            if let Some(word) = faults.text(&at).known().filter(|word| !allowed.contains(word)) {
                faults.set(at, word, allowed[1..].join(", "));
            }
        }
    }
}

pub(super) fn sysctls_v0<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    sysctls(pod, &SYSCTLS[..5], faults);
}

pub(super) fn sysctls_v27<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    sysctls(pod, &SYSCTLS[..6], faults);
}

pub(super) fn sysctls_v29<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    sysctls(pod, &SYSCTLS[..10], faults);
}

pub(super) fn sysctls_v32<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    sysctls(pod, &SYSCTLS[..12], faults);
}

/// Kernel settings that other pods of the node feel.
pub(crate) fn sysctls_v37<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    sysctls(pod, &SYSCTLS, faults);
}

fn sysctls<'a>(pod: &Pod<'a>, allowed: &[&str], faults: &mut Faults<'a>) {
    for sysctl in faults.list(&pod.spec.to("securityContext/sysctls")) {
        let at = sysctl.to("name");
        match faults.text(&at) {
            Field::Is(name) if !allowed.contains(&name) => {
                faults.bad(At { locator: sysctl.locator, ..at }, name, allowed.join(", "));
            }
            Field::Absent => faults.missing(at, allowed.join(", ")),
            Field::Is(_) | Field::Unclear => {}
        }
    }
}

/// Windows processes of the host.
pub(crate) fn windows_host_process<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for context in contexts(pod, faults) {
        let at = context.to("windowsOptions/hostProcess");
        if faults.flag(&at) == Field::Is(true) {
            faults.set(at, true, "false");
        }
    }
}
