//! CycloneDX, as JSON and as XML.

use super::entry::{Entry, Os};
use super::{DEPTH_MAX, Document, SbomError};
use crate::packages::syntax::json::{self, Items, Word};
use crate::packages::syntax::xml::{self, Element};
use serde::Deserialize;
use vigie_model::component::Scope;
use vigie_model::package::SourcePackage;

/// Types of components that are no packages when they have no purl.
const NO_PACKAGES: [&str; 8] =
    ["operating-system", "container", "file", "device", "firmware", "data", "cryptographic-asset", "platform"];

/// What a format's component says, before it is an [`Entry`].
#[derive(Default)]
struct Said<'a> {
    kind: &'a str,
    group: &'a str,
    name: &'a str,
    version: &'a str,
    purl: &'a str,
    scope: &'a str,
    licences: Vec<String>,
    path: String,
    /// Name and value.
    properties: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(borrow, default)]
    spec_version: Word<'a>,
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    components: Items<'a>,
}

#[derive(Deserialize, Default)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    component: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
}

#[derive(Deserialize)]
struct JsonComponent<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow, default)]
    group: Word<'a>,
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version: Word<'a>,
    #[serde(borrow, default)]
    purl: Word<'a>,
    #[serde(borrow, default)]
    scope: Word<'a>,
    #[serde(borrow, default)]
    licenses: Items<'a>,
    #[serde(borrow, default)]
    properties: Items<'a>,
    #[serde(borrow, default)]
    evidence: Evidence<'a>,
    #[serde(borrow, default)]
    components: Items<'a>,
}

#[derive(Deserialize, Default)]
struct Evidence<'a> {
    #[serde(borrow, default)]
    occurrences: Items<'a>,
}

#[derive(Deserialize)]
struct Occurrence<'a> {
    #[serde(borrow, default)]
    location: Word<'a>,
}

#[derive(Deserialize)]
struct Licence<'a> {
    #[serde(borrow, default)]
    license: LicenceNames<'a>,
    #[serde(borrow, default)]
    expression: Word<'a>,
}

#[derive(Deserialize, Default)]
struct LicenceNames<'a> {
    #[serde(borrow, default)]
    id: Word<'a>,
    #[serde(borrow, default)]
    name: Word<'a>,
}

#[derive(Deserialize)]
struct Property<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    value: Word<'a>,
}

pub(super) fn read_json(text: &str) -> Result<Document, SbomError> {
    let bom: Bom<'_> = json::parse(text).map_err(SbomError::Unreadable)?;
    let name = bom.metadata.component.map(|component| component.name.text().to_owned()).unwrap_or_default();
    let mut document = Document { format: format!("CycloneDX {}", bom.spec_version.text()), name, ..Document::default() };
    add_json(&mut document, &bom.components, 0);
    Ok(document)
}

fn add_json(document: &mut Document, components: &Items<'_>, depth: usize) {
    for component in components.each::<JsonComponent<'_>>() {
        let Some(component) = component else {
            document.entries.push(Entry { name: "a component".to_owned(), ..Entry::default() });
            continue;
        };
        let licences = component.licenses.each::<Licence<'_>>().flatten().flat_map(|licence| {
            [licence.expression, licence.license.id, licence.license.name].map(|word| word.text().to_owned())
        });
        let properties = component.properties.each::<Property<'_>>().flatten();
        let said = Said {
            kind: component.kind.text(),
            group: component.group.text(),
            name: component.name.text(),
            version: component.version.text(),
            purl: component.purl.text(),
            scope: component.scope.text(),
            licences: licences.collect(),
            path: component
                .evidence
                .occurrences
                .each::<Occurrence<'_>>()
                .flatten()
                .next()
                .map(|o| o.location.text().to_owned())
                .unwrap_or_default(),
            properties: properties.map(|p| (p.name.text().to_owned(), p.value.text().to_owned())).collect(),
        };
        said.add(document);
        if depth < DEPTH_MAX {
            add_json(document, &component.components, depth + 1);
        }
    }
}

pub(super) fn read_xml(text: &str) -> Result<Document, SbomError> {
    let bom = xml::parse(text).map_err(SbomError::Unreadable)?;
    if bom.name != "bom" {
        return Err(SbomError::Unknown);
    }
    let version = bom.attribute("xmlns").and_then(|space| space.rsplit('/').next()).unwrap_or_default();
    let named = bom.first("metadata").and_then(|metadata| metadata.first("component"));
    let name = named.map_or("", |component| component.text_of("name")).to_owned();
    let mut document = Document { format: format!("CycloneDX {version}"), name, ..Document::default() };
    add_xml(&mut document, &bom);
    Ok(document)
}

