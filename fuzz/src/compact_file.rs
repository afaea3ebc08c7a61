//! The compact file of vulnerability data, with sections made to harm.
//!
//! Layout: the documentation of the module `file` of `vigie-advisories`.

use crate::checksum::crc32;
use std::sync::LazyLock;
use vigie_advisories::import::Importer;
use vigie_model::time::Timestamp;

/// A package that the sound file speaks of.
pub const PACKAGE: &str = "openssl";
/// Its ecosystem.
pub const ECOSYSTEM: &str = "Debian:12";
/// A vulnerability that the sound file knows.
pub const VULNERABILITY: &str = "CVE-2024-0001";

const RECORD: &str = r#"{"id":"DEBIAN-CVE-2024-0001","upstream":["CVE-2024-0001"],"details":"a text",
    "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},
    "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"1.0"},{"fixed":"2.0"}]}]}]}"#;

const SECTIONS: usize = 7;
const HEADER: usize = 16 + SECTIONS * 20 + 4;

static SOUND: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut importer = Importer::new(Timestamp::EPOCH);
    importer.add_osv_json("record.json", RECORD.as_bytes()).expect("the record is sound");
    let mut file = Vec::new();
    importer.finish(&mut file).expect("memory takes it");
    let number = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes"));
    let place = |section: usize| (number(16 + section * 20) as usize, number(24 + section * 20) as usize);
    (0..SECTIONS).map(place).map(|(start, length)| file[start..start + length].to_vec()).collect()
});

/// The sound file with some of its sections replaced, and checksums that fit.
///
/// The first byte says which sections are replaced, one bit each; what follows are their contents,
/// each after its length in two bytes.
#[must_use]
pub fn damaged(bytes: &[u8]) -> Vec<u8> {
    let (replaced, mut rest) = crate::choice(bytes);
    let sections = SOUND.iter().enumerate().map(|(number, sound)| {
        if replaced & 1 << number == 0 {
            return sound.as_slice();
        }
        let (length, behind) = rest.split_first_chunk::<2>().unwrap_or((&[0; 2], &[]));
        let (content, behind) = behind.split_at(usize::from(u16::from_le_bytes(*length)).min(behind.len()));
        rest = behind;
        content
    });
    file(&sections.collect::<Vec<_>>())
}

fn file(sections: &[&[u8]]) -> Vec<u8> {
    let mut file = b"VIGIEADV".to_vec();
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.extend_from_slice(&(SECTIONS as u32).to_le_bytes());
    let mut offset = HEADER;
    for content in sections {
        file.extend_from_slice(&(offset as u64).to_le_bytes());
        file.extend_from_slice(&(content.len() as u64).to_le_bytes());
        file.extend_from_slice(&crc32(content).to_le_bytes());
        offset += content.len();
    }
    file.extend_from_slice(&crc32(&file).to_le_bytes());
    sections.iter().for_each(|content| file.extend_from_slice(content));
    file
}
