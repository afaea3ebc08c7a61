//! TLS towards brokers and stores: whom we believe, and who we are; and whom a listener believes.

use super::secret::unreadable;
use super::wrong;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use vigie_kit::problem::Problem;
use vigie_model::text;

/// The files that a table names.
pub(super) struct Files<'a> {
    pub(super) table: &'a str,
    /// Authorities that are believed instead of Mozilla's list.
    pub(super) ca: Option<&'a Path>,
    /// Our own certificate and its key, where the peer wants one.
    pub(super) cert: Option<&'a Path>,
    pub(super) key: Option<&'a Path>,
}

impl Files<'_> {
    /// Whether any is named.
    pub(super) const fn any(&self) -> bool {
        self.ca.is_some() || self.cert.is_some() || self.key.is_some()
    }

    /// The settings of our side.
    pub(super) fn client(&self) -> Result<Arc<ClientConfig>, Problem> {
        let mut roots = RootCertStore::empty();
        match self.ca {
            Some(path) => {
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| unreadable(path, error))?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| self.makes_no_sense("tls", error))?
            .with_root_certificates(roots);
        let config = match (self.cert, self.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(cert), Some(key)) => {
                let own = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?;
                builder.with_client_auth_cert(certificates(cert)?, own).map_err(|error| unreadable(cert, error))?
            }
            _ => return Err(self.makes_no_sense("cert_file", "one of two")),
        };
        Ok(Arc::new(config))
    }

    fn makes_no_sense(&self, key: &str, error: impl Into<vigie_kit::problem::Source>) -> Problem {
        let hint = text!(
            en "`cert_file` and `key_file` go together",
            fr "`cert_file` et `key_file` vont ensemble",
            de "`cert_file` und `key_file` gehören zusammen",
        );
        wrong(self.table, key, hint).because(error)
    }
}

/// The settings of a listener that lets in only who brings a certificate of these authorities.
///
/// # Errors
/// A [`Problem`] when the file cannot be read or holds no certificate of an authority.
pub fn with_client_certificates(settings: &ServerConfig, authorities: &Path) -> Result<Arc<ServerConfig>, Problem> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities)? {
        roots.add(certificate).map_err(|error| unreadable(authorities, error))?;
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .build()
        .map_err(|error| unreadable(authorities, error))?;
    let settings = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unreadable(authorities, error))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(settings.cert_resolver.clone());
    Ok(Arc::new(settings))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|error| unreadable(path, error))?;
    if all.is_empty() { Err(unreadable(path, "there is no certificate in it")) } else { Ok(all) }
}
