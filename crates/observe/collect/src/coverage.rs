//! What of a source's records was understood, by whom, and what the rest looks like.
//!
//! Records that nobody understood are kept by their form, a few of each source, with how often such a one came: that is
//! where a page or a parser is worth its work. Bounded: [`FORMATS_MAX`] formats and [`FORMS_MAX`] forms a source, of each a
//! line of [`LINE_MAX`] bytes at most. What came beyond is counted. Since the start of the program.

use serde::Serialize;
use std::sync::Arc;
use vigie_model::event::Event;
use vigie_model::event::ocsf::field;

/// Most formats of one source that are counted by name.
pub const FORMATS_MAX: usize = 128;

/// Most forms of records of one source of which a line is kept.
pub const FORMS_MAX: usize = 20;

/// Longest line that is kept, in bytes.
pub const LINE_MAX: usize = 1_024;

/// Words of a message by which forms are told apart.
const WORDS: usize = 8;

/// The counts of one source.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    formats: Vec<(Box<str>, u64)>,
    /// Where the format of the last event is counted: the next is usually of the same.
    last: usize,
    beyond_formats: u64,
    forms: Vec<Form>,
    beyond_forms: u64,
    set_aside: u64,
}

/// Records that look alike.
#[derive(Debug)]
struct Form {
    sign: u64,
    events: u64,
    line: Box<str>,
}

/// What of a source's records was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageReport {
    /// The source's name.
    pub source: Arc<str>,
    /// Records received since the start of the program.
    pub received: u64,
    /// Records that a parser understood.
    pub parsed: u64,
    /// Records kept without having been understood, those set aside among them.
    pub unparsed: u64,
    /// Records that no parser may take; the events say why as `unmapped.set_aside`.
    pub set_aside: u64,
    /// The parsed by format, the most frequent first; the empty name stands for all beyond [`FORMATS_MAX`].
    pub formats: Vec<FormatCount>,
    /// The unparsed by form, the most frequent first.
    pub forms: Vec<FormCount>,
    /// Unparsed records of further forms.
    pub of_other_forms: u64,
}

/// How many records a format understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormatCount {
    /// The format.
    pub format: String,
    /// Events.
    pub events: u64,
}

/// How many records look like this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormCount {
    /// Events.
    pub events: u64,
    /// The first of them, cut at [`LINE_MAX`].
    pub line: String,
}

impl Coverage {
    /// Counts an event.
    pub(crate) fn count(&mut self, event: &Event) {
        if event.is_parsed() {
            self.count_format(&event.origin.format);
        } else {
            self.set_aside += u64::from(event.unmapped.iter().any(|(name, _)| name == "set_aside"));
            self.count_form(event);
        }
    }

    fn count_format(&mut self, format: &str) {
        let is_last = self.formats.get(self.last).is_some_and(|(known, _)| **known == *format);
        if !is_last {
            match self.formats.iter().position(|(known, _)| **known == *format) {
                Some(at) => self.last = at,
                None if self.formats.len() < FORMATS_MAX => {
                    self.last = self.formats.len();
                    self.formats.push((format.into(), 0));
                }
                None => {
                    self.beyond_formats += 1;
                    return;
                }
            }
        }
        if let Some((_, events)) = self.formats.get_mut(self.last) {
            *events += 1;
        }
    }

    fn count_form(&mut self, event: &Event) {
        let program = event.text(field::ACTOR_PROCESS_NAME).unwrap_or_default();
        let message = event.text(field::MESSAGE).unwrap_or_default();
        let sign = sign(program, message);
        if let Some(form) = self.forms.iter_mut().find(|form| form.sign == sign) {
            form.events += 1;
        } else if self.forms.len() < FORMS_MAX {
            let start = event.raw.get(..event.raw.len().min(LINE_MAX)).unwrap_or_default();
            let line = String::from_utf8_lossy(start).trim_end_matches('\u{fffd}').into();
            self.forms.push(Form { sign, events: 1, line });
        } else {
            self.beyond_forms += 1;
        }
    }

    /// All of it, for a source that counted this much.
    pub(crate) fn report(&self, source: &Arc<str>, received: u64, parsed: u64, unparsed: u64) -> CoverageReport {
        let beyond = (self.beyond_formats > 0).then(|| FormatCount { format: String::new(), events: self.beyond_formats });
        let named = self.formats.iter().map(|(format, events)| FormatCount { format: format.to_string(), events: *events });
        let mut formats: Vec<FormatCount> = named.chain(beyond).collect();
        formats.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.format.cmp(&b.format)));
        let mut forms: Vec<FormCount> =
            self.forms.iter().map(|form| FormCount { events: form.events, line: form.line.to_string() }).collect();
        forms.sort_by_key(|form| std::cmp::Reverse(form.events));
        CoverageReport {
            source: source.clone(),
            received,
            parsed,
            unparsed,
            set_aside: self.set_aside,
            formats,
            forms,
            of_other_forms: self.beyond_forms,
        }
    }
}

/// A number that records of one form share: of the first words, those that look like names or numbers stand for any (FNV-1a).
fn sign(program: &str, message: &str) -> u64 {
    let mut sign = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| sign = (sign ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    program.bytes().for_each(&mut add);
    for word in message.split_ascii_whitespace().take(WORDS) {
        add(b' ');
        let is_any = word.bytes().any(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'=' | b'@' | b'"' | b'\''));
        if is_any { add(b'#') } else { word.bytes().for_each(&mut add) }
    }
    sign
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::event::{Class, Labels, Origin};
    use vigie_model::time::Timestamp;

    fn event(format: &str, line: &str) -> Event {
        let origin = Arc::new(Origin { source: "s".into(), format: format.into(), host: "".into(), labels: Labels::none() });
        let mut event = Event::new(Class::BaseEvent, Timestamp::EPOCH, Timestamp::EPOCH, origin, line.as_bytes().to_vec());
        event.set(field::MESSAGE, line);
        event
    }

    #[test]
    fn counts_by_format_and_keeps_one_line_of_each_form() {
        let mut coverage = Coverage::default();
        for (format, line) in
            [("sshd", "x"), ("", "job 7 took 12ms"), ("sudo", "x"), ("sshd", "x"), ("", "job 8 took 3ms"), ("", "other")]
        {
            coverage.count(&event(format, line));
        }
        let report = coverage.report(&"s".into(), 6, 3, 3);
        let formats: Vec<(&str, u64)> = report.formats.iter().map(|row| (&*row.format, row.events)).collect();
        assert_eq!(formats, [("sshd", 2), ("sudo", 1)]);
        let forms: Vec<(&str, u64)> = report.forms.iter().map(|row| (&*row.line, row.events)).collect();
        assert_eq!(forms, [("job 7 took 12ms", 2), ("other", 1)]);
    }

    #[test]
    fn memory_is_bounded_and_what_is_beyond_is_counted() {
        let mut coverage = Coverage::default();
        for number in 0..1_000_u32 {
            let word: String = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
            coverage.count(&event("", &format!("{word} {}", "é".repeat(2_000))));
            coverage.count(&event(&word, "x"));
        }
        let report = coverage.report(&"s".into(), 0, 0, 0);
        assert_eq!((report.forms.len(), report.of_other_forms), (FORMS_MAX, 1_000 - FORMS_MAX as u64));
        assert!(report.forms.iter().all(|form| form.line.len() <= LINE_MAX && !form.line.contains('\u{fffd}')));
        assert_eq!(report.formats.len(), FORMATS_MAX + 1);
        assert_eq!(report.formats.iter().map(|row| row.events).sum::<u64>(), 1_000);
    }
}
