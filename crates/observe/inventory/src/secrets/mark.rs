//! What may leave this room of a secret: a mask, and a keyed fingerprint.

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fmt;
use vigie_model::secret::Fingerprint;

/// The key of all fingerprints of an installation. Whoever has it can test a guess against a
/// fingerprint; it belongs beside the database, not into it.
#[derive(Clone)]
pub struct FingerprintKey {
    /// The hash after the inner pad (RFC 2104).
    inner: Sha256,
    /// The hash after the outer pad.
    outer: Sha256,
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

/// Block length of SHA-256.
const BLOCK: usize = 64;

impl FingerprintKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
            Sha256::new().chain_update(block)
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// HMAC-SHA-256 of a secret, its first half.
    pub(super) fn of(&self, secret: &[u8]) -> Fingerprint {
        let inner = self.inner.clone().chain_update(joined(secret));
        let whole = self.outer.clone().chain_update(inner.finalize()).finalize();
        let mut half = [0; 16];
        half.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        Fingerprint::from_bytes(half)
    }
}

/// A key block without its line ends, whether they stand as such or as `\n` in a string: it is the
/// same key. Any other secret as it is.
fn joined(secret: &[u8]) -> Cow<'_, [u8]> {
    if !secret.starts_with(b"-----BEGIN") {
        return Cow::Borrowed(secret);
    }
    let mut joined = Vec::with_capacity(secret.len());
    let mut escaped = false;
    for byte in secret {
        let is_end = byte.is_ascii_whitespace() || (escaped && matches!(byte, b'n' | b'r' | b't')) || *byte == b'\\';
        if !is_end {
            joined.push(*byte);
        }
        escaped = *byte == b'\\';
    }
    Cow::Owned(joined)
}

/// How many characters of a secret make it long enough to show some.
const LONG: usize = 20;

/// What may be shown: the public prefix of its format and the last two characters of a long one,
/// nothing of a short one. Only characters that no terminal obeys.
pub(super) fn masked(secret: &[u8], keyword: &str) -> String {
    if let Some(head) = secret.strip_prefix(b"-----BEGIN ") {
        let label: Vec<u8> =
            head.iter().copied().take_while(|byte| byte.is_ascii_uppercase() || *byte == b' ').take(40).collect();
        return format!("-----BEGIN {}-----…", String::from_utf8_lossy(&label));
    }
    if secret.len() < LONG {
        return "****".to_owned();
    }
    let public = if secret.starts_with(keyword.as_bytes()) { keyword.len() } else { 0 };
    // Never more than a quarter, whatever the keyword.
    let shown = public.min(secret.len() / 4);
    let visible = |bytes: &[u8]| -> String {
        bytes.iter().map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '?' }).collect()
    };
    format!("{}****{}", visible(&secret[..shown]), visible(&secret[secret.len() - 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_hmac() {
        // Python: hmac.new(bytes(range(32)), b"secret", "sha256").hexdigest()[:32]
        let key: [u8; 32] = std::array::from_fn(|place| place as u8);
        let key = FingerprintKey::new(&key);
        assert_eq!(key.of(b"secret").to_string(), "723f228d66d0f98dd0b43d22396eda39");
        assert_eq!(format!("{key:?}"), "FingerprintKey(…)");
    }

    #[test]
    fn a_block_is_the_same_with_escaped_line_ends() {
        let key = FingerprintKey::new(&[7; 32]);
        let block = |end: &str| key.of(format!("-----BEGIN X-----{end}nAAA{end}rBBB{end}-----END X-----").as_bytes());
        assert_eq!(block("\n"), block("\\n"));
        assert_eq!(block("\n"), block("\r\n    "));
        assert_ne!(key.of(b"a b"), key.of(b"ab"));
    }

    #[test]
    fn a_mask_hides() {
        assert_eq!(masked(b"hunter2hunter2", ""), "****");
        assert_eq!(masked(b"abcd_0123456789012345678901234567yz", "abcd_"), "abcd_****yz");
        assert_eq!(masked(b"0123456789\x1b[2J0123456789", "keyword"), "****89");
        assert_eq!(masked(b"-----BEGIN EC PRIVATE KEY-----\nMH", "x"), "-----BEGIN EC PRIVATE KEY-----…");
    }
}
