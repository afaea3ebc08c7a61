//! The token of a shipper, in the headers that shippers can set.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::borrow::Cow;

/// Headers that carry a key and nothing else.
const OWN_HEADERS: [&str; 2] = ["x-api-key", "x-vigie-token"];

/// The token of a request: `Authorization: Bearer TOKEN`, `Splunk TOKEN`, `ApiKey` with the token or with
/// base64 of `ID:TOKEN`, `Basic` with the token as password; or a header of its own.
#[must_use]
pub(crate) fn token(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let own = || OWN_HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok()).map(Cow::Borrowed);
    let Some(authorization) = headers.get(header::AUTHORIZATION) else { return own() };
    let (scheme, said) = authorization.to_str().ok()?.split_once(' ')?;
    let said = said.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "splunk" => Some(Cow::Borrowed(said)),
        "basic" => password(said).map(Cow::Owned),
        "apikey" if said.starts_with(vigie_access::bearer::PREFIX) => Some(Cow::Borrowed(said)),
        "apikey" => password(said).map(Cow::Owned),
        _ => None,
    }
}

/// What stands behind the first colon; some put the token in place of the name and leave the rest empty.
fn password(packed: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(packed).ok()?).ok()?;
    let (name, password) = text.split_once(':').unwrap_or((&text, ""));
    Some(if password.is_empty() { name } else { password }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        token(&headers).map(Cow::into_owned)
    }

    #[test]
    fn a_token_is_found_wherever_a_shipper_puts_it() {
        let pair = BASE64_STANDARD.encode("shipper:vigie_x");
        for (name, value) in [
            ("authorization", "Bearer vigie_x"),
            ("authorization", "Splunk  vigie_x"),
            ("authorization", "ApiKey vigie_x"),
            ("authorization", &format!("ApiKey {pair}")),
            ("authorization", &format!("basic {pair}")),
            ("authorization", &format!("Basic {}", BASE64_STANDARD.encode("vigie_x:"))),
            ("x-api-key", "vigie_x"),
        ] {
            assert_eq!(said(name, value).as_deref(), Some("vigie_x"), "{name}: {value}");
        }
        for value in ["vigie_x", "Digest vigie_x", "Basic !!", "Basic"] {
            assert_eq!(said("authorization", value), None, "{value}");
        }
    }
}
