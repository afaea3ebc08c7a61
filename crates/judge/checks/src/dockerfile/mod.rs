//! Checks of a recipe of images: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/dockerfile/` and, with `_` for `-`, of the function.

mod base;
mod download;
mod files;
mod form;
mod install;
mod packages;
mod secrets;
mod user;
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
    check("add-for-copy", Misconfiguration, files::add_for_copy),
    check("add-unchecked", Misconfiguration, download::add_unchecked),
    check("apk-cache-left", Misconfiguration, packages::apk_cache_left),
    check("apk-unpinned", Misconfiguration, packages::apk_unpinned),
    check("apt-for-people", Misconfiguration, packages::apt_for_people),
    check("apt-lists-left", Misconfiguration, packages::apt_lists_left),
    check("apt-recommends", Misconfiguration, packages::apt_recommends),
    check("apt-unpinned", Misconfiguration, packages::apt_unpinned),
    check("arguments-by-shell", Misconfiguration, form::arguments_by_shell),
    check("base-fixed-platform", Misconfiguration, base::base_fixed_platform),
    check("base-floating-tag", Misconfiguration, base::base_floating_tag),
    check("base-out-of-support", Misconfiguration, base::base_out_of_support),
    check("base-without-digest", Misconfiguration, base::base_without_digest),
    check("build-privileges", Misconfiguration, files::build_privileges),
    check("cargo-unpinned", Misconfiguration, packages::cargo_unpinned),
    check("cd-without-effect", Misconfiguration, files::cd_without_effect),
    check("copied-secret", Secret, files::copied_secret),
    check("copy-from-nowhere", Misconfiguration, files::copy_from_nowhere),
    check("download-unchecked", Misconfiguration, download::download_unchecked),
    check("gem-unpinned", Misconfiguration, packages::gem_unpinned),
    check("go-unpinned", Misconfiguration, packages::go_unpinned),
    check("health-check-missing", Misconfiguration, form::health_check_missing),
    check("idle-command", Misconfiguration, files::idle_command),
    check("install-asks-back", Misconfiguration, packages::install_asks_back),
    check("maintainer-outdated", Misconfiguration, form::maintainer_outdated),
    check("mode-open-to-all", Misconfiguration, files::mode_open_to_all),
    check("mode-setuid", Misconfiguration, files::mode_setuid),
    check("npm-unpinned", Misconfiguration, packages::npm_unpinned),
    check("onbuild-used", Misconfiguration, form::onbuild_used),
    check("package-lists-alone", Misconfiguration, packages::package_lists_alone),
    check("password-set", Secret, user::password_set),
    check("pip-cache-left", Misconfiguration, packages::pip_cache_left),
    check("pip-unpinned", Misconfiguration, packages::pip_unpinned),
    check("pipe-hides-failure", Misconfiguration, form::pipe_hides_failure),
    check("piped-installer", Misconfiguration, download::piped_installer),
    check("plain-http", Misconfiguration, download::plain_http),
    check("port-of-remote-access", Exposure, form::port_of_remote_access),
    check("port-out-of-range", Misconfiguration, form::port_out_of_range),
    check("rpm-cache-left", Misconfiguration, packages::rpm_cache_left),
    check("rpm-unpinned", Misconfiguration, packages::rpm_unpinned),
    check("secret-in-argument", Secret, secrets::secret_in_argument),
    check("secret-in-command", Secret, secrets::secret_in_command),
    check("secret-in-env", Secret, secrets::secret_in_env),
    check("secret-in-label", Secret, secrets::secret_in_label),
    check("secret-mount-kept", Secret, files::secret_mount_kept),
    check("stage-name-twice", Misconfiguration, base::stage_name_twice),
    check("start-by-shell", Misconfiguration, form::start_by_shell),
    check("start-given-twice", Misconfiguration, form::start_given_twice),
    check("sudo-used", Misconfiguration, user::sudo_used),
    check("tls-check-off", Misconfiguration, download::tls_check_off),
    check("unsigned-packages", Misconfiguration, download::unsigned_packages),
    check("user-by-name", Misconfiguration, user::user_by_name),
    check("user-large-id", Misconfiguration, user::user_large_id),
    check("user-missing", Misconfiguration, user::user_missing),
    check("user-root", Misconfiguration, user::user_root),
    check("variable-used-too-early", Misconfiguration, form::variable_used_too_early),
    check("volume-of-system", Misconfiguration, files::volume_of_system),
    check("whole-upgrade", Misconfiguration, packages::whole_upgrade),
    check("workdir-relative", Misconfiguration, files::workdir_relative),
];
