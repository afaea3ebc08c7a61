//! Private keys in armour: PEM (RFC 7468), OpenSSH, PGP.
//!
//! A program's help text holds the first line of a key; a key holds base64 that decodes to the
//! beginning of one. What stands between the lines may be escaped (`\n` in JSON) or indented (YAML).

use super::checksum::decoded;

/// Shortest body of a key that is in use: an Ed25519 key in PKCS #8 takes 64 characters.
const BODY_MIN: usize = 60;

/// How much of the body is decoded: enough for the first bytes.
const PROBE: usize = 400;

/// Whether a block holds a private key that is not encrypted.
pub(super) fn is_private_key(block: &[u8]) -> bool {
    let Some((label, body)) = parts(block) else { return false };
    if body.windows(9).any(|here| here == b"ENCRYPTED") || label.starts_with(b"ENCRYPTED") {
        return false;
    }
    let text = base64_of(body);
    if text.len() < BODY_MIN {
        return false;
    }
    let whole = text.len().min(PROBE) / 4 * 4;
    let Some(bytes) = decoded(&text[..whole]) else { return false };
    match label {
        b"OPENSSH PRIVATE KEY" => bytes.starts_with(b"openssh-key-v1\0\0\0\0\x04none"),
        // Tag 5 (secret key) in the old or the new form of a packet (RFC 9580, 4.2).
        b"PGP PRIVATE KEY BLOCK" => bytes.first().is_some_and(|tag| matches!(tag, 0x94..=0x97 | 0xc5)),
        // DER: a SEQUENCE that begins with an INTEGER of one byte.
        _ => bytes.first() == Some(&0x30) && bytes.get(1..8).is_some_and(|head| head.windows(2).any(|pair| pair == [2, 1])),
    }
}

/// Label and what follows the first line.
fn parts(block: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = block.strip_prefix(b"-----BEGIN ")?;
    let end = rest.windows(5).position(|here| here == b"-----")?;
    Some((&rest[..end], &rest[end + 5..]))
}

/// The base64 text of a body: without headers, line ends, quotes and indentation, up to the last line.
fn base64_of(body: &[u8]) -> Vec<u8> {
    let end = body.windows(5).position(|here| here == b"-----").unwrap_or(body.len());
    let body = &body[..end];
    // Headers (`Comment: …`) end with an empty line.
    let start = match body.iter().position(|byte| *byte == b':') {
        Some(_) => body.windows(2).position(|pair| pair == b"\n\n").map_or(0, |empty| empty + 2),
        None => 0,
    };
    let mut text = Vec::with_capacity(body.len());
    for line in body[start..].split(|byte| *byte == b'\n') {
        let mut bytes = uncommented(line).iter().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\\' => drop(bytes.next_if(|next| matches!(next, b'n' | b'r' | b't'))),
                b'=' => return text,
                byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => text.push(*byte),
                _ => {}
            }
        }
    }
    text
}

/// A line without the mark of a comment or of a patch, which a space follows: none stands in base64.
fn uncommented(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_start();
    let marks: [&[u8]; 7] = [b"//!", b"///", b"//", b"#", b"*", b"+", b"-"];
    let rest = marks.iter().find_map(|mark| line.strip_prefix(*mark));
    rest.filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    fn block(label: &str, head: &[u8], between: &str) -> Vec<u8> {
        let bytes: Vec<u8> = head.iter().copied().chain((0..90).map(|n: u8| n.wrapping_mul(37))).collect();
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----{between}{}{between}-----END {label}-----", lines.join(between)).into_bytes()
    }

    #[test]
    fn a_key_is_a_key_however_its_lines_end() {
        let rsa = [0x30, 0x82, 1, 0, 2, 1, 0];
        for between in ["\n", "\\n", "\r\n        ", "\\\\n", "\",\n\"", "\n//! ", "\n  # "] {
            assert!(is_private_key(&block("RSA PRIVATE KEY", &rsa, between)), "{between:?}");
        }
        assert!(is_private_key(&block("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\x04none", "\n")));
        assert!(is_private_key(&block("PGP PRIVATE KEY BLOCK", &[0x95, 1, 2], "\n")));
    }

    #[test]
    fn what_is_encrypted_cut_or_talked_about_is_none() {
        let rsa = [0x30, 0x82, 1, 0, 2, 1, 0];
        assert!(!is_private_key(&block("ENCRYPTED PRIVATE KEY", &rsa, "\n")));
        assert!(!is_private_key(&block("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\naes256-ctr", "\n")));
        assert!(!is_private_key(&block("RSA PRIVATE KEY", b"hello", "\n")));
        assert!(!is_private_key(b"-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----"));
        assert!(!is_private_key(b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE"));
        assert!(!is_private_key(b"") && !is_private_key(b"-----BEGIN "));
    }
}
