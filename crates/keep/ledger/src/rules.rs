//! The decisions in force, arranged so that each finding's is found at once.

use crate::error::LedgerError;
use crate::selector::{Asked, Selector};
use std::collections::HashMap;
use vigie_db::{Reader, params};
use vigie_model::ids::FindingId;
use vigie_model::life::Ruling;
use vigie_model::time::Timestamp;

/// A decision in force.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) number: i64,
    pub(crate) selector: Selector,
    pub(crate) ruling: Ruling,
    pub(crate) author: String,
    pub(crate) reason: String,
}

/// All decisions in force, by the narrowest part of their selectors.
#[derive(Debug, Default)]
pub(crate) struct Rulebook {
    rules: Vec<Rule>,
    by_finding: HashMap<FindingId, Vec<usize>>,
    by_subject: HashMap<String, Vec<usize>>,
    by_package: HashMap<String, Vec<usize>>,
    others: Vec<usize>,
}

impl Rulebook {
    /// One whose time is over is not in force, even if nobody has ended it yet.
    pub(crate) fn load(r: &Reader<'_>, now: Timestamp) -> Result<Self, LedgerError> {
        let rows = r.query(
            "SELECT number, selector, ruling, author, reason FROM decision
             WHERE ended_at IS NULL AND expires_at > $1 ORDER BY number",
            params![now],
            |row| Ok((row.get(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.get(3)?, row.get(4)?)),
        )?;
        let mut book = Self::default();
        for (number, selector, ruling, author, reason) in rows {
            let stored = |source| LedgerError::stored("decision", source);
            let selector = serde_json::from_str(&selector).map_err(stored)?;
            let ruling = serde_json::from_str(&ruling).map_err(stored)?;
            book.add(Rule { number, selector, ruling, author, reason });
        }
        Ok(book)
    }

    /// The latest decision that covers a finding.
    pub(crate) fn best(&self, asked: &Asked<'_>) -> Option<&Rule> {
        let by_finding = self.by_finding.get(&asked.id);
        let by_subject = self.by_subject.get(asked.subject);
        let by_package = self.by_package.get(asked.locator);
        let candidates = [by_finding, by_subject, by_package, Some(&self.others)].into_iter().flatten().flatten();
        let rules = candidates.filter_map(|index| self.rules.get(*index));
        rules.filter(|rule| rule.selector.matches(asked)).max_by_key(|rule| rule.number)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether labels of assets matter to any decision.
    pub(crate) fn asks_for_labels(&self) -> bool {
        self.rules.iter().any(|rule| rule.selector.label.is_some())
    }

    fn add(&mut self, rule: Rule) {
        let index = self.rules.len();
        let selector = &rule.selector;
        if !selector.findings.is_empty() {
            for finding in &selector.findings {
                self.by_finding.entry(*finding).or_default().push(index);
            }
        } else if let Some(subject) = &selector.subject {
            self.by_subject.entry(subject.clone()).or_default().push(index);
        } else if let Some(package) = &selector.package {
            self.by_package.entry(package.clone()).or_default().push(index);
        } else {
            self.others.push(index);
        }
        self.rules.push(rule);
    }
}
