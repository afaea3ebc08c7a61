//! What a pod may do on its node. Where the Pod Security Standards ask the same question, their functions answer it.

use super::at::{At, Fault, Faults, Field};
use super::object::Object;
use super::pod::{Pod, judged};
use super::pss;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

/// Capabilities that amount to root on the node, or to its network.
const POWERFUL: [&str; 13] = [
    "ALL",
    "BPF",
    "DAC_READ_SEARCH",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "PERFMON",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
];

/// `privileged: true`.
pub(crate) fn pod_privileged_container(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, pss::privileged)
}

/// `hostNetwork: true`.
pub(crate) fn pod_host_network(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| pss::host_namespace(pod, "hostNetwork", faults))
}

/// `hostPID: true`.
pub(crate) fn pod_host_processes(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| pss::host_namespace(pod, "hostPID", faults))
}

/// `hostIPC: true`.
pub(crate) fn pod_host_ipc(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| pss::host_namespace(pod, "hostIPC", faults))
}

/// A `hostPort`; a pod in the node's own network has no others.
pub(crate) fn pod_host_port(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        if faults.flag(&pod.spec.to("hostNetwork")) != Field::Is(true) {
            pss::host_ports(pod, faults);
        }
    })
}

/// Capabilities that amount to root on the node.
pub(crate) fn pod_powerful_capability(piece: &Piece, _: &[Piece]) -> Verdict {
    added_capabilities(piece, true)
}

/// Other capabilities beyond those of every container.
pub(crate) fn pod_added_capability(piece: &Piece, _: &[Piece]) -> Verdict {
    added_capabilities(piece, false)
}

fn added_capabilities(piece: &Piece, powerful: bool) -> Verdict {
    judged(piece, |pod, faults| {
        pss::capabilities_beyond_default(pod, faults);
        let is_powerful = |found: &str| POWERFUL.contains(&found.trim_start_matches("CAP_"));
        faults.bad.retain(|fault| is_powerful(&fault.found) == powerful);
        faults.bad.iter_mut().for_each(|fault| fault.expected.clear());
    })
}

/// No `drop: [ALL]`.
pub(crate) fn pod_kept_capabilities(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for container in linux(pod, faults) {
            pss::kept_capabilities(&container.to("securityContext/capabilities"), faults);
        }
    })
}

/// No `allowPrivilegeEscalation: false`.
pub(crate) fn pod_privilege_escalation(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        if !pod.is_windows() {
            pss::allow_privilege_escalation(pod, faults);
            only_whole(pod, faults);
        }
    })
}

/// Containers that are written out and run on Linux.
fn linux<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) -> Vec<At<'a>> {
    if pod.is_windows() { Vec::new() } else { pod.whole(faults) }
}

/// Drops what is only missing because the container is a patch.
fn only_whole<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    let whole: Vec<String> = pod.whole(&mut Faults::default()).into_iter().map(|container| container.pointer).collect();
    let stands = |fault: &Fault<'_>| {
        let inside =
            |container: &String| fault.at.pointer.strip_prefix(container.as_str()).is_some_and(|rest| rest.starts_with('/'));
        !fault.found.is_empty() || whole.iter().any(inside)
    };
    faults.bad.retain(stands);
}

/// `runAsUser: 0`, where root of the container is root of the node.
pub(crate) fn pod_root_user(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        if pod.has_own_users(faults) {
            return;
        }
        for container in pod.containers(faults) {
            let own = container.to("securityContext/runAsUser");
            let of_pod = pod.spec.to("securityContext/runAsUser");
            let (at, user) = match faults.number(&own) {
                Field::Absent => (of_pod.clone(), faults.number(&of_pod)),
                user => (own, user),
            };
            if user == Field::Is(0) {
                faults.set(at, 0, "> 0");
            }
        }
    })
}

