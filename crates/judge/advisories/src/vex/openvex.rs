//! OpenVEX documents (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>), versions 0.0.1 to 0.2.

use super::{Product, Statement, Status, VexError, list_of, text_of, time_of};
use serde_json::{Value, json};
use vigie_model::life::Justification;
use vigie_model::purl::Purl;
use vigie_model::time::Timestamp;

pub(super) fn read(document: &Value) -> Result<Vec<Statement>, VexError> {
    let author = text_of(document, "author");
    let time = time_of(document, "timestamp");
    let statements = list_of(document, "statements").iter().enumerate();
    statements.map(|(place, value)| statement(value, author, time, place + 1)).collect()
}

fn statement(value: &Value, author: &str, time: Option<Timestamp>, number: usize) -> Result<Statement, VexError> {
    let status = Status::from_word(text_of(value, "status")).ok_or(VexError::Broken { what: "status", number })?;
    let vulnerabilities = value.get("vulnerability").map(names).unwrap_or_default();
    if vulnerabilities.is_empty() {
        return Err(VexError::Broken { what: "vulnerability", number });
    }
    let texts = [text_of(value, "impact_statement"), text_of(value, "action_statement")];
    let supplier = text_of(value, "supplier");
    Ok(Statement {
        vulnerabilities,
        products: list_of(value, "products").iter().map(product).collect(),
        status,
        justification: Justification::from_word(text_of(value, "justification")),
        text: texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned(),
        author: if supplier.is_empty() { author } else { supplier }.to_owned(),
        time: time_of(value, "timestamp").or(time),
    })
}

/// The vulnerability: since 0.2 an object with name and aliases, before a text.
fn names(value: &Value) -> Vec<String> {
    let own = value.as_str().unwrap_or_else(|| text_of(value, "name"));
    let own = if own.is_empty() { text_of(value, "@id") } else { own };
    let aliases = list_of(value, "aliases").iter().filter_map(Value::as_str);
    std::iter::once(own)
        .chain(aliases)
        .filter(|name| !name.is_empty())
        .map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())
        .collect()
}

fn product(value: &Value) -> Product {
    let mut product = Product::named(value.as_str().unwrap_or_else(|| text_of(value, "@id")));
    let purl = value.pointer("/identifiers/purl").and_then(Value::as_str).and_then(Purl::parse);
    product.purl = product.purl.or(purl);
    for (algorithm, digest) in value.get("hashes").and_then(Value::as_object).into_iter().flatten() {
        product.digests.extend(digest.as_str().map(|digest| format!("{}:{digest}", algorithm.replace('-', ""))));
    }
    product.digests.sort_unstable();
    product.digests.dedup();
    product.parts = list_of(value, "subcomponents").iter().map(self::product).collect();
    product
}

/// Writes statements as an OpenVEX 0.2 document; `id` is an IRI that names the document.
#[must_use]
pub fn to_openvex(statements: &[Statement], id: &str, author: &str, now: Timestamp) -> Value {
    let products = |products: &[Product]| -> Vec<Value> { products.iter().map(written).collect() };
    let statements: Vec<Value> = statements
        .iter()
        .map(|statement| {
            let (name, aliases) =
                statement.vulnerabilities.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
            let mut value = json!({
                "vulnerability": { "name": name, "aliases": aliases },
                "products": products(&statement.products),
                "status": statement.status.word(),
            });
            // OpenVEX asks for an action where something is affected, for a reason where it is not.
            let key = if statement.status == Status::Affected { "action_statement" } else { "impact_statement" };
            let fields = [
                (key, statement.text.clone()),
                ("justification", statement.justification.map_or(String::new(), |it| it.word().to_owned())),
                ("timestamp", statement.time.map_or(String::new(), |time| time.to_string())),
                ("supplier", if statement.author == author { String::new() } else { statement.author.clone() }),
            ];
            for (key, text) in fields {
                if !text.is_empty() {
                    value[key] = Value::String(text);
                }
            }
            value
        })
        .collect();
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": id,
        "author": author,
        "timestamp": now.to_string(),
        "version": 1,
        "statements": statements,
    })
}

fn written(product: &Product) -> Value {
    let mut value = json!({ "@id": product.id });
    if let Some(purl) = &product.purl {
        value["identifiers"] = json!({ "purl": purl.to_string() });
    }
    for digest in &product.digests {
        if let Some((algorithm, digest)) = digest.split_once(':') {
            value["hashes"][algorithm.replace("sha", "sha-")] = Value::String(digest.to_owned());
        }
    }
    if !product.parts.is_empty() {
        value["subcomponents"] = product.parts.iter().map(written).collect();
    }
    value
}
