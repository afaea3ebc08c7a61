//! Devices and security products: one file for each, CEF and LEEF for all the others.
//!
//! Such records say themselves what they are, by their first bytes or by the tag a header was made of,
//! so the first byte alone turns away nearly everything else. Names, numbers and orders of columns are
//! those of the vendors' references; each file names its own.

mod arbor;
mod asa;
mod cef;
mod checkpoint;
mod cisco_user;
mod class;
mod clock;
mod epo;
mod eset;
mod f5;
mod facts;
mod fortinet;
mod ftd;
mod huawei;
mod ios;
mod junos;
mod leef;
mod mikrotik;
mod netscreen;
mod paloalto;
mod pf;
mod scan;
mod sonicwall;
mod sophos;
mod vpc;
mod watchguard;

pub(crate) use facts::set_protocol;

use crate::header::Line;
use crate::meaning::Meaning;
use crate::seek::Seek;

/// The meaning of a record that says itself what it is.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_start_matches([' ', ':']);
    by_program(line, text).or_else(|| by_beginning(line, text)).or_else(|| inside(line, text))
}

/// By what stands before the colon: a program of a device, or the tag of a format.
fn by_program(line: &Line<'_>, text: &str) -> Option<Meaning> {
    match line.program {
        "CEF" => cef::parse(line, text),
        "LEEF" => leef::parse(line, text),
        "CheckPoint" => checkpoint::parse(line, text),
        "filterlog" => pf::parse(text),
        "pf" => pf::sentence(text),
        "ASM" if text.starts_with("unit_hostname=\"") => f5::asm(line, text),
        "ERAServer" if text.starts_with('{') => eset::parse(text),
        "arbor-networks-aps" | "arbor-networks-aed" | "pfsp" => arbor::parse(text),
        "EPOEvents" => epo::parse(text),
        program if program.starts_with('%') => tagged("", program, text),
        _ => None,
    }
}

/// By the first bytes of the message.
fn by_beginning(line: &Line<'_>, text: &str) -> Option<Meaning> {
    match text.as_bytes() {
        [b'C', b'E', b'F', b':', ..] => cef::parse(line, text.get(4..)?),
        [b'L', b'E', b'E', b'F', b':', ..] => leef::parse(line, text.get(5..)?),
        [b'[', b'a', b'c', b't', b'i', b'o', b'n', b':', ..] => checkpoint::parse(line, text),
        [b'N', b'e', b't', b'S', b'c', b'r', b'e', b'e', b'n', b' ', ..] => netscreen::parse(line, text),
        [b'E', b'P', b'O', b'E', ..] => epo::parse(text),
        [b'2', b' ', b'0'..=b'9', ..] => vpc::parse(text),
        [b'0'..=b'9', b',', b'2', b'0', ..] => paloalto::parse(line, text),
        [b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] if f5::is_numbered(text) => f5::parse(text),
        [b'2', b'0', ..] => sophos::windows(text).or_else(|| junos::parse(line)),
        [b'<', b'l', b'o', b'g', b'>', ..] => sophos::linux(text),
        [b'u', b'n', b'i', b't', b'_', ..] => f5::asm(line, text),
        [b'm', b's', b'g', b'_', b'i', b'd', b'=', ..] => watchguard::parse(text),
        [b'a'..=b'z', ..] if is_pairs(text) => pairs(line, text),
        [b'a'..=b'z', ..] => mikrotik::topics(text).and_then(|(topics, said)| mikrotik::parse(topics, said)),
        [b'A'..=b'Z', ..] => junos::parse(line),
        _ => None,
    }
}

/// Messages of pairs from their first sign on.
fn pairs(line: &Line<'_>, text: &str) -> Option<Meaning> {
    match text.as_bytes() {
        [b'i', b'd', b'=', ..] if text.has(" sn=") => sonicwall::parse(line, text),
        [b'i', b'd', b'=', ..] => sophos::parse(line, text),
        [b'd', b'e', b'v', b'i', b'c', b'e', b'=' | b'_', ..] if text.has("log_type=") => sophos::parse(line, text),
        _ => fortinet::parse(line, text),
    }
}

/// Whether a message begins with a pair.
fn is_pairs(text: &str) -> bool {
    let name = text.bytes().take(24).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    text.as_bytes().get(name) == Some(&b'=')
}

/// By a tag behind what no header could take, and packets that netfilter logged elsewhere than in the kernel's log.
///
/// Lines that nobody knows come through here: each look is one fast search.
fn inside(line: &Line<'_>, text: &str) -> Option<Meaning> {
    if let Some(at) = text.find('%') {
        let (before, rest) = text.split_at_checked(at)?;
        if let Some((tag, said)) = rest.strip_prefix("%%").and_then(|rest| rest.cut(":")) {
            return huawei::parse(before, tag, said);
        }
        // IOS-XR puts a blank before the colon.
        if let Some((tag, said)) = rest.get(1..).and_then(|rest| rest.cut(":")).filter(|(tag, _)| ios::is_tag(tag.trim_end())) {
            return tagged(before, tag.trim_end(), said);
        }
    }
    if text.has("]: ")
        && let Some((head, said)) = text.cut("]: ").filter(|(_, said)| f5::is_numbered(said))
    {
        return f5::behind(head, said);
    }
    if text.has("msg_id=\"") {
        return watchguard::parse(text);
    }
    if text.has(" 1,20") {
        let (_, record) = text.cut(" 1,20")?;
        let start = text.len() - record.len() - 4;
        return paloalto::parse(line, text.get(start..)?);
    }
    if text.has(" SRC=") {
        return super::firewall::parse(text);
    }
    if line.more.is_empty() { None } else { junos::parse(line) }
}

/// `%ASA-6-302013: …`, `%SEC-6-IPACCESSLOGP: …`, `%%01POLICY/6/POLICYPERMIT(l): …`
fn tagged(before: &str, tag: &str, text: &str) -> Option<Meaning> {
    if let Some(tag) = tag.strip_prefix("%%") {
        return huawei::parse(before, tag, text);
    }
    let tag = tag.trim_start_matches('%');
    match tag.split('-').next()? {
        "ASA" | "PIX" | "FTD" | "FWSM" => asa::parse(before, tag, text),
        _ if ios::is_tag(tag) => ios::parse(before, tag, text),
        _ => None,
    }
}
