//! Things at rest: who looks at the files of an image, a folder or a repository, and what is made of what they
//! remark. `vigie scan image`, `fs` and `repo` are this.
//!
//! For each kind of finding there is one who [seeks](Seek) it: it may [watch](Watch) files pass, and in the end
//! judges what was remarked, by itself or by others. A further kind is one more line in [`Seekers::of`].
//! Vulnerabilities are not here: they are judged from components alone ([`crate::vulnerabilities`]).

mod data;
mod key;
mod licences;
mod malware;
mod mistakes;
mod secrets;

pub use data::make_data_dir;
pub use key::{KEY_FILE, fingerprint_key, fingerprint_key_of};
pub use licences::licence_policy;
pub(crate) use malware::Kept as KeptMalware;
pub use malware::malware_scanner;

use crate::scans::Unknown;
use std::collections::BTreeSet;
use vigie_checks::licences::Policy;
use vigie_inventory::secrets::{FingerprintKey, Scanner, redact};
use vigie_inventory::watch::Watch;
use vigie_model::asset::Asset;
use vigie_model::component::Component;
use vigie_model::finding::FindingKind;
use vigie_model::image::{ImageFacts, Remark};
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_model::secret::Secret;

/// What was found at rest, before it is judged.
#[derive(Clone, Copy)]
pub struct AtRest<'a> {
    /// What was looked at.
    pub asset: &'a Asset,
    /// Its packages.
    pub components: &'a [Component],
    /// What watchers remarked in its files.
    pub remarks: &'a [Remark],
    /// The image, where it is one.
    pub image: Option<&'a ImageFacts>,
    /// Secrets in what are no files: a history, what is about to be committed.
    pub secrets: &'a [Secret],
}

/// Seeks findings of one kind.
pub(crate) trait Seek {
    /// Who looks at the files for it.
    fn watch(&self) -> Option<&dyn Watch> {
        None
    }

    /// Adds to the packages what their files tell of them.
    fn complete(&self, _components: &mut [Component], _remarks: &[Remark]) {}

    /// What is wrong.
    fn judge(&self, at_rest: &AtRest<'_>) -> Vec<Occurrence>;

    /// What was meant to be judged and could not be read.
    fn unseen(&self, _at_rest: &AtRest<'_>) -> Vec<Gap> {
        Vec::new()
    }

    /// Rules that could not tell.
    fn unknown(&self, _at_rest: &AtRest<'_>) -> Vec<Unknown> {
        Vec::new()
    }
}

/// What those who seek need for it.
#[derive(Clone, Debug, Default)]
pub struct Means {
    /// For secrets; without one, none are sought.
    pub scanner: Option<Scanner>,
    /// For malware; without one, none is sought in files.
    pub malware: Option<vigie_inventory::malware::Scanner>,
    /// For licences.
    pub licences: Policy,
}

/// All who seek what somebody wants to know.
pub struct Seekers {
    list: Vec<Box<dyn Seek>>,
}

impl Seekers {
    /// Those for some kinds of findings; kinds that nobody seeks in files have none.
    #[must_use]
    pub fn of(kinds: &BTreeSet<FindingKind>, means: &Means) -> Self {
        let seeker = |kind: &FindingKind| -> Option<Box<dyn Seek>> {
            match kind {
                FindingKind::Misconfiguration => Some(Box::new(mistakes::Mistakes)),
                FindingKind::Secret => Some(Box::new(secrets::Secrets::new(means.scanner.clone()?))),
                FindingKind::Malware => Some(Box::new(malware::Malware::new(means.malware.clone()?))),
                FindingKind::Licence => Some(Box::new(licences::Licences::new(means.licences.clone()))),
                _ => None,
            }
        };
        Self { list: kinds.iter().filter_map(seeker).collect() }
    }

    /// Who looks at the files.
    #[must_use]
    pub fn watches(&self) -> Vec<&dyn Watch> {
        self.list.iter().filter_map(|seeker| seeker.watch()).collect()
    }

    /// Adds to the packages what their files tell of them; to be done before anything is judged.
    pub fn complete(&self, components: &mut [Component], remarks: &[Remark]) {
        self.list.iter().for_each(|seeker| seeker.complete(components, remarks));
    }

    /// What is wrong.
    #[must_use]
    pub fn judge(&self, at_rest: &AtRest<'_>) -> Vec<Occurrence> {
        self.list.iter().flat_map(|seeker| seeker.judge(at_rest)).collect()
    }

    /// What was meant to be judged and could not be read.
    #[must_use]
    pub fn unseen(&self, at_rest: &AtRest<'_>) -> Vec<Gap> {
        self.list.iter().flat_map(|seeker| seeker.unseen(at_rest)).collect()
    }

    /// Rules that could not tell, each once.
    #[must_use]
    pub fn unknown(&self, at_rest: &AtRest<'_>) -> BTreeSet<Unknown> {
        self.list.iter().flat_map(|seeker| seeker.unknown(at_rest)).collect()
    }
}

/// Takes secrets out of what an image says of itself, once they are found: so it may be shown and kept.
pub fn without_secrets(facts: &mut ImageFacts) {
    // No fingerprint leaves here, so any key will do.
    redact(&Scanner::with_all_rules(FingerprintKey::new(&[0; 32])), facts);
}
