//! `.vigieignore`: findings that a team does not want to hear of, each with a reason and an end.
//!
//! ```toml
//! [[ignore]]
//! id = "CVE-2099-0001"              # or a list; `*` stands for anything
//! package = "pkg:deb/debian/alpha"  # package URL, with or without version; may be left out
//! path = "vendor/**"                # may be left out
//! reason = "Only the parser is used, the weakness is in the writer."
//! until = 2099-12-31                # the last day on which it holds, or "never"
//! ```
//!
//! All that is given must fit. A reason and an end are asked for, because what is ignored without is
//! never looked at again; who means for ever writes so. Unknown keys are refused: a misspelt `path`
//! would ignore everywhere.

use crate::vex::{Applied, Judged, Suppressed, Why};
use serde::Deserialize;
use vigie_model::lang::Text;
use vigie_model::purl::Purl;
use vigie_model::text;
use vigie_model::time::Day;

/// The largest file that is read, and how many entries are taken.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;
/// Entries of a file.
pub const ENTRIES_MAX: usize = 20_000;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    ids: Vec<String>,
    package: Option<Purl>,
    paths: Vec<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds; none: for ever.
    pub until: Option<Day>,
}

/// What came of holding findings against a file.
#[derive(Debug)]
pub struct Ignored<T> {
    /// What stands and what does not.
    pub applied: Applied<T>,
    /// Entries that no longer hold, counted from 1 in the order of the file: to be renewed or removed.
    pub expired: Vec<usize>,
    /// Entries that fit nothing.
    pub unused: Vec<usize>,
}

/// Why a file cannot be used. Numbers count entries from 1.
#[derive(Debug, thiserror::Error)]
pub enum IgnoreError {
    /// Not TOML, or keys that are not known.
    #[error("not a list of what to ignore: {0}")]
    NotToml(String),
    /// Nothing says which finding is meant.
    #[error("entry {0} has neither id, package nor path")]
    Everything(usize),
    /// No reason.
    #[error("entry {0} has no reason")]
    NoReason(usize),
    /// No end, or one that is no date.
    #[error("entry {0} has no end: until = 2099-12-31, or \"never\"")]
    NoEnd(usize),
    /// The package URL is none.
    #[error("the package of entry {0} is no package URL")]
    NotAPurl(usize),
    /// Beyond a limit.
    #[error("more than {ENTRIES_MAX} entries or {BYTES_MAX} bytes")]
    TooMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Option<OneOrMore>,
    package: Option<String>,
    path: Option<OneOrMore>,
    reason: Option<String>,
    until: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts,
        }
    }
}

/// Reads a file.
///
/// # Errors
/// [`IgnoreError`], which names the entry: none of a file is used when one is wrong.
pub fn parse(text: &str) -> Result<Vec<Ignore>, IgnoreError> {
    if text.len() > BYTES_MAX {
        return Err(IgnoreError::TooMany);
    }
    let file: File = toml::from_str(text).map_err(|error| IgnoreError::NotToml(error.to_string().trim_end().to_owned()))?;
    if file.ignore.len() > ENTRIES_MAX {
        return Err(IgnoreError::TooMany);
    }
    file.ignore.into_iter().enumerate().map(|(place, raw)| raw.checked(place + 1)).collect()
}

impl Raw {
    fn checked(self, number: usize) -> Result<Ignore, IgnoreError> {
        let package = match self.package {
            Some(purl) => Some(Purl::parse(&purl).ok_or(IgnoreError::NotAPurl(number))?),
            None => None,
        };
        let ids = self.id.map(OneOrMore::into_list).unwrap_or_default();
        let paths = self.path.map(OneOrMore::into_list).unwrap_or_default();
        let reason = self.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if ids.is_empty() && package.is_none() && paths.is_empty() {
            return Err(IgnoreError::Everything(number));
        }
        let until = match self.until {
            Some(toml::Value::String(text)) if text == "never" => None,
            Some(toml::Value::String(text)) => Some(Day::parse(&text).map_err(|_| IgnoreError::NoEnd(number))?),
            Some(toml::Value::Datetime(date)) => {
                let text = date.to_string();
                Some(Day::parse(text.get(..10).unwrap_or(&text)).map_err(|_| IgnoreError::NoEnd(number))?)
            }
            _ => return Err(IgnoreError::NoEnd(number)),
        };
        Ok(Ignore { ids, package, paths, reason: reason.ok_or(IgnoreError::NoReason(number))?, until })
    }
}

