//! SPDX 2, as JSON and as tag-value.

use super::entry::{Entry, Os};
use super::{Document, SbomError};
use crate::packages::syntax::json::{self, Items, Word};
use serde::Deserialize;
use vigie_model::component::Scope;
use vigie_model::package::SourcePackage;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    #[serde(borrow, default)]
    spdx_version: Word<'a>,
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    packages: Items<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonPackage<'a> {
    #[serde(borrow, default)]
    name: Word<'a>,
    #[serde(borrow, default)]
    version_info: Word<'a>,
    #[serde(borrow, default)]
    license_concluded: Word<'a>,
    #[serde(borrow, default)]
    license_declared: Word<'a>,
    #[serde(borrow, default)]
    primary_package_purpose: Word<'a>,
    #[serde(borrow, default)]
    source_info: Word<'a>,
    #[serde(borrow, default)]
    external_refs: Items<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'a> {
    #[serde(borrow, default)]
    reference_type: Word<'a>,
    #[serde(borrow, default)]
    reference_locator: Word<'a>,
}

/// What a package says, before it is an [`Entry`].
#[derive(Default)]
struct Said {
    name: String,
    version: String,
    declared: String,
    concluded: String,
    purpose: String,
    source_info: String,
    purls: Vec<String>,
}

pub(super) fn read_json(text: &str) -> Result<Document, SbomError> {
    let json: Json<'_> = json::parse(text).map_err(SbomError::Unreadable)?;
    let mut document =
        Document { format: format(json.spdx_version.text()), name: json.name.text().to_owned(), ..Document::default() };
    for package in json.packages.each::<JsonPackage<'_>>() {
        let Some(package) = package else {
            document.entries.push(Entry { name: "a package".to_owned(), ..Entry::default() });
            continue;
        };
        let references = package.external_refs.each::<Reference<'_>>().flatten();
        let purls = references.filter(|reference| reference.reference_type.text() == "purl");
        let said = Said {
            name: package.name.text().to_owned(),
            version: package.version_info.text().to_owned(),
            declared: package.license_declared.text().to_owned(),
            concluded: package.license_concluded.text().to_owned(),
            purpose: package.primary_package_purpose.text().to_owned(),
            source_info: package.source_info.text().to_owned(),
            purls: purls.map(|reference| reference.reference_locator.text().to_owned()).collect(),
        };
        said.add(&mut document);
    }
    Ok(document)
}

/// Whether a text is tag-value: its first lines that are no comments are tags.
pub(super) fn is_tag_value(text: &str) -> bool {
    text.lines().take(200).any(|line| line.starts_with("SPDXVersion: SPDX-2"))
}

/// `Tag: value`, where a value may go on over lines between `<text>` and `</text>`.
pub(super) fn read_tag_value(text: &str) -> Document {
    let (mut document, mut package) = (Document::default(), None::<Said>);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((tag, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if value.starts_with("<text>") && !value.contains("</text>") {
            lines.by_ref().find(|line| line.contains("</text>"));
        }
        let value = value.trim_start_matches("<text>").trim_end_matches("</text>").trim();
        match (tag.trim(), &mut package) {
            ("SPDXVersion", _) => document.format = format(value),
            ("DocumentName", _) => document.name = value.to_owned(),
            ("PackageName", before) => {
                if let Some(done) = before.replace(Said { name: value.to_owned(), ..Said::default() }) {
                    done.add(&mut document);
                }
            }
            // What follows is no longer about the package.
            ("FileName" | "SnippetSPDXID" | "LicenseID", before) => {
                if let Some(done) = before.take() {
                    done.add(&mut document);
                }
            }
            (tag, Some(package)) => package.take(tag, value),
            _ => {}
        }
    }
    if let Some(done) = package {
        done.add(&mut document);
    }
    document
}

fn format(version: &str) -> String {
    version.replacen('-', " ", 1)
}

impl Said {
    fn take(&mut self, tag: &str, value: &str) {
        match tag {
            "PackageVersion" => self.version = value.to_owned(),
            "PackageLicenseDeclared" => self.declared = value.to_owned(),
            "PackageLicenseConcluded" => self.concluded = value.to_owned(),
            "PrimaryPackagePurpose" => self.purpose = value.to_owned(),
            "PackageSourceInfo" => self.source_info = value.to_owned(),
            "ExternalRef" => {
                let mut words = value.split_whitespace().skip(1);
                if words.next() == Some("purl") {
                    self.purls.extend(words.next().map(str::to_owned));
                }
            }
            _ => {}
        }
    }

    fn add(self, document: &mut Document) {
        if self.purpose == "OPERATING-SYSTEM" {
            document.os = Some(Os { id: self.name.clone(), version: self.version.clone() });
        }
        let purl = self.purls.into_iter().next().unwrap_or_default();
        let is_no_package = ["OPERATING-SYSTEM", "CONTAINER", "FILE", "SOURCE", "ARCHIVE", "DEVICE"]
            .contains(&self.purpose.as_str())
            || ["pkg:oci/", "pkg:docker/"].iter().any(|kind| purl.starts_with(kind));
        let unsaid = |licence: &str| ["", "NOASSERTION", "NONE"].contains(&licence);
        let licence = if unsaid(&self.declared) { self.concluded } else { self.declared };
        let source = source(&self.source_info);
        // Syft names the file here: `acquired package info from DPKG DB: /var/lib/dpkg/status`.
        let path = self.source_info.rsplit_once(": /").map_or("", |(_, path)| path.split(',').next().unwrap_or(path)).to_owned();
        document.entries.push(Entry {
            name: self.name,
            purl,
            is_no_package,
            licences: vec![licence],
            path,
            source,
            scope: Scope::Runtime,
        });
    }
}

/// Trivy names the source package here: `built package from: openssl 3.0.15-1`.
fn source(info: &str) -> Option<SourcePackage> {
    let (name, version) = info.strip_prefix("built package from: ")?.split_once(' ')?;
    Some(SourcePackage { name: name.to_owned(), version: version.trim().to_owned() })
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
            r#"{"spdxVersion":"SPDX-2.3","name":"own","packages":[
              {"name":"debian","versionInfo":"12","primaryPackagePurpose":"OPERATING-SYSTEM"},
              {"name":"libssl3","versionInfo":"3","licenseDeclared":"NOASSERTION","licenseConcluded":"Apache-2.0",
               "sourceInfo":"built package from: openssl 3.0.15-1",
               "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:deb/debian/libssl3@3.0.15-1"}]},
              {"name":"a","versionInfo":"1","externalRefs":[{"referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a"}]}, 3]}"#,
            &["libssl3 3.0.15-1 [Apache-2.0]", "! no exact version of a, a package"],
        );
    }

    #[test]
    fn reads_tag_value() {
        check(
            "SPDXVersion: SPDX-2.2\nDocumentName: own\n\nPackageName: a\nPackageComment: <text>one\nPackageName: no\n</text>\n\
             PackageVersion: 1\nPackageLicenseDeclared: MIT\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/a@1\n\n\
             PackageName: b\nExternalRef: PACKAGE_MANAGER purl pkg:golang/example.org/b@v1\nFileName: ./x\nPackageVersion: 9\n",
            &["example.org/b v1", "a 1 [MIT]"],
        );
    }
}
