//! Which role may do what.
//!
//! Permissions are fixed in code and every route of the HTTP API names the one it needs; a role is
//! a set of them. What no permission allows is refused. Scopes (team, namespace, asset) come with
//! the roles of larger teams and will narrow, never widen, what stands here.

use serde::{Deserialize, Serialize};

/// One thing somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Read findings, their history and the decisions about them.
    ReadFindings,
    /// Take findings up and lay them down.
    WorkOnFindings,
    /// Decide about findings, and withdraw decisions.
    DecideFindings,
    /// Search events and read raw records.
    ReadEvents,
    /// Read assets and facts about them.
    ReadAssets,
    /// Set owner, criticality, exposure and labels of assets.
    EditAssets,
    /// Read the catalogue of rules.
    ReadCatalogue,
    /// See how the platform itself is doing.
    ReadSystem,
    /// Start rounds by hand.
    RunRounds,
    /// Read the audit trail.
    ReadAudit,
    /// Manage one's own sessions and second factor.
    ManageOwnAccount,
    /// Send what a scan observed, to be judged and recorded.
    SendScans,
    /// Send events, to be kept and watched like those the platform collects.
    SendEvents,
    /// Create, list and revoke tokens.
    ManageTokens,
    /// Place and release holds on events, and erase events.
    KeepEvents,
    /// Save searches and dashboards for oneself.
    SaveSearches,
    /// Share searches and dashboards with everybody, and let searches alert.
    ShareSearches,
    /// Make, change and remove pages by which log formats are read.
    ManageFormats,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 18] = [
        Self::ReadFindings,
        Self::WorkOnFindings,
        Self::DecideFindings,
        Self::ReadEvents,
        Self::ReadAssets,
        Self::EditAssets,
        Self::ReadCatalogue,
        Self::ReadSystem,
        Self::RunRounds,
        Self::ReadAudit,
        Self::ManageOwnAccount,
        Self::SendScans,
        Self::SendEvents,
        Self::ManageTokens,
        Self::KeepEvents,
        Self::SaveSearches,
        Self::ShareSearches,
        Self::ManageFormats,
    ];

    /// The word used in answers and in the audit trail.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ReadFindings => "read_findings",
            Self::WorkOnFindings => "work_on_findings",
            Self::DecideFindings => "decide_findings",
            Self::ReadEvents => "read_events",
            Self::ReadAssets => "read_assets",
            Self::EditAssets => "edit_assets",
            Self::ReadCatalogue => "read_catalogue",
            Self::ReadSystem => "read_system",
            Self::RunRounds => "run_rounds",
            Self::ReadAudit => "read_audit",
            Self::ManageOwnAccount => "manage_own_account",
            Self::SendScans => "send_scans",
            Self::SendEvents => "send_events",
            Self::ManageTokens => "manage_tokens",
            Self::KeepEvents => "keep_events",
            Self::SaveSearches => "save_searches",
            Self::ShareSearches => "share_searches",
            Self::ManageFormats => "manage_formats",
        }
    }

    /// The permission of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.word() == word)
    }

    /// Whether a token may carry it: what belongs to a person, what cannot be
    /// undone, and making more tokens, it may not.
    #[must_use]
    pub const fn is_for_tokens(self) -> bool {
        !matches!(self, Self::ManageOwnAccount | Self::ManageTokens | Self::KeepEvents)
    }
}

/// A set of permissions with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything.
    Administrator,
    /// Works on findings and decides about them; reads the rest.
    Analyst,
    /// Reads.
    Viewer,
    /// Reads, the audit trail included; changes nothing.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Analyst, Self::Viewer, Self::Auditor];

    /// The word used in columns and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Analyst => "analyst",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether this role may do it.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadFindings
            | Permission::ReadEvents
            | Permission::ReadAssets
            | Permission::ReadCatalogue
            | Permission::ReadSystem
            | Permission::ManageOwnAccount => true,
            Permission::WorkOnFindings
            | Permission::DecideFindings
            | Permission::EditAssets
            | Permission::RunRounds
            | Permission::SendScans
            | Permission::SendEvents
            | Permission::ShareSearches => matches!(self, Self::Administrator | Self::Analyst),
            Permission::SaveSearches => !matches!(self, Self::Auditor),
            Permission::ManageTokens | Permission::KeepEvents | Permission::ManageFormats => matches!(self, Self::Administrator),
            Permission::ReadAudit => matches!(self, Self::Administrator | Self::Auditor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who may do what, as a reviewer reads it.
    const MATRIX: &str = "
                       administrator analyst viewer auditor
    read_findings      yes           yes     yes    yes
    work_on_findings   yes           yes     -      -
    decide_findings    yes           yes     -      -
    read_events        yes           yes     yes    yes
    read_assets        yes           yes     yes    yes
    edit_assets        yes           yes     -      -
    read_catalogue     yes           yes     yes    yes
    read_system        yes           yes     yes    yes
    run_rounds         yes           yes     -      -
    read_audit         yes           -       -      yes
    manage_own_account yes           yes     yes    yes
    send_scans         yes           yes     -      -
    send_events        yes           yes     -      -
    manage_tokens      yes           -       -      -
    keep_events        yes           -       -      -
    save_searches      yes           yes     yes    -
    share_searches     yes           yes     -      -
    manage_formats     yes           -       -      -
    ";

    #[test]
    fn the_matrix_is_what_a_reviewer_reads() {
        let mut rows = MATRIX.lines().map(str::trim).filter(|line| !line.is_empty());
        let roles: Vec<Role> = rows.next().unwrap().split_whitespace().map(|word| Role::from_word(word).unwrap()).collect();
        let written: Vec<(String, Vec<bool>)> = rows
            .map(|row| {
                let mut cells = row.split_whitespace();
                (cells.next().unwrap().to_owned(), cells.map(|cell| cell == "yes").collect())
            })
            .collect();
        let actual: Vec<(String, Vec<bool>)> =
            Permission::ALL.map(|p| (p.word().to_owned(), roles.iter().map(|role| role.may(p)).collect())).into();
        assert_eq!(actual, written);
    }
}
