//! A finding on its own page: everything that is known of it.

use crate::Ledger;
use crate::decision::{Decision, decision_where, stored_decision};
use crate::error::LedgerError;
use crate::history::{self, Change, HistoryEntry};
use crate::page::{Finding, finding_where, read_finding};
use crate::sighting::Body;
use serde::{Deserialize, Serialize};
use vigie_db::{Reader, params};
use vigie_model::ids::{FindingId, ProblemId};
use vigie_model::occurrence::{DetectionDetail, VulnerabilityDetail};
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Evidence;

/// A finding with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// As on a list.
    #[serde(flatten)]
    pub finding: Finding,
    /// What the priority was computed from.
    pub circumstances: Circumstances,
    /// The proof.
    pub evidence: Vec<Evidence>,
    /// For vulnerabilities, what is broken and what repairs it.
    pub vulnerability: Option<VulnerabilityDetail>,
    /// For detections, what the rule saw.
    pub detection: Option<DetectionDetail>,
    /// The tools that see it at present, by name.
    pub tools: Vec<String>,
    /// What happened to it, oldest first.
    pub history: Vec<HistoryEntry>,
    /// The decision in effect on it.
    pub decision: Option<Decision>,
    /// The problem it is a case of.
    pub problem: ProblemRef,
}

/// The same cause on whatever asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRef {
    /// Which.
    pub id: ProblemId,
    /// How many other active findings are cases of it.
    pub others: u64,
}

impl Ledger {
    /// A finding with everything that is known of it.
    ///
    /// # Errors
    /// What the database says.
    pub fn finding(&self, id: FindingId) -> Result<Option<Detail>, LedgerError> {
        self.db.read(|r| {
            let found =
                r.query_opt(finding_where!("WHERE f.id = $1"), params![id], |row| Ok((read_finding(row)?, row.get::<i64>(16)?)))?;
            found.map(|(finding, number)| detail(r, finding, number)).transpose()
        })
    }
}

fn detail(r: &Reader<'_>, finding: Finding, number: i64) -> Result<Detail, LedgerError> {
    let sql = "SELECT b.body, f.decision, f.seen_by, t.name, n.problem
               FROM finding f JOIN finding_body b ON b.finding = f.number JOIN tool t ON t.number = f.opened_by
                    JOIN wording n ON n.number = f.wording
               WHERE f.number = $1";
    let (body, decision, seen_by, opened_by, problem) = r.query_one(sql, params![number], |row| {
        let decision: Option<i64> = row.get(1)?;
        Ok((row.get::<String>(0)?, decision, row.get::<i64>(2)?, row.get::<String>(3)?, row.get::<ProblemId>(4)?))
    })?;
    let body: Body = serde_json::from_str(&body).map_err(|source| LedgerError::stored("finding", source))?;
    let mut history = vec![HistoryEntry {
        at: finding.first_seen,
        who: format!("tool:{opened_by}"),
        what: Change::Opened,
        from: None,
        to: Some("open".to_owned()),
        why: String::new(),
        decision: None,
    }];
    history.extend(history::of(r, number)?);
    let own = u64::from(finding.state.is_active());
    Ok(Detail {
        finding,
        circumstances: body.circumstances,
        evidence: body.evidence,
        vulnerability: body.vulnerability,
        detection: body.detection,
        tools: tools(r, seen_by)?,
        history,
        decision: decision.map(|number| in_effect(r, number)).transpose()?,
        problem: ProblemRef { id: problem, others: active_cases(r, problem)?.saturating_sub(own) },
    })
}

fn in_effect(r: &Reader<'_>, number: i64) -> Result<Decision, LedgerError> {
    r.query_one(decision_where!("WHERE number = $1"), params![number], stored_decision)?.read()
}

fn tools(r: &Reader<'_>, seen_by: i64) -> Result<Vec<String>, LedgerError> {
    let all =
        r.query("SELECT number, name FROM tool ORDER BY name", params![], |row| Ok((row.get::<u8>(0)?, row.get::<String>(1)?)))?;
    Ok(all.into_iter().filter(|(number, _)| (seen_by >> number) & 1 == 1).map(|(_, name)| name).collect())
}

fn active_cases(r: &Reader<'_>, problem: ProblemId) -> Result<u64, LedgerError> {
    let sql = "SELECT coalesce(sum(active), 0) FROM wording WHERE problem = $1";
    let active: i64 = r.query_one(sql, params![problem], |row| row.get(0))?;
    Ok(u64::try_from(active).unwrap_or_default())
}
