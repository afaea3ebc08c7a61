//! Kernel settings that decide how hard a machine is to break.
//!
//! Read from `/proc/sys` (sysctl(8)). A name that this kernel does not have is not in the result, and a program
//! that needs it must say so.

use crate::world::World;
use std::collections::BTreeMap;
use vigie_model::observed::{Gap, Observed, Obstacle};

/// The longest value.
const BYTES_MAX: usize = 64 * 1024;

/// The settings that are read, sorted.
pub const NAMES: [&str; 61] = [
    "fs.protected_fifos",
    "fs.protected_hardlinks",
    "fs.protected_regular",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.core_pattern",
    "kernel.core_uses_pid",
    "kernel.ctrl-alt-del",
    "kernel.dmesg_restrict",
    "kernel.io_uring_disabled",
    "kernel.kexec_load_disabled",
    "kernel.kptr_restrict",
    "kernel.modules_disabled",
    "kernel.perf_event_paranoid",
    "kernel.randomize_va_space",
    "kernel.sysrq",
    "kernel.tainted",
    "kernel.unprivileged_bpf_disabled",
    "kernel.unprivileged_userns_clone",
    "kernel.yama.ptrace_scope",
    "net.core.bpf_jit_harden",
    "net.ipv4.conf.all.accept_local",
    "net.ipv4.conf.all.accept_redirects",
    "net.ipv4.conf.all.accept_source_route",
    "net.ipv4.conf.all.arp_announce",
    "net.ipv4.conf.all.arp_ignore",
    "net.ipv4.conf.all.bootp_relay",
    "net.ipv4.conf.all.forwarding",
    "net.ipv4.conf.all.log_martians",
    "net.ipv4.conf.all.mc_forwarding",
    "net.ipv4.conf.all.proxy_arp",
    "net.ipv4.conf.all.route_localnet",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.all.secure_redirects",
    "net.ipv4.conf.all.send_redirects",
    "net.ipv4.conf.default.accept_redirects",
    "net.ipv4.conf.default.accept_source_route",
    "net.ipv4.conf.default.log_martians",
    "net.ipv4.conf.default.rp_filter",
    "net.ipv4.conf.default.secure_redirects",
    "net.ipv4.conf.default.send_redirects",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv4.icmp_ignore_bogus_error_responses",
    "net.ipv4.ip_forward",
    "net.ipv4.tcp_rfc1337",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_timestamps",
    "net.ipv6.conf.all.accept_ra",
    "net.ipv6.conf.all.accept_redirects",
    "net.ipv6.conf.all.accept_source_route",
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.conf.default.accept_ra",
    "net.ipv6.conf.default.accept_redirects",
    "net.ipv6.conf.default.accept_source_route",
    "net.ipv6.conf.default.disable_ipv6",
    "user.max_user_namespaces",
    "vm.mmap_min_addr",
    "vm.mmap_rnd_bits",
    "vm.overcommit_memory",
    "vm.unprivileged_userfaultfd",
];

pub(super) fn observe(world: &World) -> Observed<BTreeMap<String, String>> {
    let (mut settings, mut gaps) = (BTreeMap::new(), Vec::new());
    for name in NAMES {
        match world.read_if_there(format!("/proc/sys/{}", name.replace('.', "/")), BYTES_MAX) {
            Ok(Some(bytes)) => drop(settings.insert(name.to_owned(), value(&bytes))),
            Ok(None) => {}
            Err(gap) => gaps.push(gap),
        }
    }
    match gaps.pop() {
        Some(gap) if settings.is_empty() => Observed::Unseen(gap),
        Some(gap) => {
            gaps.push(gap);
            Observed::Partly { value: settings, missing: gaps }
        }
        None if settings.is_empty() => Observed::Unseen(Gap::new("/proc/sys", Obstacle::Missing, "")),
        None => Observed::Seen(settings),
    }
}

/// Numbers of one setting are parted by tabs; sysctl(8) shows blanks.
fn value(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;

    #[test]
    fn names_are_sorted_and_readable() {
        assert!(NAMES.is_sorted());
        let (_dir, world) =
            world(&[("/proc/sys/net/ipv4/ip_forward", "1\n"), ("/proc/sys/kernel/core_pattern", "|/bin/x\t%p\n")]);
        let Observed::Seen(settings) = observe(&world) else { panic!() };
        let said: Vec<_> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(said, ["kernel.core_pattern=|/bin/x %p", "net.ipv4.ip_forward=1"]);
    }
}
