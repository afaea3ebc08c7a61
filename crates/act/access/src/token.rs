//! Random secrets that are handed out once and kept only as a hash.
//!
//! 256 bits from the operating system, written as URL-safe Base64 without padding. The database
//! holds their SHA-256: such a secret has too much entropy to be guessed, so no slow hash is needed.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness(#[source] getrandom::Error);

/// A secret that leaves the program once. Has no `Debug`, so that it never reaches a log.
pub struct Token(String);

impl Token {
    /// A new token.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system refuses.
    pub fn random() -> Result<Self, NoRandomness> {
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<32>()?)))
    }

    /// The text to hand out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What the database keeps of a token.
#[must_use]
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Bytes that nobody can guess, from the operating system.
///
/// # Errors
/// [`NoRandomness`] when it refuses.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_fit_in_an_address() {
        let (one, two) = (Token::random().unwrap(), Token::random().unwrap());
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), 43);
        assert!(one.reveal().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
    }
}
