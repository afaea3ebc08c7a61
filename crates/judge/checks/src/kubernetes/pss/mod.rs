//! The Pod Security Standards, exactly as the API server's admission applies them.
//!
//! Levels and versions as in the labels `pod-security.kubernetes.io/enforce` and `…/enforce-version`
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>). [`CONTROLS`] says from which version to
//! which each control applies; a version newer than all of them is judged by the newest, as an older API server does.
//! Checks of the catalogue that ask the same question call the same functions.
//!
//! Not here: exemptions by user, namespace or runtime class, and what the API server refuses for other reasons. A
//! value that no API server would take, or that is only known when it is applied, is unclear: never a pass.

mod baseline;
mod restricted;
#[cfg(test)]
mod tests;

pub(crate) use baseline::{
    app_armor_profile, capabilities_beyond_default, host_namespace, host_path_volumes, host_ports, host_probes, privileged,
    proc_mount, proc_mount_v35, seccomp_annotations, seccomp_fields, selinux_options_v31, sysctls_v37, windows_host_process,
};
pub(crate) use restricted::{allow_privilege_escalation, kept_capabilities, without_seccomp};

use super::at::Faults;
use super::pod::Pod;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use vigie_model::configuration::Piece;
use vigie_model::lang::Text;

/// How much a pod may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Anything.
    Privileged,
    /// Nothing that is a known way to more rights.
    Baseline,
    /// As little as hardening practice asks.
    Restricted,
}

impl Level {
    /// The word used in labels.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// A version of the standards: the minor number of a Kubernetes release 1.x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u16);

impl Version {
    /// The newest.
    pub const LATEST: Self = Self(u16::MAX);

    /// That of Kubernetes 1.`minor`.
    #[must_use]
    pub const fn minor(minor: u16) -> Self {
        Self(minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::LATEST { formatter.write_str("latest") } else { write!(formatter, "v1.{}", self.0) }
    }
}

/// A level at a version: `restricted`, `baseline@v1.30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How much a pod may do.
    pub level: Level,
    /// By which version.
    pub version: Version,
}

/// Not a level, or not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Before the `@`.
    #[error("`{0}` is no level: privileged, baseline or restricted")]
    Level(String),
    /// After the `@`.
    #[error("`{0}` is no version: latest, or v1.0 and up")]
    Version(String),
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let (level, version) = text.split_once('@').unwrap_or((text, "latest"));
        let level = match level {
            "privileged" => Level::Privileged,
            "baseline" => Level::Baseline,
            "restricted" => Level::Restricted,
            other => return Err(PolicyError::Level(other.to_owned())),
        };
        Ok(Self { level, version: version.parse()? })
    }
}

impl FromStr for Version {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let minor = text.strip_prefix("v1.").filter(|minor| *minor == "0" || !minor.starts_with(['0', '+']));
        let minor = minor.and_then(|minor| minor.parse().ok()).filter(|minor| *minor != u16::MAX);
        minor.map(Self).ok_or_else(|| PolicyError::Version(text.to_owned()))
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.level.word(), self.version)
    }
}

/// Something a pod does and may not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The control, by its name in the API server.
    pub control: &'static str,
    /// The level that asks for it.
    pub level: Level,
    /// The container; empty when it is the pod itself.
    pub container: String,
    /// The field, from the top of the object: `spec.containers[0].securityContext.privileged`.
    pub field: String,
    /// The same without numbers that move: `/containers/web/securityContext/privileged`.
    pub locator: String,
    /// The line, counted from 1.
    pub line: u32,
    /// What stands there; empty when it is missing.
    pub found: String,
    /// What is allowed.
    pub allowed: String,
}

/// A field whose value nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// The field.
    pub field: String,
    /// The line, counted from 1.
    pub line: u32,
    /// Why.
    pub reason: Text,
}

/// What is to say of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What it does and may not.
    pub violations: Vec<Violation>,
    /// What nobody can tell.
    pub unclear: Vec<Unclear>,
}

/// A control during the versions in which it stays the same.
struct Control {
    name: &'static str,
    level: Level,
    /// The first version, and the first one to which it does not apply any more.
    versions: (u16, u16),
    judge: for<'a> fn(&Pod<'a>, &mut Faults<'a>),
    /// Controls of the level below that it takes the place of.
    replaces: &'static str,
}

const fn baseline(name: &'static str, versions: (u16, u16), judge: for<'a> fn(&Pod<'a>, &mut Faults<'a>)) -> Control {
    Control { name, level: Level::Baseline, versions, judge, replaces: "" }
}

const fn restricted(
    name: &'static str,
    versions: (u16, u16),
    judge: for<'a> fn(&Pod<'a>, &mut Faults<'a>),
    replaces: &'static str,
) -> Control {
    Control { name, level: Level::Restricted, versions, judge, replaces }
}