/// As deep as the XML itself may nest.
fn add_xml(document: &mut Document, parent: &Element) {
    for component in parent.first("components").into_iter().flat_map(|components| components.all("component")) {
        let licences = component.first("licenses").into_iter().flat_map(|licences| &licences.children).flat_map(|licence| {
            let own = if licence.name == "expression" { licence.text() } else { "" };
            [own, licence.text_of("id"), licence.text_of("name")].map(str::to_owned)
        });
        let properties = component.first("properties").into_iter().flat_map(|properties| properties.all("property"));
        let occurrences = component.first("evidence").and_then(|evidence| evidence.first("occurrences"));
        let occurrence = occurrences.and_then(|occurrences| occurrences.first("occurrence"));
        let said = Said {
            kind: component.attribute("type").unwrap_or_default(),
            group: component.text_of("group"),
            name: component.text_of("name"),
            version: component.text_of("version"),
            purl: component.text_of("purl"),
            scope: component.text_of("scope"),
            licences: licences.collect(),
            path: occurrence.map_or("", |occurrence| occurrence.text_of("location")).to_owned(),
            properties: properties.map(|p| (p.attribute("name").unwrap_or_default().to_owned(), p.text().to_owned())).collect(),
        };
        said.add(document);
        add_xml(document, component);
    }
}

impl Said<'_> {
    fn add(self, document: &mut Document) {
        if self.kind == "operating-system" {
            document.os = Some(Os { id: self.name.to_owned(), version: self.version.to_owned() });
        }
        let path = match self.path.is_empty() {
            false => self.path.clone(),
            true => self.property(&["aquasecurity:trivy:FilePath", "syft:location:0:path"]).to_owned(),
        };
        let name = if self.group.is_empty() { self.name.to_owned() } else { format!("{}/{}", self.group, self.name) };
        let is_no_package = NO_PACKAGES.contains(&self.kind)
            || self.property(&["aquasecurity:trivy:Class"]) == "lang-pkgs"
            || ["pkg:oci/", "pkg:docker/"].iter().any(|kind| self.purl.starts_with(kind));
        let scope = if self.scope == "optional" { Scope::Optional } else { Scope::Runtime };
        let (purl, source) = (self.purl.to_owned(), self.source());
        document.entries.push(Entry { name, purl, is_no_package, licences: self.licences, path, source, scope });
    }

    fn property(&self, names: &[&str]) -> &str {
        let found = names.iter().find_map(|name| self.properties.iter().find(|(key, _)| key == name));
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The source package as Trivy writes it.
    fn source(&self) -> Option<SourcePackage> {
        let word = |part: &str| self.property(&[&format!("aquasecurity:trivy:Src{part}")]).to_owned();
        let (name, mut version, epoch, release) = (word("Name"), word("Version"), word("Epoch"), word("Release"));
        if !release.is_empty() {
            version = format!("{version}-{release}");
        }
        if !["", "0"].contains(&epoch.as_str()) {
            version = format!("{epoch}:{version}");
        }
        (!name.is_empty() && !version.is_empty()).then_some(SourcePackage { name, version })
    }
}

#[cfg(test)]
mod tests {
    use crate::packages::told;
    use crate::sbom::read;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let sbom = read("bom", text.as_bytes()).unwrap();
        let found = crate::packages::Found { components: sbom.components, gaps: sbom.gaps, ..Default::default() };
        assert_eq!(told::told(&found), expected);
    }

    #[test]
    fn reads_json() {
        check(
            r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"name":"own"}},"components":[
              {"type":"operating-system","name":"debian","version":"12.4"},
              {"type":"library","name":"libssl3","version":"3.0.15-1","purl":"pkg:deb/debian/libssl3@3.0.15-1?arch=amd64",
               "properties":[{"name":"aquasecurity:trivy:SrcName","value":"openssl"},{"name":"aquasecurity:trivy:SrcVersion","value":"3.0.15"},
                             {"name":"aquasecurity:trivy:SrcRelease","value":"1"}]},
              {"type":"application","name":"outer","components":[
                {"type":"library","group":"@s","name":"a","purl":"pkg:npm/%40s/a@1.0.0","scope":"optional",
                 "licenses":[{"license":{"id":"MIT"}},{"expression":"ISC OR MIT"}],"evidence":{"occurrences":[{"location":"/app/a"}]}}]},
              {"type":"file","name":"x"}, 3]}"#,
            &["@s/a 1.0.0 optional [MIT, ISC OR MIT]", "libssl3 3.0.15-1", "! no exact version of outer, a component"],
        );
    }

    #[test]
    fn knows_the_source_and_the_place() {
        let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a","purl":"pkg:deb/debian/a@1?distro=debian-12",
            "properties":[{"name":"aquasecurity:trivy:SrcName","value":"b"},{"name":"aquasecurity:trivy:SrcVersion","value":"1"},
            {"name":"aquasecurity:trivy:SrcEpoch","value":"2"},{"name":"syft:location:0:path","value":"/x"}]}]}"#;
        let component = read("bom", text.as_bytes()).unwrap().components.remove(0);
        assert_eq!(
            (component.package.advisory_name(), component.package.advisory_version(), &*component.path),
            ("b", "2:1", "x")
        );
    }

    #[test]
    fn reads_xml() {
        check(
            r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library">
              <group>org.a</group><name>b</name><version>1</version><purl>pkg:maven/org.a/b@1</purl>
              <licenses><license><id>MIT</id></license><expression>X OR Y</expression></licenses>
              <components><component type="library"><name>c</name></component></components></component></components></bom>"#,
            &["org.a:b 1 [MIT, X OR Y]", "! no exact version of c"],
        );
    }
}
