//! What a check is: a name, the sort of finding, a function over one sort of subject.

use crate::{cloud, compose, dockerfile, host, image, kubernetes};
use vigie_model::configuration::{Form, Piece};
use vigie_model::finding::FindingKind;
use vigie_model::host::HostFacts;
use vigie_model::image::ImageFacts;
use vigie_model::verdict::Verdict;

/// One check.
pub(crate) struct Check {
    /// That of the page below `content/checks/GROUP/` and, with `_` for `-`, of the function.
    pub(crate) name: &'static str,
    /// The sort of finding that a failure is.
    pub(crate) kind: FindingKind,
    /// The condition.
    pub(crate) judge: Judge,
}

/// The condition of a check, by what it looks at.
#[derive(Clone, Copy)]
pub(crate) enum Judge {
    /// A machine.
    Host(fn(&HostFacts) -> Verdict),
    /// A built image.
    Image(fn(&ImageFacts) -> Verdict),
    /// A piece of configuration, and all that was read with it.
    Piece(fn(&Piece, &[Piece]) -> Verdict),
}

/// Checks of one sort of subject: a folder below `content/checks/`, a module of the same name.
pub(crate) struct Group {
    /// The folder.
    pub(crate) name: &'static str,
    /// The forms of configuration it looks at; none for hosts and images.
    pub(crate) forms: &'static [Form],
    /// Its checks, sorted by name.
    pub(crate) checks: &'static [Check],
}

/// All groups, sorted by name.
pub(crate) static GROUPS: &[Group] = &[
    Group { name: "cloud", forms: &[Form::Terraform, Form::Arm], checks: cloud::CHECKS },
    Group { name: "compose", forms: &[Form::Compose], checks: compose::CHECKS },
    Group { name: "dockerfile", forms: &[Form::Dockerfile], checks: dockerfile::CHECKS },
    Group { name: "host", forms: &[], checks: host::CHECKS },
    Group { name: "image", forms: &[], checks: image::CHECKS },
    Group { name: "kubernetes", forms: &[Form::Kubernetes], checks: kubernetes::CHECKS },
];
