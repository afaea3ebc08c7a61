//! Keycloak: what its listener `jboss-logging`, which is on unless it was taken away, writes of events.
//!
//! `2026-11-21 08:30:00,123 WARN  [org.keycloak.events] (executor-thread-1) type="LOGIN_ERROR", realmId="shop", …,
//! error="invalid_user_credentials", username="eva"`, before version 22 without quotes. Sign-ins are Authentication (3002), what
//! users change of themselves Account Change (3001), what administrators do API Activity (6003). Source:
//! `JBossLoggingEventListenerProvider.java`. Events as JSON are read by a page.

use crate::header::Line;
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{account_change, api_activity, authentication};
use vigie_model::event::ocsf::{field, logon_type_id};
use vigie_model::time::Timestamp;

const FORMAT: &str = "keycloak";

/// Most values read of one event.
const VALUES_MAX: usize = 64;

/// Reads what follows the time of a line: ` WARN  [org.keycloak.events] (executor-thread-1) type="LOGIN_ERROR", …`.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let (level, rest) = rest.trim_start().split_once(' ')?;
    let (_thread, message) = rest.trim_start().strip_prefix("[org.keycloak.events] (")?.split_once(") ")?;
    let mut meaning = events(message)?;
    meaning.set_text(field::METADATA_LOG_LEVEL, level);
    Some((Line { time: Some(time), program: "keycloak", message, ..Line::default() }, meaning))
}

fn events(message: &str) -> Option<Meaning> {
    let (kind, what, _) = next_value(message)?;
    let is_error = what.ends_with("_ERROR");
    let kind_of_event = what.strip_suffix("_ERROR").unwrap_or(what);
    let mut meaning = match kind {
        "type" => by_type(kind_of_event),
        "operationType" => {
            let activity = match what {
                "CREATE" => api_activity::CREATE,
                "UPDATE" | "ACTION" => api_activity::UPDATE,
                "DELETE" => api_activity::DELETE,
                _ => api_activity::OTHER,
            };
            let mut meaning = Meaning::new(FORMAT, Class::ApiActivity, activity);
            meaning.set(field::API_OPERATION, what).set(field::API_SERVICE_NAME, FORMAT);
            meaning
        }
        _ => return None,
    };
    if is_error {
        meaning.failed("");
    } else {
        meaning.succeeded();
    }
    meaning.set(field::METADATA_EVENT_CODE, what).set(field::METADATA_PRODUCT_NAME, "Keycloak");
    let mut rest = message;
    for _ in 0..VALUES_MAX {
        let Some((key, value, after)) = next_value(rest) else { break };
        if value != "null" {
            put(&mut meaning, key, value);
        }
        rest = after;
    }
    Some(meaning)
}

fn by_type(kind: &str) -> Meaning {
    let changed = match kind {
        "REGISTER" => Some(account_change::CREATE),
        "UPDATE_PASSWORD" | "UPDATE_CREDENTIAL" => Some(account_change::PASSWORD_CHANGE),
        "RESET_PASSWORD" => Some(account_change::PASSWORD_RESET),
        "UPDATE_TOTP" => Some(account_change::MFA_FACTOR_ENABLE),
        "REMOVE_TOTP" => Some(account_change::MFA_FACTOR_DISABLE),
        "DELETE_ACCOUNT" => Some(account_change::DELETE),
        _ if kind.starts_with("USER_DISABLED_BY") => Some(account_change::LOCK),
        "UPDATE_PROFILE" | "UPDATE_EMAIL" | "REMOVE_CREDENTIAL" => Some(account_change::OTHER),
        _ => None,
    };
    if let Some(activity) = changed {
        return Meaning::new(FORMAT, Class::AccountChange, activity);
    }
    let activity = match kind {
        "LOGIN" | "CLIENT_LOGIN" | "IMPERSONATE" => authentication::LOGON,
        "LOGOUT" => authentication::LOGOFF,
        "CODE_TO_TOKEN" => authentication::AUTHENTICATION_TICKET,
        "REFRESH_TOKEN" => authentication::SERVICE_TICKET_RENEW,
        "TOKEN_EXCHANGE" => authentication::SERVICE_TICKET_REQUEST,
        _ => authentication::OTHER,
    };
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    if activity == authentication::LOGON {
        meaning.set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    }
    meaning
}

