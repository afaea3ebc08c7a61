//! What a caller is told when something did not work: a status, a stable word, one sentence in the
//! caller's language and a hint.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, extract::Request, middleware::Next};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use vigie_access::AccessError;
use vigie_access::permission::Permission;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::{Lang, Text};
use vigie_model::text;

/// An answer that says what did not work.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    problem: Problem,
    /// Seconds after which it is worth trying again.
    retry_after_s: Option<i64>,
}

/// The JSON form of an error.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorBody {
    /// What did not work.
    error: ErrorDetail,
}

/// What did not work.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorDetail {
    /// A stable word for programs.
    code: &'static str,
    /// One sentence in the caller's language.
    said: String,
    /// What to do about it.
    hint: Option<String>,
}

impl ApiError {
    /// An error with a status, a stable word and one sentence.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, said: Text) -> Self {
        Self { status, code, problem: Problem::new(Kind::User, said), retry_after_s: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: Text) -> Self {
        self.problem = self.problem.hint(hint);
        self
    }

    /// The same with the seconds after which it is worth trying again.
    #[must_use]
    pub fn with_retry_after(self, retry_after_s: Option<i64>) -> Self {
        Self { retry_after_s, ..self }
    }

    /// Something asked for does not exist.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            text!(en "There is no such thing", fr "Cet élément n’existe pas", de "Das gibt es nicht"),
        )
    }

    /// The request makes no sense.
    #[must_use]
    pub fn invalid(said: Text) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", said)
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            text!(en "Sign in first", fr "Connectez-vous d’abord", de "Bitte zuerst anmelden"),
        )
    }

    /// The role does not allow it, or the request does not come from our own page.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            text!(
                en "Your role does not allow this",
                fr "Votre rôle ne le permet pas",
                de "Ihre Rolle erlaubt das nicht",
            ),
        )
    }

    /// The token was not made for this.
    #[must_use]
    pub fn token_may_not(permission: Permission) -> Self {
        let word = permission.word();
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            text!(
                en "The token does not allow this: it lacks {word}",
                fr "Le jeton ne le permet pas : il lui manque {word}",
                de "Das Token erlaubt das nicht: ihm fehlt {word}",
            ),
        )
        .with_hint(text!(
            en "make one that does: `vigie token create NAME --permission {word}`",
            fr "créez-en un qui le permet : `vigie token create NOM --permission {word}`",
            de "legen Sie eines an, das es darf: `vigie token create NAME --permission {word}`",
        ))
    }

    /// The request is larger than what is accepted.
    #[must_use]
    pub fn too_large(bytes_max: usize) -> Self {
        let max = bytes_max >> 20;
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            text!(
                en "The request is larger than the {max} MiB that are accepted",
                fr "La demande dépasse les {max} Mio acceptés",
                de "Die Anfrage ist größer als die zulässigen {max} MiB",
            ),
        )
    }

    /// A defect of ours ended the request.
    #[must_use]
    pub fn broke_off() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            text!(
                en "The request could not be answered",
                fr "La demande n’a pas pu aboutir",
                de "Die Anfrage konnte nicht beantwortet werden",
            ),
        )
    }

    /// A problem of a room, by its kind.
    #[must_use]
    pub fn of(problem: impl Explain) -> Self {
        let problem = problem.explain();
        let (status, code) = match problem.kind {
            Kind::User | Kind::Settings => (StatusCode::BAD_REQUEST, "invalid"),
            Kind::Environment => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self { status, code, problem, retry_after_s: None }
    }

    /// The request cannot be read, in the words of whoever tried.
    fn unreadable(status: StatusCode, why: &str) -> Self {
        let said = match why {
            "" => text!(
                en "The request cannot be read: {status}",
                fr "La demande est illisible : {status}",
                de "Die Anfrage ist nicht lesbar: {status}",
            ),
            why => text!(
                en "The request cannot be read: {why}",
                fr "La demande est illisible : {why}",
                de "Die Anfrage ist nicht lesbar: {why}",
            ),
        };
        Self::new(status, "invalid", said).with_hint(text!(
            en "/api/v1/openapi.json says what it may hold",
            fr "/api/v1/openapi.json indique ce qu’elle peut contenir",
            de "/api/v1/openapi.json sagt, was sie enthalten darf",
        ))
    }

    /// The answer in a language.
    pub(crate) fn spoken(&self, lang: Lang) -> Response {
        let body = ErrorBody {
            error: ErrorDetail {
                code: self.code,
                said: self.problem.said.get(lang).to_owned(),
                hint: self.problem.hint.as_ref().map(|hint| hint.get(lang).to_owned()),
            },
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(value) = self.retry_after_s.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        let status = match &error {
            AccessError::Wrong
            | AccessError::CodeRequired
            | AccessError::TokenUnknown
            | AccessError::TokenExpired
            | AccessError::TokenRevoked => StatusCode::UNAUTHORIZED,
            AccessError::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            AccessError::SetUpLink | AccessError::SetUpDone => StatusCode::FORBIDDEN,
            AccessError::Name
            | AccessError::Passphrase(_)
            | AccessError::NoEnrolment
            | AccessError::TokenDays { .. }
            | AccessError::TokenPermissions => StatusCode::BAD_REQUEST,
            AccessError::TokenNameTaken => StatusCode::CONFLICT,
            AccessError::NoSession | AccessError::NoToken => StatusCode::NOT_FOUND,
            AccessError::Damaged(_) | AccessError::Hash(_) | AccessError::NoRandomness(_) | AccessError::Db(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let retry_after_s = match &error {
            AccessError::Throttled { wait_s } => Some(*wait_s),
            _ => None,
        };
        Self { status, code: error.code(), problem: error.explain(), retry_after_s }
    }
}

impl IntoResponse for ApiError {
    /// The language is only known outside: [`speak`] writes the body.
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(chain = self.problem.chain(), "request failed");
        }
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Bytes of what a library says of a request at most.
const REASON_BYTES_MAX: usize = 16 << 10;

/// Writes the body of errors in the language the caller asks for.
pub(super) async fn speak(request: Request, next: Next) -> Response {
    let lang = language(request.headers());
    let response = next.run(request).await;
    if let Some(error) = response.extensions().get::<Arc<ApiError>>() {
        return error.spoken(lang);
    }
    let is_text = response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !response.status().is_client_error() || !is_text {
        return response;
    }
    // Parameters and bodies are read before us: what is wrong with them is said in the library's words.
    let (head, body) = response.into_parts();
    let reason = axum::body::to_bytes(body, REASON_BYTES_MAX).await.unwrap_or_default();
    let mut answer = ApiError::unreadable(head.status, &String::from_utf8_lossy(&reason)).spoken(lang);
    if let Some(allowed) = head.headers.get(header::ALLOW) {
        answer.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    answer
}

/// The first language of `Accept-Language` that we speak.
#[must_use]
pub(crate) fn language(headers: &HeaderMap) -> Lang {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    wanted.split(',').find_map(|tag| Lang::from_tag(tag.trim())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_the_first_language_it_knows() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
            language(&headers)
        };
        assert_eq!(with("it-CH, de-CH;q=0.9, fr;q=0.8"), Lang::De);
        assert_eq!(with("*"), Lang::En);
        assert_eq!(language(&HeaderMap::new()), Lang::En);
    }
}
