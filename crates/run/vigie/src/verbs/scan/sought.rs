//! What a scan looks for, and who looks.

use crate::args::{Scanner as Chosen, SoughtArgs};
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_inventory::secrets::Scanner;
use vigie_kit::problem::Problem;
use vigie_model::finding::FindingKind;
use vigie_server::rest::{Seekers, fingerprint_key, fingerprint_key_of};

/// What is looked for.
pub(super) struct Sought {
    pub(super) kinds: BTreeSet<FindingKind>,
    pub(super) seekers: Seekers,
    /// Where secrets are looked for.
    pub(super) scanner: Option<Scanner>,
}

impl Sought {
    /// What the arguments ask for.
    pub(super) fn of(args: &SoughtArgs, data: &Path) -> Result<Self, Problem> {
        let all = Chosen::value_variants();
        let chosen = if args.scanners.is_empty() { all } else { &args.scanners };
        Self::with(chosen.iter().copied().map(kind).collect(), args, data)
    }

    /// Some kinds, whatever the arguments say of them.
    pub(super) fn with(kinds: BTreeSet<FindingKind>, args: &SoughtArgs, data: &Path) -> Result<Self, Problem> {
        let key = || args.fingerprint_key.as_ref().map_or_else(|| fingerprint_key(data), |path| fingerprint_key_of(path));
        let scanner = kinds.contains(&FindingKind::Secret).then(key).transpose()?.map(Scanner::with_all_rules);
        Ok(Self { seekers: Seekers::of(&kinds, scanner.as_ref()), kinds, scanner })
    }

    /// Whether packages are matched against vulnerability data.
    pub(super) fn wants_matches(kinds: &BTreeSet<FindingKind>) -> bool {
        kinds.contains(&FindingKind::Vulnerability) || kinds.contains(&FindingKind::Malware)
    }
}

const fn kind(chosen: Chosen) -> FindingKind {
    match chosen {
        Chosen::Vulnerability => FindingKind::Vulnerability,
        Chosen::Malware => FindingKind::Malware,
        Chosen::Misconfiguration => FindingKind::Misconfiguration,
        Chosen::Secret => FindingKind::Secret,
    }
}
