//! CycloneDX 1.6 in JSON: components, and the vulnerabilities that affect them.
//!
//! Specification: <https://cyclonedx.org/docs/1.6/json/>. A component is listed once for each place; where it was
//! found stands in its evidence, the layer in a property `vigie:layer`, and whether that is the base's in `vigie:from`.

use crate::inventory::{Listed, document_uuid, listed};
use crate::licence::{self, Licence};
use crate::said::{address, advice};
use crate::{Scan, Target};
use serde_json::{Value, json};
use std::collections::HashMap;
use vigie_model::component::Scope;
use vigie_model::finding::FindingKind;
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::severity::Severity;

/// The document. Without `with_findings` it is an inventory only.
#[must_use]
pub fn document(scan: &Scan<'_>, with_findings: bool) -> Value {
    let components = listed(scan);
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{}", document_uuid(scan, "cyclonedx")),
        "version": 1,
        "metadata": {
            "timestamp": scan.taken_at.to_string(),
            "tools": { "components": [{ "type": "application", "name": "vigie", "version": scan.version }] },
            "component": subject(scan),
        },
        "components": components.iter().map(|it| component(it, scan)).chain(system(scan)).collect::<Vec<Value>>(),
    });
    if with_findings {
        let found = scan.findings.iter().filter(|found| found.identity.kind == FindingKind::Vulnerability);
        let by_name = places(&components);
        document["vulnerabilities"] = found.filter_map(|found| vulnerability(found, &by_name, scan)).collect();
    }
    document
}

fn subject(scan: &Scan<'_>) -> Value {
    let sort = match scan.target {
        Target::Image { .. } => "container",
        Target::System => "operating-system",
        Target::Source | Target::Sbom => "application",
    };
    let mut subject = json!({ "type": sort, "name": scan.asset.name, "bom-ref": scan.asset.id.to_string() });
    if let Target::Image { digest: Some(digest) } = scan.target {
        subject["version"] = json!(digest);
    }
    subject
}

/// The distribution as a component of its own, as readers of SBOMs look for it.
fn system(scan: &Scan<'_>) -> Option<Value> {
    let os = scan.os?;
    Some(json!({
        "type": "operating-system",
        "bom-ref": format!("os-{}-{}", os.id, os.version_id),
        "name": os.id,
        "version": os.version_id,
        "description": os.pretty_name,
    }))
}

fn component(listed: &Listed<'_>, scan: &Scan<'_>) -> Value {
    let found = listed.component;
    let package = &found.package;
    let mut component = json!({
        "type": "library",
        "bom-ref": listed.reference,
        "name": package.name,
        "version": package.version,
        "purl": listed.purl,
        "scope": if found.scope == Scope::Runtime { "required" } else { "optional" },
        "properties": properties(listed, scan),
    });
    if !found.path.is_empty() {
        component["evidence"] = json!({ "occurrences": [{ "location": found.path }] });
    }
    let mut licences = licences(found.effective_licences());
    if found.licences.is_empty() {
        licences.iter_mut().for_each(mark_as_concluded);
    }
    if !licences.is_empty() {
        component["licenses"] = json!(licences);
    }
    component
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": format!("vigie:{name}"), "value": value })
}

fn properties(listed: &Listed<'_>, scan: &Scan<'_>) -> Vec<Value> {
    let found = listed.component;
    let mut properties = vec![property("ecosystem", &found.package.ecosystem)];
    properties.extend(found.layer.map(|layer| property("layer", &layer.to_string())));
    properties.extend(scan.part(found).map(|part| property("from", part.word())));
    properties.extend(found.owned_by.as_ref().map(|owner| property("owned_by", owner)));
    if let Some(source) = &found.package.source {
        properties.push(property("source_name", &source.name));
        properties.push(property("source_version", &source.version));
    }
    properties
}

/// Says that a licence is what we make of texts, not what the package says.
fn mark_as_concluded(licence: &mut Value) {
    let inner = if licence.get("license").is_some() { &mut licence["license"] } else { licence };
    inner["acknowledgement"] = json!("concluded");
}

/// One expression stands alone; several statements must all be names (the schema allows no mixture).
fn licences(said: &[String]) -> Vec<Value> {
    let read = licence::read(said);
    if let [Licence::Expression(expression)] = read.as_slice() {
        return vec![json!({ "expression": expression })];
    }
    let named = read.into_iter().map(|licence| match licence {
        Licence::Expression(text) | Licence::Name(text) => json!({ "license": { "name": text } }),
    });
    named.collect()
}

/// The components of a package as advisories name it: ecosystem and name give the references.
fn places<'a>(components: &'a [Listed<'a>]) -> HashMap<(&'a str, &'a str), Vec<&'a Listed<'a>>> {
    let mut places: HashMap<(&str, &str), Vec<&Listed<'_>>> = HashMap::new();
    for listed in components {
        let package = &listed.component.package;
        places.entry((&package.ecosystem, package.advisory_name())).or_default().push(listed);
    }
    places
}

fn vulnerability(found: &Occurrence, by_name: &HashMap<(&str, &str), Vec<&Listed<'_>>>, scan: &Scan<'_>) -> Option<Value> {
    let detail = found.vulnerability.as_ref()?;
    let affected = by_name.get(&(detail.ecosystem.as_str(), detail.package.as_str()))?;
    let hit = |listed: &&&Listed<'_>| {
        let package = &listed.component.package;
        found.evidence.iter().any(|proof| proof.locator == package.name) || package.advisory_version() == detail.installed
    };
    let affects: Vec<Value> = affected.iter().filter(hit).map(|listed| json!({ "ref": listed.reference })).collect();
    let mut vulnerability = json!({
        "bom-ref": found.identity.id().to_string(),
        "id": found.identity.subject,
        "ratings": ratings(found, detail),
        "description": detail.summary,
        "recommendation": advice(found, vigie_model::lang::Lang::En),
        "affects": affects,
    });
    let others: Vec<Value> = detail
        .aliases
        .iter()
        .filter(|name| **name != found.identity.subject)
        .map(|name| json!({ "id": name, "source": { "name": source_of(name) } }))
        .collect();
    if !others.is_empty() {
        vulnerability["references"] = json!(others);
    }
    if let Some(part) = scan.origin(found).and_then(|origin| origin.from) {
        vulnerability["properties"] = json!([property("from", part.word())]);
    }
    if let Some(url) = address(found) {
        vulnerability["advisories"] = json!([{ "url": url }]);
    }
    Some(vulnerability)
}

fn ratings(found: &Occurrence, detail: &VulnerabilityDetail) -> Value {
    let mut rating = json!({ "severity": severity(found.severity) });
    if let (Some(score), Some(vector)) = (found.circumstances.cvss, &detail.cvss_vector) {
        rating["score"] = json!(score);
        rating["vector"] = json!(vector);
        rating["method"] = json!(method(vector));
    }
    let mut ratings = vec![rating];
    if let Some(epss) = found.circumstances.epss {
        ratings.push(json!({ "source": { "name": "FIRST EPSS" }, "score": epss, "method": "other" }));
    }
    json!(ratings)
}

const fn severity(severity: Severity) -> &'static str {
    severity.word()
}

/// CycloneDX's word for a CVSS vector's version.
fn method(vector: &str) -> &'static str {
    match vector.get(..8) {
        Some("CVSS:4.0") => "CVSSv4",
        Some("CVSS:3.1") => "CVSSv31",
        Some("CVSS:3.0") => "CVSSv3",
        _ => "CVSSv2",
    }
}

fn source_of(name: &str) -> &str {
    name.split_once('-').map_or(name, |(source, _)| source)
}
