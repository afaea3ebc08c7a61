//! One file as it passes by in pieces.
//!
//! Holds: what is found does not depend on how the file was cut (property test); memory is bounded by
//! [`PIECE`] and the reach of the rules, whatever the file's size.

use super::files::{self, Character};
use super::manifest::Manifest;
use super::verify::{self, View};
use super::{Scanner, mark};
use std::ops::Range;
use vigie_model::secret::{Confidence, Origin, Secret};

/// How much of a file is gathered before it is looked through.
const PIECE: usize = 128 * 1024;

/// How many secrets one file may have; a file with more is a store of them.
pub(super) const SECRETS_MAX: usize = 1000;

/// What is kept before the place that was looked at last: the beginning of its line.
const CONTEXT: usize = 1024;

/// A line of this length was not written by a person.
const LONG_LINE: u64 = 4096;

/// A file being scanned.
pub struct FileScan {
    scanner: Scanner,
    /// Nothing more to look at: the first bytes said that it is no text.
    is_unwanted: bool,
    buffer: Vec<u8>,
    /// Where in the buffer the first place is that was not looked at.
    looked: usize,
    pub(super) state: State,
    manifest: Manifest,
}

/// What is known so far of a file.
pub(super) struct State {
    path: String,
    character: Character,
    /// Decided with the first bytes.
    binary: Option<bool>,
    /// Where the bytes at hand begin in the file.
    base: u64,
    lines: Lines,
    hits: Vec<Hit>,
    /// Rules asked so far, and whether they are for a file of this path.
    asked: Vec<(u16, bool)>,
}

/// A secret and its place.
struct Hit {
    rule: u16,
    span: Range<u64>,
    generic: bool,
    secret: Secret,
}

/// Counts line ends up to a place.
#[derive(Clone, Copy)]
struct Lines {
    /// Up to where they are counted.
    at: u64,
    line: u32,
    /// Where the line at hand begins.
    start: u64,
}

impl Lines {
    /// Counts on through bytes that begin at `at`.
    fn pass(&mut self, bytes: &[u8]) {
        let ends = memchr::memchr_iter(b'\n', bytes).count();
        if let Some(last) = memchr::memrchr(b'\n', bytes) {
            self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
            self.start = self.at + last as u64 + 1;
        }
        self.at += bytes.len() as u64;
    }
}

impl State {
    pub(super) fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            character: files::character(path),
            binary: None,
            base: 0,
            lines: Lines { at: 0, line: 1, start: 0 },
            hits: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// Decides by the first bytes; whether the file is worth a look.
    fn begins_with(&mut self, head: &[u8]) -> bool {
        self.binary.get_or_insert_with(|| files::is_binary(head));
        files::is_wanted_by_head(head)
    }

    /// Looks for secrets whose keyword begins in a range of the bytes at hand.
    fn look(&mut self, scanner: &Scanner, bytes: &[u8], range: Range<usize>) {
        let rules = &scanner.shared.rules;
        let known = self.hits.len();
        rules.keywords.find(bytes, range.start, range.end, |at, keyword| {
            for &number in &rules.by_keyword[usize::from(keyword)] {
                self.examine(scanner, View { bytes }, at, number);
            }
        });
        // Lines are counted from the last place that stays: hits come in no strict order.
        let mut lines = self.lines;
        let fresh = self.hits.get_mut(known..).unwrap_or_default();
        fresh.sort_by_key(|hit| hit.span.start);
        for hit in fresh {
            let from = usize::try_from(lines.at - self.base).unwrap_or(usize::MAX);
            let to = usize::try_from(hit.span.start - self.base).unwrap_or(usize::MAX);
            lines.pass(bytes.get(from..to).unwrap_or_default());
            hit.secret.line = lines.line;
            hit.secret.column = u32::try_from(hit.span.start - lines.start + 1).unwrap_or(u32::MAX);
            if hit.span.start - lines.start > LONG_LINE {
                hit.secret.confidence = hit.secret.confidence.lowered();
                hit.generic |= hit.secret.confidence == Confidence::Low;
            }
        }
    }

    fn examine(&mut self, scanner: &Scanner, view: View<'_>, at: usize, number: u16) {
        let rule = &scanner.shared.rules.rules[usize::from(number)];
        let out_of_place = (rule.says.text_only && self.binary == Some(true))
            || (rule.says.generic && (self.character.generated || self.character.illustrative));
        let place = self.base + at as u64;
        let seen = |hit: &Hit| hit.rule == number && hit.span.contains(&place);
        if out_of_place
            || self.hits.len() >= SECRETS_MAX
            || self.hits.iter().rev().take(8).any(seen)
            || !self.is_for(scanner, number)
        {
            return;
        }
        let Some(found) = verify::secret_at(view, at, rule) else { return };
        let span = self.base + found.start as u64..self.base + found.end as u64;
        if self.hits.iter().any(|hit| hit.rule == number && hit.span == span) {
            return;
        }
        let secret = &view.bytes[found];
        let keyword = rule.says.keywords.iter().find(|word| secret.starts_with(word.as_bytes())).map_or("", String::as_str);
        self.hits.push(Hit {
            rule: number,
            generic: rule.says.generic,
            secret: Secret {
                rule: rule.entry.id.clone(),
                origin: Origin::File,
                path: self.path.clone(),
                line: 0,
                column: 0,
                masked: mark::masked(secret, keyword),
                fingerprint: scanner.shared.key.of(secret),
                confidence: self.confidence(rule.says.confidence),
            },
            span,
        });
    }

