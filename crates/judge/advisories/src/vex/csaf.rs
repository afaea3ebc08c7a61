//! CSAF 2.0 documents as VEX, of any publisher.

use super::{Product, Statement, Status, VexError, list_of, text_of, time_of};
use serde_json::Value;
use std::collections::HashMap;
use vigie_model::life::Justification;
use vigie_model::time::Timestamp;

const DEPTH_MAX: usize = 64;
const STATES: [(&str, Status); 6] = [
    ("known_not_affected", Status::NotAffected),
    ("fixed", Status::Fixed),
    ("first_fixed", Status::Fixed),
    ("known_affected", Status::Affected),
    ("first_affected", Status::Affected),
    ("under_investigation", Status::UnderInvestigation),
];

pub(super) fn read(document: &Value) -> Result<Vec<Statement>, VexError> {
    let mut products = HashMap::new();
    if let Some(tree) = document.get("product_tree") {
        collect(tree, 0, &mut products);
    }
    let head = document.get("document").unwrap_or(document);
    let author = head.pointer("/publisher/name").and_then(Value::as_str).unwrap_or_default();
    let time = head.get("tracking").and_then(|tracking| time_of(tracking, "current_release_date"));
    let mut statements = Vec::new();
    for (place, vulnerability) in list_of(document, "vulnerabilities").iter().enumerate() {
        let ids = list_of(vulnerability, "ids").iter().map(|id| text_of(id, "text"));
        let names: Vec<String> = std::iter::once(text_of(vulnerability, "cve"))
            .chain(ids)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return Err(VexError::Broken { what: "vulnerability", number: place + 1 });
        }
        read_one(vulnerability, &names, (author, time), &products, &mut statements);
    }
    Ok(statements)
}

fn read_one(
    vulnerability: &Value,
    names: &[String],
    (author, time): (&str, Option<Timestamp>),
    products: &HashMap<&str, Product>,
    statements: &mut Vec<Statement>,
) {
    let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
    for (key, state) in STATES {
        for id in list_of(status, key).iter().filter_map(Value::as_str) {
            let about = |key: &str| {
                list_of(vulnerability, key).iter().filter(move |entry| list_of(entry, "product_ids").iter().any(|it| it == id))
            };
            let justification = about("flags").find_map(|flag| Justification::from_word(text_of(flag, "label")));
            let threats = about("threats").chain(about("remediations")).map(|entry| text_of(entry, "details"));
            let text = threats.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
            let product = products.get(id).cloned().unwrap_or_else(|| Product::named(id));
            statements.push(Statement {
                vulnerabilities: names.to_vec(),
                products: vec![product],
                status: state,
                justification: justification.filter(|_| state == Status::NotAffected),
                text,
                author: author.to_owned(),
                time,
            });
        }
    }
}

/// Products by id, from branches, bare names and relations.
fn collect<'a>(tree: &'a Value, depth: usize, products: &mut HashMap<&'a str, Product>) {
    if depth == DEPTH_MAX {
        return;
    }
    let named = tree.get("product").into_iter().chain(list_of(tree, "full_product_names"));
    for product in named {
        products.insert(text_of(product, "product_id"), read_product(product));
    }
    for branch in list_of(tree, "branches") {
        collect(branch, depth + 1, products);
    }
    for relation in list_of(tree, "relationships") {
        let part = products.get(text_of(relation, "product_reference")).cloned();
        let whole = products.get(text_of(relation, "relates_to_product_reference")).cloned();
        let id = relation.pointer("/full_product_name/product_id").and_then(Value::as_str);
        if let (Some(part), Some(mut whole), Some(id)) = (part, whole, id) {
            whole.parts = vec![part];
            products.insert(id, whole);
        }
    }
}

fn read_product(product: &Value) -> Product {
    let helper = product.get("product_identification_helper").unwrap_or(&Value::Null);
    let mut read = match text_of(helper, "purl") {
        "" => Product::named(text_of(product, "name")),
        purl => Product::named(purl),
    };
    for hash in list_of(helper, "hashes").iter().flat_map(|hashes| list_of(hashes, "file_hashes")) {
        read.digests.push(format!("{}:{}", text_of(hash, "algorithm"), text_of(hash, "value")));
    }
    read
}
