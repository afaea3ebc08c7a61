//! Why nothing was fetched.

use crate::files::WriteError;
use crate::problem::{Explain, Kind, Problem, Source};
use std::io;
use std::path::{Path, PathBuf};
use vigie_model::text;

/// Why nothing was fetched. Addresses are shown without user name and password.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is not one of `http://` or `https://`.
    #[error("{url} is not an http or https address")]
    BadUrl {
        /// The address.
        url: String,
    },
    /// No answer: no such host, no connection, silence.
    #[error("no answer from {url}")]
    Unreachable {
        /// The address.
        url: String,
        /// Why.
        source: Source,
    },
    /// The server's certificate is not trusted, or the two sides speak no common TLS.
    #[error("no trusted connection to {url}")]
    Untrusted {
        /// The address.
        url: String,
        /// Why.
        source: Source,
    },
    /// A file that should hold certificates of authorities does not.
    #[error("{} holds no certificate", path.display())]
    NoAuthority {
        /// The file.
        path: PathBuf,
    },
    /// The server answered with a status that brings nothing.
    #[error("{url} answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
    },
    /// The transfer broke off.
    #[error("the transfer from {url} broke off")]
    Broken {
        /// The address.
        url: String,
        /// Why.
        source: io::Error,
    },
    /// It is larger than what is accepted.
    #[error("{url} is larger than {max} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit.
        max: u64,
    },
    /// It is not what was expected.
    #[error("{url} hashes to {}, not to {}", hex(found), hex(expected))]
    WrongSum {
        /// The address.
        url: String,
        /// The SHA-256 that was expected.
        expected: [u8; 32],
        /// The SHA-256 that came.
        found: [u8; 32],
    },
    /// The caller broke it off.
    #[error("the transfer from {url} was stopped")]
    Cancelled {
        /// The address.
        url: String,
    },
    /// It could not be stored.
    #[error(transparent)]
    Disk(WriteError),
}

impl HttpError {
    pub(super) fn status(url: &str, status: u16) -> Self {
        Self::Status { url: shown(url), status }
    }

    pub(super) fn broken(url: &str, source: io::Error) -> Self {
        Self::Broken { url: shown(url), source }
    }

    pub(super) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk(crate::files::write_failed(path, source))
    }

    pub(super) fn unanswered(url: &str, source: ureq::Error) -> Self {
        let url_shown = shown(url);
        match source {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Self::BadUrl { url: url_shown },
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Self::Untrusted { url: url_shown, source: source.into() },
            // rustls reports a refused certificate through the transport.
            ureq::Error::Io(io) if io.kind() == io::ErrorKind::InvalidData => {
                Self::Untrusted { url: url_shown, source: io.into() }
            }
            other => Self::Unreachable { url: url_shown, source: other.into() },
        }
    }

    /// Whether the same request may work in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::BadUrl { .. }
            | Self::NoAuthority { .. }
            | Self::Untrusted { .. }
            | Self::TooLarge { .. }
            | Self::WrongSum { .. }
            | Self::Cancelled { .. }
            | Self::Disk(_) => false,
        }
    }
}

