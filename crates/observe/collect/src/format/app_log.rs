//! Logs of applications: time, level, where in the program, text, in the order that a framework likes.
//!
//! log4j, logback, java.util.logging, Python's `logging`, oslo, Ruby's `Logger`, Monolog, PHP, Elasticsearch, Hadoop, Windows'
//! servicing. What the text means nobody knows, but how bad it is the program says: Application Error (6008) from a warning
//! on, else Base Event, with `metadata.log_level` and `metadata.log_name`. A stack trace comes as lines of its own.

use super::{level, own_log};
use crate::header::{Clock, Line, number};
use crate::meaning::Meaning;
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

const FORMAT: &str = "app-log";

/// Most words before the level.
const WORDS_MAX: usize = 4;

/// Longest name of a logger.
const LOGGER_MAX: usize = 160;

/// What stands before a text.
#[derive(Clone, Copy, Default)]
struct Head<'a> {
    level: &'a str,
    logger: &'a str,
    pid: Option<i64>,
}

/// Reads what follows the time of a line: `INFO [main] org.example.App: text`, `- name - INFO - text`, `842 TID-x INFO: text`.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let (head, message) = head(rest)?;
    Some(said(Some(time), &head, message))
}

fn said<'a>(time: Option<Timestamp>, head: &Head<'a>, message: &'a str) -> (Line<'a>, Meaning) {
    let mut meaning = own_log::said(FORMAT, head.level);
    if head.logger.len() <= LOGGER_MAX {
        meaning.set_text(field::METADATA_LOG_NAME, head.logger);
    }
    (Line { time, pid: head.pid, message, ..Line::default() }, meaning)
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches([' ', ',', '|', '\t']);
    match text.as_bytes().first() {
        // A thread may have blanks.
        Some(b'[') => text.split_once(']').map_or((text, ""), |(inside, rest)| (inside.get(1..).unwrap_or_default(), rest)),
        _ => text.split_once([' ', '|', '\t']).unwrap_or((text, "")),
    }
}

/// Everything before the text: the level is among the first words.
fn head(rest: &str) -> Option<(Head<'_>, &str)> {
    let mut head = Head::default();
    let mut left = rest;
    for _ in 0..=WORDS_MAX {
        let was_bracketed = left.trim_start().starts_with('[');
        let (next, after) = word(left);
        left = after;
        let plain = next.trim_matches([':', '-', '<', '>', '(', ')', ' ']);
        // `ERROR[21763]`, `INFO:name:text`
        if is_level(plain) {
            head.level = plain;
            break;
        }
        if let Some(pid) = number(plain) {
            head.pid = Some(pid);
        } else if !plain.is_empty() && !was_bracketed {
            // One word may be a logger; two are a sentence.
            if !head.logger.is_empty() {
                return None;
            }
            head.logger = plain;
        }
    }
    if head.level.is_empty() {
        return None;
    }
    // Behind the level may stand a process id, dashes, a thread and the logger, which ends with a colon or a dash.
    let mut text = left.trim_start();
    if let Some((pid, after)) = text.split_once(" --- ").filter(|(pid, _)| number(pid).is_some()) {
        head.pid = number(pid);
        text = after.trim_start();
    }
    while let Some((_, after)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        text = after.trim_start();
    }
    let text = text.strip_prefix("- ").unwrap_or(text);
    if let Some((logger, after)) = text.split_once(' ') {
        let is_name = |name: &str| {
            name.contains(['.', '$', ':']) && !name.contains("://") && !name.contains([']', '/', '"']) && name.len() <= LOGGER_MAX
        };
        let after = after.trim_start();
        if let Some(name) = logger.strip_suffix(':')
            && is_name(name)
        {
            head.logger = name;
            return Some((head, after));
        }
        if let Some(message) = after.strip_prefix("- ").or_else(|| after.strip_prefix(": "))
            && is_name(logger)
        {
            head.logger = logger;
            return Some((head, message));
        }
        if is_name(logger)
            && !logger.ends_with('.')
            && logger.contains('.')
            && !logger.contains(':')
            && logger.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))
        {
            head.logger = logger;
            return Some((head, after));
        }
    }
    Some((head, text))
}

/// Whether a word is a level, written as frameworks do: all of it large, or `Info`.
fn is_level(word: &str) -> bool {
    let first_is_large = word.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    first_is_large
        && !matches!(word, "Log" | "Note" | "System" | "Security" | "Config" | "Alert" | "Panic" | "Fine")
        && level::severity(word).is_some()
        || matches!(word, "error" | "warn" | "warning" | "info" | "debug" | "notice" | "critical" | "fatal" | "trace")
}

