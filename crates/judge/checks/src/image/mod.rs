//! Checks of a built image, at rest: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/image/` and, with `_` for `-`, of the function.

mod advice;
mod config;
mod content;
mod facts;
#[cfg(test)]
mod tests;

use crate::check::{Check, Judge};
use vigie_model::finding::FindingKind::{self, Exposure, Misconfiguration, Secret};
use vigie_model::image::ImageFacts;
use vigie_model::verdict::Verdict;

const fn check(name: &'static str, kind: FindingKind, judge: fn(&ImageFacts) -> Verdict) -> Check {
    Check { name, kind, judge: Judge::Image(judge) }
}

/// All checks.
pub(crate) static CHECKS: &[Check] = &[
    check("account-second-root", Misconfiguration, content::account_second_root),
    check("account-shared-id", Misconfiguration, content::account_shared_id),
    check("account-with-password", Secret, content::account_with_password),
    check("account-without-password", Misconfiguration, content::account_without_password),
    check("add-in-history", Misconfiguration, config::add_in_history),
    check("base-out-of-support", Misconfiguration, content::base_out_of_support),
    check("bytes-wasted", Misconfiguration, content::bytes_wasted),
    check("cache-left", Misconfiguration, content::cache_left),
    check("compiler-inside", Misconfiguration, content::compiler_inside),
    check("debugger-inside", Misconfiguration, content::debugger_inside),
    check("floating-tag", Misconfiguration, config::floating_tag),
    check("health-check-missing", Misconfiguration, config::health_check_missing),
    check("many-layers", Misconfiguration, config::many_layers),
    check("network-tool-inside", Misconfiguration, content::network_tool_inside),
    check("onbuild-left", Misconfiguration, config::onbuild_left),
    check("package-manager-inside", Misconfiguration, content::package_manager_inside),
    check("port-of-remote-access", Exposure, config::port_of_remote_access),
    check("remote-access-inside", Misconfiguration, content::remote_access_inside),
    check("secret-in-environment", Secret, config::secret_in_environment),
    check("secret-in-history", Secret, config::secret_in_history),
    check("setuid-unusual", Misconfiguration, content::setuid_unusual),
    check("setuid-usual", Misconfiguration, content::setuid_usual),
    check("shell-inside", Misconfiguration, content::shell_inside),
    check("smaller-base-fits", Misconfiguration, advice::smaller_base_fits),
    check("start-by-shell", Misconfiguration, config::start_by_shell),
    check("sudo-inside", Misconfiguration, content::sudo_inside),
    check("upgrade-in-history", Misconfiguration, config::upgrade_in_history),
    check("user-root", Misconfiguration, config::user_root),
    check("volume-of-system", Misconfiguration, config::volume_of_system),
    check("world-writable", Misconfiguration, content::world_writable),
];