/// No end.
const ON: u16 = u16::MAX;

/// All controls (kubernetes/pod-security-admission, `policy/`, July 2026: the standards of v1.37).
static CONTROLS: &[Control] = &[
    baseline("appArmorProfile", (0, ON), app_armor_profile),
    baseline("capabilities_baseline", (0, ON), capabilities_beyond_default),
    baseline("hostNamespaces", (0, ON), baseline::host_namespaces),
    baseline("hostPathVolumes", (0, ON), host_path_volumes),
    baseline("hostPorts", (0, ON), host_ports),
    baseline("hostProbesAndHostLifecycle", (34, ON), host_probes),
    baseline("privileged", (0, ON), privileged),
    baseline("procMount", (0, 35), proc_mount),
    baseline("procMount", (35, ON), proc_mount_v35),
    baseline("seLinuxOptions", (0, 31), baseline::selinux_options_v0),
    baseline("seLinuxOptions", (31, ON), selinux_options_v31),
    baseline("seccompProfile_baseline", (0, 19), seccomp_annotations),
    baseline("seccompProfile_baseline", (19, ON), seccomp_fields),
    baseline("sysctls", (0, 27), baseline::sysctls_v0),
    baseline("sysctls", (27, 29), baseline::sysctls_v27),
    baseline("sysctls", (29, 32), baseline::sysctls_v29),
    baseline("sysctls", (32, 37), baseline::sysctls_v32),
    baseline("sysctls", (37, ON), sysctls_v37),
    baseline("windowsHostProcess", (0, ON), windows_host_process),
    restricted("allowPrivilegeEscalation", (8, 25), allow_privilege_escalation, ""),
    restricted("allowPrivilegeEscalation", (25, ON), restricted::allow_privilege_escalation_v25, ""),
    restricted("capabilities_restricted", (22, 25), restricted::capabilities, "capabilities_baseline"),
    restricted("capabilities_restricted", (25, ON), restricted::capabilities_v25, "capabilities_baseline"),
    restricted("procMount_restricted", (35, ON), proc_mount, "procMount"),
    restricted("restrictedVolumes", (0, ON), restricted::volumes, "hostPathVolumes"),
    restricted("runAsNonRoot", (0, 35), restricted::run_as_non_root, ""),
    restricted("runAsNonRoot", (35, ON), restricted::run_as_non_root_v35, ""),
    restricted("runAsUser", (23, 35), restricted::run_as_user, ""),
    restricted("runAsUser", (35, ON), restricted::run_as_user_v35, ""),
    restricted("seccompProfile_restricted", (19, 25), restricted::seccomp, "seccompProfile_baseline"),
    restricted("seccompProfile_restricted", (25, ON), restricted::seccomp_v25, "seccompProfile_baseline"),
];

/// The controls of a policy.
fn controls(policy: Policy) -> impl Iterator<Item = &'static Control> {
    let applies = move |control: &&Control| {
        let (since, until) = control.versions;
        // Nothing is newer than the newest, not even a change without an end.
        control.level <= policy.level && since <= policy.version.0 && (policy.version.0 < until || until == ON)
    };
    let replaced: Vec<&str> = CONTROLS.iter().filter(applies).map(|control| control.replaces).collect();
    CONTROLS.iter().filter(applies).filter(move |control| !replaced.contains(&control.name))
}

/// Judges the pod of an object; none when it has no pod.
#[must_use]
pub fn judge(piece: &Piece, policy: Policy) -> Option<Report> {
    let pod = Pod::of(piece)?;
    let mut report = Report::default();
    for control in controls(policy) {
        let mut faults = Faults::default();
        (control.judge)(&pod, &mut faults);
        report.violations.extend(faults.bad.into_iter().map(|fault| Violation {
            control: control.name,
            level: control.level,
            container: fault.at.container.to_owned(),
            field: field(&fault.at.pointer),
            line: piece.line_of(&fault.at.pointer),
            locator: fault.at.locator,
            found: fault.found,
            allowed: fault.expected,
        }));
        let unclear = faults.unclear.into_iter().map(|unclear| Unclear {
            field: field(&unclear.at.pointer),
            line: piece.line_of(&unclear.at.pointer),
            reason: unclear.reason,
        });
        for unclear in unclear {
            if !report.unclear.contains(&unclear) {
                report.unclear.push(unclear);
            }
        }
    }
    Some(report)
}

/// A JSON pointer as people write fields.
fn field(pointer: &str) -> String {
    let mut field = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let plain = step.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            field.push_str(&format!("[{step}]"));
        } else if plain {
            field.push_str(if field.is_empty() { "" } else { "." });
            field.push_str(&step);
        } else {
            field.push_str(&format!("[\"{step}\"]"));
        }
    }
    field
}
