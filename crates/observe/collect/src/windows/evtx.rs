//! Event logs of Windows, `.evtx`: a header of 4 KiB and chunks of 64 KiB with some hundred records each.
//!
//! [`records`] gives the JSON of each record of a chunk. What cannot be read is passed over and told in a
//! record of its own, so that it is counted and its bytes are not lost.

use super::binxml::{self, CHUNK};
use super::tree::Node;
use serde_json::{Map, Value as Json};

/// Where records begin in a chunk.
const RECORDS: usize = 512;

/// Magic, length, number, time: what stands before a record's XML.
const RECORD_HEADER: usize = 24;

/// Most bytes of a record that cannot be read that are told.
const TOLD_MAX: usize = 4096;

/// The JSON of the records of a chunk, in their order; none when it is no chunk.
pub(crate) fn records(chunk: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    if chunk.len() != CHUNK || !chunk.starts_with(b"ElfChnk\0") {
        return found;
    }
    let mut place = RECORDS;
    while let Some(header) = chunk.get(place..place + RECORD_HEADER) {
        let number = |from: usize| header.get(from..from + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        let (Some(0x0000_2A2A), Some(length)) = (number(0), number(4)) else { break };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(record) = place.checked_add(length).and_then(|end| chunk.get(place..end)).filter(|_| length > RECORD_HEADER)
        else {
            break;
        };
        let json = event(chunk, place + RECORD_HEADER).unwrap_or_else(|| unread(record));
        found.push(json.to_string().into_bytes());
        place += length;
    }
    found
}

fn event(chunk: &[u8], place: usize) -> Option<Json> {
    let nodes = binxml::read(chunk, place)?;
    let (name, json) = nodes.into_iter().find(|node| matches!(node, Node::Element { .. }))?.into_json()?;
    Some(Json::Object(Map::from_iter([(name, json)])))
}

/// A record that makes no sense: its bytes.
fn unread(record: &[u8]) -> Json {
    let bytes: String = record.iter().take(TOLD_MAX).map(|byte| format!("{byte:02x}")).collect();
    Json::Object(Map::from_iter([("unreadable_record".to_owned(), Json::String(bytes))]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn files() -> Vec<PathBuf> {
        let Some(data) = std::env::var_os("VIGIE_DATA") else {
            println!("skipped: VIGIE_DATA names no folder");
            return Vec::new();
        };
        let mut folders = vec![PathBuf::from(data).join("events/sigma-regression/regression_data")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "evtx") {
                    files.push(path);
                }
            }
        }
        files
    }

    /// All values by their paths; an empty text is none, a number its digits.
    fn flat(path: &str, json: &Json, found: &mut Vec<(String, String)>) {
        match json {
            Json::Object(fields) => fields.iter().for_each(|(name, value)| flat(&format!("{path}.{name}"), value, found)),
            Json::Array(values) => values.iter().for_each(|value| flat(path, value, found)),
            Json::Null => {}
            Json::String(text) => {
                // Six decimals: most readers give no more.
                let is_time = text.as_bytes().get(10) == Some(&b'T') && text.as_bytes().get(19) == Some(&b'.');
                let text = if is_time { text.get(..text.len().min(26)).unwrap_or(text) } else { text };
                let plain =
                    text.trim().trim_matches(['{', '}']).trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
                found.push((path.to_owned(), plain.to_ascii_lowercase()));
            }
            other => found.push((path.to_owned(), other.to_string().trim_end_matches('0').to_owned())),
        }
        found.retain(|(_, value)| !value.is_empty());
    }

    #[test]
    fn values_agree_with_the_pages_beside_public_logs() {
        let (mut seen, mut agree) = (0, 0);
        for file in files() {
            let bytes = std::fs::read(&file).unwrap();
            let ours: Vec<Json> =
                bytes[4096..].chunks_exact(CHUNK).flat_map(records).map(|json| serde_json::from_slice(&json).unwrap()).collect();
            let Ok(text) = std::fs::read_to_string(file.with_extension("json")) else { continue };
            let theirs: Vec<Json> = serde_json::Deserializer::from_str(&text).into_iter().filter_map(Result::ok).collect();
            seen += 1;
            let all = |events: &[Json]| {
                let mut found = Vec::new();
                for event in events {
                    match event {
                        Json::Array(events) => events.iter().for_each(|event| flat("", event, &mut found)),
                        event => flat("", event, &mut found),
                    }
                }
                found.retain(|(path, _)| !path.ends_with(".xmlns") && !path.contains("xmlns:"));
                found.sort();
                found
            };
            let (ours, theirs) = (all(&ours), all(&theirs));
            if ours == theirs {
                agree += 1;
            } else {
                println!("{}", file.display());
                ours.iter().filter(|pair| !theirs.contains(pair)).take(4).for_each(|pair| println!("  only ours: {pair:?}"));
                theirs.iter().filter(|pair| !ours.contains(pair)).take(4).for_each(|pair| println!("  only theirs: {pair:?}"));
            }
        }
        println!("{agree} of {seen} logs agree");
        assert_eq!(agree, seen);
    }

    /// A chunk of one record that was written for this test.
    fn chunk() -> Vec<u8> {
        let mut chunk = b"ElfChnk\0".to_vec();
        chunk.resize(RECORDS, 0);
        chunk.extend_from_slice(include_bytes!("../../samples/logon.evtx-record"));
        chunk.resize(CHUNK, 0);
        chunk
    }

    #[test]
    fn a_record_is_json_as_tools_write_it() {
        let found = records(&chunk());
        assert_eq!(found.len(), 1);
        let json: Json = serde_json::from_slice(&found[0]).unwrap();
        assert_eq!(json["Event"]["System"]["EventID"], "4625");
        assert_eq!(json["Event"]["EventData"]["TargetUserName"], "eva");
        assert_eq!(json["Event"]["EventData"]["Empty"], Json::Null);
        assert_eq!(json["Event"]["#attributes"]["xmlns"], "x");
    }

    #[test]
    fn a_record_that_makes_no_sense_is_told() {
        let mut chunk = chunk();
        // The first token of its XML.
        chunk[RECORDS + RECORD_HEADER] = 0x3F;
        let json: Json = serde_json::from_slice(&records(&chunk)[0]).unwrap();
        assert!(json["unreadable_record"].as_str().unwrap().starts_with("2a2a0000"));
    }

    #[test]
    fn broken_chunks_are_read_as_far_as_they_make_sense() {
        assert_eq!(records(&[0; CHUNK]), Vec::<Vec<u8>>::new());
        let mut wholes = vec![chunk()];
        if let Some(file) = files().into_iter().next() {
            let bytes = std::fs::read(file).unwrap();
            wholes.extend(bytes[4096..].chunks_exact(CHUNK).take(1).map(<[u8]>::to_vec));
        }
        // A small generator of its own: the same bytes are broken in every run.
        let mut state = 1_u64;
        for whole in wholes {
            for _ in 0..300 {
                let mut chunk = whole.clone();
                for _ in 0..3 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let at = usize::try_from(state >> 33).unwrap() % 8_000;
                    chunk[at] = u8::try_from(state >> 24 & 0xFF).unwrap();
                }
                drop(records(&chunk));
            }
        }
    }
}
