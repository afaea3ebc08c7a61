//! Signing in to a registry: what its challenge asks for (RFC 9110 §11, "Token Authentication" of the
//! distribution project).
//!
//! `Basic` sends the credentials with each request; `Bearer` fetches a token from the service that the challenge
//! names, with the credentials or without. Credentials are never sent over plain `http` to another machine.

use super::Shared;
use super::credentials::Credentials;
use crate::image::blobs::read_bounded;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::HashMap;
use vigie_kit::http::{Answer, HttpError};

/// The largest answer of a token service.
const TOKEN_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Granted {
    token: Option<String>,
    access_token: Option<String>,
}

/// What the `Authorization` header must say, or nothing where there is nothing to say.
pub(super) fn answer(shared: &Shared, challenges: &[String]) -> Result<Option<String>, HttpError> {
    for challenge in challenges {
        let Some((scheme, fields)) = parse(challenge) else { continue };
        if scheme == "bearer" {
            return bearer(shared, &fields);
        }
        if scheme == "basic" {
            return Ok(shared.credentials.as_ref().filter(|_| may_send(shared, &shared.base)).and_then(basic));
        }
    }
    Ok(None)
}

fn basic(credentials: &Credentials) -> Option<String> {
    match credentials {
        Credentials::Password { user, password } => {
            Some(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.reveal()))))
        }
        Credentials::Token(_) => None,
    }
}

/// Credentials go over TLS, or stay on this machine, or somebody asked for it.
fn may_send(shared: &Shared, url: &str) -> bool {
    url.starts_with("https://") || shared.plain_http
}

fn bearer(shared: &Shared, fields: &HashMap<String, String>) -> Result<Option<String>, HttpError> {
    let Some(realm) = fields.get("realm") else { return Ok(None) };
    let service = fields.get("service").map_or("", String::as_str);
    let scope = fields.get("scope").cloned().unwrap_or_else(|| format!("repository:{}:pull", shared.repository));
    let credentials = shared.credentials.as_ref().filter(|_| may_send(shared, realm));
    if let Some(Credentials::Token(refresh)) = credentials {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.reveal()),
            ("service", service),
            ("scope", &scope),
            ("client_id", "vigie"),
        ];
        return Ok(granted(shared.client.post_form(realm, &form)?));
    }
    let separator = if realm.contains('?') { '&' } else { '?' };
    let url = format!("{realm}{separator}service={}&scope={}", encoded(service), encoded(&scope));
    let authorization = credentials.and_then(basic);
    let headers: Vec<(&str, &str)> = authorization.iter().map(|value| ("Authorization", value.as_str())).collect();
    Ok(granted(shared.client.open(&url, &headers)?))
}

fn granted(answer: Answer) -> Option<String> {
    if answer.status() != 200 {
        return None;
    }
    let bytes = read_bounded(answer.into_body(), TOKEN_BYTES_MAX).ok()?;
    let granted: Granted = serde_json::from_slice(&bytes).ok()?;
    let token = granted.token.filter(|token| !token.is_empty()).or(granted.access_token)?;
    // A token that could not stand in a header is none.
    token.bytes().all(|byte| byte.is_ascii_graphic()).then(|| format!("Bearer {token}"))
}

/// Scheme in lower case and fields of a challenge.
fn parse(challenge: &str) -> Option<(String, HashMap<String, String>)> {
    let (scheme, mut rest) = challenge.trim().split_once(' ').unwrap_or((challenge.trim(), ""));
    let mut fields = HashMap::new();
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_start_matches([',', ' ']).trim().to_ascii_lowercase();
        let value;
        (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        fields.insert(name, value.to_owned());
    }
    Some((scheme.to_ascii_lowercase(), fields)).filter(|(scheme, _)| !scheme.is_empty())
}

fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b':');
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn challenges_are_read() {
        let (scheme, fields) =
            parse(r#"Bearer realm="https://auth.example/token",service="r.example", scope="repository:a/b:pull,push""#).unwrap();
        assert_eq!(
            (scheme.as_str(), fields["realm"].as_str(), fields["service"].as_str()),
            ("bearer", "https://auth.example/token", "r.example")
        );
        assert_eq!(fields["scope"], "repository:a/b:pull,push");
        assert_eq!(parse("Basic realm=x, charset=UTF-8").unwrap().1["charset"], "UTF-8");
        assert_eq!(parse("").map(|(scheme, _)| scheme), None);
        assert_eq!(encoded("a b:c/d&"), "a%20b:c/d%26");
    }

    proptest! {
        #[test]
        fn survives_any_challenge(text: String) {
            drop(parse(&text));
        }
    }
}
