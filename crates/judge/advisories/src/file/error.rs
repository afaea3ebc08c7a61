//! Why a compact file cannot be read.

use super::VERSION;
use super::sections::Section;
use vigie_model::lang::Text;
use vigie_model::text;

/// Why bytes are not vulnerability data that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is some other file, or none at all.
    #[error("not a Vigie vulnerability file")]
    NotAdvisories,
    /// Another release of Vigie made it.
    #[error("vulnerability file of layout {found}, this program reads layout {VERSION}")]
    OtherVersion {
        /// The layout it has.
        found: u32,
    },
    /// It was cut off or changed.
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

/// The vulnerability file contradicts itself: it was cut off, or changed after it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vulnerability file is damaged ({part})")]
pub struct Damaged {
    part: &'static str,
}

impl Damaged {
    pub(super) const HEADER: Self = Self { part: "header" };

    pub(crate) const fn in_section(section: Section) -> Self {
        Self { part: section.name() }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        let part = self.part;
        text!(
            en "The vulnerability data are damaged (section {part}).",
            fr "Les données de vulnérabilités sont endommagées (section {part}).",
            de "Die Schwachstellendaten sind beschädigt (Abschnitt {part})."
        )
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Text {
        rebuild()
    }
}

impl OpenError {
    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::NotAdvisories => text!(
                en "This is not a vulnerability file of Vigie.",
                fr "Ce n'est pas un fichier de vulnérabilités de Vigie.",
                de "Das ist keine Schwachstellendatei von Vigie."
            ),
            Self::OtherVersion { found } => text!(
                en "The vulnerability data were written by another version of Vigie (layout {found}, expected {VERSION}).",
                fr "Les données de vulnérabilités ont été écrites par une autre version de Vigie (format {found}, attendu {VERSION}).",
                de "Die Schwachstellendaten stammen von einer anderen Vigie-Version (Format {found}, erwartet {VERSION})."
            ),
            Self::Damaged(damaged) => damaged.said(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Text {
        rebuild()
    }
}

fn rebuild() -> Text {
    text!(
        en "Build them again with `vigie db update` or `vigie db import PATH`.",
        fr "Reconstruisez-les avec `vigie db update` ou `vigie db import CHEMIN`.",
        de "Erstellen Sie sie neu mit `vigie db update` oder `vigie db import PFAD`."
    )
}
