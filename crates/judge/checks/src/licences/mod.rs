//! Licences of components against a policy: allow, review, deny.
//!
//! What a package says is read as an SPDX expression, or as one of the names that people use for a licence. Of
//! `A OR B` the better one counts, of `A AND B` the worse; several statements count together. A component that says
//! nothing is judged by the texts that came with it, and without any by the policy's `missing`: lock files and many databases of packages name no licences, so this
//! is allowed unless somebody asks for more.
//!
//! Deliberately absent: legal advice. What is denied or reviewed is what the policy says.

mod class;
mod policy;
mod said;

pub use policy::{Policy, PolicyError, Ruling};

use self::said::{Said, Worst};
use std::collections::BTreeMap;
use vigie_model::component::Component;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::ids::AssetId;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::severity::Severity;
use vigie_model::verdict::Evidence;

/// The subject of findings about licences that nobody can tell.
pub const UNKNOWN: &str = "unknown licence";

/// How many places of one component are named.
const PLACES_MAX: usize = 20;

/// What is not allowed: one occurrence for each package and licence.
#[must_use]
pub fn judge(policy: &Policy, components: &[Component], asset: AssetId) -> Vec<Occurrence> {
    let mut found: BTreeMap<Identity, Occurrence> = BTreeMap::new();
    let mut known: BTreeMap<&[String], Worst> = BTreeMap::new();
    for component in components {
        let purl = component.package.purl_without_version();
        if policy.excepts(&purl) {
            continue;
        }
        let licences = component.effective_licences();
        let worst = known.entry(licences).or_insert_with(|| Said::read(licences).judged(policy));
        if worst.ruling == Ruling::Allow {
            continue;
        }
        let package = &component.package;
        let identity =
            Identity { kind: FindingKind::Licence, subject: worst.name.clone(), asset, locator: Locator::package(package) };
        let evidence = Evidence {
            locator: package.name.clone(),
            place: component.path.clone(),
            found: found_as(component),
            expected: String::new(),
        };
        let occurrence = found.entry(identity.clone()).or_insert_with(|| Occurrence {
            identity,
            severity: severity(worst),
            circumstances: Circumstances::default(),
            title: format!("{} in {} {} ({})", worst.name, package.name, package.version, worst.ruling.word()),
            evidence: Vec::new(),
            vulnerability: None,
            detection: None,
        });
        if occurrence.evidence.len() < PLACES_MAX {
            occurrence.evidence.push(evidence);
        }
    }
    found.into_values().collect()
}

/// The statements, and whether they are the package's own.
fn found_as(component: &Component) -> String {
    let joined = component.effective_licences().join(" AND ");
    if component.licences.is_empty() && !joined.is_empty() { format!("{joined} (by its texts)") } else { joined }
}

