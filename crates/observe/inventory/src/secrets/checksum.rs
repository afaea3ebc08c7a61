//! What in a secret proves that it is one: checksums and structures of token formats.
//!
//! Pure functions over the bytes of a match. Nothing is asked of the service that gave the token.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use vigie_catalogue::secret::Checksum;

/// Base64 with or without padding, in the usual and in the address-safe alphabet.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Decodes base64 of either alphabet.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let url_safe = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    if url_safe { URL_SAFE.decode(text).ok() } else { STANDARD.decode(text).ok() }
}

/// Whether a secret passes its proof.
pub(super) fn holds(checksum: Checksum, secret: &[u8]) -> bool {
    match checksum {
        Checksum::None => true,
        Checksum::Crc32Base62 => crc32_base62(secret).unwrap_or(false),
        Checksum::Crc32Hex => crc32_hex(secret).unwrap_or(false),
        Checksum::Jwt => jwt(secret).unwrap_or(false),
        Checksum::KubernetesToken => jwt(secret).unwrap_or(false) && is_of_kubernetes(secret).unwrap_or(false),
        Checksum::Pem => super::pem::is_private_key(secret),
        Checksum::Bech32 => bech32(secret).unwrap_or(false),
        Checksum::BasicAuth => basic_auth(secret).unwrap_or(false),
        Checksum::Base64Of32 => decoded(secret).is_some_and(|bytes| bytes.len() == 32 && varied(&bytes)),
        Checksum::Base64Of64 => decoded(secret).is_some_and(|bytes| bytes.len() == 64 && varied(&bytes)),
        Checksum::HexOf32 => secret.len() >= 64 && varied(secret),
        Checksum::Mixed => mixed(secret),
        Checksum::Password => super::password::is_likely(secret),
    }
}

/// Whether bytes look drawn rather than written: no byte makes up a quarter of them.
fn varied(bytes: &[u8]) -> bool {
    let mut counts = [0_usize; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    counts.iter().all(|count| *count * 4 <= bytes.len().max(4))
}

fn mixed(secret: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| secret.iter().any(kind);
    has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit)
}

/// CRC-32 as in zip and Ethernet (IEEE 802.3).
fn crc32(bytes: &[u8]) -> u32 {
    let step =
        |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()));
    !bytes.iter().fold(u32::MAX, step)
}

fn crc32_base62(secret: &[u8]) -> Option<bool> {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let body = &secret[secret.iter().position(|byte| *byte == b'_')? + 1..];
    let (random, sum) = body.split_at_checked(body.len().checked_sub(6)?)?;
    let mut number = 0_u64;
    for digit in sum {
        number = number * 62 + DIGITS.iter().position(|known| known == digit)? as u64;
    }
    Some(number == u64::from(crc32(random)))
}

fn crc32_hex(secret: &[u8]) -> Option<bool> {
    let first = secret.iter().position(|byte| *byte == b'_')?;
    let last = secret.iter().rposition(|byte| *byte == b'_')?;
    let random = secret.get(first + 1..last)?;
    let sum = std::str::from_utf8(secret.get(last + 1..)?).ok()?;
    let number = u32::from_str_radix(sum, 16).ok()?;
    Some(number.swap_bytes() == crc32(random))
}

fn jwt(secret: &[u8]) -> Option<bool> {
    let mut parts = secret.split(|byte| *byte == b'.');
    let header: serde_json::Value = serde_json::from_slice(&decoded(parts.next()?)?).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&decoded(parts.next()?)?).ok()?;
    let names_algorithm = header.get("alg").is_some_and(|alg| alg.as_str().is_some_and(|alg| !alg.eq_ignore_ascii_case("none")));
    // The one of jwt.io's front page and of every tutorial.
    let is_tutorial =
        payload.get("sub").is_some_and(|sub| sub == "1234567890") || payload.get("some").is_some_and(|some| some == "payload");
    Some(names_algorithm && payload.is_object() && !is_tutorial)
}

fn is_of_kubernetes(secret: &[u8]) -> Option<bool> {
    let payload: serde_json::Value = serde_json::from_slice(&decoded(secret.split(|byte| *byte == b'.').nth(1)?)?).ok()?;
    let names = |claim: &str| payload.get(claim).and_then(serde_json::Value::as_str).unwrap_or_default();
    Some(names("iss").contains("kubernetes") || names("sub").starts_with("system:serviceaccount:"))
}

fn bech32(secret: &[u8]) -> Option<bool> {
    const DIGITS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let text = secret.to_ascii_lowercase();
    let split = text.iter().rposition(|byte| *byte == b'1')?;
    let (name, data) = (&text[..split], &text[split + 1..]);
    let digits = data.iter().map(|byte| DIGITS.iter().position(|known| known == byte)).collect::<Option<Vec<_>>>()?;
    let high = name.iter().map(|byte| u32::from(byte >> 5));
    let low = name.iter().map(|byte| u32::from(byte & 31));
    let values = high.chain([0]).chain(low).chain(digits.into_iter().map(|digit| digit as u32));
    let sum = values.fold(1_u32, |sum, value| {
        let next = (sum & 0x01ff_ffff) << 5 ^ value;
        (0..5).filter(|bit| sum >> (25 + bit) & 1 == 1).fold(next, |next, bit| next ^ GENERATOR[bit as usize])
    });
    Some(sum == 1)
}

fn basic_auth(secret: &[u8]) -> Option<bool> {
    let plain = decoded(secret)?;
    let colon = plain.iter().position(|byte| *byte == b':')?;
    let (user, password) = (&plain[..colon], &plain[colon + 1..]);
    let printable = plain.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    Some(printable && !user.is_empty() && password.len() >= 4 && super::password::is_likely(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_hold_and_break() {
        for (checksum, good, broken) in [
            (Checksum::Crc32Base62, "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", "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"),
            (Checksum::Crc32Hex, "x_123456789_2639f4cb", "x_123456788_2639f4cb"),
            (Checksum::Bech32, "A12UEL5L", "A12UEL5P"),
            (Checksum::Bech32, "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxq"),
            (Checksum::BasicAuth, "ZGVwbG95OnRyNHZlcnNlLVZpb2xldA==", "ZGVwbG95O"),
            (Checksum::Jwt, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "eyJhbGciOiJIUzI1NiJ9.c2lnbmF0dXJl"),
            (Checksum::Mixed, "aB3", "ab3"),
        ] {
            assert!(holds(checksum, good.as_bytes()), "{checksum:?} {good}");
            assert!(!holds(checksum, broken.as_bytes()), "{checksum:?} {broken}");
        }
        assert!(!holds(Checksum::Base64Of32, b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        assert!(!holds(Checksum::Jwt, b"e30.e30.x") && !holds(Checksum::Crc32Base62, b"_") && !holds(Checksum::Bech32, b""));
    }
}
