//! No route without a rule.
//!
//! Routes enter the API only through [`Guarded::route`], which takes what the route [`Needs`]; the
//! rule becomes part of the route itself and of the table that tests read. A session is proved by a
//! cookie that scripts cannot read; whatever changes something must also carry the session's CSRF
//! word in a header, which no foreign page can set. A program proves itself by `Authorization: Bearer`, which no
//! browser sends by itself: it needs no CSRF word, and a cookie beside it does not count.

use super::error::ApiError;
use crate::intake::credentials;
use crate::platform::Platform;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use vigie_access::permission::{Permission, Role};
use vigie_access::{Account, ApiToken, Client, Session};
use vigie_model::ids::UserId;
use vigie_model::lang::Lang;

/// The name of the session cookie. `__Host-` binds it to this host, to TLS and to all paths.
pub(super) const COOKIE: &str = "__Host-vigie";
/// The header that carries the CSRF word.
pub(super) const CSRF_HEADER: &str = "x-vigie-csrf";
/// The CSRF word of a caller without session: the header itself proves that no foreign page asks.
pub(super) const CSRF_SIGNED_OUT: &str = "signed-out";

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: sign-in itself, and what is public anyway.
    Nothing,
    /// A session whose role has this permission.
    Permission(Permission),
}

/// One line of the table of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `GET`, `POST` …
    pub method: String,
    /// Path below `/api/v1`.
    pub path: String,
    /// What it asks of its caller.
    pub needs: Needs,
}

/// Somebody who may do what the route needs.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Who.
    pub(super) account: Account,
    /// Their session; the local socket and programs have none.
    pub(super) session: Option<Session>,
    /// The token, where a program asks.
    pub(super) token: Option<ApiToken>,
    /// The language of this request.
    pub(super) lang: Lang,
}

impl Caller {
    /// Whether they may do this.
    pub(super) fn may(&self, permission: Permission) -> bool {
        match &self.token {
            Some(token) => token.permissions.contains(&permission),
            None => self.account.role.may(permission),
        }
    }
}

/// Marks requests that came through the local socket, which only this machine's user can open.
#[derive(Clone, Copy, Debug)]
pub struct LocalPeer;

/// The address of the peer, put in by the listener; requests of the local socket have none.
pub(super) type Peer = axum::extract::ConnectInfo<std::net::SocketAddr>;

/// Collects routes together with their rules.
pub(super) struct Guarded {
    state: Arc<Platform>,
    router: OpenApiRouter<Arc<Platform>>,
    rules: Vec<Rule>,
}

impl Guarded {
    /// No routes yet.
    pub(super) fn new(state: Arc<Platform>, api: utoipa::openapi::OpenApi) -> Self {
        Self { state, router: OpenApiRouter::with_openapi(api), rules: Vec::new() }
    }

