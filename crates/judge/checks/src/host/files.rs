//! Checks over modes and owners of files, and over private keys at rest.

use super::facts::{evidence, on_all};
use vigie_model::host::{FileMode, HostFacts, PrivateKey};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

const OTHERS_READ: u32 = 0o004;
const OTHERS_WRITE: u32 = 0o002;
const GROUP_WRITE: u32 = 0o020;
const STICKY: u32 = 0o1000;
const ANYBODY_ELSE: u32 = 0o077;

fn files() -> Text {
    text!(en "files", fr "fichiers", de "Dateien")
}

/// Fails for every listed file that is `of_interest` and `is_bad`.
fn modes(
    facts: &HostFacts,
    expected: &str,
    of_interest: impl Fn(&FileMode) -> bool,
    is_bad: impl Fn(&FileMode) -> bool,
) -> Verdict {
    on_all(&facts.files, &files(), |files| {
        files.iter().filter(|file| of_interest(file) && is_bad(file)).map(|file| proof(file, expected)).collect()
    })
}

fn proof(file: &FileMode, expected: &str) -> Evidence {
    let found = format!("{:04o} uid {} gid {}", file.mode, file.uid, file.gid);
    evidence(&file.path, &file.path, found, expected)
}

fn is_one_of(file: &FileMode, paths: &[&str]) -> bool {
    paths.contains(&file.path.as_str())
}

fn is_in(file: &FileMode, folders: &[&str]) -> bool {
    folders.iter().any(|folder| file.path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Password hashes that others may read.
pub(crate) fn file_readable_password_hashes(facts: &HostFacts) -> Verdict {
    let files = ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"];
    modes(facts, "≤ 0640 root", |file| is_one_of(file, &files), |file| file.mode & 0o037 != 0 || file.uid != 0)
}

/// The list of accounts that others may write.
pub(crate) fn file_writable_accounts(facts: &HostFacts) -> Verdict {
    let files = ["/etc/passwd", "/etc/passwd-", "/etc/group", "/etc/group-"];
    modes(
        facts,
        "≤ 0644 root",
        |file| is_one_of(file, &files),
        |file| file.mode & (OTHERS_WRITE | GROUP_WRITE) != 0 || file.uid != 0,
    )
}

/// Rules of sudo that others may write.
pub(crate) fn file_writable_sudo_rules(facts: &HostFacts) -> Verdict {
    modes(
        facts,
        "≤ 0440 root",
        |file| file.path == "/etc/sudoers" || is_in(file, &["/etc/sudoers.d"]),
        |file| file.mode & (OTHERS_WRITE | GROUP_WRITE) != 0 || file.uid != 0,
    )
}

/// Scheduled jobs of the system that others may write.
pub(crate) fn file_writable_scheduled_jobs(facts: &HostFacts) -> Verdict {
    let folders = ["/etc/crontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly"];
    modes(
        facts,
        "≤ 0755 root",
        |file| is_in(file, &folders),
        |file| file.mode & (OTHERS_WRITE | GROUP_WRITE) != 0 || file.uid != 0,
    )
}

/// A folder for everybody in which everybody may remove everybody's files.
pub(crate) fn file_shared_folder_without_sticky_bit(facts: &HostFacts) -> Verdict {
    modes(facts, "1777", |file| file.directory, |file| file.mode & OTHERS_WRITE != 0 && file.mode & STICKY == 0)
}

/// Root's home that others may enter.
pub(crate) fn file_open_root_home(facts: &HostFacts) -> Verdict {
    const GROUP_LOOKS: u32 = 0o050;
    let open = |file: &FileMode| file.mode & ANYBODY_ELSE & !GROUP_LOOKS != 0 || file.uid != 0;
    modes(facts, "0700 root", |file| file.path == "/root", open)
}

/// A home directory that others may write. A group with the owner's own number has the owner as its
/// only member on every distribution that makes such groups.
pub(crate) fn file_writable_home(facts: &HostFacts) -> Verdict {
    modes(
        facts,
        "≤ 0750",
        |file| file.directory && file.path.starts_with("/home/") && !file.path.trim_start_matches("/home/").contains('/'),
        |file| file.mode & OTHERS_WRITE != 0 || (file.mode & GROUP_WRITE != 0 && file.gid != file.uid),
    )
}

/// A container engine's socket that everybody may use: whoever can is root.
pub(crate) fn file_open_engine_socket(facts: &HostFacts) -> Verdict {
    modes(
        facts,
        "0660 root",
        |file| {
            file.path.ends_with("/docker.sock") || file.path.ends_with("/containerd.sock") || file.path.ends_with("/podman.sock")
        },
        |file| file.mode & (OTHERS_WRITE | OTHERS_READ) != 0,
    )
}

/// SSH server settings that others may write.
pub(crate) fn file_writable_ssh_settings(facts: &HostFacts) -> Verdict {
    modes(
        facts,
        "≤ 0644 root",
        |file| file.path == "/etc/ssh/sshd_config" || is_in(file, &["/etc/ssh/sshd_config.d"]),
        |file| file.mode & (OTHERS_WRITE | GROUP_WRITE) != 0 || file.uid != 0,
    )
}

/// A person's private key without a passphrase.
pub(crate) fn key_without_passphrase(facts: &HostFacts) -> Verdict {
    keys(facts, "", |key| !key.host_key && !key.encrypted)
}

/// A private key that others may read.
pub(crate) fn key_readable_by_others(facts: &HostFacts) -> Verdict {
    // Some distributions give host keys to a group of their own for reading.
    keys(facts, "0600", |key| key.mode & if key.host_key { 0o037 } else { ANYBODY_ELSE } != 0)
}

fn keys(facts: &HostFacts, expected: &str, is_bad: impl Fn(&PrivateKey) -> bool) -> Verdict {
    on_all(&facts.private_keys, &text!(en "private keys", fr "clés privées", de "private Schlüssel"), |keys| {
        let bad = keys.iter().filter(|key| is_bad(key));
        bad.map(|key| evidence(&key.path, &key.path, format!("{} {:04o} uid {}", key.format, key.mode, key.uid), expected))
            .collect()
    })
}
