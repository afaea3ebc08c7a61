//! Tokens of programs: made, listed, revoked by whoever may manage them.

use super::error::{ApiError, ErrorBody};
use super::findings::unknown_word;
use super::guard::Caller;
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::permission::Permission;
use vigie_access::{ApiToken, DAYS_DEFAULT, NewApiToken};
use vigie_model::time::Timestamp;

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRequest {
    /// What to call it; no other token in force has this name.
    name: String,
    /// What it may do; `send_scans` alone when nothing is said.
    #[serde(default)]
    permissions: Vec<String>,
    /// Days that it lives, 1 to 365; 90 when nothing is said.
    days: Option<u32>,
}

/// A token.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenRow {
    id: String,
    name: String,
    permissions: Vec<&'static str>,
    created_by: String,
    created_at: String,
    expires_at: String,
    /// When it was last used, to the minute.
    used_at: Option<String>,
    /// `in_force`, `expired` or `revoked`.
    state: &'static str,
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct NewTokenView {
    /// The token itself; it is shown this once.
    token: String,
    about: TokenRow,
}

/// All tokens, newest first: also those that ended in the last 90 days.
#[utoipa::path(get, path = "/tokens", tag = "tokens", responses((status = 200, body = Vec<TokenRow>)))]
pub(super) async fn list(State(platform): State<Arc<Platform>>) -> Answer<Vec<TokenRow>> {
    let now = platform.clock.now();
    let tokens = blocking(move || platform.access.api_tokens().map_err(ApiError::from)).await?;
    Ok(Json(tokens.into_iter().map(|token| row(token, now)).collect()))
}

/// Makes a token. It can do no more than its maker.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenRequest,
    responses((status = 200, body = NewTokenView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(super) async fn create(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<TokenRequest>,
) -> Answer<NewTokenView> {
    let known = |word: &String| Permission::from_word(word).ok_or_else(|| unknown_word("permissions", word));
    let mut permissions = body.permissions.iter().map(known).collect::<Result<BTreeSet<_>, _>>()?;
    if permissions.is_empty() {
        permissions.insert(Permission::SendScans);
    }
    let now = platform.clock.now();
    let new = NewApiToken { name: body.name, permissions, days: body.days.unwrap_or(DAYS_DEFAULT) };
    let (bearer, token) = blocking(move || {
        platform.access.create_api_token(&new, &caller.account.name, caller.account.role).map_err(ApiError::from)
    })
    .await?;
    Ok(Json(NewTokenView { token: bearer.reveal().to_owned(), about: row(token, now) }))
}

/// Revokes a token, by its id or its name: from now on it opens nothing.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", params(("id" = String, Path)),
    responses((status = 200, body = TokenRow), (status = 404, body = ErrorBody)))]
pub(super) async fn revoke(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Answer<TokenRow> {
    let now = platform.clock.now();
    let revoked = blocking(move || platform.access.revoke_api_token(&id, &caller.account.name).map_err(ApiError::from)).await?;
    Ok(Json(row(revoked, now)))
}

fn row(token: ApiToken, now: Timestamp) -> TokenRow {
    TokenRow {
        state: match token.ended(now) {
            None => "in_force",
            Some(_) if token.revoked_at.is_some() => "revoked",
            Some(_) => "expired",
        },
        id: token.id,
        name: token.name,
        permissions: token.permissions.iter().map(|permission| permission.word()).collect(),
        created_by: token.created_by,
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.to_string(),
        used_at: token.used_at.map(|time| time.to_string()),
    }
}
