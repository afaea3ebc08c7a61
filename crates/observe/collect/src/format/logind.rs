//! systemd-logind: sessions that begin and end, and the machine going down.

use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, base_event};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "logind";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end().trim_end_matches('.');
    if let Some(rest) = text.strip_prefix("New session ") {
        // `5 of user eva`, since systemd 255 `'5' of user 'eva' with class 'user' and type 'tty'`.
        let (session, rest) = rest.split_once(" of user ")?;
        let (user, more) = rest.split_once(" with class ").unwrap_or((rest, ""));
        let mut meaning = session_of(authentication::LOGON, session);
        meaning.set_text(field::USER_NAME, user.trim_matches('\'')).keep_text("class", more);
        return Some(meaning);
    }
    if let Some(session) = text.strip_prefix("Removed session ") {
        return Some(session_of(authentication::LOGOFF, session));
    }
    if let Some((session, _)) = text.strip_prefix("Session ").and_then(|rest| rest.split_once(" logged out")) {
        let mut meaning = session_of(authentication::OTHER, session);
        meaning.set(field::STATUS_DETAIL, "logged out, waiting for processes to exit");
        return Some(meaning);
    }
    let is_power = [
        "System is ",
        "The system will ",
        "Power key pressed",
        "Lid closed",
        "Lid opened",
        "Suspending",
        "Rebooting",
        "Powering off",
    ]
    .iter()
    .any(|start| text.starts_with(start));
    let mut meaning = is_power.then(|| Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER))?;
    meaning.set_text(field::STATUS_DETAIL, text);
    Some(meaning)
}

fn session_of(activity: u8, session: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    meaning.set_text(field::SESSION_UID, session.trim_matches('\'')).set(field::SERVICE_NAME, "systemd-logind").succeeded();
    meaning
}