/// Reads a line whose time stands in brackets: `[2026-11-21T08:30:00,123][WARN ][o.e.x] [node-1] text`,
/// `[2026-11-21 08:30:00] production.ERROR: text`, `[2026-Nov-21 08:30:00] [freepbx.INFO]: text`.
pub(super) fn read_bracket<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let inside = text.strip_prefix('[')?;
    let (time, rest) = if let Some((time, rest)) = clock.iso(inside) {
        (time, rest.split_once(']')?.1)
    } else if let Some((time, rest)) = clock.day_first(inside) {
        (time, rest.split_once(']')?.1)
    } else {
        // `2026-Nov-21 08:30:00`
        let (date, _) = inside.split_once(']')?;
        let (year, rest) = date.split_once('-')?;
        let (month, rest) = rest.split_once('-')?;
        let (day, at) = rest.split_once(' ')?;
        (clock.day_first(&format!("{day}-{month}-{year} {at}"))?.0, inside.split_once(']')?.1)
    };
    let rest = rest.trim_start();
    // Monolog: the channel and the level with a dot between.
    let (channel, message) = rest.split_once(": ").unwrap_or((rest, ""));
    if let Some((channel, level)) = channel.trim_matches(['[', ']']).rsplit_once('.')
        && is_level(level)
        && !channel.contains(' ')
    {
        return Some(said(Some(time), &Head { level, logger: channel, pid: None }, message));
    }
    if let Some(what) = rest.strip_prefix("PHP ") {
        let (kind, message) = what.split_once(':')?;
        let level = if kind.contains("atal") || kind.contains("arse") {
            "error"
        } else if kind.contains("arning") {
            "warning"
        } else {
            "notice"
        };
        return Some(said(Some(time), &Head { level, logger: "PHP", pid: None }, message.trim_start()));
    }
    let (mut head, message) = head(rest)?;
    // Elasticsearch pads its levels.
    if let Some((logger, after)) = rest
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .and_then(|(_, rest)| rest.strip_prefix('['))
        .and_then(|rest| rest.split_once(']'))
    {
        head.logger = logger.trim();
        return Some(said(Some(time), &head, after.trim_start()));
    }
    Some(said(Some(time), &head, message))
}

/// Reads a line of Ruby's `Logger`: `W, [2026-11-21T08:30:00.312916 #842]  WARN -- name: text`.
pub(super) fn read_ruby<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.iso(text.get(1..)?.strip_prefix(", [")?)?;
    let (pid, rest) = rest.trim_start().strip_prefix('#')?.split_once(']')?;
    let (level, rest) = rest.trim_start().split_once(" -- ")?;
    level::severity(level)?;
    let (logger, message) = rest.split_once(": ")?;
    Some(said(Some(time), &Head { level, logger, pid: number(pid) }, message))
}

/// Reads a line that Go's `logrus` prints on a terminal: `WARN[0012] text   key=value`, `INFO[2026-11-21T08:30:00Z] text`.
pub(super) fn read_logrus<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (word, rest) = text.split_once('[')?;
    let level = match word {
        "TRAC" => "trace",
        "DEBU" => "debug",
        "INFO" => "info",
        "WARN" => "warning",
        "ERRO" => "error",
        "FATA" | "PANI" => "fatal",
        _ => return None,
    };
    let (stamp, message) = rest.split_once("] ")?;
    let time = clock.iso(stamp).map(|(time, _)| time);
    if time.is_none() && number(stamp).is_none() {
        return None;
    }
    Some(said(time, &Head { level, ..Head::default() }, message.trim()))
}

