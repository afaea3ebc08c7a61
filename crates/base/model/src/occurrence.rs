//! One sighting of a finding by one tool in one run: what judges hand to the ledger.

use crate::finding::Identity;
use crate::priority::{Circumstances, KnownExploited, Priority};
use crate::severity::Severity;
use crate::verdict::Evidence;
use serde::{Deserialize, Serialize};

/// One sighting. Identity decides which finding it is of; everything else is that finding's
/// present state and may change from sighting to sighting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Which finding.
    pub identity: Identity,
    /// How bad.
    pub severity: Severity,
    /// What the priority was computed from.
    pub circumstances: Circumstances,
    /// One line in English that names rule and place; the console prefers the catalogue's title in
    /// the reader's language where the subject is a catalogue entry.
    pub title: String,
    /// The proof.
    pub evidence: Vec<Evidence>,
    /// For vulnerabilities, what is broken and what repairs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vulnerability: Option<VulnerabilityDetail>,
    /// For detections, what the rule saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection: Option<DetectionDetail>,
}

impl Occurrence {
    /// What to do first.
    #[must_use]
    pub fn priority(&self) -> Priority {
        Priority::of(self.severity, &self.circumstances)
    }
}

/// What is broken and what repairs it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VulnerabilityDetail {
    /// All names of the vulnerability, the identity's subject first.
    pub aliases: Vec<String>,
    /// The package as advisories name it: for distributions the source package.
    pub package: String,
    /// Its ecosystem, such as `Debian:12`.
    pub ecosystem: String,
    /// Installed version.
    pub installed: String,
    /// First version without the weakness, where there is one.
    pub fixed: Option<String>,
    /// CVSS vector string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvss_vector: Option<String>,
    /// What it is, in one or two sentences of the record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Where to read on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// In CISA's catalogue of known exploited vulnerabilities.
    #[serde(default)]
    pub known_exploited: KnownExploited,
}

/// What a detection rule saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionDetail {
    /// Time of the first event that counted.
    pub first_event: crate::time::Timestamp,
    /// Time of the last event that counted.
    pub last_event: crate::time::Timestamp,
    /// Events in the lake that made it fire, newest last, at most [`DetectionDetail::EVENTS_MAX`].
    pub events: Vec<crate::ids::EventId>,
    /// How many events counted.
    pub count: u64,
    /// The values of the rule's group-by fields, by field path.
    pub entity: Vec<(String, String)>,
    /// ATT&CK techniques, such as `T1110.001`.
    pub techniques: Vec<String>,
    /// Who wrote the rule (the Detection Rule License asks for it on every alert).
    pub author: String,
}

impl DetectionDetail {
    /// How many event ids a detection carries.
    pub const EVENTS_MAX: usize = 100;
}