impl IgnoreError {
    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::NotToml(detail) => text!(
                en "The list of what to ignore cannot be read: {detail}",
                fr "La liste de ce qu'il faut ignorer est illisible : {detail}",
                de "Die Liste dessen, was zu übergehen ist, ist nicht lesbar: {detail}"
            ),
            Self::Everything(number) => text!(
                en "Entry {number} names no id, package or path and would ignore everything.",
                fr "L'entrée {number} ne nomme ni id, ni paquet, ni chemin et ignorerait tout.",
                de "Eintrag {number} nennt weder id noch Paket noch Pfad und würde alles übergehen."
            ),
            Self::NoReason(number) => text!(
                en "Entry {number} has no reason.",
                fr "L'entrée {number} n'a pas de raison.",
                de "Eintrag {number} hat keine Begründung."
            ),
            Self::NoEnd(number) => text!(
                en "Entry {number} does not say until when it holds.",
                fr "L'entrée {number} ne dit pas jusqu'à quand elle vaut.",
                de "Eintrag {number} sagt nicht, bis wann er gilt."
            ),
            Self::NotAPurl(number) => text!(
                en "The package of entry {number} is no package URL.",
                fr "Le paquet de l'entrée {number} n'est pas une URL de paquet (purl).",
                de "Das Paket von Eintrag {number} ist keine Paket-URL (purl)."
            ),
            Self::TooMany => text!(
                en "The list of what to ignore has more than {ENTRIES_MAX} entries.",
                fr "La liste de ce qu'il faut ignorer a plus de {ENTRIES_MAX} entrées.",
                de "Die Liste dessen, was zu übergehen ist, hat mehr als {ENTRIES_MAX} Einträge."
            ),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Text {
        text!(
            en "[[ignore]] with id, package or path, a reason = \"…\" and until = 2099-12-31 or \"never\"",
            fr "[[ignore]] avec id, package ou path, une reason = \"…\" et until = 2099-12-31 ou \"never\"",
            de "[[ignore]] mit id, package oder path, einer reason = \"…\" und until = 2099-12-31 oder \"never\""
        )
    }
}

/// Sorts findings by what a file says of them on this day.
pub fn apply<T: Judged>(entries: &[Ignore], findings: Vec<T>, today: Day) -> Ignored<T> {
    let holds = |entry: &Ignore| entry.until.is_none_or(|until| today <= until);
    let mut used = vec![false; entries.len()];
    let mut applied = Applied { kept: Vec::with_capacity(findings.len()), suppressed: Vec::new() };
    for found in findings {
        match entries.iter().position(|entry| holds(entry) && entry.fits(&found)) {
            Some(place) => {
                used[place] = true;
                let why = Why::Ignored { reason: entries[place].reason.clone(), until: entries[place].until };
                applied.suppressed.push(Suppressed { found, why });
            }
            None => applied.kept.push(found),
        }
    }
    let numbers = |wanted: &dyn Fn(usize, &Ignore) -> bool| {
        entries.iter().enumerate().filter(|(place, entry)| wanted(*place, entry)).map(|(place, _)| place + 1).collect()
    };
    Ignored {
        applied,
        expired: numbers(&|_, entry| !holds(entry)),
        unused: numbers(&|place, entry| holds(entry) && !used[place]),
    }
}

impl Ignore {
    fn fits(&self, found: &impl Judged) -> bool {
        let named = self.ids.is_empty() || self.ids.iter().any(|id| found.names().iter().any(|name| matches(id, name)));
        let placed = self.paths.is_empty() || {
            let paths = found.paths();
            // All places must be ignored: one that is not keeps the finding.
            !paths.is_empty()
                && paths.iter().all(|path| self.paths.iter().any(|pattern| matches(pattern, path.trim_start_matches('/'))))
        };
        named && placed && self.package.as_ref().is_none_or(|stated| is_package(stated, found))
    }
}

fn is_package(stated: &Purl, found: &impl Judged) -> bool {
    found.packages().into_iter().any(|(purl, version)| {
        let same = Purl::parse(&purl).is_some_and(|purl| matches(&stated.key(), &purl.key()));
        same && stated.evr().is_none_or(|stated| stated == version)
    })
}

