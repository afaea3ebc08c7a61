//! Checks of what a recipe builds on.

use super::view::{Recipe, none};
use crate::piece::Tally;
use crate::reference::{Reference, fixed_in};
use vigie_catalogue::lifecycle;
use vigie_model::configuration::{Look, Piece};
use vigie_model::host::OsRelease;
use vigie_model::verdict::Verdict;

/// Images of distributions, with the word that os-release has for them and names of releases in place of numbers.
type Distribution = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
const DISTRIBUTIONS: [Distribution; 10] = [
    (
        "debian",
        "debian",
        &[
            ("wheezy", "7"),
            ("jessie", "8"),
            ("stretch", "9"),
            ("buster", "10"),
            ("bullseye", "11"),
            ("bookworm", "12"),
            ("trixie", "13"),
        ],
    ),
    (
        "ubuntu",
        "ubuntu",
        &[
            ("trusty", "14.04"),
            ("xenial", "16.04"),
            ("bionic", "18.04"),
            ("focal", "20.04"),
            ("jammy", "22.04"),
            ("noble", "24.04"),
        ],
    ),
    ("alpine", "alpine", &[]),
    ("centos", "centos", &[]),
    ("fedora", "fedora", &[]),
    ("rockylinux", "rocky", &[]),
    ("almalinux", "almalinux", &[]),
    ("amazonlinux", "amzn", &[]),
    ("oraclelinux", "ol", &[]),
    ("opensuse/leap", "opensuse-leap", &[]),
];

/// Judges every image from outside that a `FROM` names.
fn of_bases<'a>(
    piece: &'a Piece,
    judge: impl Fn(&'a str, Reference<'a>, &str, &mut Tally<'a>),
    open: impl Fn(&str) -> bool,
) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for stage in recipe.stages.iter().filter(|stage| stage.base.is_none()) {
        match stage.image {
            Look::Known(image) if image == "scratch" => {}
            Look::Known(image) => {
                there = true;
                let image = image.as_str().unwrap_or_default();
                judge(image, Reference::of(image), &stage.pointer, &mut tally);
            }
            Look::Unknown(expression) => {
                there = true;
                if open(expression) {
                    tally.unknown(expression);
                }
            }
            Look::Absent => {}
        }
    }
    if there { tally.verdict() } else { none("FROM") }
}

/// `FROM` without a tag, or with `latest`.
pub(crate) fn base_floating_tag(piece: &Piece, _: &[Piece]) -> Verdict {
    let judge = |image: &str, reference: Reference<'_>, pointer: &str, tally: &mut Tally<'_>| {
        if reference.floats() {
            tally.bad(pointer, format!("/FROM {}", reference.name), image, format!("{}:…", reference.name));
        }
    };
    of_bases(piece, judge, |expression| !fixed_in(expression))
}

/// `FROM` without a digest.
pub(crate) fn base_without_digest(piece: &Piece, _: &[Piece]) -> Verdict {
    let judge = |image: &str, reference: Reference<'_>, pointer: &str, tally: &mut Tally<'_>| {
        if reference.digest.is_none() {
            tally.bad(pointer, format!("/FROM {}", reference.name), image, format!("{image}@sha256:…"));
        }
    };
    of_bases(piece, judge, |expression| !expression.contains("@sha256:"))
}

/// A base whose distribution got no more security fixes when our data were made.
pub(crate) fn base_out_of_support(piece: &Piece, _: &[Piece]) -> Verdict {
    let judge = |image: &str, reference: Reference<'_>, pointer: &str, tally: &mut Tally<'_>| {
        let Some(os) = release(reference) else { return };
        let ended = lifecycle::end_of_life(&os).and_then(|life| life.ended_before(lifecycle::checked_on()?));
        if let Some(until) = ended {
            tally.bad(pointer, format!("/FROM {}", reference.name), format!("{image}: {until}"), "");
        }
    };
    of_bases(piece, judge, |_| true)
}

/// The release of a distribution that an image's name tells.
fn release(reference: Reference<'_>) -> Option<OsRelease> {
    let (_, id, names) = DISTRIBUTIONS.into_iter().find(|(image, _, _)| reference.short() == *image)?;
    let tag = reference.tag?;
    let word = tag.split('-').next().unwrap_or(tag);
    let named = names.iter().find(|(name, _)| *name == word).map(|(_, version)| *version);
    let version = named.unwrap_or(word).trim_start_matches("centos");
    let number = version.starts_with(|first: char| first.is_ascii_digit());
    // Of two systems with one id, the official image is the one with this name.
    let pretty_name = if id == "centos" { "CentOS Linux".to_owned() } else { String::new() };
    number.then(|| OsRelease { id: id.to_owned(), version_id: version.to_owned(), pretty_name, ..OsRelease::default() })
}

/// `FROM --platform=` with one platform written out: the image is built for no other machine.
pub(crate) fn base_fixed_platform(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let mut there = false;
    for at in recipe.shipped() {
        let Some(stage) = recipe.stages.get(at) else { continue };
        there |= stage.platform != Look::Absent;
        if let Look::Known(platform) = stage.platform {
            let platform = platform.as_str().unwrap_or_default();
            tally.bad(&stage.pointer, format!("/{}/--platform", recipe.label(at)), format!("--platform={platform}"), "");
        }
    }
    if there { tally.verdict() } else { none("--platform") }
}

/// Two stages of one name.
pub(crate) fn stage_name_twice(piece: &Piece, _: &[Piece]) -> Verdict {
    let recipe = Recipe::of(piece);
    let mut tally = Tally::of(piece);
    let named: Vec<_> = recipe.stages.iter().filter(|stage| !stage.name.is_empty()).collect();
    for (at, stage) in named.iter().enumerate() {
        if named.iter().take(at).any(|earlier| earlier.name == stage.name) {
            tally.bad(&stage.pointer, format!("/{}", stage.name), format!("AS {}", stage.name), "");
        }
    }
    if named.is_empty() { none("AS") } else { tally.verdict() }
}
