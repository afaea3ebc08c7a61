//! Checks of services of a Compose file: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/compose/` and, with `_` for `-`, of the function.

mod exposure;
mod isolation;
mod operation;
mod view;

use crate::check::{Check, Judge};
use vigie_model::configuration::Piece;
use vigie_model::finding::FindingKind::{self, Exposure, Misconfiguration, Secret};
use vigie_model::verdict::Verdict;

const fn check(name: &'static str, kind: FindingKind, judge: fn(&Piece, &[Piece]) -> Verdict) -> Check {
    Check { name, kind, judge: Judge::Piece(judge) }
}

/// All checks.
pub(crate) static CHECKS: &[Check] = &[
    check("capabilities-kept", Misconfiguration, isolation::capabilities_kept),
    check("capability-dangerous", Misconfiguration, isolation::capability_dangerous),
    check("data-store-published", Exposure, exposure::data_store_published),
    check("data-store-without-password", Exposure, exposure::data_store_without_password),
    check("engine-socket", Misconfiguration, isolation::engine_socket),
    check("health-check-off", Misconfiguration, operation::health_check_off),
    check("host-cgroup", Misconfiguration, isolation::host_cgroup),
    check("host-device", Misconfiguration, isolation::host_device),
    check("host-folder", Misconfiguration, isolation::host_folder),
    check("host-ipc", Misconfiguration, isolation::host_ipc),
    check("host-name-space", Misconfiguration, isolation::host_name_space),
    check("host-network", Misconfiguration, isolation::host_network),
    check("host-processes", Misconfiguration, isolation::host_processes),
    check("host-user-namespace", Misconfiguration, isolation::host_user_namespace),
    check("image-floating-tag", Misconfiguration, operation::image_floating_tag),
    check("image-without-digest", Misconfiguration, operation::image_without_digest),
    check("links-outdated", Misconfiguration, operation::links_outdated),
    check("log-switched-off", Misconfiguration, operation::log_switched_off),
    check("log-unbounded", Misconfiguration, operation::log_unbounded),
    check("memory-unlimited", Misconfiguration, operation::memory_unlimited),
    check("mount-propagated", Misconfiguration, isolation::mount_propagated),
    check("new-privileges-allowed", Misconfiguration, isolation::new_privileges_allowed),
    check("privileged", Misconfiguration, isolation::privileged),
    check("processes-unlimited", Misconfiguration, operation::processes_unlimited),
    check("profile-unconfined", Misconfiguration, isolation::profile_unconfined),
    check("remote-access-published", Exposure, exposure::remote_access_published),
    check("restart-without-end", Misconfiguration, operation::restart_without_end),
    check("root-file-system-writable", Misconfiguration, isolation::root_file_system_writable),
    check("secret-in-build-argument", Secret, exposure::secret_in_build_argument),
    check("secret-in-command", Secret, exposure::secret_in_command),
    check("secret-in-environment", Secret, exposure::secret_in_environment),
    check("user-root", Misconfiguration, isolation::user_root),
    check("version-outdated", Misconfiguration, operation::version_outdated),
];