/// An address as it may be shown and logged: without user name and password.
pub(super) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Explain for HttpError {
    fn explain(self) -> Problem {
        let problem = match &self {
            Self::BadUrl { url } => Problem::new(
                Kind::User,
                text!(
                    en "{url} is not an http or https address",
                    fr "{url} n'est pas une adresse http ou https",
                    de "{url} ist keine http- oder https-Adresse"
                ),
            )
            .hint(text!(
                en "write it like https://example.org/folder, or give the path of a folder",
                fr "écrivez-la comme https://example.org/dossier, ou indiquez le chemin d'un dossier",
                de "schreiben Sie sie wie https://example.org/ordner oder geben Sie den Pfad eines Ordners an"
            )),
            Self::Unreachable { url, source } => Problem::new(
                Kind::Environment,
                text!(
                    en "{url} does not answer ({source})",
                    fr "{url} ne répond pas ({source})",
                    de "{url} antwortet nicht ({source})"
                ),
            )
            .hint(text!(
                en "check the network and the HTTPS_PROXY variable; without a network, import from a folder",
                fr "vérifiez le réseau et la variable HTTPS_PROXY ; sans réseau, importez depuis un dossier",
                de "prüfen Sie das Netz und die Variable HTTPS_PROXY; ohne Netz importieren Sie aus einem Ordner"
            )),
            Self::Untrusted { url, source } => Problem::new(
                Kind::Environment,
                text!(
                    en "the connection to {url} cannot be trusted ({source})",
                    fr "la connexion à {url} n'est pas digne de confiance ({source})",
                    de "der Verbindung zu {url} ist nicht zu trauen ({source})"
                ),
            )
            .hint(text!(
                en "if your network has its own certificate authority, name its file in SSL_CERT_FILE; check the clock",
                fr "si votre réseau a sa propre autorité de certification, indiquez son fichier dans SSL_CERT_FILE ; vérifiez l'heure",
                de "hat Ihr Netz eine eigene Zertifizierungsstelle, nennen Sie deren Datei in SSL_CERT_FILE; prüfen Sie die Uhrzeit"
            )),
            Self::NoAuthority { path } => {
                let path = path.display();
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} cannot be read, or holds no certificate",
                        fr "{path} est illisible ou ne contient aucun certificat",
                        de "{path} ist nicht lesbar oder enthält kein Zertifikat"
                    ),
                )
                .hint(text!(
                    en "name a file with PEM certificates, such as that of your certificate authority",
                    fr "indiquez un fichier de certificats PEM, par exemple celui de votre autorité de certification",
                    de "nennen Sie eine Datei mit PEM-Zertifikaten, etwa die Ihrer Zertifizierungsstelle"
                ))
            }
            Self::Status { url, status } => Problem::new(
                Kind::Environment,
                text!(
                    en "{url} answered with status {status}",
                    fr "{url} a répondu avec le statut {status}",
                    de "{url} hat mit Status {status} geantwortet"
                ),
            )
            .hint(text!(
                en "check the address; if it is right, try again later",
                fr "vérifiez l'adresse ; si elle est juste, réessayez plus tard",
                de "prüfen Sie die Adresse; stimmt sie, versuchen Sie es später noch einmal"
            )),
            Self::Broken { url, source } => Problem::new(
                Kind::Environment,
                text!(
                    en "the transfer from {url} broke off ({source})",
                    fr "le transfert depuis {url} s'est interrompu ({source})",
                    de "die Übertragung von {url} ist abgebrochen ({source})"
                ),
            )
            .hint(text!(
                en "start it again; it goes on where it stopped",
                fr "relancez-le ; il reprend là où il s'est arrêté",
                de "starten Sie sie noch einmal; sie geht dort weiter, wo sie aufgehört hat"
            )),
            Self::TooLarge { url, max } => Problem::new(
                Kind::Environment,
                text!(
                    en "{url} is larger than the {max} bytes that are accepted",
                    fr "{url} dépasse les {max} octets acceptés",
                    de "{url} ist größer als die zulässigen {max} Bytes"
                ),
            )
            .hint(text!(
                en "check that the address is the one you meant",
                fr "vérifiez que l'adresse est bien celle que vous vouliez",
                de "prüfen Sie, ob es die gemeinte Adresse ist"
            )),
            Self::WrongSum { url, .. } => Problem::new(
                Kind::Environment,
                text!(
                    en "{url} is not the file that was expected: its checksum differs",
                    fr "{url} n'est pas le fichier attendu, sa somme de contrôle diffère",
                    de "{url} ist nicht die erwartete Datei, ihre Prüfsumme weicht ab"
                ),
            )
            .hint(text!(
                en "try again; if it stays so, the source or the way to it is not to be trusted",
                fr "réessayez ; si cela persiste, la source ou le chemin qui y mène n'est pas digne de confiance",
                de "versuchen Sie es noch einmal; bleibt es so, ist der Quelle oder dem Weg dorthin nicht zu trauen"
            )),
            Self::Cancelled { url } => Problem::new(
                Kind::User,
                text!(
                    en "the transfer from {url} was stopped",
                    fr "le transfert depuis {url} a été arrêté",
                    de "die Übertragung von {url} wurde angehalten"
                ),
            )
            .hint(text!(
                en "start it again; it goes on where it stopped",
                fr "relancez-le ; il reprend là où il s'est arrêté",
                de "starten Sie sie noch einmal; sie geht dort weiter, wo sie aufgehört hat"
            )),
            Self::Disk(error) => error.problem(),
        };
        problem.because(self)
    }
}
