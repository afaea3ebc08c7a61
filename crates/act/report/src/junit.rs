//! JUnit XML: one failed test case for each finding, for pipelines that only know tests.

use crate::Scan;
use crate::said::{advice, place, title};

/// The document.
#[must_use]
pub fn document(scan: &Scan<'_>) -> String {
    let count = scan.findings.len();
    let name = escaped(&scan.asset.name);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let time = scan.taken_at;
    // A pipeline without any test case takes the report for broken: a clean scan is one that passed.
    let tests = count.max(1);
    xml.push_str(&format!("<testsuites name=\"vigie\" tests=\"{tests}\" failures=\"{count}\">\n"));
    xml.push_str(&format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{count}\" errors=\"0\" timestamp=\"{time}\">\n"
    ));
    if count == 0 {
        xml.push_str(&format!("    <testcase classname=\"{name}\" name=\"vigie\"/>\n"));
    }
    for found in scan.findings {
        let title = escaped(&title(found, scan.lang));
        let class = escaped(place(found).map_or(scan.asset.name.as_str(), |place| place.path));
        let subject = escaped(&found.identity.subject);
        let severity = found.severity.word();
        let advice = escaped(&advice(found, scan.lang));
        xml.push_str(&format!("    <testcase classname=\"{class}\" name=\"[{severity}] {subject}: {title}\">\n"));
        xml.push_str(&format!("      <failure type=\"{severity}\" message=\"{title}\">{advice}</failure>\n"));
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// Text for XML 1.0: markup escaped, characters that XML does not have replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
