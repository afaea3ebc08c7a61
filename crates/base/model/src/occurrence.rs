//! One sighting of a finding by one tool in one run: what judges hand to the ledger.

use crate::finding::{FindingKind, Identity};
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
        // Malware waits for nobody to exploit it.
        let exploited = self.circumstances.known_exploited.max(KnownExploited::Yes);
        match self.identity.kind {
            FindingKind::Malware => {
                Priority::of(self.severity, &Circumstances { known_exploited: exploited, ..self.circumstances })
            }
            _ => Priority::of(self.severity, &self.circumstances),
        }
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
    /// Where there is no such version, what the vendor says of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfixed: Option<Unfixed>,
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

/// What a vendor says of a weakness that no version of a package repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfixed {
    /// Affected, and nothing more.
    Affected,
    /// Nobody has looked into it yet.
    UnderInvestigation,
    /// Too small for an advisory of its own; a later update may bring it (Debian's *no-dsa*).
    Minor,
    /// Put off to a later update.
    Postponed,
    /// Not going to be repaired in this release.
    WillNotFix,
    /// The release, or the package in it, is no longer looked after.
    EndOfLife,
}

impl Unfixed {
    /// All of them; the place is the stored number.
    pub const ALL: [Self; 6] =
        [Self::Affected, Self::UnderInvestigation, Self::Minor, Self::Postponed, Self::WillNotFix, Self::EndOfLife];

    /// The word used in files, flags and columns.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::UnderInvestigation => "under_investigation",
            Self::Minor => "minor",
            Self::Postponed => "postponed",
            Self::WillNotFix => "will_not_fix",
            Self::EndOfLife => "end_of_life",
        }
    }

    /// The number stored in files.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// What a stored number stands for.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// What to tell a person.
    #[must_use]
    pub fn said(self) -> crate::lang::Text {
        match self {
            Self::Affected => crate::text!(en "no fix yet", fr "pas encore de correctif", de "noch keine Korrektur"),
            Self::UnderInvestigation => crate::text!(en "under investigation", fr "en cours d'examen", de "wird untersucht"),
            Self::Minor => crate::text!(
                en "minor, no advisory planned",
                fr "mineur, aucun avis prévu",
                de "geringfügig, keine Meldung geplant"
            ),
            Self::Postponed => crate::text!(
                en "put off to a later update",
                fr "reporté à une mise à jour ultérieure",
                de "auf ein späteres Update verschoben"
            ),
            Self::WillNotFix => crate::text!(
                en "will not be fixed in this release",
                fr "ne sera pas corrigé dans cette version",
                de "wird in diesem Release nicht behoben"
            ),
            Self::EndOfLife => crate::text!(en "no longer supported", fr "plus pris en charge", de "nicht mehr unterstützt"),
        }
    }
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
    /// How many events counted; in a sighting, those that no sighting before it counted.
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

    /// Adds what a later sighting of the same finding saw. The rule may have been edited in between:
    /// what is said of it is taken from the later one.
    pub fn add(&mut self, later: Self) {
        self.first_event = self.first_event.min(later.first_event);
        self.last_event = self.last_event.max(later.last_event);
        self.count = self.count.saturating_add(later.count);
        self.events.extend(later.events);
        self.events.sort_unstable();
        self.events.dedup();
        let surplus = self.events.len().saturating_sub(Self::EVENTS_MAX);
        self.events.drain(..surplus);
        self.entity = later.entity;
        self.techniques = later.techniques;
        self.author = later.author;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EventId;
    use crate::time::Timestamp;

    fn seen(events: std::ops::Range<u64>) -> DetectionDetail {
        DetectionDetail {
            first_event: Timestamp::from_seconds(events.start.cast_signed()),
            last_event: Timestamp::from_seconds(events.end.cast_signed()),
            count: events.end - events.start,
            events: events.map(EventId).collect(),
            entity: Vec::new(),
            techniques: Vec::new(),
            author: String::new(),
        }
    }

    #[test]
    fn sightings_add_up() {
        let (mut all, mut later) = (seen(10..90), seen(0..70));
        later.author = "ada".into();
        all.add(later);
        assert_eq!((all.count, all.events.len(), &*all.author), (150, 90, "ada"));
        assert_eq!((all.first_event, all.last_event), (Timestamp::EPOCH, Timestamp::from_seconds(90)));
        all.add(seen(200..300));
        assert_eq!((all.count, all.events.first(), all.events.len()), (250, Some(&EventId(200)), DetectionDetail::EVENTS_MAX));
    }
}
