//! Software bills of material that others made: CycloneDX, SPDX and Syft's own format.
//!
//! What counts is a component's package URL: it names the package and, for distributions, the release and the
//! source package. A component without one, or of a type nobody keeps advisories for, is a gap with its name.
//! Relations between components, hashes and signatures are not read.
//!
//! Formats: CycloneDX 1.2–1.7 (<https://cyclonedx.org/specification/overview/>) as JSON and XML, SPDX 2.2–2.3
//! (<https://spdx.github.io/spdx-spec/v2.3/>) as JSON and tag-value.

mod cyclonedx;
mod entry;
mod spdx;
mod syft;

use crate::content::Meta;
use crate::packages::list::List;
use crate::packages::syntax::{json, text};
use entry::{Entry, Os};
use json::Word;
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;
use vigie_model::component::Component;
use vigie_model::observed::Gap;

/// The largest document that is read.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// How deep components may nest, and predicates wrap a document.
const DEPTH_MAX: usize = 16;

/// What a bill of material lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sbom {
    /// Format and version: `CycloneDX 1.6`.
    pub format: String,
    /// What it is about, as it says itself; empty when it does not.
    pub name: String,
    /// The components that can be judged.
    pub components: Vec<Component>,
    /// What could not be read, and which components nobody can judge.
    pub gaps: Vec<Gap>,
}

/// Why a file could not be read as a bill of material.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SbomError {
    /// It is none, or of another format.
    #[error("not a CycloneDX, SPDX or Syft document")]
    Unknown,
    /// It begins like one and makes no sense.
    #[error("the document makes no sense: {0}")]
    Unreadable(String),
    /// It is larger than [`BYTES_MAX`].
    #[error("the document has more than {BYTES_MAX} bytes")]
    TooLarge,
}

/// What every format is read into.
#[derive(Debug, Default)]
struct Document {
    format: String,
    name: String,
    os: Option<Os>,
    entries: Vec<Entry>,
}

/// What tells the formats apart, and what may be wrapped around one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow, default)]
    bom_format: Word<'a>,
    #[serde(borrow, default)]
    spdx_version: Word<'a>,
    #[serde(borrow, default)]
    artifacts: Option<&'a RawValue>,
    #[serde(borrow, default)]
    predicate: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "Data")]
    data: Option<&'a RawValue>,
}

/// Reads a document of any of the formats; `path` is only used to name it.
///
/// # Errors
///
/// When it is none of the formats or makes no sense as a whole.
pub fn read(path: &str, bytes: &[u8]) -> Result<Sbom, SbomError> {
    if bytes.len() > BYTES_MAX {
        return Err(SbomError::TooLarge);
    }
    let text = text::decoded(bytes);
    let start = text.trim_start();
    let document = if start.starts_with('<') {
        cyclonedx::read_xml(start)?
    } else if start.starts_with('{') {
        read_json(start, 0)?
    } else if spdx::is_tag_value(start) {
        spdx::read_tag_value(start)
    } else {
        return Err(SbomError::Unknown);
    };
    Ok(finished(path, document))
}

fn read_json(text: &str, depth: usize) -> Result<Document, SbomError> {
    let head: Head<'_> = json::parse(text).map_err(SbomError::Unreadable)?;
    if head.bom_format.text() == "CycloneDX" {
        cyclonedx::read_json(text)
    } else if head.spdx_version.text().starts_with("SPDX-2") {
        spdx::read_json(text)
    } else if head.artifacts.is_some() {
        syft::read(text)
    } else {
        // An attestation (in-toto) carries the document as its predicate.
        match head.predicate.or(head.data) {
            Some(inner) if depth < DEPTH_MAX => read_json(inner.get(), depth + 1),
            _ => Err(SbomError::Unknown),
        }
    }
}

fn finished(path: &str, document: Document) -> Sbom {
    let meta = Meta { path, size: 0, mode: 0 };
    let mut list = List::new(&meta, "");
    for entry in document.entries {
        entry.add(&mut list, document.os.as_ref());
    }
    let found = list.done();
    Sbom { format: document.format, name: document.name, components: found.components, gaps: found.gaps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_formats_apart() {
        let format = |text: &str| read("x", text.as_bytes()).map(|sbom| sbom.format);
        assert_eq!(format(r#"{"bomFormat":"CycloneDX","specVersion":"1.7"}"#), Ok("CycloneDX 1.7".into()));
        assert_eq!(format(r#"{"spdxVersion":"SPDX-2.3"}"#), Ok("SPDX 2.3".into()));
        assert_eq!(format("SPDXVersion: SPDX-2.2\n"), Ok("SPDX 2.2".into()));
        assert_eq!(format(r#"{"artifacts":[]}"#), Ok("Syft".into()));
        assert_eq!(format(r#"{"predicate":{"Data":{"bomFormat":"CycloneDX","specVersion":"1.4"}}}"#), Ok("CycloneDX 1.4".into()));
        assert_eq!(format(r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>"#), Ok("CycloneDX 1.5".into()));
        for text in ["", "hello", "{}", "<html/>", r#"{"predicate":{}}"#] {
            assert_eq!(format(text), Err(SbomError::Unknown), "{text}");
        }
        assert!(matches!(format("{"), Err(SbomError::Unreadable(_))));
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "(\\{\"bomFormat\":\"CycloneDX\",|SPDXVersion: |<bom>|PackageName: )?[ -~\n]{0,60}") {
            drop(read("x", text.as_bytes()));
        }
    }
}
