//! Why a finding is there, and why one is not: what `--explain` and a finding's page tell.
//!
//! Everything that made a finding, in one place: the package, the file and the layer; the advisory and the range of
//! versions; how bad and why that comes before other things; what somebody decided; what to do. A question that no
//! finding answers is answered too: the package is not there, its version has the fix, somebody took it away.
//!
//! Each answer carries what programs want as members, and what people want as sections of text in their language.
//! Holds: nothing is judged here that was not judged before; what is not known is left out.

mod absent;
mod because;
mod remedy;
mod sections;

pub use absent::Absent;
pub use sections::Section;

use crate::advisories::Data;
use serde::Serialize;
use std::collections::BTreeSet;
use vigie_advisories::RatedBy;
use vigie_advisories::vex::{Suppressed, Why};
use vigie_checks::Judged;
use vigie_model::asset::Asset;
use vigie_model::component::{Component, Scope};
use vigie_model::finding::FindingKind;
use vigie_model::image::ImageFacts;
use vigie_model::lang::Lang;
use vigie_model::lineage::{Lineage, Part};
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Factors;

/// The most findings that one question is answered with.
const ANSWERS_MAX: usize = 50;
/// The fewest digits that a finding's id is known by.
const ID_DIGITS_MIN: usize = 8;

/// What is known where a question is asked.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What was looked at.
    pub asset: &'a Asset,
    /// Its packages.
    pub components: &'a [Component],
    /// The image, where it is one.
    pub image: Option<&'a ImageFacts>,
    /// What of the image comes from its base.
    pub lineage: Option<&'a Lineage>,
    /// Vulnerability data.
    pub data: Option<&'a Data>,
    /// What is wrong.
    pub findings: &'a [Occurrence],
    /// What somebody took away.
    pub suppressed: &'a [Suppressed<Occurrence>],
    /// What was looked for; none where that is not known.
    pub kinds: Option<&'a BTreeSet<FindingKind>>,
    /// What checks said, where they were asked.
    pub judged: &'a [Judged],
    /// For whom.
    pub lang: Lang,
}

/// The answer to a question, `vigie.explanation/1`.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The name of this form.
    pub schema: &'static str,
    /// What was asked.
    pub asked: String,
    /// Of what.
    pub asset: String,
    /// The findings that are meant.
    pub findings: Vec<Answer>,
    /// Where there is none, why.
    pub absent: Option<Absent>,
}

/// Why one finding is there.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The finding.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// The rule or the vulnerability.
    pub subject: String,
    /// In one line.
    pub title: String,
    /// How bad.
    pub severity: &'static str,
    /// What to do first, 0 to 100.
    pub priority: u8,
    /// What the priority is multiplied from.
    pub factors: Factors,
    /// Where it is.
    pub places: Vec<PlaceView>,
    /// Of a vulnerability: by what it was judged.
    pub ruling: Option<RulingView>,
    /// Why it does not count, where somebody decided so.
    pub taken_away: Option<Why>,
    /// What to do.
    pub remedies: Vec<Remedy>,
    /// All of it for a person.
    pub sections: Vec<Section>,
}

/// Where a finding is.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct PlaceView {
    /// The file, with its line where it has one; or what the configuration calls it.
    pub place: String,
    /// What is there: a package with its version, a value.
    pub found: String,
    /// The layer, counted from the base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerView>,
    /// What the package is for, where that is not running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Whether somebody asked for the package itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<bool>,
}

/// A layer.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct LayerView {
    /// Counted from the base (0).
    pub index: u32,
    /// Its digest, uncompressed.
    pub diff_id: String,
    /// The instruction that made it.
    pub instruction: String,
    /// Whether it is the base's; none where nobody can tell.
    pub from: Option<Part>,
}

/// What the data say of a package.
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct RulingView {
    /// Whose data.
    pub source: String,
    /// The package as they name it.
    pub package: String,
    /// Installed version.
    pub installed: String,
    /// The range that holds it: `>= 1.0, < 1.2`.
    pub range: Option<String>,
    /// Whether the version is in it.
    pub affected: bool,
    /// The version that repairs it, or that did.
    pub fixed: Option<String>,
    /// What the vendor says where nothing does.
    pub vendor_status: Option<&'static str>,
    /// Who says how bad: `vendor`, `cvss`, `other_vendor`, `malice`, `exploitation`, `nobody`.
    pub rated_by: Option<&'static str>,
    /// Other names.
    pub aliases: Vec<String>,
}

/// Something to do.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Remedy {
    /// In one sentence.
    pub text: String,
    /// The command that does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// Answers a question: by the id or an alias of a vulnerability, the id of a rule, or the (beginning of the) id of a
/// finding.
#[must_use]
pub fn explain(asked: &str, known: &Known<'_>) -> Explanation {
    let asked = asked.trim();
    let open = known.findings.iter().filter(|found| is_meant(asked, found)).map(|found| of(found, None, known));
    let away = known.suppressed.iter().filter(|one| is_meant(asked, &one.found)).map(|one| of(&one.found, Some(&one.why), known));
    let findings: Vec<Answer> = open.chain(away).take(ANSWERS_MAX).collect();
    let absent = if findings.is_empty() { Some(absent::of(asked, known)) } else { None };
    Explanation { schema: "vigie.explanation/1", asked: asked.to_owned(), asset: known.asset.name.clone(), findings, absent }
}

fn is_meant(asked: &str, found: &Occurrence) -> bool {
    let aliases = found.vulnerability.iter().flat_map(|detail| &detail.aliases);
    let named = std::iter::once(&found.identity.subject).chain(aliases).any(|name| name.eq_ignore_ascii_case(asked));
    let lower = asked.to_ascii_lowercase();
    named || lower.len() >= ID_DIGITS_MIN && found.identity.id().to_string().starts_with(&lower)
}

/// Why one finding is there.
#[must_use]
pub fn of(found: &Occurrence, taken_away: Option<&Why>, known: &Known<'_>) -> Answer {
    let places = because::places(found, known);
    let ruling = because::ruling(found, known);
    let remedies = remedy::of(found, known);
    let sections = sections::of(found, taken_away, known, (&places, ruling.as_ref(), &remedies));
    Answer {
        id: found.identity.id().to_string(),
        kind: found.identity.kind.word(),
        subject: found.identity.subject.clone(),
        title: vigie_report::title(found, known.lang),
        severity: found.severity.word(),
        priority: found.priority().number(),
        factors: Factors::of(found.severity, &found.circumstances),
        places,
        ruling,
        taken_away: taken_away.cloned(),
        remedies,
        sections,
    }
}

const fn rated_by(by: RatedBy) -> &'static str {
    match by {
        RatedBy::Vendor => "vendor",
        RatedBy::Cvss => "cvss",
        RatedBy::OtherVendor => "other_vendor",
        RatedBy::Malice => "malice",
        RatedBy::Exploitation => "exploitation",
        RatedBy::Nobody => "nobody",
    }
}
