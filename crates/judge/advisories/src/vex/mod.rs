//! VEX: statements of authors on whether a vulnerability affects a product.
//!
//! [`parse`] reads OpenVEX, CSAF and CycloneDX documents, bare or as in-toto attestation, into
//! [`Statement`]s; [`apply`] holds findings against them; [`to_openvex`] writes them. A finding that a
//! statement takes away is kept and listed with the reason: nothing vanishes.

mod apply;
mod csaf;
mod cyclonedx;
mod openvex;

pub use apply::{Applied, Judged, Place, Suppressed, Why, apply};
pub use openvex::to_openvex;

use serde::Serialize;
use serde_json::Value;
use vigie_model::lang::Text;
use vigie_model::life::Justification;
use vigie_model::purl::Purl;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// The largest document that is read.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Statements that are taken of one document, and products of one statement.
pub const STATEMENTS_MAX: usize = 200_000;

/// What an author says of vulnerabilities in products.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The names of the vulnerability.
    pub vulnerabilities: Vec<String>,
    /// The products it is about. None: every product that the document is given for.
    pub products: Vec<Product>,
    /// What is said.
    pub status: Status,
    /// Why it is not affected, in VEX's words.
    pub justification: Option<Justification>,
    /// Why it is not affected, or what to do, in the author's words.
    pub text: String,
    /// Who says so.
    pub author: String,
    /// When.
    pub time: Option<Timestamp>,
}

/// A product, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Product {
    /// As the document names it.
    pub id: String,
    /// Its package URL, where it has one.
    pub purl: Option<Purl>,
    /// Digests as `sha256:…`.
    pub digests: Vec<String>,
    /// The parts of it that are meant; none: it is meant itself, as a whole.
    pub parts: Vec<Product>,
}

/// What is said of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The vulnerability cannot be used.
    NotAffected,
    /// It can.
    Affected,
    /// The product has the repair.
    Fixed,
    /// Not known yet.
    UnderInvestigation,
}

impl Status {
    /// VEX's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Affected => "affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::NotAffected, Self::Affected, Self::Fixed, Self::UnderInvestigation]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// Why a document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VexError {
    /// Not JSON.
    #[error("not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// JSON of another kind.
    #[error("neither OpenVEX, CSAF nor CycloneDX")]
    Unknown,
    /// A part does not have the form it should.
    #[error("{what} of statement {number} is missing or makes no sense")]
    Broken {
        /// Which part.
        what: &'static str,
        /// Counted from 1.
        number: usize,
    },
    /// Beyond a limit.
    #[error("more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are taken.
        max: usize,
    },
}

impl VexError {
    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::NotJson(_) => text!(
                en "The VEX document is not JSON.",
                fr "Le document VEX n'est pas du JSON.",
                de "Das VEX-Dokument ist kein JSON."
            ),
            Self::Unknown => text!(
                en "This is no VEX document that Vigie knows.",
                fr "Ce n'est pas un document VEX que Vigie connaisse.",
                de "Das ist kein VEX-Dokument, das Vigie kennt."
            ),
            Self::Broken { what, number } => text!(
                en "In the VEX document, {what} of statement {number} is missing or makes no sense.",
                fr "Dans le document VEX, {what} de la déclaration {number} manque ou n'a pas de sens.",
                de "Im VEX-Dokument fehlt {what} der Aussage {number} oder ergibt keinen Sinn."
            ),
            Self::TooMany { what, max } => text!(
                en "The VEX document has more than {max} {what}.",
                fr "Le document VEX contient plus de {max} {what}.",
                de "Das VEX-Dokument hat mehr als {max} {what}."
            ),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Text {
        text!(
            en "OpenVEX 0.2, CSAF 2.0 and CycloneDX 1.4 to 1.6 as JSON are read, bare or as in-toto attestation.",
            fr "Sont lus OpenVEX 0.2, CSAF 2.0 et CycloneDX 1.4 à 1.6 en JSON, seuls ou comme attestation in-toto.",
            de "Gelesen werden OpenVEX 0.2, CSAF 2.0 und CycloneDX 1.4 bis 1.6 als JSON, für sich oder als In-toto-Attestation."
        )
    }
}

/// Reads a document.
///
/// # Errors
/// [`VexError`] when it is none, or a statement in it cannot be understood: half a document would let
/// somebody believe that the rest is in force.
pub fn parse(bytes: &[u8]) -> Result<Vec<Statement>, VexError> {
    if bytes.len() > BYTES_MAX {
        return Err(VexError::TooMany { what: "bytes", max: BYTES_MAX });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Value = serde_json::from_slice(bytes).map_err(VexError::NotJson)?;
    // An attestation wraps the document, and an envelope may wrap that. Signatures are the caller's matter.
    let document = match document.get("payload").and_then(Value::as_str) {
        Some(payload) => enveloped(payload)?,
        None => document,
    };
    let document = document.get("predicate").unwrap_or(&document);
    let has = |key: &str| document.get(key).is_some();
    let statements = match () {
        () if text_of(document, "@context").contains("openvex.dev/ns") => openvex::read(document),
        () if has("bomFormat") => cyclonedx::read(document),
        () if document.pointer("/document/csaf_version").is_some() || document.pointer("/document/category").is_some() => {
            csaf::read(document)
        }
        () => Err(VexError::Unknown),
    }?;
    let products = statements.iter().map(|statement| statement.products.len()).max().unwrap_or(0);
    if statements.len().max(products) > STATEMENTS_MAX {
        return Err(VexError::TooMany { what: "statements", max: STATEMENTS_MAX });
    }
    Ok(statements)
}

fn enveloped(payload: &str) -> Result<Value, VexError> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(payload).map_err(|_| VexError::Unknown)?;
    serde_json::from_slice(&bytes).map_err(VexError::NotJson)
}

impl Product {
    /// A product from its name: a package URL, a reference of an image, a path, whatever the author calls it.
    #[must_use]
    pub fn named(id: &str) -> Self {
        let purl = Purl::parse(id);
        let version = purl
            .as_ref()
            .map(|purl| purl.version.as_str())
            .filter(|version| !version.is_empty())
            .or_else(|| Some(id.rsplit_once('@')?.1));
        let digests = version.filter(|version| is_digest(version)).map(str::to_owned).into_iter().collect();
        Self { id: id.to_owned(), purl, digests, parts: Vec::new() }
    }
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, value)| {
        matches!(algorithm, "sha256" | "sha384" | "sha512")
            && value.len() >= 64
            && value.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list_of<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn time_of(value: &Value, key: &str) -> Option<Timestamp> {
    Timestamp::parse(text_of(value, key)).ok()
}

#[cfg(test)]
mod tests;
