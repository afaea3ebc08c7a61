//! Set up safely? Facts in, verdicts out.
//!
//! A check is a page of the catalogue (`content/checks/GROUP/NAME`), a function of the same name in one of the
//! topics of its group's module here, and a line in that module's list. Functions are pure: no clock, no file, no
//! socket, so a live look, a stored inventory and an example give the same verdict. What could not be seen, or is
//! only known when it is applied, is `unknown`, never `pass`. Nothing is gathered here: that is the inventory's.

mod check;
mod cloud;
mod compose;
mod dockerfile;
mod host;
mod image;
mod kubernetes;
pub mod licences;
pub mod lineage;
mod piece;
mod reference;
mod secretish;
mod sensitive;

#[cfg(test)]
mod tests;

pub use kubernetes::pss;

use check::{Check, GROUPS, Judge};
use std::collections::HashMap;
use std::sync::LazyLock;
use vigie_catalogue::{Entry, Family, Maturity};
use vigie_model::configuration::{Form, Piece};
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;
use vigie_model::image::ImageFacts;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Verdict;

/// What one check says of a subject.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The page of the check.
    pub entry: &'static Entry,
    /// The sort of finding that a failure is.
    pub kind: FindingKind,
    /// The outcome.
    pub verdict: Verdict,
}

/// Judges a host by every check that is not retired, in the order of the catalogue.
#[must_use]
pub fn judge(facts: &HostFacts) -> Vec<Judged> {
    judged(|known| match known.check.judge {
        Judge::Host(judge) => Some(judge(facts)),
        Judge::Image(_) | Judge::Piece(_) => None,
    })
}

/// Judges a built image.
#[must_use]
pub fn judge_image(facts: &ImageFacts) -> Vec<Judged> {
    judged(|known| match known.check.judge {
        Judge::Image(judge) => Some(judge(facts)),
        Judge::Host(_) | Judge::Piece(_) => None,
    })
}

/// Judges a piece of configuration; `around` is all that was read with it, itself included. A failure's locator
/// begins with the piece's [`Piece::id`], so that it is unique within an asset.
#[must_use]
pub fn judge_piece(piece: &Piece, around: &[Piece]) -> Vec<Judged> {
    let mut all = judged(|known| match known.check.judge {
        Judge::Piece(judge) if known.forms.contains(&piece.form) => Some(judge(piece, around)),
        Judge::Host(_) | Judge::Image(_) | Judge::Piece(_) => None,
    });
    for judged in &mut all {
        if let Verdict::Fail { evidence } = &mut judged.verdict {
            evidence.iter_mut().for_each(|proof| proof.locator = format!("{}{}", piece.id(), proof.locator));
        }
    }
    all
}

fn judged(verdict: impl Fn(&Known) -> Option<Verdict>) -> Vec<Judged> {
    let in_force = KNOWN.iter().filter(|known| known.entry.maturity != Maturity::Retired);
    let judged = |known: &Known| Some(Judged { entry: known.entry, kind: known.check.kind, verdict: verdict(known)? });
    in_force.filter_map(judged).collect()
}

impl Judged {
    /// The findings that a failure is made of: one for each place.
    #[must_use]
    pub fn occurrences(&self, asset: AssetId, circumstances: &Circumstances) -> Vec<Occurrence> {
        let Verdict::Fail { evidence } = &self.verdict else { return Vec::new() };
        let of_one_place = |proof: &vigie_model::verdict::Evidence| Occurrence {
            identity: Identity {
                kind: self.kind,
                subject: self.entry.id.clone(),
                asset,
                locator: Locator::Key(proof.locator.clone()),
            },
            severity: self.entry.severity,
            circumstances: *circumstances,
            title: format!("{}: {}", self.entry.title.en, proof.locator),
            evidence: vec![proof.clone()],
            vulnerability: None,
            detection: None,
        };
        evidence.iter().map(of_one_place).collect()
    }
}

/// A page with its function.
struct Known {
    entry: &'static Entry,
    forms: &'static [Form],
    check: &'static Check,
}

/// Pages with their functions; a test holds that neither is without the other.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let of_group =
        |group: &'static check::Group| group.checks.iter().map(move |check| ((group.name, check.name), (group.forms, check)));
    let by_name: HashMap<(&str, &str), (&'static [Form], &'static Check)> = GROUPS.iter().flat_map(of_group).collect();
    let known = |entry: &'static Entry| {
        let (forms, check) = *by_name.get(&(entry.group(), entry.name()))?;
        Some(Known { entry, forms, check })
    };
    vigie_catalogue::of(Family::Checks).filter_map(known).collect()
});
