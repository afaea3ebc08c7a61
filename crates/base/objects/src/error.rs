//! Why an object could not be read or written.
//!
//! What servers and libraries say is not passed on as it is: it may quote a request with what was
//! signed. Kept are the status, the code that the provider gave, and the kind of a failed connection.

use std::error::Error;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Why an object could not be read or written. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectsError {
    /// That is no address of objects.
    #[error("{address} is not an address of object storage")]
    Address {
        /// What was given, without what may be secret.
        address: String,
    },
    /// What the environment says does not suffice to ask, or is wrong.
    #[error("{address} cannot be asked with what the environment says")]
    Settings {
        /// The address.
        address: String,
    },
    /// There is no such bucket, container or directory.
    #[error("there is no such place as {address}")]
    NoPlace {
        /// The address.
        address: String,
    },
    /// There is no such object.
    #[error("{address} has no object {key}")]
    NotFound {
        /// The address.
        address: String,
        /// The object.
        key: String,
    },
    /// The credentials are missing, wrong or do not suffice.
    #[error("{address} refuses ({code})")]
    Denied {
        /// The address.
        address: String,
        /// What the provider calls it.
        code: String,
    },
    /// No answer came.
    #[error("{address} does not answer ({why})")]
    Unreachable {
        /// The address.
        address: String,
        /// How the connection failed.
        why: String,
    },
    /// The object is not the one it was when reading began.
    #[error("{key} in {address} was replaced while it was read")]
    Changed {
        /// The address.
        address: String,
        /// The object.
        key: String,
    },
    /// A key that cannot be asked for.
    #[error("{key:?} is not a key of an object")]
    Key {
        /// The key.
        key: String,
    },
    /// Another answer that brings nothing.
    #[error("{address} answered {code}")]
    Refused {
        /// The address.
        address: String,
        /// What the provider calls it.
        code: String,
    },
}

impl ObjectsError {
    /// Whether the same request may work later without anybody changing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Changed { .. } => true,
            Self::Refused { code, .. } => code.starts_with('5') || code.starts_with("429") || code.starts_with("408"),
            _ => false,
        }
    }

    /// What is left of an error of the library.
    pub(crate) fn from_store(address: &str, key: &str, error: &object_store::Error) -> Self {
        let (address, key) = (address.to_owned(), key.to_owned());
        let said = Said::of(error);
        match error {
            object_store::Error::NotFound { .. } if said.is_no_place() || key.is_empty() => Self::NoPlace { address },
            object_store::Error::NotFound { .. } => Self::NotFound { address, key },
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Denied { address, code: said.code() }
            }
            object_store::Error::Precondition { .. } | object_store::Error::NotModified { .. } => Self::Changed { address, key },
            object_store::Error::InvalidPath { .. } => Self::Key { key },
            _ if said.is_no_place() => Self::NoPlace { address },
            _ => match said.transport {
                Some(why) => Self::Unreachable { address, why: why.to_owned() },
                None if matches!(said.status, Some(401 | 403)) => Self::Denied { address, code: said.code() },
                None => Self::Refused { address, code: said.code() },
            },
        }
    }
}

/// What can be said of an error without quoting it.
struct Said {
    transport: Option<&'static str>,
    status: Option<u16>,
    code: Option<String>,
}

