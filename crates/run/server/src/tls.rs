//! The console's certificate: made by ourselves at the first start, renewed before it ends.
//!
//! Self-signed for this machine's name and the loopback addresses, until the owner puts their own
//! `certificate.pem` and `key.pem` in the same folder. The key never leaves the data directory.

use axum_server::tls_rustls::RustlsConfig;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use vigie_kit::clock::Clock;
use vigie_kit::files;
use vigie_kit::problem::{Kind, Problem, Source};
use vigie_model::text;
use vigie_model::time::Timestamp;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// A note that the certificate is ours to renew; absent when the owner brought their own.
const OURS: &str = "self-signed-until";
/// Browsers refuse certificates that live longer than 398 days.
const VALID_DAYS: i64 = 397;
const RENEW_BEFORE_DAYS: i64 = 30;
const PEM_BYTES_MAX: u64 = 1 << 20;

/// The TLS settings for the console, from the files in `folder`.
///
/// # Errors
/// A [`Problem`] when the folder cannot be written or its files make no sense.
pub(crate) async fn settings(folder: &Path, host_name: &str, clock: &dyn Clock) -> Result<RustlsConfig, Problem> {
    // Fails only when a provider is installed already, which is as good.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    if needs_certificate(folder, clock.now()) {
        make(folder, host_name, clock.now())?;
    }
    RustlsConfig::from_pem_file(folder.join(CERTIFICATE), folder.join(KEY)).await.map_err(|error| {
        let folder = folder.display();
        Problem::new(
            Kind::Settings,
            text!(
                en "The certificate in {folder} cannot be used",
                fr "Le certificat dans {folder} est inutilisable",
                de "Das Zertifikat in {folder} ist nicht brauchbar",
            ),
        )
        .hint(text!(
            en "put a matching certificate.pem and key.pem there, or remove both to have new ones made",
            fr "placez-y un certificate.pem et un key.pem assortis, ou supprimez les deux pour en créer de nouveaux",
            de "legen Sie dort zueinander passende certificate.pem und key.pem ab, oder löschen Sie beide, um neue zu erzeugen",
        ))
        .because(error)
    })
}

/// The same for connections that do not speak HTTP.
pub(crate) fn without_http(settings: &RustlsConfig) -> Arc<rustls::ServerConfig> {
    let mut settings = rustls::ServerConfig::clone(&settings.get_inner());
    settings.alpn_protocols.clear();
    Arc::new(settings)
}

fn needs_certificate(folder: &Path, now: Timestamp) -> bool {
    if !folder.join(CERTIFICATE).exists() || !folder.join(KEY).exists() {
        return true;
    }
    let Ok(until) = files::read_bounded(&folder.join(OURS), PEM_BYTES_MAX) else { return false };
    let until = Timestamp::parse(String::from_utf8_lossy(&until).trim()).unwrap_or(Timestamp::EPOCH);
    until.since(now) < RENEW_BEFORE_DAYS * 86_400 * 1_000_000
}

fn make(folder: &Path, host_name: &str, now: Timestamp) -> Result<(), Problem> {
    let until = now.plus_seconds(VALID_DAYS * 86_400);
    let (certificate, key) = self_signed(host_name, now, until).map_err(|error| {
        Problem::new(
            Kind::Internal,
            text!(
                en "No certificate could be made",
                fr "Impossible de créer un certificat",
                de "Es konnte kein Zertifikat erzeugt werden",
            ),
        )
        .because(error)
    })?;
    let write =
        |name: &str, text: &str, mode| files::write_atomic(&folder.join(name), text.as_bytes(), mode).map_err(Source::from);
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(Source::from)
        .and_then(|()| write(KEY, &key, 0o600))
        .and_then(|()| write(CERTIFICATE, &certificate, 0o644))
        .and_then(|()| write(OURS, &until.to_string(), 0o644))
        .map_err(|error| {
            let folder = folder.display();
            Problem::new(
                Kind::Environment,
                text!(
                    en "The certificate cannot be written to {folder}",
                    fr "Le certificat ne peut pas être écrit dans {folder}",
                    de "Das Zertifikat kann nicht nach {folder} geschrieben werden",
                ),
            )
            .because(error)
        })
}

fn self_signed(host_name: &str, from: Timestamp, until: Timestamp) -> Result<(String, String), rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !host_name.is_empty() && host_name.is_ascii() && host_name != "localhost" {
        names.push(host_name.to_owned());
    }
    let mut params = rcgen::CertificateParams::new(names)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "Vigie");
    params.extended_key_usages.push(rcgen::ExtendedKeyUsagePurpose::ServerAuth);
    let (y, m, d) = date(from.plus_seconds(-86_400));
    params.not_before = rcgen::date_time_ymd(y, m, d);
    let (y, m, d) = date(until);
    params.not_after = rcgen::date_time_ymd(y, m, d);
    let key = rcgen::KeyPair::generate()?;
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

fn date(time: Timestamp) -> (i32, u8, u8) {
    // A Day shows as YYYY-MM-DD.
    let text = time.day().to_string();
    let mut parts = text.rsplitn(3, '-').map(|part| part.parse::<i32>().unwrap_or(1));
    let (day, month, year) = (parts.next().unwrap_or(1), parts.next().unwrap_or(1), parts.next().unwrap_or(1970));
    (year, u8::try_from(month).unwrap_or(1), u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_testkit::FakeClock;

    #[tokio::test]
    async fn makes_a_certificate_once_and_renews_it_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("tls");
        let clock = FakeClock::at("2026-11-21T08:00:00Z");
        settings(&folder, "web-1", &clock).await.unwrap();
        let read = || fs::read_to_string(folder.join(CERTIFICATE)).unwrap();
        let first = read();
        settings(&folder, "web-1", &clock).await.unwrap();
        assert_eq!(read(), first);
        clock.advance(370 * 86_400);
        settings(&folder, "web-1", &clock).await.unwrap();
        assert_ne!(read(), first);
    }

    #[tokio::test]
    async fn an_owners_certificate_is_left_alone_and_a_broken_one_named() {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-21T08:00:00Z");
        fs::write(folder.path().join(CERTIFICATE), "not a certificate").unwrap();
        fs::write(folder.path().join(KEY), "not a key").unwrap();
        let problem = settings(folder.path(), "web-1", &clock).await.unwrap_err();
        assert!(problem.hint.is_some());
        assert_eq!(fs::read_to_string(folder.path().join(KEY)).unwrap(), "not a key");
    }
}