fn put(meaning: &mut Meaning, key: &str, value: &str) {
    let is_api = meaning.class == Class::ApiActivity;
    let is_sign_in = meaning.class == Class::Authentication;
    // What is chosen by who signs in comes last, and may look like more of the event: the first of each counts.
    let is_new = match key {
        "ipAddress" => {
            meaning.fields.text(field::SRC_ENDPOINT_IP).is_none() && meaning.fields.text(field::SRC_ENDPOINT_HOSTNAME).is_none()
        }
        "username" | "userId" => {
            let known = if key == "username" { field::USER_NAME } else { field::USER_UID };
            meaning.fields.text(known).is_none()
        }
        "error" => meaning.fields.text(field::STATUS_DETAIL).is_none(),
        "clientId" => meaning.fields.text(field::SERVICE_NAME).is_none(),
        "realmId" => meaning.fields.text(field::METADATA_TENANT_UID).is_none(),
        _ => true,
    };
    match key {
        _ if !is_new => meaning.keep_text(key, value),
        "type" | "operationType" => meaning,
        "username" if !is_api => meaning.set_text(field::USER_NAME, value),
        "userId" if is_api => meaning.set_text(field::ACTOR_USER_UID, value),
        "userId" => meaning.set_text(field::USER_UID, value),
        "ipAddress" => meaning.endpoint(SOURCE, value, None),
        "error" => meaning.set_text(field::STATUS_DETAIL, detail(value)),
        "auth_method" if is_sign_in => meaning.set_text(field::AUTH_PROTOCOL, value),
        "clientId" if is_sign_in => meaning.set_text(field::SERVICE_NAME, value),
        "sessionId" | "code_id" if is_sign_in => meaning.set_text(field::SESSION_UID, value),
        "realmId" => meaning.set_text(field::METADATA_TENANT_UID, value),
        "resourcePath" if is_api => meaning.set(field::RESOURCES_NAME, one(value)),
        _ => meaning.keep_text(key, value),
    };
}

fn one(text: &str) -> Box<[Box<str>]> {
    Box::new([text.into()])
}

/// OCSF's words for the usual reasons.
fn detail(error: &str) -> &str {
    match error {
        "invalid_user_credentials" => "INVALID_CREDENTIALS",
        "user_not_found" => "USER_DOES_NOT_EXIST",
        "user_disabled" => "ACCOUNT_DISABLED",
        "user_temporarily_disabled" => "ACCOUNT_LOCKED_OUT",
        other => other,
    }
}

/// The next `key="value"` or `key=value`, which ends where the next key begins: what a stranger calls himself may hold
/// commas and quotes. Gives what follows.
fn next_value(text: &str) -> Option<(&str, &str, &str)> {
    let (key, rest) = text.split_once('=').filter(|(key, _)| is_key(key))?;
    let (rest, end) = match rest.strip_prefix('"') {
        Some(rest) => (rest, "\", "),
        None => (rest, ", "),
    };
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|rest| rest.find(end)) {
        let (value, after) = (rest.get(..from + at)?, rest.get(from + at + end.len()..)?);
        if after.split_once('=').is_some_and(|(key, _)| is_key(key)) {
            return Some((key, value, after));
        }
        from += at + end.len();
    }
    Some((key, if end.len() == 3 { rest.trim_end().strip_suffix('"').unwrap_or(rest) } else { rest }, ""))
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(mut text: &str) -> String {
        let mut seen = Vec::new();
        while let Some((key, value, after)) = next_value(text) {
            seen.push(format!("{key}:{value}"));
            text = after;
        }
        seen.join("|")
    }

    #[test]
    fn values_end_where_the_next_key_begins() {
        assert_eq!(values(r#"a="1", b="eva, the second", c="x""#), "a:1|b:eva, the second|c:x");
        assert_eq!(values(r#"a="he said "no", then", b="""#), r#"a:he said "no", then|b:"#);
        assert_eq!(values("type=LOGIN, username=eva smith, x=1, 2"), "type:LOGIN|username:eva smith|x:1, 2");
        assert_eq!(values("no pairs"), "");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in r#"(type="LOGIN", )?[a=", é]{0,40}"#) {
            let _ = events(&text);
            let _ = values(&text);
        }
    }
}
