//! Rules made ready: keywords by number, patterns compiled when they are first needed.
//!
//! Compiling all patterns takes longer than a small scan; most scans need a handful.

use super::keywords::Keywords;
use regex::bytes::{Regex, RegexBuilder};
use std::sync::LazyLock;
use vigie_catalogue::secret::SecretRule;
use vigie_catalogue::{Entry, Family, Maturity};

/// Largest automaton a pattern may build while it runs; beyond it, it runs slower.
const DFA_BYTES_MAX: usize = 256 * 1024;

/// A rule made ready.
pub(super) struct Rule {
    pub(super) entry: &'static Entry,
    pub(super) says: &'static SecretRule,
    regex: LazyLock<Option<Regex>, Box<dyn FnOnce() -> Option<Regex> + Send>>,
    allowed: LazyLock<Vec<Regex>, Box<dyn FnOnce() -> Vec<Regex> + Send>>,
}

impl Rule {
    fn new(entry: &'static Entry, says: &'static SecretRule) -> Self {
        // A pattern that does not compile is a mistake of ours that a test finds; a program built in
        // spite of that test does without the rule.
        let compiled = || compile(&if says.before == 0 { format!(r"\A(?:{})", says.regex) } else { says.regex.clone() });
        let allowed = || says.allow.regexes.iter().filter_map(|pattern| compile(pattern)).collect();
        Self { entry, says, regex: LazyLock::new(Box::new(compiled)), allowed: LazyLock::new(Box::new(allowed)) }
    }

    /// The pattern; at its keyword, where the rule does not say that it begins before.
    pub(super) fn regex(&self) -> Option<&Regex> {
        self.regex.as_ref()
    }

    /// Whether one of the rule's own exceptions stands in the secret.
    pub(super) fn allows(&self, secret: &[u8]) -> bool {
        self.says.allow.words.iter().any(|word| contains_any_case(secret, word.as_bytes()))
            || self.allowed.iter().any(|regex| regex.is_match(secret))
    }

    /// Whether the rule is for a file of this path.
    pub(super) fn is_for(&self, path: &str) -> bool {
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| fits(pattern, path));
        (self.says.paths.is_empty() || fits(&self.says.paths)) && !fits(&self.says.allow.paths)
    }
}

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).dfa_size_limit(DFA_BYTES_MAX).build().ok()
}

/// Whether bytes hold a word in whatever case.
pub(super) fn contains_any_case(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len().max(1)).any(|here| here.eq_ignore_ascii_case(word))
}

/// Whether a pattern with `*` fits the end of a path: as many of its last parts as the pattern has.
fn fits(pattern: &str, path: &str) -> bool {
    let parts = pattern.split('/').count();
    let start = path.rmatch_indices('/').nth(parts - 1).map_or(0, |(slash, _)| slash + 1);
    path.get(start..).is_some_and(|tail| tail.split('/').count() == parts && wildcard(pattern.as_bytes(), tail.as_bytes()))
}

/// `*` stands for any bytes but `/`; letters in whatever case.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(byte) if byte.eq_ignore_ascii_case(&text[t]) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, eaten)) if text[eaten] != b'/' => {
                    star = Some((at, eaten + 1));
                    (p, t) = (at + 1, eaten + 1);
                }
                _ => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// All rules and the filter over their keywords.
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    pub(super) keywords: Keywords,
    /// For each keyword, the numbers of its rules.
    pub(super) by_keyword: Vec<Vec<u16>>,
    /// The farthest that a match may begin before its keyword.
    pub(super) before: usize,
    /// The farthest that a match may reach from its keyword on.
    pub(super) after: usize,
}

impl Rules {
    /// The rules of some entries; entries of other families and retired ones do not count.
    pub(super) fn of(entries: impl IntoIterator<Item = &'static Entry>) -> Self {
        let wanted = entries.into_iter().filter(|entry| entry.family == Family::Secrets && entry.maturity != Maturity::Retired);
        let rules: Vec<Rule> =
            wanted.filter_map(|entry| Some(Rule::new(entry, entry.secret.as_ref()?))).take(usize::from(u16::MAX)).collect();
        let mut words: Vec<(&str, bool)> = Vec::new();
        let mut by_keyword: Vec<Vec<u16>> = Vec::new();
        for (number, rule) in (0_u16..).zip(&rules) {
            for word in rule.says.keywords.iter().filter(|word| word.len() >= SecretRule::KEYWORD_MIN) {
                let key = (word.as_str(), rule.says.any_case);
                match words.iter().position(|known| *known == key) {
                    Some(place) => by_keyword[place].push(number),
                    None => {
                        words.push(key);
                        by_keyword.push(vec![number]);
                    }
                }
            }
        }
        let farthest = |reach: fn(&SecretRule) -> u16| rules.iter().map(|rule| usize::from(reach(rule.says))).max().unwrap_or(0);
        let (before, after) = (farthest(|rule| rule.before), farthest(|rule| rule.after));
        Self { keywords: Keywords::new(words.into_iter()), by_keyword, before, after, rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles_and_has_its_group() {
        for entry in vigie_catalogue::of(Family::Secrets) {
            let says = entry.secret.as_ref().unwrap();
            let regex =
                RegexBuilder::new(&says.regex).unicode(false).build().unwrap_or_else(|error| panic!("{}: {error}", entry.path));
            assert!(says.group < regex.captures_len(), "{}: no group {}", entry.path, says.group);
            for pattern in &says.allow.regexes {
                assert!(compile(pattern).is_some(), "{}: {pattern}", entry.path);
            }
        }
    }

    #[test]
    fn patterns_fit_the_end_of_a_path() {
        for (pattern, path, expected) in [
            (".npmrc", "home/a/.npmrc", true),
            (".npmrc", ".npmrc", true),
            (".npmrc", "a.npmrc", false),
            ("*.yaml", "a/b.YAML", true),
            ("*.yaml", "a.yaml/b", false),
            (".docker/config.json", "root/.docker/config.json", true),
            (".docker/config.json", "docker/config.json", false),
            ("*/x", "x", false),
            (".env*", "a/.env.local", true),
            ("*a*b", "xaxxb", true),
            ("*a*b", "xaxxbc", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }
}
