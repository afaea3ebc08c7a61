//! Checks of what lies in the layers: programs, rights, accounts, leftovers.

use super::facts::{bytes, listed, of_files, place, programs, proof};
use vigie_catalogue::lifecycle;
use vigie_model::host::{Password, User};
use vigie_model::image::{FileMode, ImageFacts};
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// setuid and setgid programs that distributions bring with packages that nearly every system has.
const USUAL: [&str; 47] = [
    "at",
    "bbsuid",
    "bsd-write",
    "cgexec",
    "chage",
    "chfn",
    "chsh",
    "crontab",
    "dbus-daemon-launch-helper",
    "dotlockfile",
    "expiry",
    "fusermount",
    "fusermount3",
    "gpasswd",
    "grub2-set-bootflag",
    "lockdev",
    "mail-lock",
    "mail-touchlock",
    "mail-unlock",
    "mlocate",
    "mount",
    "mount.nfs",
    "netreport",
    "newgidmap",
    "newgrp",
    "newuidmap",
    "ntfs-3g",
    "pam_extrausers_chkpwd",
    "pam_timestamp_check",
    "passwd",
    "ping",
    "ping6",
    "pkexec",
    "polkit-agent-helper-1",
    "plocate",
    "postdrop",
    "postqueue",
    "sg",
    "ssh-agent",
    "ssh-keysign",
    "su",
    "umount",
    "unix_chkpwd",
    "userhelper",
    "usernetctl",
    "utempter",
    "wall",
];
/// Bytes that are worth a finding.
const CACHE_BYTES_MIN: u64 = 1024 * 1024;
/// Waste below this is not worth a build.
const WASTE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Share of the image's bytes, in hundredths, that may be waste.
const WASTE_SHARE_MAX: u64 = 5;

fn is_usual(file: &FileMode) -> bool {
    let name = super::facts::name_of(&file.path);
    let system = ["bin/", "sbin/", "usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib64/", "usr/libexec/", "lib/"];
    let write = name == "write" || name == "sudo" || name == "sudoedit";
    system.iter().any(|folder| file.path.starts_with(folder)) && (USUAL.contains(&name) || write)
}

/// setuid and setgid programs that no distribution brings.
pub(crate) fn setuid_unusual(facts: &ImageFacts) -> Verdict {
    of_files(facts, |facts| {
        let odd = facts.elevated.iter().filter(|file| !is_usual(file));
        odd.map(|file| proof(file.path.as_str(), place(&file.path, file.layer), format!("{:04o}", file.mode))).collect()
    })
}

/// The usual setuid and setgid programs, which a container rarely needs.
pub(crate) fn setuid_usual(facts: &ImageFacts) -> Verdict {
    of_files(facts, |facts| {
        let usual: Vec<&FileMode> = facts.elevated.iter().filter(|file| is_usual(file)).collect();
        let Some(first) = usual.first() else { return Vec::new() };
        let paths = listed(usual.iter().map(|file| file.path.as_str()));
        vec![proof("setuid", place(&first.path, first.layer), paths)]
    })
}

/// System files that everybody may change.
pub(crate) fn world_writable(facts: &ImageFacts) -> Verdict {
    of_files(facts, |facts| {
        let open = facts.world_writable.iter();
        open.map(|file| proof(file.path.as_str(), place(&file.path, file.layer), format!("{:04o}", file.mode))).collect()
    })
}

/// Caches of package managers.
pub(crate) fn cache_left(facts: &ImageFacts) -> Verdict {
    of_files(facts, |facts| {
        let large = facts.caches.iter().filter(|cache| cache.bytes >= CACHE_BYTES_MIN);
        let left = large.map(|cache| {
            let found = format!("{}: {}", cache.manager, bytes(cache.bytes));
            proof(format!("{} {}", cache.manager, cache.path), place(&cache.path, cache.layer), found)
        });
        let mut all: Vec<Evidence> = Vec::new();
        // The same folder in two layers is one finding.
        for left in left {
            match all.iter_mut().find(|known| known.locator == left.locator) {
                Some(known) => known.found = format!("{}; {}", known.found, left.found),
                None => all.push(left),
            }
        }
        all
    })
}

/// Bytes that are carried along and never seen.
pub(crate) fn bytes_wasted(facts: &ImageFacts) -> Verdict {
    of_files(facts, |facts| {
        let wasted: u64 = facts.layers.iter().map(|layer| layer.wasted_bytes).sum();
        let all: u64 = facts.layers.iter().map(|layer| layer.file_bytes).sum();
        let share = wasted.saturating_mul(100).checked_div(all).unwrap_or_default();
        if wasted <= WASTE_BYTES_MAX || share < WASTE_SHARE_MAX {
            return Vec::new();
        }
        let largest = facts.waste.iter().take(3).map(|file| format!("/{} {}", file.path, bytes(file.bytes)));
        let found = format!("{} / {} ({share} %): {}", bytes(wasted), bytes(all), largest.collect::<Vec<_>>().join(", "));
        vec![Evidence { expected: format!("≤ {}", bytes(WASTE_BYTES_MAX)), ..proof("waste", "", found) }]
    })
}

