//! The controls that the restricted level adds.

use super::baseline::contexts;
use crate::kubernetes::at::{At, Faults, Field, is_set};
use crate::kubernetes::pod::Pod;
use vigie_model::configuration::Look;

/// Volumes that hold nothing of the node and nothing of another machine that was not asked for by a claim.
const VOLUMES: [&str; 9] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];

/// Volumes of other types.
pub(super) fn volumes<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for volume in faults.list(&pod.spec.to("volumes")) {
        let Look::Known(body) = volume.look() else {
            faults.text(&volume);
            continue;
        };
        if VOLUMES.iter().any(|allowed| is_set(body, allowed)) {
            continue;
        }
        let members = body.as_object().into_iter().flatten().map(|(member, _)| member.as_str());
        // One of no type at all becomes an emptyDir.
        if let Some(other) = members.into_iter().find(|member| *member != "name" && is_set(body, member)) {
            faults.bad(volume.member(other), other, VOLUMES.join(", "));
        }
    }
}

/// Programs may get more rights than whoever starts them, unless it is forbidden.
pub(crate) fn allow_privilege_escalation<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for container in pod.containers(faults) {
        let at = container.to("securityContext/allowPrivilegeEscalation");
        match faults.flag(&at) {
            Field::Is(true) => faults.set(at, true, "false"),
            Field::Absent => faults.missing(at, "false"),
            Field::Is(false) | Field::Unclear => {}
        }
    }
}

pub(super) fn allow_privilege_escalation_v25<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    if !pod.is_windows() {
        allow_privilege_escalation(pod, faults);
    }
}

/// All capabilities dropped, and at most `NET_BIND_SERVICE` added.
pub(super) fn capabilities<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for container in pod.containers(faults) {
        let at = container.to("securityContext/capabilities");
        kept_capabilities(&at, faults);
        for (at, capability) in faults.words(&at.to("add")) {
            if capability != "NET_BIND_SERVICE" {
                faults.bad(at, capability, "NET_BIND_SERVICE");
            }
        }
    }
}

/// Whether capabilities are kept that nobody asked for.
pub(crate) fn kept_capabilities<'a>(capabilities: &At<'a>, faults: &mut Faults<'a>) {
    let noted = faults.unclear.len();
    let at = capabilities.to("drop");
    let dropped = faults.words(&at);
    let clear = faults.unclear.len() == noted;
    if clear && !dropped.iter().any(|(_, capability)| *capability == "ALL") {
        let found = dropped.iter().map(|(_, capability)| *capability).collect::<Vec<_>>().join(", ");
        faults.bad(at, found, "ALL");
    }
}

pub(super) fn capabilities_v25<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    if !pod.is_windows() {
        capabilities(pod, faults);
    }
}

/// Nothing keeps the kubelet from starting it as root.
pub(super) fn run_as_non_root<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    let of_pod = pod.spec.to("securityContext/runAsNonRoot");
    let for_all = faults.flag(&of_pod);
    if for_all == Field::Is(false) {
        faults.set(of_pod, false, "true");
    }
    for container in pod.containers(faults) {
        let at = container.to("securityContext/runAsNonRoot");
        match faults.flag(&at) {
            Field::Is(false) => faults.set(at, false, "true"),
            Field::Absent if for_all == Field::Absent => faults.missing(at, "true"),
            Field::Absent | Field::Is(true) | Field::Unclear => {}
        }
    }
}

/// The same, which does no harm where root is nobody outside.
pub(super) fn run_as_non_root_v35<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    if !pod.has_own_users(faults) {
        run_as_non_root(pod, faults);
    }
}

/// `runAsUser: 0`.
pub(super) fn run_as_user<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    for context in contexts(pod, faults) {
        let at = context.to("runAsUser");
        if faults.number(&at) == Field::Is(0) {
            faults.set(at, 0, "> 0");
        }
    }
}

pub(super) fn run_as_user_v35<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    if !pod.has_own_users(faults) {
        run_as_user(pod, faults);
    }
}

/// Seccomp that nobody switched on.
pub(super) fn seccomp<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    super::seccomp_fields(pod, faults);
    for at in without_seccomp(pod, faults) {
        faults.missing(at, "RuntimeDefault, Localhost");
    }
}

/// Where a seccomp profile is missing, for each container for which nobody chose one.
pub(crate) fn without_seccomp<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) -> Vec<At<'a>> {
    let profile = |context: At<'a>| context.to("seccompProfile");
    if profile(pod.spec.to("securityContext")).is_set() {
        return Vec::new();
    }
    let of_containers = pod.containers(faults).into_iter().map(|container| profile(container.to("securityContext")));
    of_containers.filter(|profile| !profile.is_set()).collect()
}

pub(super) fn seccomp_v25<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) {
    if !pod.is_windows() {
        seccomp(pod, faults);
    }
}
