//! PAM modules, in whatever program they run: `pam_unix(sshd:auth): authentication failure; …`.
//!
//! The service (`sshd`) and the stage (`auth`, `account`, `session`, `chauthtok`) stand in
//! parentheses. A failed check is Authentication (3002) with activity `Logon`, or `Account Switch`
//! for services whose purpose that is; sessions are `Logon` and `Logoff`; a changed password is
//! Account Change (3001). Where the program says the same in a line that is read (sshd, su, login …), that line
//! counts, and PAM's is `Preauth` or `Other`. Formats: Linux-PAM's `pam_unix`, `pam_succeed_if`, `pam_faillock`, `pam_tally2`,
//! `pam_listfile`, `pam_nologin`, `pam_access`; sssd's `pam_sss`; Google's authenticator.

use super::pairs;
use crate::header::{Line, number};
use crate::meaning::{Meaning, SOURCE};
use crate::seek::Seek;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{account_change, authentication, base_event};
use vigie_model::event::ocsf::{account_switch_type_id, field, logon_type_id};

const FORMAT: &str = "pam";

/// A module's message.
struct Message<'a> {
    module: &'a str,
    service: &'a str,
    stage: &'a str,
    text: &'a str,
}

pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let message = read(program, line)?;
    let mut meaning = understand(&message).unwrap_or_else(|| other(&message));
    meaning.keep("module", message.module).keep_text("service", message.service);
    if meaning.class == Class::Authentication {
        meaning.set_text(field::SERVICE_NAME, message.service);
    }
    meaning.keep_text("stage", message.stage);
    Some(meaning)
}

fn read<'a>(program: &'a str, line: &Line<'a>) -> Option<Message<'a>> {
    let text = line.message;
    if let Some(rest) = text.strip_prefix("PAM ") {
        // sshd reports the tries it did not report one by one: `PAM 2 more authentication failures; …`
        let is_count = rest.cut(" more authentication failure").is_some_and(|(count, _)| number(count).is_some());
        return is_count.then_some(Message { module: "pam", service: program, stage: "auth", text: rest });
    }
    // `su(pam_unix)[14592]: session opened …`, before Linux-PAM 0.99, and Google's authenticator.
    if let Some((_, module)) = line.program.cut("(")
        && let Some(module) = module.strip_suffix(')').filter(|module| module.starts_with("pam_"))
    {
        return Some(Message { module, service: program, stage: "", text });
    }
    let text = text.strip_prefix("error: ").unwrap_or(text);
    if !text.starts_with("pam_") {
        return None;
    }
    let (module, rest) = text.cut("(")?;
    let (place, text) = rest.cut("): ")?;
    let (service, stage) = place.cut(":").unwrap_or((place, ""));
    (!module.contains(' ')).then_some(Message { module, service, stage, text: text.trim_end_matches(" [preauth]") })
}

fn understand(message: &Message<'_>) -> Option<Meaning> {
    let text = message.text;
    if let Some(rest) = text.strip_prefix("session opened for ") {
        return Some(opened(message, rest.strip_prefix("local ").unwrap_or(rest)));
    }
    if let Some(rest) = text.strip_prefix("session closed for ") {
        let user = rest.strip_prefix("local ").unwrap_or(rest);
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGOFF);
        set_user(&mut meaning, user.strip_prefix("user ").unwrap_or(user));
        meaning.succeeded();
        return Some(meaning);
    }
    if let Some((what, facts)) = text.cut(";") {
        if what.has("authentication failure") || what == "authentication success" {
            return Some(judged(message, what, facts));
        }
        if what == "check pass" {
            let mut meaning = attempt(message, authentication::PREAUTH);
            meaning.failed("USER_DOES_NOT_EXIST");
            return Some(meaning);
        }
    }
    changed(text).or_else(|| refused(message))
}

