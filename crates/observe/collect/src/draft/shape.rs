//! Patterns for lines of text: what is the same in lines that look alike stands there as it is, the rest becomes named parts.

use crate::mapping::{kind_regex, line_regex, literal};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Most patterns that are proposed; a page has room for more.
const PATTERNS_MAX: usize = 12;

/// Most tokens of a line that are looked at; what is beyond is the rest.
const TOKENS_MAX: usize = 60;

/// So many words that differ are a text of its own.
const WORDS_MAX: usize = 3;

/// Kinds in the order in which they are tried.
static KINDS: LazyLock<Vec<(&'static str, regex::Regex)>> = LazyLock::new(|| {
    let kinds = ["time", "url", "mail", "uuid", "mac", "ip", "path", "number"];
    kinds.into_iter().filter_map(|kind| Some((kind, kind_regex(kind)?))).collect()
});

/// Levels as programs write them.
const LEVELS: [&str; 13] =
    ["trace", "debug", "info", "notice", "warn", "warning", "error", "err", "crit", "critical", "fatal", "alert", "emerg"];

/// Words behind which the name of somebody or something stands.
const BEFORE_NAMES: [&str; 9] = ["user", "account", "host", "job", "service", "file", "client", "session", "by"];

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'l> {
    Blank,
    /// Letters.
    Word(&'l str),
    /// A sign.
    Sign(char),
    /// Something of a kind.
    Part(&'static str, &'l str),
    /// Whatever follows.
    Rest,
}

/// The patterns of lines.
pub(super) fn lines(lines: &[&str]) -> Vec<String> {
    let scanned: Vec<Vec<Token<'_>>> = lines.iter().map(|line| scan(line.trim())).collect();
    let mut groups: Vec<Vec<Vec<Token<'_>>>> = Vec::new();
    for tokens in &scanned {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| is_alike(first, tokens))) {
            Some(group) => group.push(tokens.clone()),
            None => groups.push(vec![tokens.clone()]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let is_scattered = groups.len() > PATTERNS_MAX || (lines.len() >= 6 && groups.len() * 2 > lines.len());
    if is_scattered && let Some(common) = beginning(&scanned) {
        return written(&common).into_iter().collect();
    }
    let mut patterns: Vec<String> = Vec::new();
    for group in groups.iter().take(PATTERNS_MAX) {
        let pattern = written(&merged(group));
        if let Some(pattern) = pattern.filter(|pattern| !patterns.contains(pattern)) {
            patterns.push(pattern);
        }
    }
    patterns
}

fn scan(line: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = line;
    let mut is_inside = false;
    while let Some(first) = rest.chars().next() {
        if tokens.len() >= TOKENS_MAX {
            tokens.push(Token::Rest);
            break;
        }
        let (token, length) = next(rest, first, is_inside);
        is_inside = matches!(token, Token::Word(_));
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

/// The next token and its bytes. `is_inside`: letters stand directly before, so that nothing but a sign begins here.
fn next(rest: &str, first: char, is_inside: bool) -> (Token<'_>, usize) {
    if matches!(first, ' ' | '\t') {
        return (Token::Blank, rest.len() - rest.trim_start_matches([' ', '\t']).len());
    }
    if first == '"'
        && let Some((inside, _)) = rest.get(1..).and_then(|after| after.split_once('"'))
        && !inside.contains('\\')
    {
        return (Token::Part("quoted", inside), inside.len() + 2);
    }
    if !is_inside && let Some((kind, text)) = of_kind(rest) {
        return (Token::Part(kind, text), text.len());
    }
    let end = rest.find(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '_' | '.' | '-'))).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
    if word.is_empty() {
        return (Token::Sign(first), first.len_utf8());
    }
    if LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) {
        return (Token::Part("level", word), word.len());
    }
    // `web-1`, `a81f`: a name of something, not a word of the program.
    let is_name = word.bytes().any(|byte| byte.is_ascii_digit()) && !is_inside;
    (if is_name { Token::Part("word", word) } else { Token::Word(word) }, word.len())
}

