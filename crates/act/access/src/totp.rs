//! Time-based one-time codes (RFC 6238) as second factor: SHA-1, six digits, 30 seconds, the step
//! before and after accepted. Each step is used once: the caller stores the step that matched.

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write as _;
use totp_rs::{Builder, Secret, Totp};
use vigie_model::time::Timestamp;

/// Bytes of a new secret (RFC 4226 §4 recommends 160 bits).
const SECRET_BYTES: usize = 20;

/// What a person needs to enrol an authenticator.
pub struct Enrolment {
    /// The secret in Base32, for typing.
    pub secret: String,
    /// `otpauth://` address, for clicking.
    pub uri: String,
    /// The address as a QR code, an SVG document without scripts or styles.
    pub qr_svg: String,
}

/// The stored secret is damaged.
#[derive(Debug, thiserror::Error)]
#[error("the stored second factor is damaged")]
pub struct DamagedSecret;

/// A new secret in Base32.
pub(crate) fn new_secret() -> Result<String, crate::token::NoRandomness> {
    let bytes = crate::token::random_bytes::<SECRET_BYTES>()?;
    Ok(Secret::from(bytes.to_vec()).to_base32())
}

/// What to show for a secret.
pub(crate) fn enrolment(secret: &str, account: &str) -> Enrolment {
    let label = percent_encoded(account);
    let uri = format!("otpauth://totp/Vigie:{label}?secret={secret}&issuer=Vigie&algorithm=SHA1&digits=6&period=30");
    // A code of this length always fits in a QR code of version 40 and lowest correction.
    let qr_svg = QrCode::encode_text(&uri, QrCodeEcc::Medium).map(|code| svg(&code)).unwrap_or_default();
    Enrolment { secret: secret.to_owned(), uri, qr_svg }
}

/// The step that a code belongs to, if it is right at this time.
pub(crate) fn step_of(secret: &str, code: &str, now: Timestamp) -> Result<Option<i64>, DamagedSecret> {
    let seconds = u64::try_from(now.seconds()).map_err(|_| DamagedSecret)?;
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let step = totp(secret)?.check(&code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: &str) -> Result<Totp, DamagedSecret> {
    let secret = Secret::try_from_base32(secret).map_err(|_| DamagedSecret)?;
    Builder::new().with_secret(secret).build().map_err(|_| DamagedSecret)
}

fn svg(code: &QrCode) -> String {
    const QUIET: i32 = 4;
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in 0..code.size() {
            if code.get_module(x, y) {
                // Writing to a String cannot fail.
                let _written = write!(path, "M{},{}h1v1h-1z", x + QUIET, y + QUIET);
            }
        }
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" aria-label="QR code"><rect width="{side}" height="{side}" fill="#fff"/><path d="{path}" fill="#000"/></svg>"##
    )
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => {
                let _written = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, cut to six digits.
    #[test]
    fn follows_the_test_vectors() {
        let secret = Secret::from(b"12345678901234567890".to_vec()).to_base32();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")] {
            let step = step_of(&secret, code, Timestamp::from_seconds(seconds)).unwrap();
            assert_eq!(step, Some(seconds / 30), "{seconds}");
        }
        assert_eq!(step_of(&secret, "000000", Timestamp::from_seconds(59)).unwrap(), None);
        assert_eq!(step_of(&secret, "", Timestamp::from_seconds(59)).unwrap(), None);
    }

    #[test]
    fn an_enrolment_can_be_typed_clicked_and_scanned() {
        let secret = new_secret().unwrap();
        let enrolment = enrolment(&secret, "ada & co");
        assert!(enrolment.uri.contains("Vigie:ada%20%26%20co?secret="));
        assert!(enrolment.qr_svg.starts_with("<svg"));
        assert!(step_of("not base32!", "123456", Timestamp::from_seconds(1)).is_err());
    }
}
