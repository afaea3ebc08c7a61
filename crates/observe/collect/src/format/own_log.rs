//! What a program says about itself, where nothing more is known than how bad it is.

use super::level;
use crate::meaning::Meaning;
use vigie_model::event::ocsf::activity::{application_error, application_lifecycle, base_event};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

/// Application Error (6008) from a warning on, Base Event below; `level` is the program's word for it.
pub(super) fn said(format: &'static str, level: &str) -> Meaning {
    let severity = level::severity(level);
    let mut meaning = if severity >= Some(EventSeverity::Medium) {
        Meaning::new(format, Class::ApplicationError, application_error::GENERAL_ERROR)
    } else {
        Meaning::new(format, Class::BaseEvent, base_event::OTHER)
    };
    if let Some(severity) = severity {
        meaning.severity(severity);
    }
    meaning.set_text(field::METADATA_LOG_LEVEL, level);
    meaning
}

/// Application Lifecycle (6002) of a program that starts or stops.
pub(super) fn lifecycle(format: &'static str, activity: u8, app: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::ApplicationLifecycle, activity);
    meaning.set_text(field::APP_NAME, app);
    meaning
}

/// Application Error (6008) of a message that no parser knows, when its words say that something went wrong; `program` is one
/// whose messages are read here.
pub(super) fn trouble(program: &str, text: &str) -> Option<Meaning> {
    const WORDS: [&str; 17] = [
        "fail",
        "error",
        "denied",
        "refused",
        "invalid",
        "unable to",
        "could not",
        "couldn't",
        "cannot",
        "can't",
        "not found",
        "timed out",
        "out of memory",
        "exceeded",
        "corrupt",
        "not permitted",
        "too many",
    ];
    let head = text.get(..text.len().min(256)).or_else(|| text.get(..text.len().min(253))).unwrap_or(text).to_ascii_lowercase();
    if !WORDS.iter().any(|word| head.contains(word)) {
        return None;
    }
    let mut meaning = Meaning::new("service", Class::ApplicationError, application_error::GENERAL_ERROR);
    meaning.set_text(field::STATUS_DETAIL, text).keep("service", program);
    Some(meaning)
}

/// The first activity whose words a text has.
pub(super) fn course(text: &str, marks: &[(&str, u8)]) -> Option<u8> {
    marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, activity)| *activity)
}

pub(super) use application_lifecycle::{RESTART, START, STOP};
