//! Judging the windows of alerts, each once.
//!
//! What alerts is a finding of kind detection: one for each search and value, however long it goes on. While it does, each
//! window adds the events that no window before it counted. A window that cannot be judged is tried again and keeps those
//! behind it waiting; the search says why, and so does the round.

use super::Saved;
use super::alert::{Alert, Memory, When};
use super::question::{Counted, Question};
use crate::hosts::{Hosts, OtherHosts};
use crate::live::Change;
use crate::platform::Platform;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_lake::Window;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::occurrence::{DetectionDetail, Occurrence};
use vigie_model::priority::Circumstances;
use vigie_model::text;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Evidence;

/// Most windows of one alert in one round; after a long stop the rest follows in the next rounds.
const WINDOWS_MAX: usize = 200;
/// Most values that are told of in one window.
const VALUES_MAX: usize = 1_000;
/// Windows before one whose values are expected in it, where something goes silent.
const EXPECTED_WINDOWS: i64 = 12;
/// Longest value within an identity, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// What a round over all alerts came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Judged {
    /// Windows that were judged.
    pub(crate) windows: u64,
    /// Of these, those that alert.
    pub(crate) alerting: u64,
    /// Alerts whose next window could not be judged.
    pub(crate) troubled: u64,
}

/// Judges the windows of all alerts that are due.
pub(crate) fn judge_due(platform: &Platform) -> Result<Judged, Problem> {
    let mut judged = Judged::default();
    let alerts = platform.searches.alerts().map_err(Explain::explain)?;
    if alerts.is_empty() {
        return Ok(judged);
    }
    let hosts = Hosts::live();
    for mut alert in alerts {
        for _ in 0..WINDOWS_MAX {
            if platform.is_stopping() || !is_due(platform, &alert) {
                break;
            }
            match judge_next(platform, &hosts, &mut alert) {
                Ok(alerting) => {
                    judged.windows += 1;
                    judged.alerting += u64::from(alerting);
                }
                Err(problem) => {
                    judged.troubled += 1;
                    tracing::warn!(search = alert.search, chain = problem.chain(), "an alert waits");
                    platform.searches.trouble_with(&alert, &problem.said).map_err(Explain::explain)?;
                    break;
                }
            }
        }
    }
    Ok(judged)
}

/// Whether the next window is over, and has been for the lag. What ended before this start has waited for nobody: its
/// late events get their lag from the start on.
fn is_due(platform: &Platform, alert: &Alert) -> bool {
    let over = alert.next().to.max(platform.started_at);
    platform.clock.now() >= over.plus_seconds(alert.what.lag_s)
}

/// Judges the next window, records what it found, and goes on to the one behind it; says whether it alerts.
fn judge_next(platform: &Platform, hosts: &Hosts, alert: &mut Alert) -> Result<bool, Problem> {
    let saved = platform.searches.get(&alert.search).map_err(Explain::explain)?;
    let question = Question::parse(&saved.search.query).map_err(Explain::explain)?;
    let window = alert.next();
    let asked = Asked { platform, question: &question, alert, window };
    let counts = asked.counts()?;
    let on_host = asked.on_host(&counts)?;
    let others = RefCell::default();
    let found = asked.findings(&saved, (hosts, &others), &on_host, &counts)?;
    let memory = remembered(alert, window.to, &counts, on_host);
    if found.is_empty() {
        platform.searches.judged(alert, window.to, &memory).map_err(Explain::explain)?;
    } else {
        hosts.save_new(platform, &others.into_inner())?;
        let beside = |writer: &vigie_db::Writer<'_>| alert.store_judged(writer, window.to, &memory);
        let recorded = platform.ledger.record_detections(&found, beside).map_err(Explain::explain)?;
        platform.live.tell(Change::Findings { changed: recorded.changed() });
    }
    (alert.judged_to, alert.memory) = (window.to, memory);
    Ok(!found.is_empty())
}

/// What alerts now, since when and on which host.
fn remembered(alert: &Alert, end: Timestamp, counts: &Counts, on_host: BTreeMap<String, String>) -> Memory {
    let since = |value: &String| alert.memory.going_on.get(value).copied().unwrap_or(end);
    let going_on = counts.alerting.keys().map(|value| (value.clone(), since(value))).collect();
    Memory { going_on, on_host, last_count: Some(counts.total) }
}

