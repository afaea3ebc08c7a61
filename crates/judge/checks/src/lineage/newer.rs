//! Which known image is a newer version of a base.
//!
//! The same repository and a tag of the same variant: the same tag made later (a rebuild), or one that differs in
//! nothing but a higher number (`3.12-slim` and `3.13-slim`; not `3.13`, which is another variant). A base without a
//! tag has no newer one: `latest` of a repository may be anything. Versions that were not seen are not thought up.

use std::cmp::Ordering;
use vigie_model::lineage::KnownImage;

/// What sort of step it is from the base to a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The same tag, made again.
    Rebuild,
    /// The same first number.
    Minor,
    /// Another first number: what runs on it must be tried.
    Major,
}

impl Step {
    /// The word used in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rebuild => "rebuild",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Known images that are newer versions of `base`, called `name`, the smallest step first; of each sort of step only
/// the newest.
#[must_use]
pub fn newer<'a>(name: &str, base: &KnownImage, known: &'a [KnownImage]) -> Vec<(Step, &'a KnownImage)> {
    let Some(own) = Tag::of(name) else { return Vec::new() };
    let mut best: Vec<(Step, Vec<u64>, &KnownImage)> = Vec::new();
    for image in known.iter().filter(|image| image.diff_ids != base.diff_ids && image.platform == base.platform) {
        let Some((step, tag)) = Tag::of(&image.name).and_then(|tag| Some((own.step_to(&tag, base, image)?, tag))) else {
            continue;
        };
        let later = |known: &(Step, Vec<u64>, &KnownImage)| (&known.1, known.2.created) < (&tag.numbers, image.created);
        match best.iter_mut().find(|known| known.0 == step) {
            Some(known) if later(known) => *known = (step, tag.numbers, image),
            Some(_) => {}
            None => best.push((step, tag.numbers, image)),
        }
    }
    best.sort_by_key(|(step, _, _)| *step);
    best.into_iter().map(|(step, _, image)| (step, image)).collect()
}

/// A name taken apart: `python:3.12.1-slim` is of `python`, `3.12.1`, `-slim`.
struct Tag<'a> {
    repository: &'a str,
    tag: &'a str,
    /// Before and behind the first version in it.
    around: (&'a str, &'a str),
    numbers: Vec<u64>,
}

impl<'a> Tag<'a> {
    fn of(name: &'a str) -> Option<Self> {
        let name = name.split('@').next().unwrap_or(name);
        let short = name.strip_prefix("docker.io/").unwrap_or(name);
        let short = short.strip_prefix("library/").unwrap_or(short);
        let (repository, tag) =
            short.rsplit_once(':').filter(|(repository, tag)| !tag.contains('/') && *repository != "sha256")?;
        let from = tag.find(|char: char| char.is_ascii_digit()).unwrap_or(tag.len());
        let (before, version) = tag.split_at_checked(from)?;
        let end = version.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(version.len());
        let (version, behind) = version.split_at_checked(end)?;
        // Numbers too long for a version are dates and hashes; they compare as one number as far as that goes.
        let numbers = version.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<u64>>>().unwrap_or_default();
        Some(Self { repository, tag, around: (before, behind), numbers })
    }

    /// `bookworm-20261101`: the same release, made on another day.
    fn is_date(&self) -> bool {
        matches!(self.numbers[..], [19_000_000..=99_999_999])
    }

    fn step_to(&self, other: &Self, base: &KnownImage, image: &KnownImage) -> Option<Step> {
        let later = || image.created.zip(base.created).is_some_and(|(image, base)| image > base);
        if self.repository != other.repository {
            return None;
        }
        if self.tag == other.tag {
            return later().then_some(Step::Rebuild);
        }
        // `3` and `3.12` are moving names of different width: which of the two is newer is not said by the numbers.
        let comparable = self.around == other.around && !self.numbers.is_empty() && self.numbers.len() == other.numbers.len();
        match other.numbers.cmp(&self.numbers) {
            Ordering::Greater if comparable && (self.is_date() || other.numbers.first() == self.numbers.first()) => {
                Some(Step::Minor)
            }
            Ordering::Greater if comparable => Some(Step::Major),
            _ => None,
        }
    }
}