fn severity(worst: &Worst) -> Severity {
    match worst.ruling {
        Ruling::Deny => Severity::High,
        Ruling::Review if worst.name == UNKNOWN => Severity::Info,
        Ruling::Review | Ruling::Allow => Severity::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::asset::{Asset, AssetKind};
    use vigie_model::package::Package;

    fn component(name: &str, licences: &[&str]) -> Component {
        let package =
            Package { ecosystem: "npm".into(), name: name.into(), version: "1.0.0".into(), architecture: None, source: None };
        Component {
            licences: licences.iter().map(|it| (*it).to_owned()).collect(),
            ..Component::new(package, "app/package.json")
        }
    }

    /// What is found with a policy, as `subject severity`.
    fn found(policy: &str, licences: &[&str]) -> Vec<String> {
        let policy = if policy.is_empty() { Policy::default() } else { Policy::parse(policy).unwrap() };
        let asset = Asset::id_of(AssetKind::Repository, "r");
        let found = judge(&policy, &[component("a", licences)], asset);
        found.iter().map(|it| format!("{} {}", it.identity.subject, it.severity)).collect()
    }

    #[test]
    fn without_a_policy_only_strong_copyleft_and_the_unknown_are_worth_a_look() {
        for (licences, expected) in [
            (&["MIT"][..], ""),
            (&[], ""),
            (&["LGPL-2.1-or-later"], ""),
            (&["GPL-3.0-only"], "GPL-3.0-only low"),
            (&["GPLv3"], "GPL-3.0-only low"),
            (&["MIT OR GPL-3.0-only"], ""),
            (&["MIT AND GPL-3.0-or-later"], "GPL-3.0-or-later low"),
            (&["MIT", "AGPL-3.0-only"], "AGPL-3.0-only low"),
            (&["GPL-2.0-only WITH Classpath-exception-2.0"], ""),
            (&["apache 2.0"], ""),
            (&["BUSL-1.1"], "BUSL-1.1 low"),
            (&["Ask Ada"], "unknown licence info"),
            (&["LicenseRef-house"], "unknown licence info"),
        ] {
            assert_eq!(found("", licences).join(","), expected, "{licences:?}");
        }
    }

    #[test]
    fn a_policy_decides_and_names_go_before_classes() {
        let policy = "[licences]\nallow = ['permissive', 'GPL-2.0-only WITH Classpath-exception-2.0', 'LicenseRef-house']\n\
            review = ['weak-copyleft']\ndeny = ['strong-copyleft', 'network-copyleft', 'LGPL-3.0']\ndefault = 'review'\nmissing = 'review'\n\
            [[licences.except]]\npackage = 'pkg:npm/bought'\nreason = 'contract 42'\n";
        for (licences, expected) in [
            (&["MIT"][..], ""),
            (&["LicenseRef-house"], ""),
            (&["MPL-2.0"], "MPL-2.0 low"),
            (&["GPL-2.0-only"], "GPL-2.0-only high"),
            (&["GPL-2.0-only WITH Classpath-exception-2.0"], ""),
            (&["LGPL-3.0-or-later"], "LGPL-3.0-or-later high"),
            (&["(MIT OR GPL-2.0-only) AND MPL-2.0"], "MPL-2.0 low"),
            (&[], "unknown licence info"),
        ] {
            assert_eq!(found(policy, licences).join(","), expected, "{licences:?}");
        }
        let policy = Policy::parse(policy).unwrap();
        let asset = Asset::id_of(AssetKind::Repository, "r");
        assert_eq!(judge(&policy, &[component("bought", &["GPL-2.0-only"])], asset), []);
    }

    #[test]
    fn a_policy_with_a_slip_is_refused() {
        for (text, said) in [
            ("[licences]\ndeny = ['GLP-3.0']", "GLP-3.0"),
            ("[licences]\nforbid = []", "forbid"),
            ("[licenses]\n", "licenses"),
            ("[licences]\ndefault = 'maybe'", "maybe"),
            ("[[licences.except]]\npackage = 'pkg:npm/a'\nreason = ''", "reason"),
            ("nonsense", ""),
        ] {
            let error = Policy::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn texts_count_where_the_package_says_nothing() {
        let asset = Asset::id_of(AssetKind::Repository, "r");
        let concluded = |declared: &[&str]| Component { concluded: vec!["GPL-3.0-only".into()], ..component("a", declared) };
        let found = judge(&Policy::default(), &[concluded(&[])], asset);
        assert_eq!(found[0].evidence[0].found, "GPL-3.0-only (by its texts)");
        assert_eq!(judge(&Policy::default(), &[concluded(&["MIT"])], asset), []);
        let free = Component { concluded: vec!["LicenseRef-public-domain OR MIT".into()], ..component("a", &[]) };
        assert_eq!(judge(&Policy::default(), &[free], asset), []);
    }

    #[test]
    fn one_finding_for_a_package_wherever_it_lies() {
        let twice = [component("a", &["GPL-3.0-only"]), component("a", &["GPL-3.0-only"])];
        let found = judge(&Policy::default(), &twice, Asset::id_of(AssetKind::Repository, "r"));
        assert_eq!((found.len(), found[0].evidence.len()), (1, 2));
        assert_eq!(found[0].title, "GPL-3.0-only in a 1.0.0 (review)");
    }
}