impl Said {
    fn of(error: &object_store::Error) -> Self {
        let mut said = Self { transport: None, status: None, code: None };
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(http) = error.downcast_ref::<object_store::client::HttpError>() {
                said.transport = Some(transport(http.kind()));
            }
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                match io.kind() {
                    std::io::ErrorKind::PermissionDenied => said.status = said.status.or(Some(403)),
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                        said.code = Some("no room".to_owned());
                    }
                    _ => {}
                }
            }
            said.read(&error.to_string());
            next = error.source();
        }
        said
    }

    /// Finds the status and the provider's code in what the library says.
    fn read(&mut self, text: &str) {
        if let Some((_, rest)) = text.split_once("status code: ") {
            let digits = rest.get(..3).and_then(|digits| digits.parse().ok());
            self.status = self.status.or(digits);
        }
        let code =
            between(text, "<Code>", "</Code>").filter(|code| code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric()));
        if let Some(code) = code {
            self.code = Some(code.to_owned());
        }
        if text.contains("without LOCATION") {
            self.code = Some("another region".to_owned());
        }
    }

    fn is_no_place(&self) -> bool {
        matches!(self.code.as_deref(), Some("NoSuchBucket" | "ContainerNotFound" | "AccountNotFound" | "InvalidBucketName"))
    }

    fn code(&self) -> String {
        match (self.status, &self.code) {
            (Some(status), Some(code)) => format!("{status} {code}"),
            (Some(status), None) => status.to_string(),
            (None, Some(code)) => code.clone(),
            (None, None) => "nothing that we understand".to_owned(),
        }
    }
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    text.split_once(from)?.1.split_once(to).map(|(between, _)| between)
}

fn transport(kind: object_store::client::HttpErrorKind) -> &'static str {
    use object_store::client::HttpErrorKind::{Connect, Decode, Interrupted, Request, Timeout};
    match kind {
        Connect => "no connection",
        Timeout => "no answer in time",
        Interrupted => "the connection broke off",
        Request => "the request could not be sent",
        Decode => "the answer was not to be understood",
        _ => "the connection failed",
    }
}

