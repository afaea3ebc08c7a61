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

/// The first activity whose words a text has.
pub(super) fn course(text: &str, marks: &[(&str, u8)]) -> Option<u8> {
    marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, activity)| *activity)
}

pub(super) use application_lifecycle::{RESTART, START, STOP};
