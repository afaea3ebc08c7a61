//! What a rule says about itself.

use super::{Refusal, Refused};
use rsigma_parser::{CorrelationRule, Level, SigmaRule};
use vigie_model::severity::Severity;

/// What a rule says about itself, for findings and for the page of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The subject of its findings: the catalogue's id (`DET-0001`) for rules of ours, else the
    /// rule's own id, name or title.
    pub subject: String,
    /// Sigma's `id`.
    pub id: Option<String>,
    /// Sigma's `name`, by which correlations refer to it.
    pub name: Option<String>,
    /// What it detects, in a line.
    pub title: String,
    /// How bad; medium where the rule does not say.
    pub severity: Severity,
    /// Who wrote it.
    pub author: String,
    /// Its licence, where it names one.
    pub licence: String,
    /// ATT&CK techniques, such as `T1110.001`.
    pub techniques: Vec<String>,
    /// When it may be wrong, in its author's words.
    pub false_positives: Vec<String>,
    /// The fields that make two detections the same finding; see [`crate::finding`].
    pub entity: Vec<String>,
    /// Where it stands: a file, or the id of a catalogue entry.
    pub origin: String,
    /// Only a part of correlations; reports nothing by itself.
    pub part_only: bool,
}

/// The key of a rule under which it names the fields of its entity (ours; Sigma allows further keys).
const ENTITY: &str = "entity";

macro_rules! info {
    ($origin:expr, $rule:expr) => {{
        let rule = $rule;
        let subject = rule.id.as_ref().or(rule.name.as_ref()).unwrap_or(&rule.title).clone();
        let entity = rule.custom_attributes.get(ENTITY).and_then(|value| value.as_sequence());
        let entity = entity.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        RuleInfo {
            subject,
            id: rule.id.clone(),
            name: rule.name.clone(),
            title: rule.title.clone(),
            severity: severity(rule.level),
            author: rule.author.clone().unwrap_or_default(),
            licence: rule.license.clone().unwrap_or_default(),
            techniques: techniques(&rule.tags),
            false_positives: rule.falsepositives.clone(),
            entity: entity.collect(),
            origin: $origin.to_owned(),
            part_only: false,
        }
    }};
}

impl RuleInfo {
    pub(super) fn of_rule(origin: &str, rule: &SigmaRule) -> Self {
        info!(origin, rule)
    }

    pub(super) fn of_correlation(origin: &str, rule: &CorrelationRule) -> Self {
        info!(origin, rule)
    }

    /// What is known of a document that could not be used.
    pub(crate) fn unread(origin: String, title: String) -> Self {
        Self {
            subject: origin.clone(),
            id: None,
            name: None,
            title,
            severity: Severity::Info,
            author: String::new(),
            licence: String::new(),
            techniques: Vec::new(),
            false_positives: Vec::new(),
            entity: Vec::new(),
            origin,
            part_only: false,
        }
    }

    pub(crate) fn refused(&self, why: Refusal) -> Refused {
        Refused { origin: self.origin.clone(), title: self.title.clone(), why }
    }

    /// The names that other rules may use for it.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let title = [self.id.as_deref(), self.name.as_deref()];
        let own = title.into_iter().flatten();
        // A rule without id and name is known by its title, so that its findings have a subject.
        own.chain((self.id.is_none() && self.name.is_none()).then_some(self.title.as_str()))
    }

    /// Whether a correlation or filter that says `name` means this rule.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| own == name) || self.title == name
    }
}

fn severity(level: Option<Level>) -> Severity {
    match level {
        Some(Level::Critical) => Severity::Critical,
        Some(Level::High) => Severity::High,
        Some(Level::Medium) | None => Severity::Medium,
        Some(Level::Low) => Severity::Low,
        Some(Level::Informational) => Severity::Info,
    }
}

/// `attack.t1110.001` → `T1110.001`; other tags are no techniques.
fn techniques(tags: &[String]) -> Vec<String> {
    let technique = |tag: &String| {
        let number = tag.to_ascii_lowercase().strip_prefix("attack.t")?.to_owned();
        let digits = number.chars().all(|char| char.is_ascii_digit() || char == '.');
        (digits && !number.is_empty()).then(|| format!("T{number}"))
    };
    tags.iter().filter_map(technique).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_numbers() {
        let tags = ["attack.t1110.001", "attack.credential-access", "attack.T1059", "cve.2024-1", "attack.t"].map(String::from);
        assert_eq!(techniques(&tags), ["T1110.001", "T1059"]);
    }
}
