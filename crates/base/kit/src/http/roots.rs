//! Which certificate authorities are trusted.

use crate::files;
use std::path::{Path, PathBuf};
use ureq::tls::{PemItem, RootCerts, parse_pem};

/// Where the common systems keep their list, most common first; `SSL_CERT_FILE` goes before.
const BUNDLES: [&str; 4] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];
/// Debian's list has 220 kB.
const BUNDLE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The system's list where there is one, else Mozilla's, which is built in.
pub(super) fn trusted() -> RootCerts {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let places = named.into_iter().chain(BUNDLES.map(PathBuf::from));
    places.into_iter().find_map(|place| bundle(&place)).unwrap_or(RootCerts::WebPki)
}

pub(super) fn bundle(path: &Path) -> Option<RootCerts> {
    let pem = files::read_bounded(path, BUNDLE_BYTES_MAX).ok()?;
    // One damaged certificate in a list does not take the others away.
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = certificates.collect();
    (!certificates.is_empty()).then(|| RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_certificates_is_no_list() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle.pem");
        std::fs::write(&path, "nothing here\n").unwrap();
        assert!(bundle(&path).is_none());
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(bundle(&path), Some(RootCerts::Specific(list)) if list.len() == 1));
    }
}
