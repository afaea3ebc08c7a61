//! What vulnerability data there are and how old they are.

use serde::{Deserialize, Serialize};
use vigie_model::time::Timestamp;

/// What the data hold.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Status {
    /// When they were built.
    pub built_at: Timestamp,
    /// Vulnerabilities, aliases counted once.
    pub records: u64,
    /// By ecosystem and release, sorted by name.
    pub ecosystems: Vec<EcosystemStatus>,
    /// How many of them CISA lists as exploited.
    pub kev: u64,
    /// How many entries the catalogue had.
    pub kev_listed: u64,
    /// How many of them have an EPSS score.
    pub epss: u64,
    /// How many scores there were.
    pub epss_listed: u64,
    /// Whether there was a catalogue: without, "not exploited" means "not known".
    pub has_kev: bool,
    /// Whether there were scores.
    pub has_epss: bool,
    /// Size of the file.
    #[serde(skip_deserializing)]
    pub bytes: u64,
}

/// What the data hold for one ecosystem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EcosystemStatus {
    /// Such as `Debian:12`.
    pub name: String,
    /// Vulnerabilities that affect packages of it.
    pub records: u64,
    /// When the newest of their records was last changed.
    pub newest: Option<Timestamp>,
}

impl Status {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Numbers, texts and times: serialising them to memory cannot fail; if it ever did, the empty
        // section is refused at the next opening.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn from_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}
