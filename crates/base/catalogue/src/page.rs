//! Reads the pages of an entry.
//!
//! A page is TOML front matter between two lines `+++`, then sections under fixed `## ` headings in
//! a fixed order. The section `## Examples` holds fenced blocks whose info string reads
//! `language kind: "note"`. The texts stay Markdown; whoever shows them renders them.
//!
//! Holds: what a page says twice, leaves out or misspells is an error that names the page.

use crate::entry::{Entry, Example, ExampleKind, Family, Maturity};
use crate::list::Source;
use crate::secret::SecretRule;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use vigie_model::lang::{Lang, Text};
use vigie_model::severity::Severity;

/// Headings of the three sections every page has, by language.
pub const HEADINGS: [(Lang, [&str; 3]); 3] = [
    (Lang::En, ["What it looks for", "Why it matters", "How to fix"]),
    (Lang::Fr, ["Ce que la règle cherche", "Pourquoi c'est important", "Comment corriger"]),
    (Lang::De, ["Wonach gesucht wird", "Warum es wichtig ist", "So wird es behoben"]),
];

/// Heading of the examples, in the English page of a check.
const EXAMPLES: &str = "Examples";

/// Why a page is not a page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// There is no front matter.
    #[error("{page}: the page must begin with front matter between two lines `+++`")]
    NoFrontMatter {
        /// Which page.
        page: String,
    },
    /// The front matter cannot be read.
    #[error("{page}: the front matter is wrong")]
    FrontMatter {
        /// Which page.
        page: String,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// The rule of a kind of secret cannot be read.
    #[error("{page}: the rule is wrong")]
    Rule {
        /// Which file.
        page: String,
        /// What is wrong.
        source: Box<toml::de::Error>,
    },
    /// The headings are not the expected ones.
    #[error("{page}: the headings must be {expected:?}, found {found:?}")]
    Headings {
        /// Which page.
        page: String,
        /// What it should have.
        expected: Vec<String>,
        /// What it has.
        found: Vec<String>,
    },
    /// A section says nothing.
    #[error("{page}: the section `{heading}` is empty")]
    Empty {
        /// Which page.
        page: String,
        /// Which section.
        heading: String,
    },
    /// An example's fence does not say what it is.
    #[error("{page}: `{info}` is not `language kind: \"note\"` with kind bad, good, not_applicable or unknown")]
    Example {
        /// Which page.
        page: String,
        /// The info string.
        info: String,
    },
    /// A fence is opened and never closed.
    #[error("{page}: a fenced block never ends")]
    OpenFence {
        /// Which page.
        page: String,
    },
}

/// Front matter of the English page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    id: String,
    title: String,
    severity: Severity,
    maturity: Maturity,
    reads: Vec<String>,
    references: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Front matter of the other pages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    title: String,
}

/// What front matter is read into.
trait FrontMatter: DeserializeOwned {
    /// Reads it without a reader of TOML, where it is as plain as that.
    fn plain(_front: &str) -> Option<Self> {
        None
    }
}

impl FrontMatter for Front {}

impl FrontMatter for Title {
    /// Two of three pages have one line; every run of the program reads all pages.
    fn plain(front: &str) -> Option<Self> {
        let title = front.strip_prefix("title = \"")?.strip_suffix('"')?;
        (!title.contains(['"', '\\', '\n'])).then(|| Self { title: title.to_owned() })
    }
}

/// Reads the pages of one entry.
pub(crate) fn entry(source: &Source) -> Result<Entry, PageError> {
    let name = |lang: &str| format!("content/{}/{lang}.md", source.path);
    let has_examples = source.family == Family::Checks;
    let (front, en) = page::<Front>(&name("en"), source.en, Lang::En, has_examples)?;
    let (fr_title, fr) = page::<Title>(&name("fr"), source.fr, Lang::Fr, false)?;
    let (de_title, de) = page::<Title>(&name("de"), source.de, Lang::De, false)?;
    let text = |place: usize| Text { en: en[place].clone(), fr: fr[place].clone(), de: de[place].clone() };
    let secret = if source.family == Family::Secrets { Some(secret_rule(source)?) } else { None };
    Ok(Entry {
        family: source.family,
        path: source.path,
        severity: front.severity,
        maturity: front.maturity,
        reads: front.reads,
        references: front.references,
        tags: front.tags,
        title: Text { en: front.title, fr: fr_title.title, de: de_title.title },
        looks_for: text(0),
        why: text(1),
        fix: text(2),
        examples: if has_examples { examples(&name("en"), &en[3])? } else { Vec::new() },
        rule: source.rule,
        fires: source.fires,
        silent: source.silent,
        secret,
        id: front.id,
    })
}

/// The rule of a kind of secret.
fn secret_rule(source: &Source) -> Result<SecretRule, PageError> {
    let page = format!("content/{}/rule.toml", source.path);
    toml::from_str(source.rule.unwrap_or_default()).map_err(|source| PageError::Rule { page, source: Box::new(source) })
}

