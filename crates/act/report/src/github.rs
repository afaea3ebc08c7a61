//! Workflow commands of GitHub Actions: findings as annotations of a run.
//!
//! Format: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>. Values are escaped, so that
//! a file's name cannot give commands to the runner.

use crate::Scan;
use crate::said::{advice, place, title};
use vigie_model::severity::Severity;

/// One command for each finding.
#[must_use]
pub fn document(scan: &Scan<'_>) -> String {
    let mut text = String::new();
    for found in scan.findings {
        let command = match found.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let title = property(&format!("[{}] {}", found.severity.word(), found.identity.subject));
        let message = data(&format!("{}. {}", self::title(found, scan.lang), advice(found, scan.lang)));
        let place = place(found);
        let file = place.map_or(String::new(), |place| format!("file={},", property(place.path)));
        let line = place.and_then(|place| place.line).map_or(String::new(), |line| format!("line={line},"));
        text.push_str(&format!("::{command} {file}{line}title={title}::{message}\n"));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