fn of_kind(rest: &str) -> Option<(&'static str, &str)> {
    for (kind, regex) in KINDS.iter() {
        let Some(found) = regex.find(rest) else { continue };
        let text = match *kind {
            "path" | "url" | "mail" => found.as_str().trim_end_matches(['.', ',', ';', ':', ')', ']', '\'']),
            _ => found.as_str(),
        };
        let next = rest.get(text.len()..).and_then(|after| after.chars().next());
        let ends = next.is_none_or(|next| !next.is_alphanumeric() && next != '_');
        let fits = match *kind {
            "ip" => ends && text.parse::<std::net::IpAddr>().is_ok(),
            "path" => text.len() > 1,
            // `12ms`: a number and its unit; `7.4.1`, `7a81f`: none.
            "number" => is_number(rest.get(text.len()..).unwrap_or_default()),
            _ => ends,
        };
        if fits {
            let kind = if *kind == "number" && !text.contains('.') { "int" } else { kind };
            return Some((kind, text));
        }
    }
    None
}

fn is_number(after: &str) -> bool {
    let unit = after.len() - after.trim_start_matches(|sign: char| sign.is_alphabetic()).len();
    let behind = after.get(unit..).and_then(|rest| rest.chars().next());
    let ends = behind.is_none_or(|next| !next.is_alphanumeric() && !matches!(next, '_' | '-'));
    let goes_on =
        behind == Some('.') && after.get(unit + 1..).is_some_and(|rest| rest.starts_with(|next: char| next.is_alphanumeric()));
    unit <= 3 && ends && !goes_on
}

/// Whether two lines are of one form: the same kinds in the same order, and at least half of the words.
fn is_alike(a: &[Token<'_>], b: &[Token<'_>]) -> bool {
    let (mut words, mut same) = (0, 0);
    let is_same_kind = |(a, b): (&Token<'_>, &Token<'_>)| match (a, b) {
        (Token::Word(a), Token::Word(b)) => {
            words += 1;
            same += usize::from(a == b);
            true
        }
        (Token::Part(a, _), Token::Part(b, _)) => a == b || (is_numeric(a) && is_numeric(b)),
        (Token::Part("word", _), Token::Word(_)) | (Token::Word(_), Token::Part("word", _)) => true,
        (a, b) => a == b,
    };
    a.len() == b.len() && a.iter().zip(b).all(is_same_kind) && same * 2 >= words
}

fn is_numeric(kind: &str) -> bool {
    matches!(kind, "int" | "number")
}

/// What lines of one form have in common.
fn merged<'l>(group: &[Vec<Token<'l>>]) -> Vec<Token<'l>> {
    let Some((first, others)) = group.split_first() else { return Vec::new() };
    let mut merged = first.clone();
    let mut words = 0;
    for (at, token) in merged.iter_mut().enumerate() {
        let there = || others.iter().filter_map(|other| other.get(at));
        match token {
            Token::Word(word) if there().any(|other| *other != Token::Word(word)) => {
                words += 1;
                *token = Token::Part("word", word);
            }
            Token::Part("int", text) if there().any(|other| matches!(other, Token::Part("number", _))) => {
                *token = Token::Part("number", text);
            }
            _ => {}
        }
    }
    if words > WORDS_MAX {
        let differs = |at: &usize| matches!((first.get(*at), merged.get(*at)), (Some(Token::Word(_)), Some(Token::Part(..))));
        if let Some(at) = (0..merged.len()).find(differs) {
            merged.truncate(at);
            merged.push(Token::Rest);
        }
    }
    named_values(&mut merged);
    merged
}

