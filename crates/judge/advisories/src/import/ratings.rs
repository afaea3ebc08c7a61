//! Severities as records state them: vendors' words and CVSS vectors.

use cvss::Cvss;
use vigie_model::severity::Severity;

/// The severity of a vendor's word.
///
/// Ubuntu's *negligible* and Debian's *unimportant* are what their teams will not repair for its own
/// sake: info. Words that only say that nobody has judged yet give none.
pub(crate) fn severity_of_word(word: &str) -> Option<Severity> {
    let severity = match word.to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" | "important" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" | "minor" => Severity::Low,
        "negligible" | "unimportant" | "informational" => Severity::Info,
        _ => return None,
    };
    Some(severity)
}

/// A CVSS vector with its base score. Ordered by what to prefer: the newer version, then the higher
/// score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rated {
    version: u8,
    /// Score × 10.
    pub(crate) tenths: u8,
}

/// Rates a CVSS vector of version 2.0, 3.0, 3.1 or 4.0; `None` when it is no sound vector.
pub(crate) fn rate(vector: &str) -> Option<Rated> {
    let cvss: Cvss = vector.parse().ok()?;
    let (version, base): (u8, &[&str]) = match cvss {
        Cvss::CvssV40(_) => (40, &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]),
        Cvss::CvssV31(_) => (31, &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
        Cvss::CvssV30(_) => (30, &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
        _ => (20, &["AV", "AC", "Au", "C", "I", "A"]),
    };
    // The parser takes vectors that lack base metrics and scores what is there; that says nothing.
    let has = |metric: &str| vector.split('/').any(|part| part.split(':').next() == Some(metric));
    base.iter().all(|metric| has(metric)).then(|| Rated { version, tenths: tenths(cvss.score()) })
}

fn tenths(score: f64) -> u8 {
    // In 0–100 by the clamp; NaN becomes 0.
    (score * 10.0).round().clamp(0.0, 100.0) as u8
}

/// The severity of a rated vector. CVSS 2.0 knows no critical (NVD's bands).
pub(crate) fn severity_of_vector(vector: &str, tenths: u8) -> Severity {
    let severity = Severity::from_cvss(f64::from(tenths) / 10.0);
    if vector.starts_with("CVSS:") { severity } else { severity.min(Severity::High) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_all_versions() {
        for (vector, tenths, severity) in [
            ("AV:N/AC:L/Au:N/C:C/I:C/A:C", 100, Severity::High),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98, Severity::Critical),
            ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L", 25, Severity::Low),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, Severity::Info),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 93, Severity::Critical),
        ] {
            let rated = rate(vector).unwrap();
            assert_eq!((rated.tenths, severity_of_vector(vector, rated.tenths)), (tenths, severity), "{vector}");
        }
    }

    #[test]
    fn newer_versions_are_preferred() {
        let v2 = rate("AV:N/AC:L/Au:N/C:C/I:C/A:C");
        let v3 = rate("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L");
        assert!(v3 > v2);
    }

    #[test]
    fn what_is_no_vector_is_not_rated() {
        for text in ["", "7.5", "CVSS:3.1", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N/AC:L", "\u{1F980}"] {
            assert_eq!(rate(text), None, "{text}");
        }
    }

    #[test]
    fn words_of_vendors() {
        assert_eq!(severity_of_word("MODERATE"), Some(Severity::Medium));
        assert_eq!(severity_of_word("not yet assigned"), None);
    }
}