/// Front matter and sections of one page, the sections in the order of the headings.
fn page<F: FrontMatter>(page: &str, text: &str, lang: Lang, has_examples: bool) -> Result<(F, Vec<String>), PageError> {
    let missing = || PageError::NoFrontMatter { page: page.to_owned() };
    let (front, body) = text.strip_prefix("+++\n").and_then(|text| text.split_once("\n+++\n")).ok_or_else(missing)?;
    let read =
        || toml::from_str(front).map_err(|source| PageError::FrontMatter { page: page.to_owned(), source: Box::new(source) });
    let front = F::plain(front).map_or_else(read, Ok)?;
    let mut expected: Vec<&str> = headings(lang).to_vec();
    if has_examples {
        expected.push(EXAMPLES);
    }
    let sections = sections(body);
    let found: Vec<&str> = sections.iter().map(|(heading, _)| *heading).collect();
    if found != expected {
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        return Err(PageError::Headings { page: page.to_owned(), expected: owned(expected), found: owned(found) });
    }
    if let Some((heading, _)) = sections.iter().find(|(_, text)| text.is_empty()) {
        return Err(PageError::Empty { page: page.to_owned(), heading: (*heading).to_owned() });
    }
    Ok((front, sections.into_iter().map(|(_, text)| text).collect()))
}

fn headings(lang: Lang) -> [&'static str; 3] {
    HEADINGS.iter().find(|(known, _)| *known == lang).map_or([""; 3], |(_, headings)| *headings)
}

/// Heading and text of every section; a `## ` within a fenced block is no heading. Text before the
/// first heading counts as a section without heading, which no page may have.
fn sections(body: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    let mut fenced = false;
    for line in body.lines() {
        fenced ^= line.starts_with("```");
        match (line.strip_prefix("## "), sections.last_mut()) {
            (Some(heading), _) if !fenced => sections.push((heading.trim(), String::new())),
            (_, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (_, None) if line.trim().is_empty() => {}
            (_, None) => sections.push(("", format!("{line}\n"))),
        }
    }
    for (_, text) in &mut sections {
        *text = text.trim().to_owned();
    }
    sections
}

/// The fenced blocks of the examples section.
fn examples(page: &str, section: &str) -> Result<Vec<Example>, PageError> {
    let mut examples = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let mut body = String::new();
        loop {
            match lines.next() {
                None => return Err(PageError::OpenFence { page: page.to_owned() }),
                Some("```") => break,
                Some(line) => {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
        let wrong = || PageError::Example { page: page.to_owned(), info: info.to_owned() };
        examples.push(example(info, body).ok_or_else(wrong)?);
    }
    Ok(examples)
}

fn example(info: &str, body: String) -> Option<Example> {
    let (language, rest) = info.split_once(' ')?;
    let (kind, note) = match rest.split_once(':') {
        Some((kind, note)) => (kind, note.trim().strip_prefix('"')?.strip_suffix('"')?),
        None => (rest, ""),
    };
    let kind = ExampleKind::from_word(kind.trim())?;
    Some(Example { kind, note: note.to_owned(), body, language: language.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: &str = "+++\nid = \"HOST-0001\"\ntitle = \"Open door\"\nseverity = \"high\"\nmaturity = \"sandbox\"\n\
        reads = [\"files\"]\nreferences = []\n+++\n## What it looks for\nA door.\n\n- open\n\n## Why it matters\nWind.\n\
        ## How to fix\n```sh\n## not a heading\n```\n## Examples\n```json bad: \"wide open\"\n{}\n```\n\n```json good\n[]\n```\n";
    const FR: &str = "+++\ntitle = \"Porte ouverte\"\n+++\n## Ce que la règle cherche\nUne porte.\n\
        ## Pourquoi c'est important\nLe vent.\n## Comment corriger\nFermer.\n";
    const DE: &str = "+++\ntitle = \"Offene Tür\"\n+++\n## Wonach gesucht wird\nEine Tür.\n\
        ## Warum es wichtig ist\nWind.\n## So wird es behoben\nSchließen.\n";

    fn read(en: &'static str) -> Result<Entry, PageError> {
        let source =
            Source { family: Family::Checks, path: "checks/host/door", en, fr: FR, de: DE, rule: None, fires: "", silent: "" };
        entry(&source)
    }

    fn wrong(from: &str, to: &str) -> String {
        let page: &'static str = Box::leak(EN.replacen(from, to, 1).into_boxed_str());
        assert_ne!(page, EN);
        read(page).unwrap_err().to_string()
    }

    #[test]
    fn reads_a_page_in_three_languages() {
        let entry = read(EN).unwrap();
        assert_eq!((entry.id.as_str(), entry.name(), entry.group()), ("HOST-0001", "door", "host"));
        assert_eq!(entry.title, Text { en: "Open door".into(), fr: "Porte ouverte".into(), de: "Offene Tür".into() });
        assert_eq!(entry.looks_for.en, "A door.\n\n- open");
        assert_eq!(entry.fix.en, "```sh\n## not a heading\n```");
        let kinds: Vec<_> = entry.examples.iter().map(|e| (e.kind, e.note.as_str(), e.body.as_str())).collect();
        assert_eq!(kinds, [(ExampleKind::Bad, "wide open", "{}\n"), (ExampleKind::Good, "", "[]\n")]);
    }

    #[test]
    fn says_what_is_wrong_with_a_page() {
        for (from, to, said) in [
            ("+++\n", "---\n", "front matter between"),
            ("severity = \"high\"", "severity = \"bad\"", "front matter is wrong"),
            ("maturity", "age", "front matter is wrong"),
            ("## Why it matters", "## Why", "headings must be"),
            ("## What it looks for", "Hello\n## What it looks for", "headings must be"),
            ("Wind.\n", "\n", "`Why it matters` is empty"),
            ("json good", "json fine", "is not `language kind"),
            ("[]\n```\n", "[]\n", "never ends"),
        ] {
            let message = wrong(from, to);
            assert!(message.contains(said), "{from}: {message}");
        }
    }
}
