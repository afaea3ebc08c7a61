//! What the ledger promises.

mod assets;
mod decisions;
mod inventories;
mod life;
mod odd;
mod pages;
mod properties;

use crate::{Change, Detail, Filter, Ledger, Order, Run, Sort, States};
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use vigie_db::{Db, params};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::ids::{AssetId, FindingId};
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::priority::{Circumstances, KnownExploited};
use vigie_model::severity::Severity;
use vigie_model::verdict::Evidence;
use vigie_testkit::FakeClock;

/// A ledger in memory with one host, at a time that stands still.
struct Scene {
    ledger: Ledger,
    clock: Arc<FakeClock>,
    host: AssetId,
}

const DAY: i64 = 86_400;

impl Scene {
    fn new() -> Self {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
        let ledger = Ledger::open(Db::in_memory().unwrap(), clock.clone()).unwrap();
        let host = host("web-1");
        ledger.save_asset(&host).unwrap();
        Self { ledger, clock, host: host.id }
    }

    /// Records what the checks found on the host: they cover misconfigurations.
    fn checked(&self, occurrences: &[Occurrence]) -> crate::Recorded {
        self.ledger.record(&self.run("vigie.checks", &[FindingKind::Misconfiguration]), occurrences).unwrap()
    }

    fn run(&self, tool: &str, kinds: &[FindingKind]) -> Run {
        run(self.host, tool, kinds)
    }

    fn detail(&self, occurrence: &Occurrence) -> Detail {
        self.ledger.finding(occurrence.identity.id()).unwrap().unwrap()
    }

    fn state(&self, occurrence: &Occurrence) -> &'static str {
        self.detail(occurrence).finding.state.word()
    }

    /// The history of a finding as `who change: why` lines.
    fn history(&self, occurrence: &Occurrence) -> String {
        history(&self.detail(occurrence))
    }

    /// Everything about every finding, in an order that does not depend on how it came.
    fn dump(&self) -> Vec<String> {
        let mut dump: Vec<String> = all_ids(&self.ledger)
            .into_iter()
            .map(|id| serde_json::to_string(&self.ledger.finding(id).unwrap().unwrap()).unwrap())
            .collect();
        dump.sort();
        dump
    }
}

fn history(detail: &Detail) -> String {
    let mut lines = String::new();
    for entry in &detail.history {
        let what = serde_json::to_value(entry.what).unwrap();
        let moved = match (&entry.from, &entry.to, entry.what) {
            (Some(from), Some(to), Change::SeverityChanged | Change::PriorityChanged) => format!(" {from} > {to}"),
            _ => String::new(),
        };
        let why = if entry.why.is_empty() { String::new() } else { format!(": {}", entry.why) };
        writeln!(lines, "{} {}{moved}{why}", entry.who, what.as_str().unwrap()).unwrap();
    }
    lines
}

fn all_ids(ledger: &Ledger) -> Vec<FindingId> {
    let mut ids = Vec::new();
    let filter = Filter { states: States::All, ..Filter::default() };
    ledger
        .each_finding(&filter, Sort::FirstSeen, Order::Ascending, |finding| {
            ids.push(finding.id);
            ControlFlow::Continue(())
        })
        .unwrap();
    ids
}

fn host(name: &str) -> Asset {
    Asset::new(AssetKind::Host, format!("machine-id-of-{name}"), name)
}

fn run(asset: AssetId, tool: &str, kinds: &[FindingKind]) -> Run {
    Run::over(asset, tool, kinds.iter().copied())
}

/// A check that fails at one place.
fn misset(asset: AssetId, rule: &str, place: &str) -> Occurrence {
    let evidence = Evidence { locator: place.into(), place: format!("/etc/{place}"), found: "yes".into(), expected: "no".into() };
    Occurrence {
        identity: Identity {
            kind: FindingKind::Misconfiguration,
            subject: rule.into(),
            asset,
            locator: Locator::Key(place.into()),
        },
        severity: Severity::Medium,
        circumstances: Circumstances::default(),
        title: format!("{rule} at {place}"),
        evidence: vec![evidence],
        vulnerability: None,
        detection: None,
    }
}

/// A vulnerable package, with a fix.
fn vulnerable(asset: AssetId, cve: &str, package: &str) -> Occurrence {
    Occurrence {
        identity: Identity {
            kind: FindingKind::Vulnerability,
            subject: cve.into(),
            asset,
            locator: Locator::Package(format!("pkg:deb/debian/{package}")),
        },
        severity: Severity::High,
        circumstances: Circumstances { epss: Some(0.01), ..Circumstances::default() },
        title: format!("{cve} in {package}"),
        evidence: Vec::new(),
        vulnerability: Some(VulnerabilityDetail {
            aliases: vec![cve.into(), format!("DEBIAN-{cve}")],
            package: package.into(),
            ecosystem: "Debian:12".into(),
            installed: "1.0-1".into(),
            fixed: Some("1.0-2".into()),
            unfixed: None,
            cvss_vector: None,
            summary: "It breaks.".into(),
            references: Vec::new(),
            known_exploited: KnownExploited::No,
        }),
        detection: None,
    }
}

/// Holds every kept counter against a count of the rows it counts.
fn check_counters(ledger: &Ledger) {
    ledger
        .db
        .read(|r| {
            let triples = |sql: &'static str| {
                r.query(sql, params![], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?)))
            };
            assert_eq!(
                triples("SELECT bucket, priority, findings FROM counter ORDER BY 1, 2")?,
                triples("SELECT bucket, priority, count(*) FROM finding GROUP BY 1, 2 ORDER BY 1, 2")?,
                "buckets"
            );
            assert_eq!(
                triples("SELECT number, findings, active FROM wording ORDER BY 1")?,
                triples("SELECT wording, count(*), sum((bucket >> 9) < 2) FROM finding GROUP BY 1 ORDER BY 1")?,
                "wordings; one without findings is gone"
            );
            assert_eq!(
                triples("SELECT number, findings, critical + high + medium + low + info FROM asset ORDER BY 1")?,
                triples(
                    "SELECT a.number, count(f.number), coalesce(sum((f.bucket >> 9) < 2), 0)
                     FROM asset a LEFT JOIN finding f ON f.asset = a.number GROUP BY 1 ORDER BY 1"
                )?,
                "assets"
            );
            assert_eq!(
                triples("SELECT number, covers, 0 FROM decision ORDER BY 1")?,
                triples(
                    "SELECT d.number, count(f.number), 0 FROM decision d LEFT JOIN finding f ON f.decision = d.number
                     GROUP BY 1 ORDER BY 1"
                )?,
                "decisions"
            );
            assert_eq!(
                triples("SELECT coalesce(sum(active_change), 0), 0, 0 FROM trend")?,
                triples("SELECT count(*), 0, 0 FROM finding WHERE (bucket >> 9) < 2")?,
                "trend"
            );
            Ok::<_, crate::LedgerError>(())
        })
        .unwrap();
}
