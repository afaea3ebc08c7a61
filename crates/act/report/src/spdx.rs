//! SPDX 2.3 in JSON: what is there.
//!
//! Specification: <https://spdx.github.io/spdx-spec/v2.3/>. Licences are declared where the package's metadata says them;
//! nothing is concluded, since nobody read the sources.

use crate::inventory::{Listed, document_uuid, listed};
use crate::licence::{self, Licence};
use crate::{Scan, Target};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use vigie_model::ids::FindingId;

const NOTHING: &str = "NOASSERTION";
const ROOT: &str = "SPDXRef-Root";

/// The document.
#[must_use]
pub fn document(scan: &Scan<'_>) -> Value {
    let components = listed(scan);
    let mut extracted = BTreeMap::new();
    let packages: Vec<Value> =
        std::iter::once(root(scan)).chain(components.iter().map(|it| package(it, scan, &mut extracted))).collect();
    let contains = components.iter().map(|it| relation(ROOT, "CONTAINS", &element(it)));
    let relations: Vec<Value> = std::iter::once(relation("SPDXRef-DOCUMENT", "DESCRIBES", ROOT)).chain(contains).collect();
    let mut document = json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": scan.asset.name,
        "documentNamespace": format!("urn:uuid:{}", document_uuid(scan, "spdx")),
        "creationInfo": {
            // The format knows whole seconds only.
            "created": whole_second(&scan.taken_at.to_string()),
            "creators": [format!("Tool: vigie-{}", scan.version)],
        },
        "packages": packages,
        "relationships": relations,
    });
    if !extracted.is_empty() {
        let texts = extracted.iter().map(|(id, name)| json!({ "licenseId": id, "name": name, "extractedText": name }));
        document["hasExtractedLicensingInfos"] = texts.collect();
    }
    document
}

fn whole_second(time: &str) -> String {
    let end = time.find(['.', 'Z']).unwrap_or(time.len());
    format!("{}Z", &time[..end])
}

fn root(scan: &Scan<'_>) -> Value {
    let purpose = match scan.target {
        Target::Image { .. } => "CONTAINER",
        Target::System => "OPERATING-SYSTEM",
        Target::Source | Target::Sbom => "SOURCE",
    };
    let mut root = json!({
        "SPDXID": ROOT,
        "name": scan.asset.name,
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "primaryPackagePurpose": purpose,
    });
    if let Target::Image { digest: Some(digest) } = scan.target {
        root["versionInfo"] = json!(digest);
    }
    root
}

fn element(listed: &Listed<'_>) -> String {
    format!("SPDXRef-Package-{}", listed.reference)
}

fn package(listed: &Listed<'_>, scan: &Scan<'_>, extracted: &mut BTreeMap<String, String>) -> Value {
    let found = listed.component;
    let mut package = json!({
        "SPDXID": element(listed),
        "name": found.package.name,
        "versionInfo": found.package.version,
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": expression(&found.concluded, extracted),
        "licenseDeclared": expression(&found.licences, extracted),
        "copyrightText": NOTHING,
        "primaryPackagePurpose": "LIBRARY",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": listed.purl,
        }],
    });
    if !found.path.is_empty() {
        package["sourceInfo"] = json!(format!("found in {}", found.path));
    }
    if let Some(layer) = found.layer {
        let part = scan.part(found).map_or(String::new(), |part| format!(", {}", part.word()));
        package["comment"] = json!(format!("layer {layer}{part}"));
    }
    package
}

/// All statements together; a text that is no expression becomes a reference to itself.
fn expression(said: &[String], extracted: &mut BTreeMap<String, String>) -> String {
    let parts: Vec<String> = licence::read(said)
        .into_iter()
        .map(|licence| match licence {
            Licence::Expression(expression) if said.len() > 1 => format!("({expression})"),
            Licence::Expression(expression) => expression,
            Licence::Name(name) => {
                let id = format!("LicenseRef-{}", FindingId::of(&["licence", &name]));
                extracted.insert(id.clone(), name);
                id
            }
        })
        .collect();
    if parts.is_empty() { NOTHING.to_owned() } else { parts.join(" AND ") }
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}
