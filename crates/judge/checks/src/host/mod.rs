//! Checks of a host: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/host/` and, with `_` for `-`, of the function.

mod accounts;
mod exposure;
mod facts;
mod files;
mod kernel;
mod ssh;
mod sudo;
mod updates;

use crate::check::{Check, Judge};
use vigie_model::finding::FindingKind::{self, Exposure, Misconfiguration, Secret, WeakCrypto};
use vigie_model::host::HostFacts;
use vigie_model::verdict::Verdict;

const fn check(name: &'static str, kind: FindingKind, judge: fn(&HostFacts) -> Verdict) -> Check {
    Check { name, kind, judge: Judge::Host(judge) }
}

/// All checks.
pub(crate) static CHECKS: &[Check] = &[
    check("account-root-by-group", Misconfiguration, accounts::account_root_by_group),
    check("account-second-root", Misconfiguration, accounts::account_second_root),
    check("account-service-with-shell", Misconfiguration, accounts::account_service_with_shell),
    check("account-shared-user-id", Misconfiguration, accounts::account_shared_user_id),
    check("account-weak-password-hash", WeakCrypto, accounts::account_weak_password_hash),
    check("account-without-password", Misconfiguration, accounts::account_without_password),
    check("exposure-clear-text-sign-in", Exposure, exposure::exposure_clear_text_sign_in),
    check("exposure-container-engine", Exposure, exposure::exposure_container_engine),
    check("exposure-data-store", Exposure, exposure::exposure_data_store),
    check("file-open-engine-socket", Misconfiguration, files::file_open_engine_socket),
    check("file-open-root-home", Misconfiguration, files::file_open_root_home),
    check("file-readable-password-hashes", Misconfiguration, files::file_readable_password_hashes),
    check("file-shared-folder-without-sticky-bit", Misconfiguration, files::file_shared_folder_without_sticky_bit),
    check("file-writable-accounts", Misconfiguration, files::file_writable_accounts),
    check("file-writable-home", Misconfiguration, files::file_writable_home),
    check("file-writable-scheduled-jobs", Misconfiguration, files::file_writable_scheduled_jobs),
    check("file-writable-ssh-settings", Misconfiguration, files::file_writable_ssh_settings),
    check("file-writable-sudo-rules", Misconfiguration, files::file_writable_sudo_rules),
    check("kernel-accepted-redirects", Misconfiguration, kernel::kernel_accepted_redirects),
    check("kernel-accepted-source-routes", Misconfiguration, kernel::kernel_accepted_source_routes),
    check("kernel-open-process-memory", Misconfiguration, kernel::kernel_open_process_memory),
    check("kernel-predictable-addresses", Misconfiguration, kernel::kernel_predictable_addresses),
    check("kernel-privileged-core-dumps", Misconfiguration, kernel::kernel_privileged_core_dumps),
    check("kernel-unprivileged-bpf", Misconfiguration, kernel::kernel_unprivileged_bpf),
    check("kernel-unprotected-links", Misconfiguration, kernel::kernel_unprotected_links),
    check("kernel-visible-addresses", Misconfiguration, kernel::kernel_visible_addresses),
    check("kernel-visible-log", Misconfiguration, kernel::kernel_visible_log),
    check("kernel-without-syn-cookies", Misconfiguration, kernel::kernel_without_syn_cookies),
    check("key-readable-by-others", Secret, files::key_readable_by_others),
    check("key-without-passphrase", Secret, files::key_without_passphrase),
    check("mount-setuid-in-shared-folder", Misconfiguration, kernel::mount_setuid_in_shared_folder),
    check("ssh-empty-passwords", Misconfiguration, ssh::ssh_empty_passwords),
    check("ssh-host-based-sign-in", Misconfiguration, ssh::ssh_host_based_sign_in),
    check("ssh-loose-file-modes", Misconfiguration, ssh::ssh_loose_file_modes),
    check("ssh-many-attempts", Misconfiguration, ssh::ssh_many_attempts),
    check("ssh-password-sign-in", Misconfiguration, ssh::ssh_password_sign_in),
    check("ssh-root-login", Misconfiguration, ssh::ssh_root_login),
    check("ssh-user-environment", Misconfiguration, ssh::ssh_user_environment),
    check("ssh-weak-ciphers", WeakCrypto, ssh::ssh_weak_ciphers),
    check("ssh-weak-key-exchange", WeakCrypto, ssh::ssh_weak_key_exchange),
    check("ssh-weak-macs", WeakCrypto, ssh::ssh_weak_macs),
    check("ssh-x11-forwarding", Misconfiguration, ssh::ssh_x11_forwarding),
    check("sudo-for-everybody", Misconfiguration, sudo::sudo_for_everybody),
    check("sudo-on-shared-terminal", Misconfiguration, sudo::sudo_on_shared_terminal),
    check("sudo-without-password", Misconfiguration, sudo::sudo_without_password),
    check("update-end-of-life", Misconfiguration, updates::update_end_of_life),
    check("update-pending-security", Misconfiguration, updates::update_pending_security),
    check("update-restart-due", Misconfiguration, updates::update_restart_due),
    check("update-stale-package-lists", Misconfiguration, updates::update_stale_package_lists),
];
