//! Families of licences by what they ask of those who pass software on.

use serde::Deserialize;

/// A family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Class {
    /// Little more than to name the authors.
    Permissive,
    /// Changes to it stay open: LGPL, MPL, EPL; GPL with an exception for linking.
    WeakCopyleft,
    /// Whatever is built with it stays open: GPL, EUPL.
    StrongCopyleft,
    /// The same for whoever uses it over a network: AGPL, SSPL.
    NetworkCopyleft,
    /// Use itself is restricted: to no commerce, to no competitors, to no changes.
    NonFree,
    /// Not a licence that SPDX lists.
    Unknown,
}

/// Beginnings of ids, the longer ones before what they begin with.
const BEGINNINGS: [(&str, Class); 45] = [
    ("AGPL-", Class::NetworkCopyleft),
    ("SSPL-", Class::NetworkCopyleft),
    ("RPL-", Class::NetworkCopyleft),
    ("OSL-", Class::NetworkCopyleft),
    ("CPAL-", Class::NetworkCopyleft),
    ("Parity-", Class::NetworkCopyleft),
    ("GPL-", Class::StrongCopyleft),
    ("EUPL-", Class::StrongCopyleft),
    ("CECILL-C", Class::WeakCopyleft),
    ("CECILL-B", Class::Permissive),
    ("CECILL-", Class::StrongCopyleft),
    ("QPL-", Class::StrongCopyleft),
    ("Sleepycat", Class::StrongCopyleft),
    ("CC-BY-SA-", Class::StrongCopyleft),
    ("copyleft-next", Class::StrongCopyleft),
    ("LGPL-", Class::WeakCopyleft),
    ("LGPLLR", Class::WeakCopyleft),
    ("MPL-", Class::WeakCopyleft),
    ("EPL-", Class::WeakCopyleft),
    ("CDDL-", Class::WeakCopyleft),
    ("CPL-", Class::WeakCopyleft),
    ("IPL-", Class::WeakCopyleft),
    ("MS-RL", Class::WeakCopyleft),
    ("APSL-", Class::WeakCopyleft),
    ("ErlPL-", Class::WeakCopyleft),
    ("LPPL-", Class::WeakCopyleft),
    ("GFDL-", Class::WeakCopyleft),
    ("NPL-", Class::WeakCopyleft),
    ("SPL-", Class::WeakCopyleft),
    ("OFL-", Class::WeakCopyleft),
    ("CERN-OHL-S", Class::StrongCopyleft),
    ("CERN-OHL-W", Class::WeakCopyleft),
    ("ODbL-", Class::WeakCopyleft),
    ("BUSL-", Class::NonFree),
    ("Elastic-", Class::NonFree),
    ("PolyForm-", Class::NonFree),
    ("CC-BY-NC", Class::NonFree),
    ("CC-BY-ND", Class::NonFree),
    ("Aladdin", Class::NonFree),
    ("Prosperity-", Class::NonFree),
    ("Hippocratic-", Class::NonFree),
    ("BSD-Protection", Class::StrongCopyleft),
    ("FSL-", Class::NonFree),
    ("UnRAR", Class::NonFree),
    ("NASA-", Class::WeakCopyleft),
];

impl Class {
    /// The family of an SPDX id, with or without an exception.
    pub(super) fn of(id: &str, has_exception: bool) -> Self {
        let class =
            BEGINNINGS.iter().find(|(beginning, _)| id.starts_with(beginning)).map_or(Self::Permissive, |(_, class)| *class);
        // Every exception that SPDX lists for the GPL permits linking or what comes out of a tool.
        if has_exception && class == Self::StrongCopyleft { Self::WeakCopyleft } else { class }
    }

    /// The family of a word in a policy.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "permissive" => Self::Permissive,
            "weak-copyleft" => Self::WeakCopyleft,
            "strong-copyleft" => Self::StrongCopyleft,
            "network-copyleft" => Self::NetworkCopyleft,
            "non-free" => Self::NonFree,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_those_of_licences_and_none_hides_another() {
        for (place, (beginning, _)) in BEGINNINGS.iter().enumerate() {
            let hidden = BEGINNINGS[..place].iter().any(|(before, _)| beginning.starts_with(before));
            assert!(!hidden, "{beginning}");
        }
        let of = |id| Class::of(id, false);
        assert_eq!(
            (of("MIT"), of("Apache-2.0"), of("GPL-2.0-only")),
            (Class::Permissive, Class::Permissive, Class::StrongCopyleft)
        );
        assert_eq!(
            (of("CECILL-2.1"), of("CC-BY-NC-SA-4.0"), of("CC-BY-SA-4.0")),
            (Class::StrongCopyleft, Class::NonFree, Class::StrongCopyleft)
        );
        assert_eq!(Class::of("GPL-2.0-only", true), Class::WeakCopyleft);
    }
}