/// `user root(uid=0) by eva(uid=1000)`, before Linux-PAM 1.4 `user root by eva(uid=1000)`.
fn opened(message: &Message<'_>, rest: &str) -> Meaning {
    let rest = rest.strip_prefix("user ").unwrap_or(rest);
    let (user, by) = rest.rcut(" by ").unwrap_or((rest, ""));
    let activity = if matches!(message.service, "sshd" | "su" | "su-l" | "login" | "remote") {
        authentication::OTHER
    } else {
        tried(message)
    };
    let mut meaning = attempt(message, activity);
    set_user(&mut meaning, user);
    let (by, uid) = name_and_uid(by);
    meaning.set_text(field::ACTOR_USER_NAME, by).set_text(field::ACTOR_USER_UID, uid).succeeded();
    let kind = match message.service {
        "cron" | "crond" | "atd" => Some(logon_type_id::BATCH),
        "systemd-user" => Some(logon_type_id::OS_SERVICE),
        "sshd" => Some(logon_type_id::NETWORK),
        "login" | "gdm-password" | "lightdm" | "sddm" => Some(logon_type_id::INTERACTIVE),
        _ => None,
    };
    meaning.set_some(field::LOGON_TYPE_ID, kind);
    if activity == authentication::LOGON {
        meaning.set(field::IS_NEW_LOGON, true);
    }
    meaning
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root`
fn judged(message: &Message<'_>, what: &str, facts: &str) -> Meaning {
    let is_told = matches!(message.service, "sshd" | "su" | "su-l" | "sudo" | "sudo-i" | "login" | "remote" | "dovecot");
    let mut meaning = attempt(message, if is_told { authentication::PREAUTH } else { tried(message) });
    if what.ends_with("success") {
        meaning.succeeded()
    } else {
        meaning.failed("INVALID_CREDENTIALS")
    };
    meaning.set_some(field::COUNT, what.cut(" more ").and_then(|(count, _)| number(count)));
    for (key, value) in pairs(facts) {
        match key {
            "user" => meaning.set_text(field::USER_NAME, value),
            "rhost" => meaning.endpoint(SOURCE, value, None),
            "ruser" => meaning.set_text(field::ACTOR_USER_NAME, value),
            "tty" => meaning.set_text(field::ACTOR_SESSION_TERMINAL, value),
            "uid" => meaning.set_text(field::ACTOR_USER_UID, value),
            _ => meaning.keep_text(key, value),
        };
    }
    let is_remote = meaning.fields.text(field::SRC_ENDPOINT_IP).or(meaning.fields.text(field::SRC_ENDPOINT_HOSTNAME)).is_some();
    meaning.set(field::IS_REMOTE, is_remote);
    meaning
}

/// `password changed for eva`
fn changed(text: &str) -> Option<Meaning> {
    let (start, is_done) = [("password changed for ", true), ("password change failed for ", false)]
        .into_iter()
        .find(|(start, _)| text.starts_with(start))?;
    let mut meaning = Meaning::new(FORMAT, Class::AccountChange, account_change::PASSWORD_CHANGE);
    set_user(&mut meaning, text.strip_prefix(start)?);
    if is_done {
        meaning.succeeded()
    } else {
        meaning.failed("")
    };
    Some(meaning)
}

/// What other words there are for no.
fn refused(message: &Message<'_>) -> Option<Meaning> {
    let text = message.text;
    let preauth = |user: Option<&str>, detail: &str| {
        let mut meaning = attempt(message, authentication::PREAUTH);
        meaning.failed(detail);
        if let Some(user) = user {
            set_user(&mut meaning, user.trim_matches(['"', '\'', '[', ']']));
        }
        meaning
    };
    if let Some(user) = text.strip_prefix("auth could not identify password for ") {
        return Some(preauth(Some(user), "no password given"));
    }
    if text == "conversation failed" {
        return Some(preauth(None, "no password given"));
    }
    if let Some((user, rest)) = text.strip_prefix("account ").and_then(|rest| rest.cut(" has expired")) {
        let detail = if rest.has("account expired") { "ACCOUNT_EXPIRED" } else { "PASSWORD_EXPIRED" };
        return Some(preauth(Some(user), detail));
    }
    if let Some((user, _)) = text.strip_prefix("expired password for user ").and_then(|rest| rest.cut(" (")) {
        return Some(preauth(Some(user), "PASSWORD_EXPIRED"));
    }
    if let Some((_, user)) = text.strip_prefix("requirement ").and_then(|rest| rest.cut(" not met by user ")) {
        return Some(preauth(Some(user), text));
    }
    if let Some((user, _)) =
        text.strip_prefix("Consecutive login failures for user ").and_then(|rest| rest.cut(" account temporarily locked"))
    {
        return Some(preauth(Some(user), "ACCOUNT_LOCKED_OUT"));
    }
    if let Some((user, tally)) = text.strip_prefix("user ").and_then(|rest| rest.cut(") tally ")) {
        let mut meaning = preauth(user.split(" (").next(), "ACCOUNT_LOCKED_OUT");
        meaning.set_some(field::COUNT, tally.split(',').next().and_then(number));
        return Some(meaning);
    }
    let start = ["received for user ", "Access denied for user "].into_iter().find(|start| text.starts_with(start));
    if let Some((user, reason)) = start.and_then(|start| text.strip_prefix(start)).and_then(|rest| rest.cut(": ")) {
        return Some(preauth(Some(user), reason));
    }
    if let Some(user) = text.strip_prefix("Refused user ").and_then(|rest| rest.split(' ').next()) {
        return Some(preauth(Some(user), "refused by a list"));
    }
    if let Some((user, from)) = text.strip_prefix("access denied for user ").and_then(|rest| rest.rcut(" from ")) {
        let mut meaning = preauth(Some(user.trim_matches(['`', '\''])), "access denied");
        meaning.endpoint(SOURCE, from.trim_matches(['`', '\'']), None);
        return Some(meaning);
    }
    verification_code(message)
}