/// Whether a text fits a pattern in which `*` stands for anything, also across `/`; letters of ids have no
/// case. Takes no more than length of pattern × length of text steps.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from, mut star, mut again) = (0, 0, None, 0);
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some(at);
                again = from;
                at += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&text[from]) => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some(star) = star else { return false };
                again += 1;
                (at, from) = (star + 1, again);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Found(&'static str, &'static str, Vec<&'static str>);

    impl Judged for Found {
        fn names(&self) -> Vec<&str> {
            vec![self.0, "GHSA-alias"]
        }

        fn packages(&self) -> Vec<(String, &str)> {
            vec![(self.1.to_owned(), "1.0")]
        }

        fn paths(&self) -> Vec<&str> {
            self.2.clone()
        }
    }

    fn outcome(entry: &str, found: Found) -> &'static str {
        let text = format!("[[ignore]]\n{entry}\nreason = \"r\"\nuntil = 2099-06-30\n");
        let ignored = apply(&parse(&text).unwrap(), vec![found], Day::parse("2099-06-30").unwrap());
        if ignored.applied.kept.is_empty() { "ignored" } else { "kept" }
    }

    #[test]
    fn all_that_is_given_must_fit() {
        let alpha = || Found("CVE-2099-0001", "pkg:npm/alpha", vec!["vendor/a/package.json", "vendor/b/package.json"]);
        for (entry, expected) in [
            (r#"id = "CVE-2099-0001""#, "ignored"),
            (r#"id = "cve-2099-0001""#, "ignored"),
            (r#"id = ["x", "GHSA-alias"]"#, "ignored"),
            (r#"id = "CVE-2099-*""#, "ignored"),
            (r#"id = "CVE-2098-*""#, "kept"),
            (r#"package = "pkg:npm/alpha""#, "ignored"),
            (r#"package = "pkg:npm/alpha@1.0""#, "ignored"),
            (r#"package = "pkg:npm/alpha@1.1""#, "kept"),
            (r#"package = "pkg:npm/al*""#, "ignored"),
            ("id = \"CVE-2099-0001\"\npackage = \"pkg:npm/beta\"", "kept"),
            (r#"path = "vendor/**""#, "ignored"),
            (r#"path = "vendor/a/*""#, "kept"),
            (r#"path = ["vendor/a/*", "vendor/b/*"]"#, "ignored"),
        ] {
            assert_eq!(outcome(entry, alpha()), expected, "{entry}");
        }
        assert_eq!(
            outcome(r#"path = "**""#, Found("CVE-2099-0001", "pkg:npm/alpha", vec![])),
            "kept",
            "no place is no such place"
        );
    }

    #[test]
    fn entries_end_and_are_named_when_they_do_nothing() {
        let text = "[[ignore]]\nid = \"A\"\nreason = \"r\"\nuntil = 2099-01-01\n[[ignore]]\nid = \"B\"\nreason = \"r\"\nuntil = \"never\"\n\
                    [[ignore]]\nid = \"C\"\nreason = \"r\"\nuntil = \"2099-06-30\"\n";
        let found = vec![Found("A", "", vec![]), Found("C", "", vec![])];
        let ignored = apply(&parse(text).unwrap(), found, Day::parse("2099-01-02").unwrap());
        assert_eq!((ignored.expired, ignored.unused), (vec![1], vec![2]));
        assert_eq!(ignored.applied.kept.len(), 1);
        let until = Some(Day::parse("2099-06-30").unwrap());
        assert_eq!(ignored.applied.suppressed[0].why, Why::Ignored { reason: "r".into(), until });
    }

    #[test]
    fn says_what_is_wrong() {
        for (entry, expected) in [
            ("reason = \"r\"\nuntil = \"never\"", "entry 1 has neither id, package nor path"),
            ("id = \"A\"\nuntil = \"never\"", "entry 1 has no reason"),
            ("id = \"A\"\nreason = \" \"\nuntil = \"never\"", "entry 1 has no reason"),
            ("id = \"A\"\nreason = \"r\"", "entry 1 has no end: until = 2099-12-31, or \"never\""),
            ("id = \"A\"\nreason = \"r\"\nuntil = \"soon\"", "entry 1 has no end: until = 2099-12-31, or \"never\""),
            ("package = \"alpha\"\nreason = \"r\"\nuntil = \"never\"", "the package of entry 1 is no package URL"),
        ] {
            assert_eq!(parse(&format!("[[ignore]]\n{entry}\n")).unwrap_err().to_string(), expected);
        }
        let misspelt = parse("[[ignore]]\nids = \"A\"\n").unwrap_err().to_string();
        assert!(misspelt.contains("line 2") && misspelt.contains("ids"), "{misspelt}");
        assert!(parse("").unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn foreign_text_is_read_without_panic(text in "\\PC{0,60}", pattern in "[a*]{0,12}", name in "[ab]{0,12}") {
            prop_assert!(parse(&text).is_ok_and(|entries| entries.is_empty()) || parse(&text).is_err());
            prop_assert!(matches("*", &name) && matches(&name, &name));
            prop_assert_eq!(matches(&pattern, &name), slow(pattern.as_bytes(), name.as_bytes()));
        }
    }

    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|skipped| slow(rest, &text[skipped..])),
            Some((first, rest)) => text.split_first().is_some_and(|(byte, after)| byte == first && slow(rest, after)),
        }
    }
}