    fn is_for(&mut self, scanner: &Scanner, number: u16) -> bool {
        if let Some((_, answer)) = self.asked.iter().find(|(asked, _)| *asked == number) {
            return *answer;
        }
        let answer = scanner.shared.rules.rules[usize::from(number)].is_for(&self.path);
        self.asked.push((number, answer));
        answer
    }

    fn confidence(&self, rule: vigie_catalogue::secret::Confidence) -> Confidence {
        use vigie_catalogue::secret::Confidence as Says;
        let full = match rule {
            Says::High => Confidence::High,
            Says::Medium => Confidence::Medium,
            Says::Low => Confidence::Low,
        };
        // Libraries carry the keys of their self-tests.
        let doubtful = self.character.generated || self.binary == Some(true);
        let full = if doubtful { full.lowered() } else { full };
        if self.character.illustrative { full.lowered() } else { full }
    }

    /// The places of everything that was found, the unsure and the doubled included, in order.
    fn places(self) -> Vec<Range<u64>> {
        let mut places: Vec<_> = self.hits.into_iter().map(|hit| hit.span).collect();
        places.sort_by_key(|place| (place.start, place.end));
        places
    }

    /// The secrets, in the order of the file; of two at the same place the surer one.
    fn secrets(mut self) -> Vec<Secret> {
        // Surer first, then longer, then the older rule.
        let rank = |hit: &Hit| {
            (hit.generic, std::cmp::Reverse(hit.secret.confidence), std::cmp::Reverse(hit.span.end - hit.span.start), hit.rule)
        };
        self.hits.sort_by_key(rank);
        let mut kept: Vec<Hit> = Vec::new();
        for hit in self.hits {
            let overlaps = kept.iter().any(|other| other.span.start < hit.span.end && hit.span.start < other.span.end);
            if !overlaps {
                kept.push(hit);
            }
        }
        kept.sort_by_key(|hit| hit.span.start);
        kept.into_iter().map(|hit| hit.secret).collect()
    }
}

impl FileScan {
    pub(super) fn new(scanner: &Scanner, path: &str, size: u64) -> Self {
        let expected = usize::try_from(size).unwrap_or(usize::MAX).min(PIECE);
        Self {
            scanner: scanner.clone(),
            is_unwanted: false,
            buffer: Vec::with_capacity(expected),
            looked: 0,
            state: State::new(path),
            manifest: Manifest::of(path),
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.is_unwanted {
            let room = (PIECE + self.reach()).saturating_sub(self.buffer.len()).max(1);
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.buffer.extend_from_slice(now);
            self.manifest.feed(now);
            bytes = later;
            if self.buffer.len() >= PIECE + self.reach() {
                self.look(self.buffer.len() - self.scanner.shared.rules.after);
                self.forget();
            }
        }
    }

    /// Everything found, now that the file has ended.
    #[must_use]
    pub fn finish(mut self) -> Vec<Secret> {
        self.look(self.buffer.len());
        if self.is_unwanted {
            return Vec::new();
        }
        let path = std::mem::take(&mut self.state.path);
        let mut secrets = self.state.secrets();
        self.manifest.add_to(&mut secrets, &self.scanner, &path);
        secrets
    }

    /// How much of the buffer may be needed around the place that is looked at next.
    fn reach(&self) -> usize {
        self.scanner.shared.rules.after + self.scanner.shared.rules.before.max(CONTEXT)
    }

    fn look(&mut self, to: usize) {
        if self.state.base == 0 && self.looked == 0 && !self.state.begins_with(&self.buffer) {
            self.is_unwanted = true;
            self.buffer = Vec::new();
            return;
        }
        self.state.look(&self.scanner, &self.buffer, self.looked..to);
        self.looked = to;
    }

    /// Drops what is behind.
    fn forget(&mut self) {
        let gone = self.looked.saturating_sub(self.scanner.shared.rules.before.max(CONTEXT)).min(self.buffer.len());
        self.state.lines.pass(&self.buffer[..gone]);
        self.buffer.drain(..gone);
        self.looked -= gone;
        self.state.base += gone as u64;
    }
}

/// Scans bytes that are all there, without copying them.
pub(super) fn whole(scanner: &Scanner, path: &str, bytes: &[u8], look_inside: bool) -> Vec<Secret> {
    let mut state = State::new(path);
    if !state.begins_with(bytes) {
        return Vec::new();
    }
    state.look(scanner, bytes, 0..bytes.len());
    let mut secrets = state.secrets();
    if look_inside {
        let mut manifest = Manifest::of(path);
        manifest.feed(bytes);
        manifest.add_to(&mut secrets, scanner, path);
    }
    secrets
}

/// What stands in the place of a secret that was taken out of a text.
pub(super) const TAKEN_OUT: &str = "****";

/// A text with everything taken out that looks like a secret; none where nothing does.
pub(super) fn without(scanner: &Scanner, path: &str, text: &str) -> Option<String> {
    let mut state = State::new(path);
    state.look(scanner, text.as_bytes(), 0..text.len());
    let places = state.places();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for place in &places {
        let [start, end] = [place.start, place.end].map(|end| usize::try_from(end).unwrap_or(usize::MAX));
        if end <= at {
            continue;
        }
        if start >= at {
            // A place within a letter of several bytes ends before it: rather too much is taken out.
            kept.push_str(text.get(at..start).unwrap_or_default());
            kept.push_str(TAKEN_OUT);
        }
        at = end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    (!places.is_empty()).then_some(kept)
}
