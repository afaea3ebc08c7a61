//! How the token of a program is written: `vigie_`, 40 random letters and digits, six that check them.
//!
//! The beginning lets scanners of secrets know one when it lies in a file, and the check makes them sure: it is the
//! CRC-32 of the random part in base 62, as several code hosts write theirs. Our own catalogue has a page for it. So a
//! text that cannot be a token is also known for none without asking the database. 40 characters are 238 bits.

use crate::token::{NoRandomness, random_bytes};

/// With what every token begins.
pub const PREFIX: &str = "vigie_";

const RANDOM: usize = 40;
const CHECK: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The token of a program as it leaves us, once. Has no `Debug`, so that it never reaches a log.
pub struct Bearer(String);

impl Bearer {
    /// A new one.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system refuses.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut random = String::with_capacity(RANDOM);
        while random.len() < RANDOM {
            // Bytes from 248 on would make the first digits likelier than the others.
            let digits = random_bytes::<64>()?.into_iter().filter(|byte| *byte < 248).map(|byte| digit(u32::from(byte)));
            random.extend(digits.take(RANDOM - random.len()));
        }
        Ok(Self(format!("{PREFIX}{random}{}", check(&random))))
    }

    /// The text to hand out.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether a text can be a token of ours.
#[must_use]
pub fn is_well_formed(text: &str) -> bool {
    let body = text.strip_prefix(PREFIX).filter(|body| body.len() == RANDOM + CHECK);
    let parts =
        body.filter(|body| body.bytes().all(|byte| byte.is_ascii_alphanumeric())).and_then(|it| it.split_at_checked(RANDOM));
    parts.is_some_and(|(random, given)| check(random) == given)
}

fn check(random: &str) -> String {
    let mut number = crc32(random.as_bytes());
    let mut digits = [' '; CHECK];
    for place in digits.iter_mut().rev() {
        *place = digit(number);
        number /= 62;
    }
    digits.into_iter().collect()
}

fn digit(number: u32) -> char {
    DIGITS.get(number as usize % DIGITS.len()).map_or('0', |digit| char::from(*digit))
}

/// CRC-32 as in zip and Ethernet (IEEE 802.3).
fn crc32(bytes: &[u8]) -> u32 {
    let step =
        |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()));
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_checks_itself() {
        let (one, two) = (Bearer::random().unwrap(), Bearer::random().unwrap());
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(one.reveal().len(), PREFIX.len() + RANDOM + CHECK);
        assert!(is_well_formed(one.reveal()));
        let mut typo = one.reveal().to_owned();
        let last = if typo.pop() == Some('A') { 'B' } else { 'A' };
        typo.push(last);
        for text in ["", "vigie_", "vigie_é", &typo, &one.reveal()[1..], &format!("{} ", one.reveal())] {
            assert!(!is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn the_check_is_the_common_one() {
        // The check value of CRC-32: 0xcbf43926 of "123456789".
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
