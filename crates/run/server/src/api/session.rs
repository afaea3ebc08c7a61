//! Set-up, sign-in and one's own account.

use super::error::{ApiError, ErrorBody, language};
use super::guard::{self, CSRF_SIGNED_OUT, Caller, Peer};
use super::{Answer, blocking};
use crate::platform::Platform;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::permission::Permission;
use vigie_access::{Account, Session, SignedIn, passphrase};
use vigie_model::lang::Lang;

/// Who asks, and what they may do.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionView {
    /// `setup`, `signed_out`, `signed_in`, or `token` where a program asks.
    state: &'static str,
    /// The word to send back as `X-Vigie-CSRF` with everything that changes something.
    csrf: String,
    /// Who is signed in.
    user: Option<UserView>,
    /// What they may do.
    permissions: Vec<&'static str>,
    /// Version of the program.
    version: &'static str,
}

/// Somebody who signs in.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    id: String,
    name: String,
    role: &'static str,
    /// Whether a second factor is enrolled.
    totp: bool,
    /// `en`, `fr` or `de`.
    language: &'static str,
}

/// The first administrator.
#[derive(Deserialize, ToSchema)]
pub(super) struct SetUpRequest {
    /// From the printed link.
    token: String,
    name: String,
    passphrase: String,
    /// `en`, `fr` or `de`.
    language: String,
}

/// Somebody at the door.
#[derive(Deserialize, ToSchema)]
pub(super) struct SignInRequest {
    name: String,
    passphrase: String,
    /// One-time or recovery code.
    code: Option<String>,
}

/// A passphrase to be judged.
#[derive(Deserialize, ToSchema)]
pub(super) struct PassphraseRequest {
    name: String,
    passphrase: String,
}

/// What to say about a passphrase.
#[derive(Serialize, ToSchema)]
pub(super) struct PassphraseView {
    acceptable: bool,
    /// 0 to 4.
    score: u8,
    said: String,
}

/// One of one's sessions.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionRow {
    id: String,
    created_at: String,
    last_seen_at: String,
    address: String,
    agent: String,
    /// Whether it is the session that asks.
    current: bool,
}

/// What proves that it is still the owner who asks.
#[derive(Deserialize, ToSchema)]
pub(super) struct Reauthentication {
    passphrase: String,
}

/// What to enter in an authenticator.
#[derive(Serialize, ToSchema)]
pub(super) struct EnrolmentView {
    /// Base32.
    secret: String,
    uri: String,
    /// An SVG document.
    qr_svg: String,
}

/// A code from the authenticator.
#[derive(Deserialize, ToSchema)]
pub(super) struct CodeRequest {
    code: String,
}

/// Codes for the day the authenticator is lost; shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct RecoveryView {
    recovery_codes: Vec<String>,
}

/// Who asks.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = SessionView)))]
pub(super) async fn show(
    State(platform): State<Arc<Platform>>,
    headers: HeaderMap,
    caller: Option<Extension<Caller>>,
) -> Answer<SessionView> {
    if let Some(Extension(Caller { token: Some(token), .. })) = &caller {
        let permissions = token.permissions.iter().map(|permission| permission.word()).collect();
        return Ok(Json(SessionView { state: "token", csrf: String::new(), user: None, permissions, version: crate::VERSION }));
    }
    if let Some(Extension(caller)) = caller {
        let csrf = guard::cookie(&headers).map_or_else(String::new, guard::csrf_word);
        return Ok(Json(signed_in_view(&caller.account, csrf)));
    }
    let fresh = blocking(move || platform.access.needs_set_up().map_err(ApiError::from)).await?;
    Ok(Json(SessionView {
        state: if fresh { "setup" } else { "signed_out" },
        csrf: CSRF_SIGNED_OUT.to_owned(),
        user: None,
        permissions: Vec::new(),
        version: crate::VERSION,
    }))
}

/// Makes the first administrator, with the one-time token of the printed link.
#[utoipa::path(post, path = "/setup", tag = "session", request_body = SetUpRequest,
    responses((status = 200, body = SessionView), (status = 403, body = ErrorBody), (status = 400, body = ErrorBody)))]
pub(super) async fn set_up(
    State(platform): State<Arc<Platform>>,
    headers: HeaderMap,
    peer: Option<Extension<Peer>>,
    Json(body): Json<SetUpRequest>,
) -> Result<Response, ApiError> {
    let client = guard::client(&headers, peer.as_deref());
    let lang = Lang::from_tag(&body.language).unwrap_or_else(|| language(&headers));
    let signed_in = blocking(move || {
        platform.access.set_up(&body.token, &body.name, &body.passphrase, lang, &client).map_err(ApiError::from)
    })
    .await?;
    Ok(with_cookie(&signed_in))
}

/// Judges a passphrase while it is typed. Nothing is kept.
#[utoipa::path(post, path = "/passphrase/check", tag = "session", request_body = PassphraseRequest,
    responses((status = 200, body = PassphraseView)))]