/// A window and what is asked about it.
struct Asked<'a> {
    platform: &'a Platform,
    question: &'a Question,
    alert: &'a Alert,
    window: Window,
}

/// How many events a window has.
#[derive(Default)]
struct Counts {
    total: u64,
    /// The values that alert, with their counts; an empty one when nothing is counted by.
    alerting: BTreeMap<String, u64>,
}

impl Asked<'_> {
    fn counts(&self) -> Result<Counts, Problem> {
        let what = &self.alert.what;
        let total = self.whole(self.question.count(self.platform, &self.window)?)?;
        let holds = |count: &u64| what.when.holds(*count, what.count);
        let Some(by) = &what.by else {
            let alerting = Some(total).filter(holds).map(|count| (String::new(), count)).into_iter().collect();
            return Ok(Counts { total, alerting });
        };
        let mut here = self.by_value(by, &self.window)?;
        if what.when == When::FewerThan {
            for value in self.expected(by)? {
                here.entry(value).or_default();
            }
        }
        here.retain(|_, count| holds(count));
        Ok(Counts { total, alerting: here })
    }

    /// The values that may be missing: what the windows before had, and what is missing already.
    fn expected(&self, by: &str) -> Result<BTreeSet<String>, Problem> {
        let before = self.alert.what.window_s.saturating_mul(EXPECTED_WINDOWS);
        let before = Window { from: self.window.from.plus_seconds(-before), to: self.window.from };
        let known = self.by_value(by, &before)?.into_keys();
        Ok(known.chain(self.alert.memory.going_on.keys().cloned()).collect())
    }

    fn by_value(&self, by: &str, window: &Window) -> Result<BTreeMap<String, u64>, Problem> {
        self.whole(self.question.by_value(self.platform, by, window)?)
    }

    /// Something is not missing because a file cannot be read. What is there in spite of that is there.
    fn whole<T>(&self, counted: Counted<T>) -> Result<T, Problem> {
        if !counted.at_least || self.alert.what.when == When::AtLeast {
            return Ok(counted.count);
        }
        Err(Problem::new(
            Kind::Environment,
            text!(
                en "Not all events of the window can be counted: whether something is missing is not known",
                fr "Tous les événements de la fenêtre ne peuvent être comptés : impossible de savoir s’il manque quelque chose",
                de "Nicht alle Ereignisse des Zeitfensters lassen sich zählen: ob etwas fehlt, ist nicht bekannt",
            ),
        ))
    }

    /// Of what alerts, the host that its events agree on; of what goes on already, that of its beginning. What is missing
    /// has no events that could agree.
    fn on_host(&self, counts: &Counts) -> Result<BTreeMap<String, String>, Problem> {
        let what = &self.alert.what;
        let mut on_host = BTreeMap::new();
        if what.when == When::FewerThan || self.is_by_host() {
            return Ok(on_host);
        }
        for value in counts.alerting.keys().take(VALUES_MAX) {
            let host = if self.alert.memory.going_on.contains_key(value) {
                self.alert.memory.on_host.get(value).cloned()
            } else {
                let of = what.by.as_deref().map(|by| (by, &**value));
                self.question.agreed(self.platform, "host", of, &self.window)?
            };
            on_host.extend(host.map(|host| (value.clone(), host)));
        }
        Ok(on_host)
    }

    fn is_by_host(&self) -> bool {
        matches!(self.alert.what.by.as_deref(), Some("host" | "device.hostname"))
    }

    fn findings(
        &self,
        saved: &Saved,
        hosts: (&Hosts, &OtherHosts),
        on_host: &BTreeMap<String, String>,
        counts: &Counts,
    ) -> Result<Vec<Occurrence>, Problem> {
        let values = counts.alerting.len();
        if values > VALUES_MAX {
            tracing::warn!(search = saved.id, values, told = VALUES_MAX, "more values alert than are told");
        }
        let each = counts.alerting.iter().take(VALUES_MAX);
        each.map(|(value, count)| self.finding(saved, hosts, on_host.get(value), (value, *count))).collect()
    }

    fn finding(
        &self,
        saved: &Saved,
        (hosts, others): (&Hosts, &OtherHosts),
        on_host: Option<&String>,
        (value, count): (&str, u64),
    ) -> Result<Occurrence, Problem> {
        let what = &self.alert.what;
        let of = what.by.as_deref().map(|by| (by, value));
        let mut entity: Vec<(String, String)> = of.iter().map(|(by, value)| ((*by).to_owned(), (*value).to_owned())).collect();
        entity.extend(on_host.map(|host| ("host".to_owned(), host.clone())));
        if of.is_none() && what.when == When::AtLeast {
            let user = self.question.agreed(self.platform, "user", None, &self.window)?;
            entity.extend(user.map(|user| ("user".to_owned(), user)));
        }
        let asset = match on_host {
            Some(host) => hosts.asset_of(host, others),
            None if self.is_by_host() => hosts.asset_of(value, others),
            None => hosts.own(),
        };
        let locator = match &what.by {
            Some(by) => Locator::Key(format!("{by}={}", escaped(value))),
            None => Locator::Whole,
        };
        let subject = format!("search:{}", saved.id);
        let name = &saved.search.name;
        Ok(Occurrence {
            title: if value.is_empty() { name.clone() } else { format!("{name}: {}", printable(value)) },
            severity: what.severity,
            circumstances: Circumstances::default(),
            evidence: vec![self.evidence(&locator, &self.question.shown(of), count)],
            vulnerability: None,
            detection: Some(self.detail(of, entity, count)?),
            identity: Identity { kind: FindingKind::Detection, subject, asset, locator },
        })
    }

    /// The proof, with the address of the search that shows it.
    fn evidence(&self, locator: &Locator, asked: &str, count: u64) -> Evidence {
        let Window { from, to } = self.window;
        let bar = self.alert.what.count;
        Evidence {
            locator: locator.text(),
            place: format!("/events?q={}&from={}&to={}", percent(asked), percent(&from.to_string()), percent(&to.to_string())),
            found: format!("{count} {} from {from} to {to}", self.question.noun()),
            expected: match self.alert.what.when {
                When::AtLeast => format!("fewer than {bar}"),
                When::FewerThan => format!("at least {bar}"),
            },
        }
    }

    /// What was seen that no window before this one has told of.
    fn detail(&self, of: Option<(&str, &str)>, entity: Vec<(String, String)>, count: u64) -> Result<DetectionDetail, Problem> {
        let mut detail = DetectionDetail {
            first_event: self.window.from,
            last_event: self.window.to,
            events: Vec::new(),
            count: 0,
            entity,
            techniques: Vec::new(),
            author: self.alert.set_by.clone(),
        };
        if self.alert.what.when == When::FewerThan {
            return Ok(detail);
        }
        let goes_on = self.alert.memory.going_on.contains_key(of.map_or("", |(_, value)| value));
        let from = if goes_on { self.window.from.max(self.alert.judged_to) } else { self.window.from };
        let fresh = Window { from, ..self.window };
        let events = self.question.events(self.platform, of, &fresh, DetectionDetail::EVENTS_MAX)?;
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            (detail.first_event, detail.last_event) = (first.event.time, last.event.time);
        }
        detail.events = events.iter().map(|event| event.id).collect();
        detail.count = match of {
            _ if fresh == self.window => count,
            None => self.question.count(self.platform, &fresh)?.count,
            Some((by, value)) => self.by_value(by, &fresh)?.get(value).copied().unwrap_or_default(),
        };
        Ok(detail)
    }
}

/// A value that cannot be taken for more than one, nor for more than a value.
fn escaped(value: &str) -> String {
    let start = value.chars().take(VALUE_CHARS_MAX);
    start.fold(String::new(), |mut done, sign| {
        match sign {
            '%' | '&' | '=' => done.push_str(&format!("%{:02X}", u32::from(sign))),
            sign if sign.is_control() => done.push_str(&format!("%{:02X}", u32::from(sign))),
            sign => done.push(sign),
        }
        done
    })
}

fn printable(value: &str) -> String {
    value.chars().take(VALUE_CHARS_MAX).map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

/// Percent-encodes a value of an address.
fn percent(value: &str) -> String {
    value.bytes().fold(String::new(), |mut done, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => done.push(char::from(byte)),
            other => done.push_str(&format!("%{other:02X}")),
        }
        done
    })
}
