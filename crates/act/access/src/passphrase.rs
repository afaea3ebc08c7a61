//! Passphrases: judged by how hard they are to guess, kept as Argon2id hashes.
//!
//! No composition rules and no forced rotation (NIST SP 800-63B, OWASP ASVS 5.0 §6.2): long enough,
//! and not what a guesser tries early, judged by zxcvbn with the name of the account and of this
//! product among the words to avoid.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use vigie_model::lang::Text;
use vigie_model::text;

/// Fewest characters.
pub const CHARACTERS_MIN: usize = 15;
/// Most bytes: enough for any sentence, and a bound on what the hash has to chew.
pub const BYTES_MAX: usize = 512;
/// Lowest zxcvbn score that is accepted: 10^8 guesses do not find it.
const SCORE_MIN: u8 = 3;
/// zxcvbn's work grows with the square of the length; what follows cannot make a passphrase worse.
const JUDGED_CHARACTERS_MAX: usize = 72;

/// What to say about a proposed passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it may be used.
    pub acceptable: bool,
    /// zxcvbn's score, 0 (guessed at once) to 4.
    pub score: u8,
    /// One sentence for the person who types.
    pub said: Text,
}

/// Judges a proposed passphrase for the account of this name.
#[must_use]
pub fn judge(name: &str, passphrase: &str) -> Judgement {
    let characters = passphrase.chars().count();
    let score = score(name, passphrase);
    let refused = |said| Judgement { acceptable: false, score, said };
    if characters < CHARACTERS_MIN {
        let missing = CHARACTERS_MIN - characters;
        return refused(text!(
            en "Needs {missing} more characters: {CHARACTERS_MIN} at least.",
            fr "Il manque {missing} caractères : {CHARACTERS_MIN} au moins.",
            de "Es fehlen noch {missing} Zeichen: mindestens {CHARACTERS_MIN}.",
        ));
    }
    if passphrase.len() > BYTES_MAX {
        return refused(text!(
            en "Too long: at most {BYTES_MAX} bytes.",
            fr "Trop longue : {BYTES_MAX} octets au plus.",
            de "Zu lang: höchstens {BYTES_MAX} Bytes.",
        ));
    }
    if score < SCORE_MIN {
        return refused(text!(
            en "Too easy to guess: a few words that do not belong together are better.",
            fr "Trop facile à deviner : préférez quelques mots sans rapport entre eux.",
            de "Zu leicht zu erraten: besser sind einige Wörter, die nicht zusammengehören.",
        ));
    }
    Judgement { acceptable: true, score, said: text!(en "Good.", fr "Bonne phrase de passe.", de "Gut.") }
}

/// The lower of two scores: as typed, and without spaces, which would hide that a word is repeated.
fn score(name: &str, passphrase: &str) -> u8 {
    let avoided = [name, "vigie", "administrator", "security"];
    let judge = |text: String| u8::from(zxcvbn::zxcvbn(&text, &avoided).score());
    let judged = || passphrase.chars().take(JUDGED_CHARACTERS_MAX);
    judge(judged().collect()).min(judge(judged().filter(|c| !c.is_whitespace()).collect()))
}

/// The passphrase could not be hashed or its stored hash makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("the passphrase could not be hashed: {0}")]
pub struct HashError(String);

/// Argon2id with 19 MiB, two passes, one lane: the first choice of the OWASP password storage sheet.
fn hasher() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The PHC string to store for a passphrase, with a fresh salt.
pub(crate) fn hash(passphrase: &str) -> Result<String, HashError> {
    let hash = hasher()?.hash_password(passphrase.as_bytes()).map_err(|error| HashError(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether a passphrase belongs to a stored PHC string.
pub(crate) fn verify(passphrase: &str, stored: &str) -> Result<bool, HashError> {
    let parsed = PasswordHash::new(stored).map_err(|error| HashError(error.to_string()))?;
    Ok(hasher()?.verify_password(passphrase.as_bytes(), &parsed).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_by_guessing_not_by_composition() {
        let cases = [
            ("short but odd!7", true),
            ("short odd!7", false),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("administrator12345", false),
            ("passwordpassword", false),
            ("password password", false),
            ("horloge tambour nuage vif", true),
            ("veilchen laterne brücke moos", true),
        ];
        for (passphrase, acceptable) in cases {
            assert_eq!(judge("ada", passphrase).acceptable, acceptable, "{passphrase}");
        }
        assert!(!judge("ada", &"x".repeat(10_000)).acceptable);
        assert!(!judge("margaret hamilton", "margaret hamilton").acceptable);
    }

    #[test]
    fn a_hash_knows_its_passphrase_only() {
        let stored = hash("horloge tambour nuage vif").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("horloge tambour nuage vif", &stored).unwrap());
        assert!(!verify("horloge tambour nuage vit", &stored).unwrap());
        assert!(verify("x", "no hash at all").is_err());
    }
}
