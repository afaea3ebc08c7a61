//! GitLab's `application.log` of versions that wrote text.
//!
//! `November 21, 2026 08:30: User "Eva" (eva@example.com) was created` → Account Change (3001), `Failed Login: username=eva
//! ip=192.0.2.7` → Authentication (3002), projects and groups Entity Management (3004). What newer versions write is JSON.

use super::words::between;
use crate::header::{Clock, Line};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{account_change, authentication, entity_management};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "gitlab";

/// Reads a line of the file.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (month, rest) = text.split_once(' ')?;
    let (day, rest) = rest.split_once(", ")?;
    let (year, rest) = rest.split_once(' ')?;
    // `githost.log` has seconds and arrows: `08:30:00 -> ERROR -> Command failed`.
    let (at, level, message) = match rest.split_once(" -> ") {
        Some((at, rest)) if at.len() == 8 => {
            let (level, message) = rest.split_once(" -> ")?;
            (at.to_owned(), level, message)
        }
        _ => {
            let (at, message) = rest.split_once(": ")?;
            (format!("{at}:00"), "", message)
        }
    };
    let stamp = format!("{day} {} {year} {at}", month.get(..3)?);
    let (time, left) = clock.day_first(&stamp)?;
    if !left.is_empty() || !month.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let meaning = if level.is_empty() { understand(message)? } else { super::own_log::said(FORMAT, level) };
    Some((Line { time: Some(time), program: "gitlab", message, ..Line::default() }, meaning))
}

/// Reads a line of Rails: `Started GET "/users/sign_in?x=1" for 192.0.2.7 at 2026-11-21 08:30:00 +0100`.
pub(super) fn read_rails<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (method, rest) = text.strip_prefix("Started ")?.split_once(" \"")?;
    let (target, rest) = rest.split_once("\" for ")?;
    let (client, at) = rest.split_once(" at ")?;
    let (time, _) = clock.iso(at)?;
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut meaning = super::http::method_and_target("rails", method, target);
    meaning.endpoint(SOURCE, client, None);
    Some((Line { time: Some(time), message: text, ..Line::default() }, meaning))
}

fn understand(text: &str) -> Option<Meaning> {
    let text = text.strip_prefix("*** ").unwrap_or(text);
    if let Some((_, facts)) = text.split_once("Failed Login: username=") {
        let (user, ip) = facts.split_once(" ip=").unwrap_or((facts, ""));
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
        meaning
            .set(field::USER_NAME, user)
            .set(field::SERVICE_NAME, FORMAT)
            .endpoint(SOURCE, ip, None)
            .failed("INVALID_CREDENTIALS");
        return Some(meaning);
    }
    let (kind, rest) = text.split_once(" \"").or_else(|| text.split_once(' '))?;
    let name = rest.split('"').next().unwrap_or(rest);
    let does = |word: &str| rest.contains(word);
    if kind == "User" {
        let activity = if does(" created") {
            account_change::CREATE
        } else if does(" removed") {
            account_change::DELETE
        } else {
            account_change::OTHER
        };
        let mut meaning = Meaning::new(FORMAT, Class::AccountChange, activity);
        meaning.set(field::USER_NAME, name).set_text(field::USER_EMAIL_ADDR, between(rest, "(", ")").unwrap_or_default());
        meaning.succeeded();
        return Some(meaning);
    }
    if !matches!(kind, "Project" | "Group" | "Namespace" | "Repository") && !text.contains(" created a new project ") {
        return Some(super::own_log::said(FORMAT, "info"));
    }
    let activity = if does("removed") || does("deleted") {
        entity_management::DELETE
    } else if does("created") {
        entity_management::CREATE
    } else {
        entity_management::UPDATE
    };
    let mut meaning = Meaning::new(FORMAT, Class::EntityManagement, activity);
    let name = between(text, "new project \"", "\"").unwrap_or(name);
    meaning.set(field::ENTITY_NAME, name).set(field::ENTITY_TYPE, if text.contains("new project") { "Project" } else { kind });
    if let Some((actor, _)) = text.split_once(" created a new project ") {
        meaning.set(field::ACTOR_USER_NAME, actor);
    }
    meaning.succeeded();
    Some(meaning)
}
