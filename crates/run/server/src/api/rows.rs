//! JSON forms that several answers share.

use serde::Serialize;
use utoipa::ToSchema;
use vigie_ledger::Finding;
use vigie_model::lang::Lang;
use vigie_model::life::State;
use vigie_model::priority::KnownExploited;

/// One finding in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct FindingRow {
    pub(super) id: String,
    /// `vulnerability`, `misconfiguration`, `detection` …
    pub(super) kind: &'static str,
    /// The rule's or the vulnerability's id.
    pub(super) subject: String,
    /// In the caller's language where the subject is a page of the catalogue.
    pub(super) title: String,
    pub(super) severity: &'static str,
    /// 0 to 100.
    pub(super) priority: u8,
    pub(super) state: StateView,
    pub(super) asset: AssetRef,
    /// The place on the asset.
    pub(super) locator: String,
    pub(super) fixed_version: Option<String>,
    /// `no`, `yes` or `ransomware`.
    pub(super) known_exploited: &'static str,
    pub(super) epss: Option<f64>,
    pub(super) first_seen: String,
    pub(super) last_seen: String,
}

/// The state of a finding.
#[derive(Serialize, ToSchema)]
pub(super) struct StateView {
    /// `open`, `in_progress`, `fixed`, `accepted`, `not_affected` or `false_positive`.
    state: &'static str,
    /// When an acceptance ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Why it is not affected, in VEX's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
}

/// An asset by name.
#[derive(Serialize, ToSchema)]
pub(super) struct AssetRef {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) name: String,
}

impl From<State> for StateView {
    fn from(state: State) -> Self {
        let (until, justification) = match state {
            State::Accepted { until } => (Some(until.to_string()), None),
            State::NotAffected { justification } => (None, Some(justification.word())),
            State::Open | State::InProgress | State::Fixed | State::FalsePositive => (None, None),
        };
        Self { state: state.word(), until, justification }
    }
}

impl StateView {
    /// The state's word.
    pub(super) const fn word(&self) -> &'static str {
        self.state
    }
}

const fn known_exploited(listed: KnownExploited) -> &'static str {
    match listed {
        KnownExploited::No => "no",
        KnownExploited::Yes => "yes",
        KnownExploited::Ransomware => "ransomware",
    }
}

/// A finding as the caller reads it.
pub(super) fn finding_row(found: Finding, lang: Lang) -> FindingRow {
    FindingRow {
        id: found.id.to_string(),
        kind: found.kind.word(),
        title: title(&found.subject, &found.title, lang),
        subject: found.subject,
        severity: found.severity.word(),
        priority: found.priority,
        state: found.state.into(),
        asset: AssetRef { id: found.asset.id.to_string(), kind: found.asset.kind.word(), name: found.asset.name },
        locator: found.locator,
        fixed_version: found.fixed_version,
        known_exploited: known_exploited(found.known_exploited),
        epss: found.epss,
        first_seen: found.first_seen.to_string(),
        last_seen: found.last_seen.to_string(),
    }
}

/// The title in the reader's language. Judges write `<English title>: <place>` for pages of the
/// catalogue; the page's title is exchanged and the place stays.
fn title(subject: &str, stored: &str, lang: Lang) -> String {
    let Some(entry) = vigie_catalogue::by_id(subject) else { return stored.to_owned() };
    let place = stored.strip_prefix(entry.title.en.as_str()).unwrap_or_default();
    format!("{}{place}", entry.title.get(lang))
}