/// Words that stand where names of somebody stand: `user eva`, `user=eva`.
fn named_values(tokens: &mut [Token<'_>]) {
    for at in 2..tokens.len() {
        let Some([key, between, token]) = tokens.get_mut(at - 2..=at) else { continue };
        let (Token::Word(key), Token::Word(value)) = (&*key, &*token) else { continue };
        let is_value = match between {
            Token::Sign('=') => true,
            Token::Blank => BEFORE_NAMES.iter().any(|word| word.eq_ignore_ascii_case(key)),
            _ => false,
        };
        if is_value {
            *token = Token::Part("word", value);
        }
    }
}

/// What all lines begin with, if that says something, and the rest.
fn beginning<'l>(scanned: &[Vec<Token<'l>>]) -> Option<Vec<Token<'l>>> {
    let first = scanned.first()?;
    let fits = |at: usize| {
        scanned.iter().all(|tokens| match (first.get(at), tokens.get(at)) {
            (Some(Token::Part(a, _)), Some(Token::Part(b, _))) => a == b || (is_numeric(a) && is_numeric(b)),
            (a, b) => a == b && a.is_some(),
        })
    };
    let length = (0..first.len()).take_while(|at| fits(*at)).count();
    let mut common: Vec<Token<'l>> = first.get(..length)?.to_vec();
    let has_parts = common.iter().any(|token| matches!(token, Token::Part(..)));
    common.push(Token::Rest);
    has_parts.then_some(common)
}

/// The pattern of tokens. Lines that have no value begin alike and say something; what cannot be a pattern (too long, too
/// many parts, one for any line) is none.
fn written(tokens: &[Token<'_>]) -> Option<String> {
    let whole = put(tokens);
    if line_regex(&whole).is_ok() {
        return Some(whole);
    }
    let first = tokens.iter().position(|token| *token == Token::Blank)?;
    let mut beginning = tokens.get(..=first)?.to_vec();
    beginning.push(Token::Rest);
    Some(put(&beginning)).filter(|pattern| line_regex(pattern).is_ok())
}

fn put(tokens: &[Token<'_>]) -> String {
    let mut pattern = String::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |pattern: &mut String, kind: &str, name: String| {
        let count = names.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { name } else { format!("{name}{count}") };
        pattern.push_str(&format!("%{{{kind}:{name}}}"));
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Blank => pattern.push(' '),
            Token::Word(word) => pattern.push_str(&literal(word)),
            Token::Sign(sign) => pattern.push_str(&literal(&sign.to_string())),
            Token::Rest => add(&mut pattern, "rest", "message".to_owned()),
            Token::Part(kind, _) => add(&mut pattern, kind, name(tokens, at, kind)),
        }
    }
    pattern
}

/// What a part could be called, by what stands before it.
fn name(tokens: &[Token<'_>], at: usize, kind: &str) -> String {
    let before = |steps: usize| at.checked_sub(steps).and_then(|at| tokens.get(at));
    let key = match (before(1), before(2), before(3)) {
        (Some(Token::Sign('=' | ':')), Some(Token::Word(key)), _) => Some(*key),
        (Some(Token::Blank), Some(Token::Sign(':')), Some(Token::Word(key))) => Some(*key),
        (Some(Token::Sign('[')), Some(Token::Word(_)), _) if kind == "int" => Some("pid"),
        (Some(Token::Sign(':')), Some(Token::Part("ip", _)), _) if kind == "int" => Some("port"),
        (Some(Token::Blank | Token::Sign('(' | '[')), Some(Token::Word(word)), _)
        | (Some(Token::Sign('(' | '[')), Some(Token::Blank), Some(Token::Word(word))) => by_word(word, kind),
        _ => None,
    };
    let by_kind = match kind {
        "ip" => "src",
        "quoted" => "text",
        "uuid" => "id",
        "int" | "number" => "number",
        kind => kind,
    };
    clean(key.unwrap_or(by_kind)).unwrap_or_else(|| by_kind.to_owned())
}

fn by_word<'w>(word: &'w str, kind: &str) -> Option<&'w str> {
    match (word.to_ascii_lowercase().as_str(), kind) {
        ("from", "ip" | "word" | "mail") => Some("src"),
        ("to", "ip") => Some("dst"),
        ("by" | "user" | "account" | "login", "word" | "mail") => Some("user"),
        ("in" | "took" | "after" | "within", "int" | "number") => Some("duration"),
        (_, "int" | "number" | "word") => Some(word),
        _ => None,
    }
}

/// A name as patterns take it.
fn clean(name: &str) -> Option<String> {
    let clean: String = name.chars().filter(|sign| sign.is_ascii_alphanumeric() || *sign == '_').take(40).collect();
    clean.starts_with(|first: char| first.is_ascii_alphabetic()).then(|| clean.to_ascii_lowercase())
}