pub(super) async fn check_passphrase(headers: HeaderMap, Json(body): Json<PassphraseRequest>) -> Answer<PassphraseView> {
    let lang = language(&headers);
    let judgement = blocking(move || Ok::<_, ApiError>(passphrase::judge(&body.name, &body.passphrase))).await?;
    let said = judgement.said.get(lang).to_owned();
    Ok(Json(PassphraseView { acceptable: judgement.acceptable, score: judgement.score, said }))
}

/// Signs in. `401` with code `totp_required` asks for a one-time code too.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignInRequest,
    responses((status = 200, body = SessionView), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(super) async fn sign_in(
    State(platform): State<Arc<Platform>>,
    headers: HeaderMap,
    peer: Option<Extension<Peer>>,
    Json(body): Json<SignInRequest>,
) -> Result<Response, ApiError> {
    let client = guard::client(&headers, peer.as_deref());
    let signed_in = blocking(move || {
        platform.access.sign_in(&body.name, &body.passphrase, body.code.as_deref(), &client).map_err(ApiError::from)
    })
    .await?;
    Ok(with_cookie(&signed_in))
}

/// Signs out: the session ends at the server too.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub(super) async fn sign_out(
    State(platform): State<Arc<Platform>>,
    caller: Option<Extension<Caller>>,
) -> Result<Response, ApiError> {
    if let Some(Extension(Caller { account, session: Some(session), .. })) = caller {
        blocking(move || platform.access.end_session(&account, &session.id).map_err(ApiError::from)).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(
        header::SET_COOKIE,
        HeaderValue::from_static("__Host-vigie=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"),
    );
    Ok(response)
}

/// One's own sessions.
#[utoipa::path(get, path = "/account/sessions", tag = "account", responses((status = 200, body = Vec<SessionRow>)))]
pub(super) async fn sessions(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Vec<SessionRow>> {
    let current = caller.session.map(|session| session.id);
    let sessions = blocking(move || platform.access.sessions(caller.account.id).map_err(ApiError::from)).await?;
    Ok(Json(sessions.into_iter().map(|session| row(session, current.as_deref())).collect()))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/account/sessions/{id}", tag = "account", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub(super) async fn end_session(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    blocking(move || platform.access.end_session(&caller.account, &id).map_err(ApiError::from)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begins to enrol an authenticator.
#[utoipa::path(post, path = "/account/totp", tag = "account", request_body = Reauthentication,
    responses((status = 200, body = EnrolmentView), (status = 401, body = ErrorBody)))]
pub(super) async fn begin_totp(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<Reauthentication>,
) -> Answer<EnrolmentView> {
    let enrolment =
        blocking(move || platform.access.begin_totp(&caller.account, &body.passphrase).map_err(ApiError::from)).await?;
    Ok(Json(EnrolmentView { secret: enrolment.secret, uri: enrolment.uri, qr_svg: enrolment.qr_svg }))
}

/// Confirms the enrolment with a first code.
#[utoipa::path(post, path = "/account/totp/confirm", tag = "account", request_body = CodeRequest,
    responses((status = 200, body = RecoveryView), (status = 401, body = ErrorBody)))]
pub(super) async fn confirm_totp(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<CodeRequest>,
) -> Answer<RecoveryView> {
    let recovery_codes =
        blocking(move || platform.access.confirm_totp(&caller.account, &body.code).map_err(ApiError::from)).await?;
    Ok(Json(RecoveryView { recovery_codes }))
}

/// Removes the second factor.
#[utoipa::path(delete, path = "/account/totp", tag = "account", request_body = Reauthentication,
    responses((status = 204), (status = 401, body = ErrorBody)))]
pub(super) async fn remove_totp(
    State(platform): State<Arc<Platform>>,
    Extension(caller): Extension<Caller>,
    Json(body): Json<Reauthentication>,
) -> Result<StatusCode, ApiError> {
    blocking(move || platform.access.remove_totp(&caller.account, &body.passphrase).map_err(ApiError::from)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn with_cookie(signed_in: &SignedIn) -> Response {
    let token = signed_in.token.reveal();
    let mut response = Json(signed_in_view(&signed_in.session.account, guard::csrf_word(token))).into_response();
    let cookie = format!("{}={token}; Path=/; Secure; HttpOnly; SameSite=Strict", guard::COOKIE);
    // A token is URL-safe Base64: always a valid header value.
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn signed_in_view(account: &Account, csrf: String) -> SessionView {
    SessionView {
        state: "signed_in",
        csrf,
        user: Some(UserView {
            id: account.id.to_string(),
            name: account.name.clone(),
            role: account.role.word(),
            totp: account.totp,
            language: account.language.code(),
        }),
        permissions: Permission::ALL.into_iter().filter(|p| account.role.may(*p)).map(Permission::word).collect(),
        version: crate::VERSION,
    }
}

fn row(session: Session, current: Option<&str>) -> SessionRow {
    SessionRow {
        current: current == Some(session.id.as_str()),
        id: session.id,
        created_at: session.created_at.to_string(),
        last_seen_at: session.seen_at.to_string(),
        address: session.client.address,
        agent: session.client.agent,
    }
}
