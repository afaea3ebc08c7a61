//! What a scan looks for, and who looks.

use crate::args::{KeyArgs, Scanner as Chosen, SoughtArgs};
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_inventory::secrets::Scanner;
use vigie_kit::problem::Problem;
use vigie_model::finding::FindingKind;
use vigie_server::rest::{Means, Seekers, fingerprint_key, fingerprint_key_of, licence_policy};

/// What can be told of a list of components.
const OF_COMPONENTS: [FindingKind; 3] = [FindingKind::Vulnerability, FindingKind::Malware, FindingKind::Licence];

/// What is looked for.
pub(super) struct Sought {
    pub(super) kinds: BTreeSet<FindingKind>,
    pub(super) seekers: Seekers,
    /// Where secrets are looked for.
    pub(super) scanner: Option<Scanner>,
}

impl Sought {
    /// What the arguments ask for; without a key, of a list of components.
    pub(super) fn of(args: &SoughtArgs, key: Option<&KeyArgs>, data: &Path) -> Result<Self, Problem> {
        let mut kinds: BTreeSet<FindingKind> = args.scanners.iter().copied().map(kind).collect();
        if kinds.is_empty() {
            kinds.extend(Chosen::value_variants().iter().copied().map(kind));
            // Licences are no news to most who ask for what is wrong.
            if args.licence_policy.is_none() {
                kinds.remove(&FindingKind::Licence);
            }
        }
        if key.is_none() {
            kinds.retain(|kind| OF_COMPONENTS.contains(kind));
        }
        let policy = args.licence_policy.as_ref().filter(|_| kinds.contains(&FindingKind::Licence));
        let licences = policy.map(|path| licence_policy(path)).transpose()?.unwrap_or_default();
        let scanner = key.filter(|_| kinds.contains(&FindingKind::Secret)).map(|key| scanner(key, data)).transpose()?;
        Ok(Self { seekers: Seekers::of(&kinds, &Means { scanner: scanner.clone(), licences }), kinds, scanner })
    }

    /// Secrets and nothing else.
    pub(super) fn secrets(key: &KeyArgs, data: &Path) -> Result<Self, Problem> {
        let args = SoughtArgs { scanners: vec![Chosen::Secret], licence_policy: None };
        Self::of(&args, Some(key), data)
    }

    /// Whether packages are matched against vulnerability data.
    pub(super) fn wants_matches(kinds: &BTreeSet<FindingKind>) -> bool {
        kinds.contains(&FindingKind::Vulnerability) || kinds.contains(&FindingKind::Malware)
    }
}

fn scanner(key: &KeyArgs, data: &Path) -> Result<Scanner, Problem> {
    let key = key.fingerprint_key.as_ref().map_or_else(|| fingerprint_key(data), |path| fingerprint_key_of(path))?;
    Ok(Scanner::with_all_rules(key))
}

const fn kind(chosen: Chosen) -> FindingKind {
    match chosen {
        Chosen::Vulnerability => FindingKind::Vulnerability,
        Chosen::Malware => FindingKind::Malware,
        Chosen::Misconfiguration => FindingKind::Misconfiguration,
        Chosen::Secret => FindingKind::Secret,
        Chosen::Licence => FindingKind::Licence,
    }
}
