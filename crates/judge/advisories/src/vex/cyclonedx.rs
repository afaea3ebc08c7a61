//! CycloneDX documents with `vulnerabilities` (<https://cyclonedx.org/capabilities/vex/>), 1.4 to 1.6.

use super::{Product, Statement, Status, VexError, list_of, text_of, time_of};
use serde_json::Value;
use std::collections::HashMap;
use vigie_model::life::Justification;

const DEPTH_MAX: usize = 64;

pub(super) fn read(document: &Value) -> Result<Vec<Statement>, VexError> {
    let mut products: HashMap<&str, Product> = HashMap::new();
    let metadata = document.get("metadata").unwrap_or(&Value::Null);
    let main = metadata.get("component").map(|component| collect(component, 0, &mut products));
    for component in list_of(document, "components") {
        collect(component, 0, &mut products);
    }
    let author =
        [metadata.pointer("/supplier/name"), metadata.pointer("/authors/0/name"), metadata.pointer("/manufacturer/name")];
    let author = author.into_iter().flatten().find_map(Value::as_str).unwrap_or_default();
    let time = time_of(metadata, "timestamp");
    let mut statements = Vec::new();
    for (place, vulnerability) in list_of(document, "vulnerabilities").iter().enumerate() {
        // Without an analysis it is a report of what was found, not a statement on it.
        let Some(analysis) = vulnerability.get("analysis") else { continue };
        let Some(status) = status(text_of(analysis, "state")) else { continue };
        let references = list_of(vulnerability, "references").iter().map(|reference| text_of(reference, "id"));
        let names: Vec<String> = std::iter::once(text_of(vulnerability, "id"))
            .chain(references)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Err(VexError::Broken { what: "id", number: place + 1 });
        }
        let affects = list_of(vulnerability, "affects").iter().map(|affects| {
            let reference = text_of(affects, "ref");
            // A link into another document ends with the name of the component there.
            let local = reference.rsplit_once('#').map_or(reference, |(_, local)| local);
            products.get(reference).or_else(|| products.get(local)).cloned().unwrap_or_else(|| Product::named(reference))
        });
        let mut products: Vec<Product> = affects.collect();
        if products.is_empty() {
            products.extend(main.clone());
        }
        statements.push(Statement {
            vulnerabilities: names,
            products,
            status,
            justification: justification(text_of(analysis, "justification")).filter(|_| status == Status::NotAffected),
            text: text_of(analysis, "detail").to_owned(),
            author: author.to_owned(),
            time: time_of(analysis, "lastUpdated").or(time),
        });
    }
    Ok(statements)
}

fn status(state: &str) -> Option<Status> {
    Some(match state {
        "not_affected" | "false_positive" => Status::NotAffected,
        "resolved" | "resolved_with_pedigree" => Status::Fixed,
        "exploitable" => Status::Affected,
        "in_triage" => Status::UnderInvestigation,
        _ => return None,
    })
}

/// The nearest of the five justifications that VEX has.
fn justification(word: &str) -> Option<Justification> {
    Some(match word {
        "code_not_present" => Justification::VulnerableCodeNotPresent,
        "code_not_reachable" => Justification::VulnerableCodeNotInExecutePath,
        "requires_configuration" | "requires_dependency" | "requires_environment" => {
            Justification::VulnerableCodeCannotBeControlledByAdversary
        }
        word if word.starts_with("protected_") => Justification::InlineMitigationsAlreadyExist,
        _ => return None,
    })
}

/// Keeps a component, and those within it, under its reference and its package URL.
fn collect<'a>(component: &'a Value, depth: usize, products: &mut HashMap<&'a str, Product>) -> Product {
    let (reference, purl) = (text_of(component, "bom-ref"), text_of(component, "purl"));
    let mut product = Product::named(if purl.is_empty() { text_of(component, "name") } else { purl });
    for hash in list_of(component, "hashes") {
        product.digests.push(format!("{}:{}", text_of(hash, "alg").to_lowercase().replace('-', ""), text_of(hash, "content")));
    }
    for key in [reference, purl].into_iter().filter(|key| !key.is_empty()) {
        products.insert(key, product.clone());
    }
    if depth < DEPTH_MAX {
        for part in list_of(component, "components") {
            collect(part, depth + 1, products);
        }
    }
    product
}
