//! Kubernetes Secret manifests: values in base64, which hides nothing.
//!
//! A manifest is gathered while it passes, up to a bound; at its end each value is decoded once and
//! scanned as a setting of its key's name. What is found keeps the place of the encoded value.

use super::Scanner;
use super::checksum::decoded;
use super::file;
use regex::bytes::Regex;
use std::sync::LazyLock;
use vigie_model::secret::Secret;

/// Largest manifest that is looked into.
const BYTES_MAX: usize = 512 * 1024;

/// How many values of a manifest are decoded.
const VALUES_MAX: usize = 1000;

/// Longest value that is decoded, as text.
const VALUE_MAX: usize = 64 * 1024;

/// The name under which a value is scanned: a setting of the environment, which is what most become.
const SETTING: &str = ".env";

/// A key, and a value that may be base64.
static VALUES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?-u)([A-Za-z0-9_.-]{1,128})["']?[ \t]*:[ \t]*["']?([A-Za-z0-9+/]{10,}={0,2})(?:["'\s,}]|\z)"#).ok()
});

/// A file that may be a manifest.
pub(super) struct Manifest {
    /// None where the file's name or size says that it is none.
    bytes: Option<Vec<u8>>,
}

impl Manifest {
    pub(super) fn of(path: &str) -> Self {
        let is_likely = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        Self { bytes: is_likely.then(Vec::new) }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let fits = self.bytes.as_ref().is_some_and(|known| known.len() + bytes.len() <= BYTES_MAX);
        match &mut self.bytes {
            Some(known) if fits => known.extend_from_slice(bytes),
            known => *known = None,
        }
    }

    /// Adds what the values hold to what was found in the manifest as it stands. Where a value was
    /// decoded, its base64 is no finding: long enough, everything looks like a key in it.
    pub(super) fn add_to(self, secrets: &mut Vec<Secret>, scanner: &Scanner, path: &str) {
        let Some(bytes) = self.bytes.filter(|bytes| is_manifest(bytes)) else { return };
        let Some(values) = VALUES.as_ref() else { return };
        for found in values.captures_iter(&bytes).take(VALUES_MAX) {
            let (Some(key), Some(value)) = (found.get(1), found.get(2)) else { continue };
            let Some(text) = decoded(value.as_bytes()).filter(|text| value.len() <= VALUE_MAX && is_text(text)) else { continue };
            let setting = [key.as_bytes(), b"=", &text].concat();
            let (line, column) = place(&bytes, value.start());
            secrets.retain(|secret| (secret.line, secret.column) != (line, column));
            let found = file::whole(scanner, SETTING, &setting, false);
            secrets.extend(found.into_iter().map(|secret| Secret { path: path.to_owned(), line, column, ..secret }));
        }
        secrets.truncate(file::SECRETS_MAX);
    }
}

/// Line and column of a place.
fn place(bytes: &[u8], at: usize) -> (u32, u32) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |end| end + 1) + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

fn is_manifest(bytes: &[u8]) -> bool {
    const MARKS: [&[u8]; 5] =
        [b"kind: Secret", b"\"kind\":\"Secret\"", b"\"kind\": \"Secret\"", b"kind: \"Secret\"", b"kind: List"];
    MARKS.iter().any(|mark| memchr::memmem::find(bytes, mark).is_some())
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}