/// Reads a line of the C library of Google and of Kubernetes: `W1121 08:30:00.123456     842 file.go:12] text`.
pub(super) fn read_klog<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let level = match text.as_bytes().first()? {
        b'I' => "info",
        b'W' => "warning",
        b'E' => "error",
        b'F' => "fatal",
        _ => return None,
    };
    let (date, rest) = text.get(1..)?.split_once(' ')?;
    let (month, day) = date.split_at_checked(2)?;
    let month = *["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .get(usize::try_from(number(month)?).ok()?.checked_sub(1)?)?;
    if day.len() != 2 {
        return None;
    }
    let at = rest.split(' ').next()?;
    let (time, _) = clock.day_first(&format!("{day} {month} {at}"))?;
    let (pid, rest) = rest.get(at.len()..)?.trim_start().split_once(' ')?;
    let (place, message) = rest.split_once("] ")?;
    let (line, mut meaning) = said(Some(time), &Head { level, logger: place, pid: number(pid) }, message);
    // Structured: `"text" key="value"`.
    if let Some((text, facts)) = message.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        meaning.set_text(field::MESSAGE, text);
        for (key, value) in super::pairs(facts).take(64) {
            meaning.keep_text(key, value);
        }
    }
    Some((line, meaning))
}

/// Reads a line of pairs that begins with its time or level: `time="2026-11-21T08:30:00Z" level=warning msg="text" id=1`.
pub(super) fn read_logfmt<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (mut time, mut level) = (None, "");
    for (key, value) in super::pairs(text).take(6) {
        match key {
            "time" | "ts" | "t" | "timestamp" => {
                time = clock.iso(value).map(|(time, _)| time).or_else(|| crate::header::epoch(value));
            }
            "level" | "lvl" | "severity" => level = value,
            _ => {}
        }
    }
    if level.is_empty() || super::level::severity(level).is_none() {
        return None;
    }
    let mut meaning = own_log::said("logfmt", level);
    for (key, value) in super::pairs(text).take(64) {
        match key {
            "time" | "ts" | "t" | "timestamp" | "level" | "lvl" | "severity" => &mut meaning,
            "msg" | "message" => meaning.set_text(field::MESSAGE, value),
            "logger" | "component" | "module" => meaning.set_text(field::METADATA_LOG_NAME, value),
            "error" | "err" => meaning.set_text(field::STATUS_DETAIL, value),
            _ => meaning.keep_text(key, value),
        };
    }
    Some((Line { time, message: text, ..Line::default() }, meaning))
}

/// Reads a line that begins with a date of digits alone: HDFS' `261121 083000 148 INFO dfs.DataNode: text`, Spark's
/// `26/11/21 08:30:00 INFO executor.Executor: text`.
pub(super) fn read_short<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (date, rest) = text.split_once(' ')?;
    let (at, rest) = rest.split_once(' ')?;
    let part = |text: &'a str, from: usize| text.get(from..from + 2);
    let iso = if date.contains('/') {
        format!("20{}-{}-{} {at}", part(date, 0)?, part(date, 3)?, part(date, 6)?)
    } else if at.len() == 6 {
        format!("20{}-{}-{} {}:{}:{}", part(date, 0)?, part(date, 2)?, part(date, 4)?, part(at, 0)?, part(at, 2)?, part(at, 4)?)
    } else {
        return None;
    };
    let (time, left) = clock.iso(&iso)?;
    if !left.is_empty() {
        return None;
    }
    read(time, rest)
}

/// Reads a line of a cluster's monitor: `134681 node-246 unix.hw state_change.unavailable 1795249800 1 text`.
pub(super) fn read_cluster(text: &str) -> Option<(Line<'_>, Meaning)> {
    let mut words = text.splitn(7, ' ');
    let (_id, node, component, state) = (number(words.next()?)?, words.next()?, words.next()?, words.next()?);
    let time = crate::header::epoch(words.next().filter(|word| word.len() == 10)?)?;
    let (_flag, message) = (number(words.next()?)?, words.next()?);
    let mut meaning = own_log::said(FORMAT, "");
    meaning.set_text(field::METADATA_LOG_NAME, component).keep_text("state", state);
    Some((Line { time: Some(time), host: Some(node), message, ..Line::default() }, meaning))
}

/// The message of corosync: `[TOTEM ] A new membership was formed.`
pub(super) fn cluster(format: &'static str, text: &str) -> Option<Meaning> {
    let (part, _) = text.trim_start().strip_prefix('[')?.split_once(']')?;
    let mut meaning = own_log::said(format, "info");
    meaning.set_text(field::METADATA_LOG_NAME, part.trim());
    Some(meaning)
}

/// The message of a line that came over syslog and begins with its level: `notice: text`, `ERROR: text`.
pub(super) fn levelled(format: &'static str, text: &str) -> Option<Meaning> {
    let text = text.trim_start().trim_start_matches('[');
    let (level, _) = text.split_once([':', ']'])?;
    level::severity(level.trim())?;
    Some(own_log::said(format, level.trim()))
}
