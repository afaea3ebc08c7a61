//! Vulnerability data for machines without network: the compact file in a signed envelope.
//!
//! Layout: magic `VIGIEBDL`, u32 version, u32 length of the manifest (little-endian), the manifest as JSON
//! ([`Manifest`]), an Ed25519 signature (RFC 8032, 64 bytes) of everything before it, the compact file.
//! The manifest carries the file's length and SHA-256, so the signature covers the file too, and names
//! the feeds that it was built from with their hashes, so that somebody can tell what is in it.
//!
//! Nothing of a bundle is used before a key that the caller trusts has signed it: the manifest's own word
//! on its key is only for the message. Keys are 32 bytes of randomness that the caller brings.

use crate::file::bytes::Reader;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest::{Context, SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::time::Timestamp;

const MAGIC: [u8; 8] = *b"VIGIEBDL";
const VERSION: u32 = 1;
/// The largest manifest that is read.
const MANIFEST_BYTES_MAX: usize = 16 * 1024 * 1024;
const SIGNATURE_BYTES: usize = 64;
const KEY_PREFIX: &str = "vigie-secret-key:";
const PUBLIC_PREFIX: &str = "vigie-public-key:";

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When it was made.
    pub made_at: Timestamp,
    /// Length of the compact file.
    pub bytes: u64,
    /// SHA-256 of the compact file, in hexadecimal.
    pub sha256: String,
    /// The key that signed it, as its maker says.
    pub key: String,
    /// The feeds that the file was built from.
    pub feeds: Vec<Feed>,
}

/// A feed that the data were built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// The name it is kept under.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A key that signs bundles. Has no `Debug`, so that it is never printed by accident.
pub struct SecretKey {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

/// A key that bundles are checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key of Vigie")]
pub struct NotAKey;

/// Why a bundle is not used.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is some other file.
    #[error("not a bundle of vulnerability data")]
    NotABundle,
    /// Another release of Vigie made it.
    #[error("a bundle of layout {found}, this program reads layout {VERSION}")]
    OtherVersion {
        /// The layout it has.
        found: u32,
    },
    /// None of the trusted keys signed it.
    #[error("not signed by a trusted key (it names {key})")]
    NotTrusted {
        /// The key it names itself.
        key: String,
    },
    /// The file is not the one that was signed.
    #[error("cut off or changed after it was signed")]
    Changed,
}

impl SecretKey {
    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// [`NotAKey`] when there is no key pair for them.
    pub fn from_seed(seed: [u8; 32]) -> Result<Self, NotAKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| NotAKey)?;
        Ok(Self { seed, pair })
    }

    /// The key of a key file.
    ///
    /// # Errors
    /// [`NotAKey`] when the text is none.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        Self::from_seed(decoded(text, KEY_PREFIX)?)
    }

    /// What stands in the key file. Keep it from others.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{KEY_PREFIX}{}\n", BASE64.encode(self.seed))
    }

    /// The key to check with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        // Ed25519's public keys have 32 bytes.
        bytes.iter_mut().zip(self.pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        PublicKey(bytes)
    }
}

impl PublicKey {
    /// The key of a text, as its [`fmt::Display`] writes it.
    ///
    /// # Errors
    /// [`NotAKey`] when the text is none.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        decoded(text, PUBLIC_PREFIX).map(Self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{PUBLIC_PREFIX}{}", BASE64.encode(self.0))
    }
}

fn decoded(text: &str, prefix: &str) -> Result<[u8; 32], NotAKey> {
    let encoded = text.trim().strip_prefix(prefix).ok_or(NotAKey)?;
    BASE64.decode(encoded).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(NotAKey)
}

/// The SHA-256 of bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of what comes in pieces.
pub struct Hash {
    context: Context,
    bytes: u64,
}

impl Default for Hash {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), bytes: 0 }
    }
}

impl Hash {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.context.update(piece);
        self.bytes += piece.len() as u64;
    }

    /// How many bytes there were, and their SHA-256 in hexadecimal.
    #[must_use]
    pub fn finish(self) -> (u64, String) {
        (self.bytes, hex(self.context.finish().as_ref()))
    }
}

/// The head of a bundle, which the compact file follows, and what it says.
#[must_use]
pub fn head(file: &[u8], feeds: Vec<Feed>, key: &SecretKey, now: Timestamp) -> (Manifest, Vec<u8>) {
    let manifest =
        Manifest { made_at: now, bytes: file.len() as u64, sha256: sha256(file), key: key.public().to_string(), feeds };
    // Numbers and texts: serialising them to memory cannot fail.
    let said = serde_json::to_vec(&manifest).unwrap_or_default();
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&(said.len() as u32).to_le_bytes());
    head.extend_from_slice(&said);
    let signature = key.pair.sign(&head);
    head.extend_from_slice(signature.as_ref());
    (manifest, head)
}