/// The distribution had no more support when the image was made, or when our data were.
pub(crate) fn base_out_of_support(facts: &ImageFacts) -> Verdict {
    let Some(os) = &facts.os else {
        return Verdict::not_applicable(text!(
            en "it has no distribution",
            fr "elle n’a pas de distribution",
            de "es hat keine Distribution"
        ));
    };
    let name = &os.pretty_name;
    let Some(life) = lifecycle::end_of_life(os) else {
        return Verdict::unknown(text!(
            en "the end of life of {name} is not known",
            fr "la fin de vie de {name} n’est pas connue",
            de "das Ende der Unterstützung von {name} ist nicht bekannt"
        ));
    };
    let made = facts.config.created.map(vigie_model::time::Timestamp::day);
    let ended = made.into_iter().chain(lifecycle::checked_on()).find_map(|day| life.ended_before(day));
    Verdict::from_evidence(
        ended.map(|until| proof(os.id.as_str(), "/etc/os-release", format!("{name}: {until}"))).into_iter().collect(),
    )
}

/// One finding for all programs of a sort.
fn inside(facts: &ImageFacts, what: &str, names: &[&str]) -> Verdict {
    of_files(facts, |facts| {
        let found = programs(facts, names);
        let Some(first) = found.first() else { return Vec::new() };
        vec![proof(what, place(&first.path, first.layer), listed(found.iter().map(|program| program.path.as_str())))]
    })
}

/// Servers for signing in from afar.
pub(crate) fn remote_access_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "server", &["sshd", "dropbear", "telnetd", "vsftpd", "xinetd"])
}

/// Shells.
pub(crate) fn shell_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "shell", &["sh", "bash", "ash", "dash", "zsh", "ksh", "fish", "busybox"])
}

/// Package managers.
pub(crate) fn package_manager_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "package manager", &["apt-get", "apk", "dnf", "microdnf", "yum", "tdnf", "zypper", "dpkg", "rpm", "opkg"])
}

/// Compilers.
pub(crate) fn compiler_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "compiler", &["cc", "gcc", "g++", "c++", "clang", "ld", "make", "rustc", "cargo", "javac", "go"])
}

/// Tools to look at and talk to networks.
pub(crate) fn network_tool_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "network tool", &["nc", "ncat", "netcat", "nmap", "socat", "tcpdump", "telnet"])
}

/// Debuggers.
pub(crate) fn debugger_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "debugger", &["gdb", "strace"])
}

/// sudo and doas.
pub(crate) fn sudo_inside(facts: &ImageFacts) -> Verdict {
    inside(facts, "sudo", &["sudo", "doas"])
}

/// Judges the accounts; not applicable where there are none.
fn of_accounts(facts: &ImageFacts, judge: impl FnOnce(&[User]) -> Vec<Evidence>) -> Verdict {
    match &facts.accounts {
        Some(users) => Verdict::from_evidence(judge(users)),
        None => match of_files(facts, |_| Vec::new()) {
            Verdict::Pass => Verdict::not_applicable(text!(
                en "it has no accounts",
                fr "elle n’a pas de comptes",
                de "es hat keine Konten"
            )),
            unknown => unknown,
        },
    }
}

/// Whether a shell would let somebody in.
fn enters(user: &User) -> bool {
    !user.shell.ends_with("nologin") && !user.shell.ends_with("/false")
}

/// Accounts that need no password.
pub(crate) fn account_without_password(facts: &ImageFacts) -> Verdict {
    of_accounts(facts, |users| {
        let open = users.iter().filter(|user| user.password == Password::Empty && enters(user));
        open.map(|user| proof(user.name.as_str(), "/etc/shadow", format!("{}:", user.name))).collect()
    })
}

/// Accounts whose password is the same in every container.
pub(crate) fn account_with_password(facts: &ImageFacts) -> Verdict {
    of_accounts(facts, |users| {
        let set = users.iter().filter(|user| matches!(user.password, Password::Hashed(_)) && enters(user));
        set.map(|user| proof(user.name.as_str(), "/etc/shadow", format!("{}:{}", user.name, crate::secretish::MASK))).collect()
    })
}

/// Other accounts with the number of root.
pub(crate) fn account_second_root(facts: &ImageFacts) -> Verdict {
    of_accounts(facts, |users| {
        let second = users.iter().filter(|user| user.uid == 0 && user.name != "root" && enters(user));
        second.map(|user| proof(user.name.as_str(), "/etc/passwd", format!("{} uid 0", user.name))).collect()
    })
}

/// Two accounts with one number.
pub(crate) fn account_shared_id(facts: &ImageFacts) -> Verdict {
    of_accounts(facts, |users| {
        let shares = |(at, user): (usize, &User)| {
            let first = users.iter().take(at).find(|other| other.uid == user.uid && other.uid != 0 && other.name != user.name)?;
            Some(proof(user.uid.to_string(), "/etc/passwd", format!("uid {}: {} {}", user.uid, first.name, user.name)))
        };
        users.iter().enumerate().filter_map(shares).collect()
    })
}