/// Google's authenticator: the second factor.
fn verification_code(message: &Message<'_>) -> Option<Meaning> {
    let text = message.text;
    let accepted = text.strip_prefix("Accepted google_authenticator code for ");
    let user = accepted.or_else(|| text.strip_prefix("Invalid verification code for "))?;
    let mut meaning = attempt(message, authentication::PREAUTH);
    if accepted.is_some() {
        meaning.succeeded()
    } else {
        meaning.failed("INVALID_CREDENTIALS")
    };
    set_user(&mut meaning, user);
    meaning.set(field::IS_MFA, true);
    Some(meaning)
}

/// What has no class: the module, the service and its words.
fn other(message: &Message<'_>) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER);
    meaning.set_text(field::STATUS_DETAIL, message.text);
    meaning
}

/// What somebody wants of a service.
fn tried(message: &Message<'_>) -> u8 {
    if is_switch(message.service) { authentication::ACCOUNT_SWITCH } else { authentication::LOGON }
}

fn attempt(message: &Message<'_>, activity: u8) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    if is_switch(message.service) {
        meaning.set(field::ACCOUNT_SWITCH_TYPE_ID, account_switch_type_id::SUBSTITUTE_USER);
    }
    meaning
}

/// Services by which somebody who is signed in becomes somebody else.
fn is_switch(service: &str) -> bool {
    matches!(service, "su" | "su-l" | "sudo" | "sudo-i" | "runuser" | "runuser-l" | "doas" | "polkit-1" | "pkexec")
}

fn set_user(meaning: &mut Meaning, text: &str) {
    let (name, uid) = name_and_uid(text);
    meaning.set_text(field::USER_NAME, name).set_text(field::USER_UID, uid);
}

/// `eva(uid=1000)`
fn name_and_uid(text: &str) -> (&str, &str) {
    match text.strip_suffix(')').and_then(|text| text.rcut("(uid=")) {
        Some((name, uid)) => (name, uid),
        None => (text, ""),
    }
}