impl Explain for ObjectsError {
    fn explain(self) -> Problem {
        let problem = match &self {
            Self::Address { address } => Problem::new(
                Kind::Settings,
                text!(
                    en "“{address}” is not an address of object storage",
                    fr "« {address} » n’est pas une adresse de stockage d’objets",
                    de "„{address}“ ist keine Adresse eines Objektspeichers"
                ),
            )
            .hint(text!(
                en "write s3://bucket/folder, az://account/container/folder, gs://bucket/folder or file:///directory, and no secret in it; another server goes into ?endpoint=https://…",
                fr "écrivez s3://compartiment/dossier, az://compte/conteneur/dossier, gs://compartiment/dossier ou file:///répertoire, sans secret ; un autre serveur s’indique par ?endpoint=https://…",
                de "schreiben Sie s3://bucket/ordner, az://konto/container/ordner, gs://bucket/ordner oder file:///verzeichnis, ohne Geheimnis darin; ein anderer Server steht in ?endpoint=https://…"
            )),
            Self::Settings { address } => Problem::new(
                Kind::Settings,
                text!(
                    en "{address} cannot be asked with what the environment says",
                    fr "l’environnement ne permet pas d’interroger {address}",
                    de "mit dem, was die Umgebung sagt, lässt sich {address} nicht fragen"
                ),
            )
            .hint(credentials_hint()),
            Self::NoPlace { address } => Problem::new(
                Kind::Settings,
                text!(
                    en "there is no such place as {address}",
                    fr "{address} n’existe pas",
                    de "{address} gibt es nicht"
                ),
            )
            .hint(text!(
                en "create the bucket, or check its name, its region and the endpoint",
                fr "créez le compartiment, ou vérifiez son nom, sa région et le point d’accès",
                de "legen Sie den Bucket an oder prüfen Sie Namen, Region und Endpunkt"
            )),
            Self::NotFound { address, key } => Problem::new(
                Kind::Environment,
                text!(
                    en "{address} has no object “{key}”",
                    fr "{address} ne contient pas l’objet « {key} »",
                    de "{address} hat kein Objekt „{key}“"
                ),
            )
            .hint(text!(
                en "somebody else removed it; look at the rules by which the bucket drops objects",
                fr "quelqu’un d’autre l’a supprimé ; vérifiez les règles d’expiration du compartiment",
                de "jemand anders hat es entfernt; sehen Sie nach, welche Regeln im Bucket Objekte löschen"
            )),
            Self::Denied { address, code } => Problem::new(
                Kind::Settings,
                text!(
                    en "{address} refuses ({code})",
                    fr "{address} refuse l’accès ({code})",
                    de "{address} verweigert den Zugriff ({code})"
                ),
            )
            .hint(credentials_hint()),
            Self::Unreachable { address, why } => Problem::new(
                Kind::Environment,
                text!(
                    en "{address} does not answer ({why})",
                    fr "{address} ne répond pas ({why})",
                    de "{address} antwortet nicht ({why})"
                ),
            )
            .hint(text!(
                en "check the network, the endpoint and the HTTPS_PROXY variable; without credentials in the environment, those of the machine are asked for",
                fr "vérifiez le réseau, le point d’accès et la variable HTTPS_PROXY ; sans identifiants dans l’environnement, ce sont ceux de la machine qui sont demandés",
                de "prüfen Sie Netz, Endpunkt und die Variable HTTPS_PROXY; ohne Zugangsdaten in der Umgebung werden die der Maschine erfragt"
            )),
            Self::Changed { address, key } => Problem::new(
                Kind::Environment,
                text!(
                    en "“{key}” in {address} was replaced while it was read",
                    fr "« {key} » dans {address} a été remplacé pendant la lecture",
                    de "„{key}“ in {address} wurde beim Lesen ersetzt"
                ),
            )
            .hint(text!(
                en "try again",
                fr "réessayez",
                de "versuchen Sie es noch einmal"
            )),
            Self::Key { key } => Problem::new(
                Kind::User,
                text!(
                    en "“{key}” is not a name that an object can have here",
                    fr "« {key} » n’est pas un nom d’objet accepté ici",
                    de "„{key}“ ist kein Name, den ein Objekt hier haben kann"
                ),
            )
            .hint(text!(
                en "parts between slashes must not be empty, nor “.” or “..”",
                fr "les parties entre barres obliques ne doivent être ni vides, ni « . », ni « .. »",
                de "Teile zwischen Schrägstrichen dürfen nicht leer sein und nicht „.“ oder „..“"
            )),
            Self::Refused { address, code } => Problem::new(
                Kind::Environment,
                text!(
                    en "{address} answered {code}",
                    fr "{address} a répondu {code}",
                    de "{address} hat mit {code} geantwortet"
                ),
            )
            .hint(text!(
                en "check the region and the endpoint; an error of the server’s own (5xx) passes, or its operator knows of it",
                fr "vérifiez la région et le point d’accès ; une erreur du serveur (5xx) est passagère ou connue de son exploitant",
                de "prüfen Sie Region und Endpunkt; ein Fehler des Servers (5xx) vergeht oder ist seinem Betreiber bekannt"
            )),
        };
        problem.because(self)
    }
}

fn credentials_hint() -> vigie_model::lang::Text {
    text!(
        en "credentials come from the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AZURE_STORAGE_ACCOUNT_KEY or AZURE_CLIENT_ID; GOOGLE_APPLICATION_CREDENTIALS) or from the machine’s own role: check that they are there and may list, read, write and delete here",
        fr "les identifiants viennent de l’environnement (AWS_ACCESS_KEY_ID et AWS_SECRET_ACCESS_KEY, ou AWS_PROFILE ; AZURE_STORAGE_ACCOUNT_KEY ou AZURE_CLIENT_ID ; GOOGLE_APPLICATION_CREDENTIALS) ou du rôle de la machine : vérifiez qu’ils existent et permettent de lister, lire, écrire et supprimer ici",
        de "Zugangsdaten kommen aus der Umgebung (AWS_ACCESS_KEY_ID und AWS_SECRET_ACCESS_KEY oder AWS_PROFILE; AZURE_STORAGE_ACCOUNT_KEY oder AZURE_CLIENT_ID; GOOGLE_APPLICATION_CREDENTIALS) oder von der Rolle der Maschine: prüfen Sie, ob es sie gibt und ob sie hier auflisten, lesen, schreiben und löschen dürfen"
    )
}
