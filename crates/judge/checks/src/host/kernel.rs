//! Checks over kernel settings and mounts.

use super::facts::{evidence, with};
use std::collections::BTreeMap;
use vigie_model::host::HostFacts;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// Fails for each of the settings that is there and whose number `is_bad`.
fn settings(facts: &HostFacts, names: &[&str], expected: &str, is_bad: impl Fn(i64) -> bool) -> Verdict {
    with(&facts.sysctl, &text!(en "kernel settings", fr "réglages du noyau", de "Kerneleinstellungen"), |values| {
        let seen: Vec<(&str, &String)> = names.iter().filter_map(|name| Some((*name, values.get(*name)?))).collect();
        if seen.is_empty() {
            return none_of(names, values, facts);
        }
        let bad = seen.into_iter().filter(|(_, value)| value.trim().parse().map_or(true, &is_bad));
        let proofs: Vec<Evidence> =
            bad.map(|(name, value)| evidence(name, "", format!("{name} = {}", value.trim()), expected)).collect();
        Verdict::from_evidence(proofs)
    })
}

/// A setting that is not listed is one that this kernel does not have, unless it could not be read.
fn none_of(names: &[&str], _values: &BTreeMap<String, String>, facts: &HostFacts) -> Verdict {
    let name = names.first().copied().unwrap_or_default();
    let path = name.replace('.', "/");
    match facts.sysctl.gaps().iter().find(|gap| gap.what.contains(&path) || gap.what.contains(name)) {
        Some(gap) => super::facts::unseen(std::slice::from_ref(gap)),
        None => Verdict::not_applicable(text!(
            en "this kernel has no {name}",
            fr "ce noyau ne connaît pas {name}",
            de "dieser Kernel kennt {name} nicht",
        )),
    }
}

/// Addresses of programs are not randomised.
pub(crate) fn kernel_predictable_addresses(facts: &HostFacts) -> Verdict {
    settings(facts, &["kernel.randomize_va_space"], "2", |value| value < 2)
}

/// Kernel addresses are shown to everybody.
pub(crate) fn kernel_visible_addresses(facts: &HostFacts) -> Verdict {
    settings(facts, &["kernel.kptr_restrict"], "≥ 1", |value| value < 1)
}

/// The kernel's log is shown to everybody.
pub(crate) fn kernel_visible_log(facts: &HostFacts) -> Verdict {
    settings(facts, &["kernel.dmesg_restrict"], "1", |value| value < 1)
}

/// A process may be read and changed by any other of the same user.
pub(crate) fn kernel_open_process_memory(facts: &HostFacts) -> Verdict {
    settings(facts, &["kernel.yama.ptrace_scope"], "≥ 1", |value| value < 1)
}

/// Everybody may load programs into the kernel's BPF machine.
pub(crate) fn kernel_unprivileged_bpf(facts: &HostFacts) -> Verdict {
    settings(facts, &["kernel.unprivileged_bpf_disabled"], "≥ 1", |value| value < 1)
}

/// Links in shared folders can trick other users' programs.
pub(crate) fn kernel_unprotected_links(facts: &HostFacts) -> Verdict {
    settings(facts, &["fs.protected_hardlinks", "fs.protected_symlinks"], "1", |value| value < 1)
}

/// Programs with raised rights leave memory images.
pub(crate) fn kernel_privileged_core_dumps(facts: &HostFacts) -> Verdict {
    settings(facts, &["fs.suid_dumpable"], "0", |value| value == 1)
}

/// The machine lets routers, or whoever poses as one, change its routes.
pub(crate) fn kernel_accepted_redirects(facts: &HostFacts) -> Verdict {
    let names = [
        "net.ipv4.conf.all.accept_redirects",
        "net.ipv4.conf.default.accept_redirects",
        "net.ipv6.conf.all.accept_redirects",
        "net.ipv6.conf.default.accept_redirects",
    ];
    settings(facts, &names, "0", |value| value != 0)
}

/// Packets may choose their own way.
pub(crate) fn kernel_accepted_source_routes(facts: &HostFacts) -> Verdict {
    let names = ["net.ipv4.conf.all.accept_source_route", "net.ipv6.conf.all.accept_source_route"];
    settings(facts, &names, "0", |value| value > 0)
}

/// A flood of half-open connections can fill the table.
pub(crate) fn kernel_without_syn_cookies(facts: &HostFacts) -> Verdict {
    settings(facts, &["net.ipv4.tcp_syncookies"], "1", |value| value < 1)
}

/// Shared memory from which programs may be run with the rights of their owner.
pub(crate) fn mount_setuid_in_shared_folder(facts: &HostFacts) -> Verdict {
    with(&facts.mounts, &text!(en "mounts", fr "montages", de "Einhängepunkte"), |mounts| {
        let open = mounts.iter().filter(|mount| ["/dev/shm", "/tmp", "/var/tmp"].contains(&mount.target.as_str()));
        let proofs = open
            .filter(|mount| !mount.options.iter().any(|option| option == "nosuid"))
            .map(|mount| evidence(&mount.target, &mount.target, mount.options.join(","), "nosuid"));
        Verdict::from_evidence(proofs.collect())
    })
}