/// Nothing says that it is not root: the image decides.
pub(crate) fn pod_undecided_user(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        if pod.has_own_users(faults) {
            return;
        }
        let of_pod = pod.spec.to("securityContext");
        for container in linux(pod, faults) {
            let own = container.to("securityContext");
            let user = faults.number(&own.to("runAsUser")).or(faults.number(&of_pod.to("runAsUser")));
            let not_root = faults.flag(&own.to("runAsNonRoot")).or(faults.flag(&of_pod.to("runAsNonRoot")));
            if user == Field::Absent && matches!(not_root, Field::Absent | Field::Is(false)) {
                faults.missing(own.to("runAsNonRoot"), "runAsNonRoot: true");
            }
        }
    })
}

/// No `readOnlyRootFilesystem: true`.
pub(crate) fn pod_writable_root_file_system(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for container in linux(pod, faults) {
            let at = container.to("securityContext/readOnlyRootFilesystem");
            match faults.flag(&at) {
                Field::Is(false) => faults.set(at, false, "true"),
                Field::Absent => faults.missing(at, "readOnlyRootFilesystem: true"),
                Field::Is(true) | Field::Unclear => {}
            }
        }
    })
}

/// Seccomp switched off, by fields or by annotations.
pub(crate) fn pod_unconfined_seccomp(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        pss::seccomp_fields(pod, faults);
        pss::seccomp_annotations(pod, faults);
    })
}

/// No seccomp profile at all.
pub(crate) fn pod_without_seccomp(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        let by_annotation = pod.meta.to("annotations").texts().iter().any(|(name, _)| name.contains("seccomp.security.alpha"));
        if pod.is_windows() || by_annotation {
            return;
        }
        for at in pss::without_seccomp(pod, faults) {
            faults.missing(at, "seccompProfile: {type: RuntimeDefault}");
        }
        only_whole(pod, faults);
    })
}

/// AppArmor switched off.
pub(crate) fn pod_unconfined_app_armor(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, pss::app_armor_profile)
}

/// SELinux labels other than those of containers.
pub(crate) fn pod_foreign_selinux_label(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, pss::selinux_options_v31)
}

/// `procMount: Unmasked`, where root is root of the node.
pub(crate) fn pod_unmasked_proc(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, pss::proc_mount_v35)
}

/// Sysctls that other pods feel.
pub(crate) fn pod_unsafe_sysctl(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        pss::sysctls_v37(pod, faults);
        faults.bad.iter_mut().for_each(|fault| fault.expected.clear());
    })
}

/// `hostProcess: true`.
pub(crate) fn pod_windows_host_process(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, pss::windows_host_process)
}

/// Probes that the node sends to somebody else.
pub(crate) fn pod_probe_of_another_host(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        pss::host_probes(pod, faults);
        // A pod in the node's network listens on the node's own loopback.
        faults.bad.retain(|fault| !matches!(fault.at.word(), "127.0.0.1" | "localhost" | "::1"));
    })
}

/// `shareProcessNamespace: true`.
pub(crate) fn pod_shared_processes(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        let at = pod.spec.to("shareProcessNamespace");
        if faults.flag(&at) == Field::Is(true) {
            faults.set(at, true, "false");
        }
    })
}

/// A token of the account that every pod of the namespace shares.
pub(crate) fn pod_default_account_token(piece: &Piece, around: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        let at = pod.spec.to("automountServiceAccountToken");
        let account = faults.text(&pod.spec.to("serviceAccountName")).or(faults.text(&pod.spec.to("serviceAccount")));
        let is_default = matches!(account, Field::Absent | Field::Is("" | "default"));
        let namespace = Object::of(piece).namespace();
        let spared = Object::all(around).any(|object| {
            let is_it = object.is("", "ServiceAccount") && object.name() == "default" && object.namespace() == namespace;
            is_it && object.at("automountServiceAccountToken").known() == Some(&false.into())
        });
        match faults.flag(&at) {
            Field::Is(true) if is_default => faults.set(at, true, "false"),
            Field::Absent if is_default && !spared && pod.is_whole() => faults.missing(at, "automountServiceAccountToken: false"),
            _ => {}
        }
    })
}
