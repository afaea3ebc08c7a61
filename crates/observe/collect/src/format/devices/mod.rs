//! Devices and security products: one file for each, CEF and LEEF for all the others.
//!
//! Such records say themselves what they are, by their first bytes or by the tag a header was made of,
//! so the first byte alone turns away nearly everything else. Names, numbers and orders of columns are
//! those of the vendors' references; each file names its own.

mod asa;
mod cef;
mod checkpoint;
mod cisco_user;
mod class;
mod clock;
mod facts;
mod fortinet;
mod ftd;
mod ios;
mod leef;
mod paloalto;
mod scan;

use crate::header::Line;
use crate::meaning::Meaning;

/// The meaning of a record that says itself what it is.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message;
    match line.program.as_bytes() {
        [b'%', ..] => return tagged("", line.program, text),
        b"CEF" => return cef::parse(line, text),
        b"LEEF" => return leef::parse(line, text),
        b"CheckPoint" => {
            if let Some(meaning) = checkpoint::parse(line, text) {
                return Some(meaning);
            }
        }
        _ => {}
    }
    let text = text.trim_start_matches([' ', ':']);
    match text.as_bytes() {
        [b'C', b'E', b'F', b':', ..] => cef::parse(line, text.get(4..)?),
        [b'L', b'E', b'E', b'F', b':', ..] => leef::parse(line, text.get(5..)?),
        [b'[', b'a', b'c', b't', b'i', b'o', b'n', b':', ..] => checkpoint::parse(line, text),
        [b'd' | b'l' | b't' | b'c' | b'v' | b'i', ..] if is_pairs(text) => fortinet::parse(line, text),
        [b'0'..=b'9', b',', b'2', b'0', ..] => paloalto::parse(line, text),
        _ => inside(text),
    }
}

/// Whether a message begins with a pair.
fn is_pairs(text: &str) -> bool {
    let name = text.bytes().take(24).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    text.as_bytes().get(name) == Some(&b'=')
}

/// A tag of Cisco's behind what no header could take.
fn inside(text: &str) -> Option<Meaning> {
    let (before, tag, text) = ios::tagged(text)?;
    tagged(before, tag, text)
}

/// `%ASA-6-302013: …` or `%SEC-6-IPACCESSLOGP: …`
fn tagged(before: &str, tag: &str, text: &str) -> Option<Meaning> {
    let tag = tag.trim_start_matches('%');
    match tag.split('-').next()? {
        "ASA" | "PIX" | "FTD" | "FWSM" => asa::parse(tag, text),
        _ if ios::is_tag(tag) => ios::parse(before, tag, text),
        _ => None,
    }
}
