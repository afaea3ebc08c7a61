//! What a record says in words, cut to what a person reads in a list: a summary and some references.

use super::limits::{REFERENCE_BYTES_MAX, REFERENCES_KEPT, SUMMARY_CHARS_MAX};
use super::osv::{Record, Str};
use crate::file::texts::Description;

/// How good a text is, to choose among the records of one vulnerability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quality {
    /// Only references.
    References,
    /// The beginning of a long description.
    Excerpt,
    /// A summary written as such.
    Summary,
}

/// The words of a record; `None` when it has none.
pub(super) fn describe(record: &Record<'_>) -> Option<(Quality, Description)> {
    let references = references(&record.references);
    let written = record.summary.as_ref().map(|text| one_paragraph(text.as_str())).filter(|text| !text.is_empty());
    let (quality, summary) = match written {
        Some(summary) => (Quality::Summary, summary),
        None => match record.details.as_ref().map(|text| one_paragraph(text.as_str())).filter(|text| !text.is_empty()) {
            Some(excerpt) => (Quality::Excerpt, excerpt),
            None if references.is_empty() => return None,
            None => (Quality::References, String::new()),
        },
    };
    Some((quality, Description { summary, references }))
}

/// The first paragraph that is not a heading, on one line, at most [`SUMMARY_CHARS_MAX`] characters.
fn one_paragraph(text: &str) -> String {
    let mut paragraph = String::new();
    for line in text.lines().map(str::trim) {
        match (line.is_empty() || line.starts_with('#'), paragraph.is_empty()) {
            (true, true) => {}
            (true, false) => break,
            (false, _) => {
                for word in line.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
                    if !paragraph.is_empty() {
                        paragraph.push(' ');
                    }
                    paragraph.push_str(word);
                }
            }
        }
    }
    cut(paragraph)
}

/// Cuts at the end of a sentence where one is far enough on, else between words.
fn cut(mut text: String) -> String {
    let Some((limit, _)) = text.char_indices().nth(SUMMARY_CHARS_MAX) else { return text };
    let head = text.get(..limit).unwrap_or_default();
    if let Some(end) = head.rfind(". ").filter(|end| *end > limit / 3) {
        text.truncate(end + 1);
    } else {
        let end = head.rfind(' ').unwrap_or(limit);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Web addresses, those that tell most first.
fn references(all: &[(Str<'_>, Str<'_>)]) -> Vec<String> {
    let mut sound: Vec<(u8, &str)> = all
        .iter()
        .filter_map(|(kind, url)| Some((rank(kind.as_str())?, url.as_str())))
        .filter(|(_, url)| is_web_address(url))
        .collect();
    sound.sort_by_key(|(rank, _)| *rank);
    let mut kept: Vec<String> = Vec::new();
    for (_, url) in sound {
        if kept.len() < REFERENCES_KEPT && !kept.iter().any(|other| other == url) {
            kept.push(url.to_owned());
        }
    }
    kept
}

/// OSV's reference types; `None` for what says nothing of the vulnerability.
fn rank(kind: &str) -> Option<u8> {
    match kind {
        "ADVISORY" => Some(0),
        "REPORT" | "DISCUSSION" => Some(1),
        "FIX" => Some(2),
        "PACKAGE" => None,
        _ => Some(3),
    }
}

fn is_web_address(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    web && url.len() <= REFERENCE_BYTES_MAX && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::super::osv;
    use super::*;

    fn description(fields: &str) -> Option<(Quality, Description)> {
        describe(&osv::parse(format!("{{\"id\":\"X-1\",{fields}}}").as_bytes()).unwrap())
    }

    #[test]
    fn prefers_the_summary() {
        let (quality, text) = description(r#""summary":" Out of\nbounds\u001b[31m ","details":"Long.""#).unwrap();
        assert_eq!((quality, text.summary.as_str()), (Quality::Summary, "Out of bounds [31m"));
    }

    #[test]
    fn takes_the_first_paragraph_of_the_details() {
        let (quality, text) = description(r###""details":"## Impact\n\nFirst line\nsecond line.\n\nMore.""###).unwrap();
        assert_eq!((quality, text.summary.as_str()), (Quality::Excerpt, "First line second line."));
    }

    #[test]
    fn cuts_at_a_sentence_or_a_word() {
        assert_eq!(cut(format!("{}. {}", "a".repeat(400), "b".repeat(400))), format!("{}.", "a".repeat(400)));
        assert_eq!(cut(format!("{} {}", "é".repeat(400), "b".repeat(400))), format!("{}…", "é".repeat(400)));
        assert_eq!(cut("é".repeat(600)), format!("{}…", "é".repeat(500)));
    }

    #[test]
    fn keeps_web_addresses_advisories_first() {
        let (quality, text) = description(
            r#""references":[{"type":"WEB","url":"https://b.example"},{"type":"ADVISORY","url":"http://a.example"},
               {"type":"WEB","url":"https://b.example"},{"type":"PACKAGE","url":"https://p.example"},
               {"type":"WEB","url":"javascript:alert(1)"},{"type":"WEB","url":"https://c.example/\n"}]"#,
        )
        .unwrap();
        assert_eq!(quality, Quality::References);
        assert_eq!(text.references, ["http://a.example", "https://b.example"]);
        assert!(description(r#""details":"""#).is_none());
    }
}
