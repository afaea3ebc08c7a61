//! Why a request of a shipper is not taken: a status, when to come back, one sentence.

use crate::api::ApiError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use vigie_access::AccessError;
use vigie_access::permission::Permission;
use vigie_collect::intake::body::{Packing, UnpackError};
use vigie_collect::intake::{RECORDS_MAX, REQUEST_BYTES_MAX, Refused};
use vigie_kit::problem::Explain;
use vigie_model::lang::Text;
use vigie_model::text;

/// Seconds until a full platform is asked again.
const BUSY_S: i64 = 1;
/// Seconds until a platform that cannot write is asked again.
const FULL_S: i64 = 5;

/// Why a request is not taken.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// No token stands where one is looked for.
    NoToken,
    /// The token opens nothing.
    Token(AccessError),
    /// The token was not made for this.
    NotAllowed,
    /// The body is packed in a way that is not known.
    Packing,
    /// The body is not what its packing or its protocol says.
    Malformed(String),
    /// The body did not come in time.
    Slow,
    /// It is not taken in.
    Refused(Refused),
}

impl Trouble {
    /// The status of HTTP.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Token(AccessError::Throttled { .. }) | Self::Refused(Refused::Busy) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoToken | Self::Token(AccessError::TokenUnknown | AccessError::TokenExpired | AccessError::TokenRevoked) => {
                StatusCode::UNAUTHORIZED
            }
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::Packing => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Refused(Refused::TooLarge | Refused::TooMany) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Refused(Refused::NotDurable | Refused::Closed) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Token(_) | Self::Refused(Refused::Broken) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable word for programs.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "signed_out",
            Self::Token(error) => error.code(),
            Self::NotAllowed => "forbidden",
            Self::Packing => "encoding",
            Self::Malformed(_) => "malformed",
            Self::Slow => "slow",
            Self::Refused(Refused::Busy) => "busy",
            Self::Refused(Refused::TooLarge | Refused::TooMany) => "too_large",
            Self::Refused(Refused::NotDurable | Refused::Closed) => "not_durable",
            Self::Refused(Refused::Broken) => "internal",
        }
    }

    /// Seconds after which it is worth trying again.
    pub(crate) const fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::Token(AccessError::Throttled { wait_s }) => Some(*wait_s),
            Self::Refused(Refused::Busy) => Some(BUSY_S),
            Self::Refused(Refused::NotDurable | Refused::Closed | Refused::Broken) => Some(FULL_S),
            _ => None,
        }
    }

    /// One sentence.
    pub(crate) fn said(self) -> Text {
        let names = Packing::NAMES;
        let (mib, records) = (REQUEST_BYTES_MAX >> 20, RECORDS_MAX);
        match self {
            Self::NoToken => text!(
                en "A token with the right to send events is needed: `vigie token create NAME --permission send_events`",
                fr "Il faut un jeton qui permette d’envoyer des événements : `vigie token create NOM --permission send_events`",
                de "Nötig ist ein Token, das Ereignisse senden darf: `vigie token create NAME --permission send_events`",
            ),
            Self::Token(error) => error.explain().said,
            Self::NotAllowed => {
                let word = Permission::SendEvents.word();
                text!(
                    en "The token does not allow this: it lacks {word}",
                    fr "Le jeton ne le permet pas : il lui manque {word}",
                    de "Das Token erlaubt das nicht: ihm fehlt {word}",
                )
            }
            Self::Packing => text!(
                en "Only these are unpacked: {names}",
                fr "Seuls ces formats sont décompressés : {names}",
                de "Nur diese Formate werden entpackt: {names}",
            ),
            Self::Malformed(why) => text!(
                en "The body cannot be understood: {why}",
                fr "Le corps de la demande est incompréhensible : {why}",
                de "Der Inhalt der Anfrage ist nicht zu verstehen: {why}",
            ),
            Self::Slow => text!(
                en "The body did not come in time",
                fr "Le corps de la demande n’est pas arrivé à temps",
                de "Der Inhalt der Anfrage kam nicht rechtzeitig",
            ),
            Self::Refused(Refused::Busy) => text!(
                en "Too much is being taken in at this moment: try again",
                fr "Trop de données arrivent en ce moment : réessayez",
                de "Zurzeit kommt zu viel herein: bitte erneut versuchen",
            ),
            Self::Refused(Refused::TooLarge) => text!(
                en "The request is larger than the {mib} MiB that are accepted, unpacked",
                fr "La demande dépasse, décompressée, les {mib} Mio acceptés",
                de "Die Anfrage ist entpackt größer als die zulässigen {mib} MiB",
            ),
            Self::Refused(Refused::TooMany) => text!(
                en "The request has more than the {records} records that are accepted",
                fr "La demande contient plus que les {records} enregistrements acceptés",
                de "Die Anfrage hat mehr als die zulässigen {records} Einträge",
            ),
            Self::Refused(Refused::NotDurable) => text!(
                en "The events cannot be written at this moment: send them again later",
                fr "Les événements ne peuvent pas être écrits en ce moment : renvoyez-les plus tard",
                de "Die Ereignisse lassen sich zurzeit nicht schreiben: bitte später erneut senden",
            ),
            Self::Refused(Refused::Closed) => text!(
                en "The platform is starting or stopping: send the events again in a moment",
                fr "La plateforme démarre ou s’arrête : renvoyez les événements dans un instant",
                de "Die Plattform startet oder endet gerade: bitte gleich erneut senden",
            ),
            Self::Refused(Refused::Broken) => text!(
                en "The request could not be answered",
                fr "La demande n’a pas pu aboutir",
                de "Die Anfrage konnte nicht beantwortet werden",
            ),
        }
    }

    /// The answer, in the shape of a protocol: given the status and the sentence, its body.
    pub(crate) fn answer(self, shape: impl FnOnce(StatusCode, &'static str, Text) -> Response) -> Response {
        let (status, code, retry_after_s) = (self.status(), self.code(), self.retry_after_s());
        let mut response = shape(status, code, self.said());
        *response.status_mut() = status;
        if let Some(value) = retry_after_s.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<UnpackError> for Trouble {
    fn from(error: UnpackError) -> Self {
        match error {
            UnpackError::TooLarge => Self::Refused(Refused::TooLarge),
            UnpackError::Damaged(source) => Self::Malformed(source.to_string()),
        }
    }
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        let (status, code, retry_after_s) = (trouble.status(), trouble.code(), trouble.retry_after_s());
        Self::new(status, code, trouble.said()).with_retry_after(retry_after_s)
    }
}
