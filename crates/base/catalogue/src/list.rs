//! The list of all entries: one line each, sorted by path. `cargo xtask new` adds a line.

use crate::entry::Family;

/// The files of one entry.
pub(crate) struct Source {
    pub(crate) family: Family,
    pub(crate) path: &'static str,
    pub(crate) en: &'static str,
    pub(crate) fr: &'static str,
    pub(crate) de: &'static str,
    pub(crate) rule: Option<&'static str>,
    pub(crate) fires: &'static str,
    pub(crate) silent: &'static str,
}

macro_rules! file {
    ($path:literal, $name:literal) => {
        include_str!(concat!("../../../../content/", $path, "/", $name))
    };
}

macro_rules! check {
    ($path:literal) => {
        Source {
            family: Family::Checks,
            path: $path,
            en: file!($path, "en.md"),
            fr: file!($path, "fr.md"),
            de: file!($path, "de.md"),
            rule: None,
            fires: "",
            silent: "",
        }
    };
}

macro_rules! detection {
    ($path:literal) => {
        Source {
            family: Family::Detections,
            path: $path,
            en: file!($path, "en.md"),
            fr: file!($path, "fr.md"),
            de: file!($path, "de.md"),
            rule: Some(file!($path, "rule.yml")),
            fires: file!($path, "fires.jsonl"),
            silent: file!($path, "silent.jsonl"),
        }
    };
}

/// All entries.
pub(crate) static SOURCES: &[Source] = &[
    check!("checks/host/account-root-by-group"),
    check!("checks/host/account-second-root"),
    check!("checks/host/account-service-with-shell"),
    check!("checks/host/account-shared-user-id"),
    check!("checks/host/account-weak-password-hash"),
    check!("checks/host/account-without-password"),
    check!("checks/host/exposure-clear-text-sign-in"),
    check!("checks/host/exposure-container-engine"),
    check!("checks/host/exposure-data-store"),
    check!("checks/host/file-open-engine-socket"),
    check!("checks/host/file-open-root-home"),
    check!("checks/host/file-readable-password-hashes"),
    check!("checks/host/file-shared-folder-without-sticky-bit"),
    check!("checks/host/file-writable-accounts"),
    check!("checks/host/file-writable-home"),
    check!("checks/host/file-writable-scheduled-jobs"),
    check!("checks/host/file-writable-ssh-settings"),
    check!("checks/host/file-writable-sudo-rules"),
    check!("checks/host/kernel-accepted-redirects"),
    check!("checks/host/kernel-accepted-source-routes"),
    check!("checks/host/kernel-open-process-memory"),
    check!("checks/host/kernel-predictable-addresses"),
    check!("checks/host/kernel-privileged-core-dumps"),
    check!("checks/host/kernel-unprivileged-bpf"),
    check!("checks/host/kernel-unprotected-links"),
    check!("checks/host/kernel-visible-addresses"),
    check!("checks/host/kernel-visible-log"),
    check!("checks/host/kernel-without-syn-cookies"),
    check!("checks/host/key-readable-by-others"),
    check!("checks/host/key-without-passphrase"),
    check!("checks/host/mount-setuid-in-shared-folder"),
    check!("checks/host/ssh-empty-passwords"),
    check!("checks/host/ssh-host-based-sign-in"),
    check!("checks/host/ssh-loose-file-modes"),
    check!("checks/host/ssh-many-attempts"),
    check!("checks/host/ssh-password-sign-in"),
    check!("checks/host/ssh-root-login"),
    check!("checks/host/ssh-user-environment"),
    check!("checks/host/ssh-weak-ciphers"),
    check!("checks/host/ssh-weak-key-exchange"),
    check!("checks/host/ssh-weak-macs"),
    check!("checks/host/ssh-x11-forwarding"),
    check!("checks/host/sudo-for-everybody"),
    check!("checks/host/sudo-on-shared-terminal"),
    check!("checks/host/sudo-without-password"),
    check!("checks/host/update-end-of-life"),
    check!("checks/host/update-pending-security"),
    check!("checks/host/update-restart-due"),
    check!("checks/host/update-stale-package-lists"),
    detection!("detections/linux/account-created"),
    detection!("detections/linux/account-deleted"),
    detection!("detections/linux/account-in-privileged-group"),
    detection!("detections/linux/account-locked-out"),
    detection!("detections/linux/account-password-guessing"),
    detection!("detections/linux/account-with-root-rights"),
    detection!("detections/linux/apparmor-denial"),
    detection!("detections/linux/attack-tool-installed"),
    detection!("detections/linux/clock-set-by-hand"),
    detection!("detections/linux/console-root-sign-in"),
    detection!("detections/linux/cron-download-to-shell"),
    detection!("detections/linux/cron-job-from-shared-folder"),
    detection!("detections/linux/crontab-changed"),
    detection!("detections/linux/host-restarted"),
    detection!("detections/linux/interface-promiscuous"),
    detection!("detections/linux/kernel-foreign-module"),
    detection!("detections/linux/process-killed-for-memory"),
    detection!("detections/linux/program-crash-burst"),
    detection!("detections/linux/protection-failed"),
    detection!("detections/linux/protection-removed"),
    detection!("detections/linux/protection-stopped"),
    detection!("detections/linux/root-password-changed"),
    detection!("detections/linux/ssh-account-enumeration"),
    detection!("detections/linux/ssh-distributed-guessing"),
    detection!("detections/linux/ssh-guessed-password"),
    detection!("detections/linux/ssh-password-from-internet"),
    detection!("detections/linux/ssh-password-guessing"),
    detection!("detections/linux/ssh-root-password-sign-in"),
    detection!("detections/linux/ssh-service-account-sign-in"),
    detection!("detections/linux/su-failure"),
    detection!("detections/linux/su-to-root"),
    detection!("detections/linux/sudo-auditing-disabled"),
    detection!("detections/linux/sudo-download-to-shell"),
    detection!("detections/linux/sudo-firewall-disabled"),
    detection!("detections/linux/sudo-forbidden-command"),
    detection!("detections/linux/sudo-history-erased"),
    detection!("detections/linux/sudo-logs-erased"),
    detection!("detections/linux/sudo-password-guessing"),
    detection!("detections/linux/sudo-password-hashes-read"),
    detection!("detections/linux/sudo-reverse-shell"),
    detection!("detections/linux/sudo-root-shell"),
    detection!("detections/linux/sudo-rules-changed"),
    detection!("detections/linux/sudo-shell-escape"),
    detection!("detections/linux/sudo-ssh-keys-changed"),
    detection!("detections/linux/usb-storage-connected"),
];
