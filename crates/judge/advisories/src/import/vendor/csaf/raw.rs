//! The JSON of a document, as far as it is read.

use crate::import::osv::Str;
use serde::Deserialize;
use vigie_model::occurrence::Unfixed;

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) document: Head<'a>,
    pub(super) product_tree: Option<Tree<'a>>,
    pub(super) vulnerabilities: Option<Vec<Vulnerability<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) publisher: Option<Publisher<'a>>,
    pub(super) tracking: Option<Tracking<'a>>,
    aggregate_severity: Option<Rated<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Publisher<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Str<'a>>,
    pub(super) namespace: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Tracking<'a> {
    #[serde(borrow)]
    pub(super) current_release_date: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Rated<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Tree<'a> {
    #[serde(borrow)]
    pub(super) branches: Option<Vec<Branch<'a>>>,
    pub(super) relationships: Option<Vec<Relationship<'a>>>,
    pub(super) full_product_names: Option<Vec<Product<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Branch<'a> {
    #[serde(borrow)]
    pub(super) product: Option<Product<'a>>,
    pub(super) branches: Option<Vec<Branch<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Product<'a> {
    #[serde(borrow)]
    pub(super) product_id: Str<'a>,
    pub(super) name: Option<Str<'a>>,
    pub(super) product_identification_helper: Option<Helper<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Helper<'a> {
    #[serde(borrow)]
    pub(super) cpe: Option<Str<'a>>,
    pub(super) purl: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Relationship<'a> {
    #[serde(borrow)]
    pub(super) product_reference: Str<'a>,
    pub(super) relates_to_product_reference: Str<'a>,
    pub(super) full_product_name: Product<'a>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    cve: Option<Str<'a>>,
    ids: Option<Vec<Id<'a>>>,
    pub(super) title: Option<Str<'a>>,
    notes: Option<Vec<Note<'a>>>,
    pub(super) product_status: Option<Status<'a>>,
    remediations: Option<Vec<Remediation<'a>>>,
    scores: Option<Vec<Score<'a>>>,
    pub(super) threats: Option<Vec<Threat<'a>>>,
    pub(super) references: Option<Vec<Link<'a>>>,
    pub(super) release_date: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Id<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Note<'a> {
    #[serde(borrow)]
    category: Option<Str<'a>>,
    text: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    pub(super) fixed: Option<Vec<Str<'a>>>,
    pub(super) first_fixed: Option<Vec<Str<'a>>>,
    pub(super) recommended: Option<Vec<Str<'a>>>,
    pub(super) known_affected: Option<Vec<Str<'a>>>,
    pub(super) known_not_affected: Option<Vec<Str<'a>>>,
    pub(super) under_investigation: Option<Vec<Str<'a>>>,
}

#[derive(Deserialize)]
struct Remediation<'a> {
    #[serde(borrow)]
    category: Option<Str<'a>>,
    details: Option<Str<'a>>,
    product_ids: Option<Vec<Str<'a>>>,
}

#[derive(Deserialize)]
struct Score<'a> {
    #[serde(borrow)]
    cvss_v2: Option<Cvss<'a>>,
    cvss_v3: Option<Cvss<'a>>,
    cvss_v4: Option<Cvss<'a>>,
}

#[derive(Deserialize)]
struct Cvss<'a> {
    #[serde(rename = "vectorString", borrow)]
    vector: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Threat<'a> {
    #[serde(borrow)]
    pub(super) category: Option<Str<'a>>,
    pub(super) details: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Link<'a> {
    #[serde(borrow)]
    pub(super) url: Option<Str<'a>>,
}

impl Document<'_> {
    /// The severity of an advisory as a whole.
    pub(super) fn severity(&self) -> Option<&str> {
        self.document.aggregate_severity.as_ref()?.text.as_ref().map(Str::as_str)
    }
}

impl Vulnerability<'_> {
    /// Its CVE id, else the first other one.
    pub(super) fn id(&self) -> Option<&str> {
        let other = self.ids.iter().flatten().find_map(|id| id.text.as_ref());
        self.cve.as_ref().or(other).map(Str::as_str)
    }

    /// What it is, in words.
    pub(super) fn description(&self) -> Option<&str> {
        let mut notes = self.notes.iter().flatten();
        let described = |note: &&Note<'_>| {
            note.category.as_ref().is_some_and(|it| matches!(it.as_str(), "description" | "summary" | "general"))
        };
        notes.find(described)?.text.as_ref().map(Str::as_str)
    }

    /// The vendor's word for how bad it is.
    pub(super) fn impact(&self) -> Option<&str> {
        let mut threats = self.threats.iter().flatten();
        threats.find(|threat| is(threat.category.as_ref(), "impact"))?.details.as_ref().map(Str::as_str)
    }

    /// CVSS vectors.
    pub(super) fn vectors(&self) -> impl Iterator<Item = &str> {
        let scores = self.scores.iter().flatten();
        scores
            .flat_map(|score| [&score.cvss_v4, &score.cvss_v3, &score.cvss_v2])
            .flatten()
            .filter_map(|cvss| cvss.vector.as_ref())
            .map(Str::as_str)
    }

    /// What is said of the missing repair of a product.
    pub(super) fn unfixed(&self, product: &str) -> Unfixed {
        let speaks_of = |remediation: &&Remediation<'_>| {
            remediation.product_ids.iter().flatten().any(|id| id.as_str() == product)
                && !is(remediation.category.as_ref(), "workaround")
        };
        let Some(remediation) = self.remediations.iter().flatten().find(speaks_of) else { return Unfixed::Affected };
        let details = remediation.details.as_ref().map_or(String::new(), |details| details.as_str().to_lowercase());
        match () {
            () if details.contains("out of support") || details.contains("end of life") => Unfixed::EndOfLife,
            () if details.contains("will not fix") => Unfixed::WillNotFix,
            () if details.contains("deferred") => Unfixed::Postponed,
            () if details.contains("under investigation") => Unfixed::UnderInvestigation,
            () if is(remediation.category.as_ref(), "no_fix_planned") => Unfixed::WillNotFix,
            () => Unfixed::Affected,
        }
    }
}

pub(super) fn is(text: Option<&Str<'_>>, word: &str) -> bool {
    text.is_some_and(|text| text.as_str() == word)
}