    /// Adds the handlers of one path, all under one rule.
    pub(super) fn route(mut self, needs: Needs, routes: UtoipaMethodRouter<Arc<Platform>>) -> Self {
        let (schemas, paths, methods) = routes;
        for (path, item) in &paths.paths {
            let verbs = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PATCH", item.patch.is_some()),
                ("PUT", item.put.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            let present = verbs.into_iter().filter(|(_, present)| *present);
            self.rules.extend(present.map(|(method, _)| Rule { method: method.to_owned(), path: path.clone(), needs }));
        }
        let guarded = methods.route_layer(from_fn_with_state((self.state.clone(), needs), guard));
        self.router = self.router.routes((schemas, paths, guarded));
        self
    }

    /// The router, its specification and its rules.
    pub(super) fn finish(self) -> (axum::Router<Arc<Platform>>, utoipa::openapi::OpenApi, Vec<Rule>) {
        let (router, api) = self.router.split_for_parts();
        (router, api, self.rules)
    }
}

async fn guard(State((platform, needs)): State<(Arc<Platform>, Needs)>, mut request: Request, next: Next) -> Response {
    let lang = super::error::language(request.headers());
    let caller = match caller(&platform, &request, needs, lang) {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    if let Err(error) = admitted(needs, caller.as_ref(), &request) {
        return error.into_response();
    }
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

/// Who asks, if anybody we know.
fn caller(platform: &Platform, request: &Request, needs: Needs, lang: Lang) -> Result<Option<Caller>, ApiError> {
    if request.extensions().get::<LocalPeer>().is_some() {
        return Ok(Some(Caller { account: local_account(), session: None, token: None, lang }));
    }
    // Shippers put their token where their makers foresaw one; elsewhere there is one place for it.
    let token = match needs {
        Needs::Permission(Permission::SendEvents) => credentials::token(request.headers()),
        _ => bearer(request.headers()).map(Cow::Borrowed),
    };
    if let Some(text) = token {
        let client = client(request.headers(), request.extensions().get::<Peer>());
        let token = tokio::task::block_in_place(|| platform.access.api_token(&text, &client))?;
        return Ok(Some(Caller { account: account_of(&token), session: None, token: Some(token), lang }));
    }
    let Some(token) = cookie(request.headers()) else { return Ok(None) };
    // One indexed row: cheaper than handing it to another thread.
    let session = tokio::task::block_in_place(|| platform.access.session(token))?;
    Ok(session.map(|session| Caller { account: session.account.clone(), session: Some(session), token: None, lang }))
}

fn admitted(needs: Needs, caller: Option<&Caller>, request: &Request) -> Result<(), ApiError> {
    if let (Needs::Permission(_), None) = (needs, caller) {
        return Err(ApiError::signed_out());
    }
    let is_program = caller.is_some_and(|caller| caller.token.is_some());
    if request.method() != Method::GET && request.extensions().get::<LocalPeer>().is_none() && !is_program {
        let given = request.headers().get(CSRF_HEADER).map(axum::http::HeaderValue::as_bytes);
        let signed_in = caller.is_some_and(|caller| caller.session.is_some());
        let expected = cookie(request.headers()).filter(|_| signed_in).map_or(CSRF_SIGNED_OUT.to_owned(), csrf_word);
        if given != Some(expected.as_bytes()) {
            return Err(ApiError::forbidden());
        }
    }
    match (needs, caller) {
        (Needs::Nothing, _) | (_, None) => Ok(()),
        (Needs::Permission(permission), Some(caller)) if caller.may(permission) => Ok(()),
        (Needs::Permission(permission), Some(_)) if is_program => Err(ApiError::token_may_not(permission)),
        (Needs::Permission(_), Some(_)) => Err(ApiError::forbidden()),
    }
}

/// The session token of a request.
#[must_use]
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The token of a program's request (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The CSRF word of a session: derived from its token, so nothing needs to be kept.
#[must_use]
pub(super) fn csrf_word(token: &str) -> String {
    let digest = Sha256::new().chain_update(b"vigie csrf\0").chain_update(token.as_bytes()).finalize();
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a request comes from.
#[must_use]
pub(super) fn client(headers: &HeaderMap, peer: Option<&Peer>) -> Client {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Client { address: peer.map_or_else(|| "local".to_owned(), |peer| peer.0.ip().to_string()), agent: agent.to_owned() }
}

/// Whoever can open the local socket owns the data directory and may do everything.
fn local_account() -> Account {
    Account { id: UserId::of(&["local"]), name: "local".to_owned(), role: Role::Administrator, language: Lang::En, totp: false }
}

/// As whom a program stands in histories and in the audit trail. What it may do is in its token alone.
fn account_of(token: &ApiToken) -> Account {
    let (id, name) = (UserId::of(&["token", &token.id]), format!("token:{}", token.name));
    Account { id, name, role: Role::Viewer, language: Lang::En, totp: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_bearer_token_however_the_scheme_is_written() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(with("bearer  vigie_x "), Some("vigie_x".to_owned()));
        assert_eq!((with("Basic abc"), with("Bearer")), (None, None));
    }

    #[test]
    fn finds_its_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; __Host-vigie2=no; __Host-vigie=token-1".parse().unwrap());
        assert_eq!(cookie(&headers), Some("token-1"));
        assert_eq!(cookie(&HeaderMap::new()), None);
    }

    #[test]
    fn each_session_has_its_own_csrf_word() {
        assert_ne!(csrf_word("a"), csrf_word("b"));
        assert_eq!(csrf_word("a").len(), 32);
    }
}