/// Whether bytes begin as a bundle does.
#[must_use]
pub fn is_bundle(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Checks a bundle; gives what it holds and the compact file in it.
///
/// # Errors
/// [`BundleError`] when it is none, nobody trusted signed it, or it was changed.
pub fn open<'a>(bundle: &'a [u8], trusted: &[PublicKey]) -> Result<(Manifest, &'a [u8]), BundleError> {
    let mut reader = Reader::new(bundle);
    if reader.array() != Some(MAGIC) {
        return Err(BundleError::NotABundle);
    }
    match reader.u32() {
        Some(VERSION) => {}
        Some(found) => return Err(BundleError::OtherVersion { found }),
        None => return Err(BundleError::Changed),
    }
    let length = reader.u32().map(|length| length as usize).filter(|length| *length <= MANIFEST_BYTES_MAX);
    let manifest = length.and_then(|length| reader.bytes(length)).ok_or(BundleError::Changed)?;
    let signed = &bundle[..MAGIC.len() + 8 + manifest.len()];
    let signature = reader.bytes(SIGNATURE_BYTES).ok_or(BundleError::Changed)?;
    let signs = |key: &PublicKey| UnparsedPublicKey::new(&ED25519, key.0).verify(signed, signature).is_ok();
    if !trusted.iter().any(signs) {
        // Only for the message, and only if it looks like a key.
        let named = serde_json::from_slice::<Manifest>(manifest).ok().and_then(|manifest| PublicKey::parse(&manifest.key).ok());
        return Err(BundleError::NotTrusted { key: named.map_or_else(|| "-".to_owned(), |key| key.to_string()) });
    }
    let manifest: Manifest = serde_json::from_slice(manifest).map_err(|_| BundleError::Changed)?;
    let file = &bundle[signed.len() + SIGNATURE_BYTES..];
    if file.len() as u64 != manifest.bytes || sha256(file) != manifest.sha256 {
        return Err(BundleError::Changed);
    }
    Ok((manifest, file))
}

impl BundleError {
    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::NotABundle => text!(
                en "This is not a bundle of vulnerability data.",
                fr "Ce n'est pas un paquet de données de vulnérabilités.",
                de "Das ist kein Bündel mit Schwachstellendaten."
            ),
            Self::OtherVersion { found } => text!(
                en "The bundle was made by another version of Vigie (layout {found}, expected {VERSION}).",
                fr "Le paquet a été créé par une autre version de Vigie (format {found}, attendu {VERSION}).",
                de "Das Bündel stammt von einer anderen Vigie-Version (Format {found}, erwartet {VERSION})."
            ),
            Self::NotTrusted { key } => text!(
                en "No trusted key signed the bundle; it names {key}.",
                fr "Aucune clé de confiance n'a signé le paquet ; il nomme {key}.",
                de "Kein vertrauter Schlüssel hat das Bündel signiert; es nennt {key}."
            ),
            Self::Changed => text!(
                en "The bundle was cut off or changed after it was signed.",
                fr "Le paquet a été tronqué ou modifié après sa signature.",
                de "Das Bündel wurde nach dem Signieren abgeschnitten oder verändert."
            ),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Text {
        match self {
            Self::NotTrusted { .. } => text!(
                en "If the key is the one its maker told you, name it as trusted.",
                fr "Si c'est bien la clé que son auteur vous a donnée, déclarez-la de confiance.",
                de "Ist es der Schlüssel, den sein Ersteller Ihnen genannt hat, geben Sie ihn als vertraut an."
            ),
            _ => text!(
                en "Copy the bundle again, or make it again with `vigie db export`.",
                fr "Copiez de nouveau le paquet, ou recréez-le avec `vigie db export`.",
                de "Kopieren Sie das Bündel erneut oder erstellen Sie es neu mit `vigie db export`."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(number: u8) -> SecretKey {
        SecretKey::from_seed([number; 32]).unwrap()
    }

    fn bundle() -> Vec<u8> {
        let feeds = vec![Feed { name: "osv/Debian.zip".into(), bytes: 3, sha256: sha256(b"abc") }];
        [head(b"the compact file", feeds, &key(1), Timestamp::EPOCH).1.as_slice(), b"the compact file"].concat()
    }

    #[test]
    fn what_is_signed_comes_back() {
        let bundle = bundle();
        assert!(is_bundle(&bundle));
        let (manifest, file) = open(&bundle, &[key(2).public(), key(1).public()]).unwrap();
        assert_eq!(file, b"the compact file");
        assert_eq!(manifest.feeds[0].sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(manifest.key, key(1).public().to_string());
    }

    #[test]
    fn other_keys_are_not_trusted() {
        for trusted in [&[][..], &[key(2).public()]] {
            let error = open(&bundle(), trusted).unwrap_err();
            assert!(matches!(&error, BundleError::NotTrusted { key: named } if *named == key(1).public().to_string()), "{error}");
        }
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let sound = bundle();
        for place in 0..sound.len() {
            let mut changed = sound.clone();
            changed[place] ^= 0x20;
            assert!(open(&changed, &[key(1).public()]).is_err(), "byte {place}");
            assert!(open(&sound[..place], &[key(1).public()]).is_err(), "{place} bytes");
        }
    }

    #[test]
    fn keys_are_written_and_read() {
        let (secret, public) = (key(7).to_text(), key(7).public());
        assert_eq!(SecretKey::parse(&secret).unwrap().public(), public);
        assert_eq!(PublicKey::parse(&public.to_string()), Ok(public));
        assert_eq!(PublicKey::parse(&secret), Err(NotAKey));
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(open(&bytes, &[key(1).public()]).is_err());
            prop_assert!(open(&[&MAGIC[..], &[1, 0, 0, 0], &bytes].concat(), &[key(1).public()]).is_err());
        }
    }
}
