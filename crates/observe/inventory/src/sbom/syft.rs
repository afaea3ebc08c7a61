//! Syft's own JSON.

use super::entry::{Entry, Os};
use super::{Document, SbomError};
use crate::packages::syntax::json::{self, Items, Word};
use serde::Deserialize;
use std::borrow::Cow;
use vigie_model::component::Scope;

#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow, default)]
    artifacts: Items<'a>,
    #[serde(borrow, default)]
    distro: Distro<'a>,
    #[serde(borrow, default)]
    source: Source<'a>,
}

#[derive(Deserialize, Default)]
struct Distro<'a> {
    #[serde(borrow, default)]
    id: Word<'a>,
    #[serde(borrow, default, rename = "versionID")]
    version: Word<'a>,
}

#[derive(Deserialize, Default)]
struct Source<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
}

#[derive(Deserialize)]
struct Artifact<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    purl: Word<'a>,
    #[serde(borrow, default)]
    licenses: Items<'a>,
    #[serde(borrow, default)]
    locations: Items<'a>,
}

#[derive(Deserialize)]
struct Licence<'a> {
    #[serde(borrow, default)]
    value: Word<'a>,
}

#[derive(Deserialize)]
struct Location<'a> {
    #[serde(borrow, default)]
    path: Word<'a>,
}

pub(super) fn read(text: &str) -> Result<Document, SbomError> {
    let json: Json<'_> = json::parse(text).map_err(SbomError::Unreadable)?;
    let os = Os { id: json.distro.id.text().to_owned(), version: json.distro.version.text().to_owned() };
    let name = json.source.name.text().to_owned();
    let mut document = Document { format: "Syft".to_owned(), name, os: (!os.id.is_empty()).then_some(os), entries: Vec::new() };
    for artifact in json.artifacts.each::<Artifact<'_>>() {
        let Some(artifact) = artifact else {
            document.entries.push(Entry { name: "an artifact".to_owned(), ..Entry::default() });
            continue;
        };
        // Older versions wrote licences as texts.
        let values = artifact.licenses.each::<Licence<'_>>().flatten().map(|licence| licence.value.text().to_owned());
        let licences = values.chain(artifact.licenses.words().map(Cow::into_owned)).collect();
        let path = artifact.locations.each::<Location<'_>>().flatten().next().map(|location| location.path.text().to_owned());
        document.entries.push(Entry {
            name: artifact.name.text().to_owned(),
            purl: artifact.purl.text().to_owned(),
            is_no_package: false,
            licences,
            path: path.unwrap_or_default(),
            source: None,
            scope: Scope::Runtime,
        });
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    #[test]
    fn reads_artifacts() {
        let text = r#"{"artifacts":[{"name":"a","version":"1","purl":"pkg:apk/alpine/a@1-r0?arch=x86_64","licenses":["MIT",{"value":"ISC"}],
            "locations":[{"path":"/lib/apk/db/installed"}]}, 3],"distro":{"id":"alpine","versionID":"3.18.4"},"source":{"name":"img"}}"#;
        let sbom = crate::sbom::read("x", text.as_bytes()).unwrap();
        let component = &sbom.components[0];
        assert_eq!(
            (&*component.package.ecosystem, &*component.path, &*sbom.name),
            ("Alpine:v3.18", "lib/apk/db/installed", "img")
        );
        assert_eq!((component.licences.len(), sbom.gaps.len()), (2, 1));
    }
}
