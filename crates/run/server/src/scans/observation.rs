//! What a scan observed, as it is sent: `vigie.observation/1`, described in `docs/json.md`.
//!
//! Facts and what was found in files, never a judgement about packages: those are judged where they are kept, by the
//! data there. Secrets come as masks with their fingerprint, as everywhere. Whoever sends is not believed: everything
//! is counted and measured before it is used, and what has no place in such a document is refused with its reason.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::host::HostFacts;
use vigie_model::image::ImageFacts;
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Evidence;

/// The form's name.
pub const SCHEMA: &str = "vigie.observation/1";
/// The largest document as it is sent: gzip makes a tenth of one.
pub const SENT_BYTES_MAX: usize = 16 << 20;
/// The largest document unpacked: the ledger keeps no larger facts.
pub const BYTES_MAX: usize = 64 << 20;
/// Findings in one document.
pub(super) const FINDINGS_MAX: usize = 50_000;
/// Packages in one document.
pub(super) const COMPONENTS_MAX: usize = 250_000;
/// Gaps, unknown rules, names, layers: what there are few of.
pub const FEW_MAX: usize = 10_000;
/// What the target is called.
const LINE_BYTES_MAX: usize = 4_000;
/// A path, a quotation, whatever stands in somebody's files. Control characters may be among it, as where the platform
/// looks itself: a file name must not be able to keep what is wrong from being recorded.
const TEXT_BYTES_MAX: usize = 64_000;
/// Proofs of one finding.
const EVIDENCE_MAX: usize = 1_000;

/// What a scan observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Observation {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of the program that looked.
    pub version: String,
    /// When it looked.
    #[schema(value_type = String)]
    pub taken_at: Timestamp,
    /// At what.
    pub target: Target,
    /// The kinds of findings it looked for.
    #[schema(value_type = Vec<String>)]
    pub scanners: BTreeSet<FindingKind>,
    /// Of these, the ones it looked for everywhere on the target: only such findings can be fixed by it.
    #[schema(value_type = Vec<String>)]
    pub everywhere: BTreeSet<FindingKind>,
    /// What is there; none where packages were not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inventory: Option<Facts>,
    /// What is wrong besides the packages.
    #[serde(default)]
    pub findings: Vec<Found>,
    /// Rules that could not tell.
    #[serde(default)]
    pub unknown: Vec<Unknown>,
    /// What could not be read.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub gaps: Vec<Gap>,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// What sort of thing.
    #[schema(value_type = String)]
    pub kind: AssetKind,
    /// What makes it this one.
    pub key: String,
    /// What people call it.
    pub name: String,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    /// What sort of wrong.
    #[schema(value_type = String)]
    pub kind: FindingKind,
    /// The rule.
    pub subject: String,
    /// Where, by what stays the same.
    #[schema(value_type = Object)]
    pub locator: Locator,
    /// How bad.
    #[schema(value_type = String)]
    pub severity: Severity,
    /// One line in English.
    pub title: String,
    /// The proof.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub evidence: Vec<Evidence>,
}

/// A rule that could not tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Unknown {
    /// Its id.
    pub rule: String,
    /// Why, in English.
    #[serde(default)]
    pub reason: String,
}

/// Why a document is not taken: what about it, in English, for whoever wrote the program that sent it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl Found {
    /// What leaves out on which asset it is.
    #[must_use]
    pub fn of(occurrence: &Occurrence) -> Self {
        let Occurrence { identity, severity, title, evidence, .. } = occurrence.clone();
        Self { kind: identity.kind, subject: identity.subject, locator: identity.locator, severity, title, evidence }
    }

    pub(super) fn on(self, asset: &Asset) -> Occurrence {
        let Self { kind, subject, locator, severity, title, evidence } = self;
        let identity = Identity { kind, subject, asset: asset.id, locator };
        let circumstances = Circumstances::default();
        Occurrence { identity, severity, circumstances, title, evidence, vulnerability: None, detection: None }
    }
}

impl Observation {
    /// The document in a text.
    ///
    /// # Errors
    /// [`Refused`] when it is none, or holds what it must not hold.
    pub fn parse(json: &[u8]) -> Result<Self, Refused> {
        let parsed: Self = serde_json::from_slice(json).map_err(|error| Refused(error.to_string()))?;
        parsed.check()?;
        Ok(parsed)
    }

    fn check(&self) -> Result<(), Refused> {
        if self.schema != SCHEMA {
            return Err(Refused(format!("its schema is not {SCHEMA}")));
        }
        if !self.everywhere.is_subset(&self.scanners) {
            return Err(Refused("everywhere names a kind that scanners does not".to_owned()));
        }
        for (what, text) in [("version", &self.version), ("target.key", &self.target.key), ("target.name", &self.target.name)] {
            line(what, text)?;
        }
        few("findings", self.findings.len(), FINDINGS_MAX)?;
        few("unknown", self.unknown.len(), FEW_MAX)?;
        few("gaps", self.gaps.len(), FEW_MAX)?;
        self.findings.iter().try_for_each(found)?;
        for unknown in &self.unknown {
            rule("unknown.rule", &unknown.rule)?;
            text("unknown.reason", &unknown.reason)?;
        }
        gaps(&self.gaps)?;
        self.check_inventory()
    }

    /// The facts must be of the sort that the target is, and an image's key its own.
    fn check_inventory(&self) -> Result<(), Refused> {
        let kind = self.target.kind;
        let fits = match &self.inventory {
            None => matches!(kind, AssetKind::Image | AssetKind::Repository | AssetKind::Host),
            Some(Facts::Image(_)) => kind == AssetKind::Image,
            Some(Facts::Host(_)) => kind == AssetKind::Host,
            Some(Facts::Tree(_)) => matches!(kind, AssetKind::Repository | AssetKind::Host),
            Some(Facts::List(_)) => kind == AssetKind::Repository,
        };
        if !fits {
            return Err(Refused(format!("a {} has no such inventory", kind.word())));
        }
        match &self.inventory {
            Some(Facts::Image(image)) => self.check_image(image),
            Some(Facts::Host(host)) => check_host(host),
            Some(Facts::Tree(tree)) => {
                gaps(&tree.gaps)?;
                components(&tree.components)
            }
            Some(Facts::List(list)) => {
                gaps(&list.gaps)?;
                components(&list.components)
            }
            None => Ok(()),
        }
    }

    fn check_image(&self, image: &ImageFacts) -> Result<(), Refused> {
        if image.key() != self.target.key {
            return Err(Refused("target.key is not the digest of the image's configuration".to_owned()));
        }
        let lists = [
            image.names.len(),
            image.layers.len(),
            image.config.env.len(),
            image.config.history.len(),
            image.config.labels.len(),
            image.annotations.len(),
        ];
        lists.into_iter().try_for_each(|count| few("inventory", count, FEW_MAX))?;
        image.names.iter().try_for_each(|name| line("inventory.names", name))?;
        image.layers.iter().try_for_each(|layer| line("inventory.layers", &layer.diff_id))?;
        gaps(&image.gaps)?;
        components(&image.components)
    }
}

fn check_host(host: &HostFacts) -> Result<(), Refused> {
    let packages = host.packages.value().map(Vec::as_slice).unwrap_or_default();
    few("packages", packages.len(), COMPONENTS_MAX)?;
    packages.iter().try_for_each(package)
}

fn components(all: &[Component]) -> Result<(), Refused> {
    few("components", all.len(), COMPONENTS_MAX)?;
    for component in all {
        package(&component.package)?;
        text("component.path", &component.path)?;
        few("component.licences", component.licences.len(), FEW_MAX)?;
    }
    Ok(())
}

fn package(package: &vigie_model::package::Package) -> Result<(), Refused> {
    for (what, value) in [("ecosystem", &package.ecosystem), ("package", &package.name), ("version", &package.version)] {
        text(what, value)?;
    }
    let source = package.source.iter().flat_map(|source| [&source.name, &source.version]);
    source.into_iter().try_for_each(|value| text("source", value))
}

fn found(found: &Found) -> Result<(), Refused> {
    // What packages and events say is judged here, and what people find has an author.
    if matches!(found.kind, FindingKind::Vulnerability | FindingKind::Detection | FindingKind::Pentest) {
        return Err(Refused(format!("a {} is not taken from a scan", found.kind.word())));
    }
    rule("findings.subject", &found.subject)?;
    text("findings.title", &found.title)?;
    text("findings.locator", &found.locator.text())?;
    few("findings.evidence", found.evidence.len(), EVIDENCE_MAX)?;
    for Evidence { locator, place, found, expected } in &found.evidence {
        [locator, place, found, expected].into_iter().try_for_each(|it| text("findings.evidence", it))?;
    }
    Ok(())
}

fn gaps(gaps: &[Gap]) -> Result<(), Refused> {
    few("gaps", gaps.len(), FEW_MAX)?;
    gaps.iter().try_for_each(|gap| text("gaps.what", &gap.what).and_then(|()| text("gaps.detail", &gap.detail)))
}

fn few(what: &str, count: usize, max: usize) -> Result<(), Refused> {
    if count <= max { Ok(()) } else { Err(Refused(format!("{what}: {count} entries, at most {max}"))) }
}

/// The id of a rule, as catalogues write them: also SPDX expressions, which licences are found by.
fn rule(what: &str, id: &str) -> Result<(), Refused> {
    let visible = !id.is_empty() && id.len() <= 200 && id.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if visible { Ok(()) } else { Err(Refused(format!("{what} is no id of a rule"))) }
}

/// One line that can be shown.
fn line(what: &str, value: &str) -> Result<(), Refused> {
    match value {
        value if value.len() > LINE_BYTES_MAX => Err(Refused(format!("{what} is longer than {LINE_BYTES_MAX} bytes"))),
        value if value.chars().any(char::is_control) => Err(Refused(format!("{what} holds control characters"))),
        _ => Ok(()),
    }
}

fn text(what: &str, value: &str) -> Result<(), Refused> {
    if value.len() <= TEXT_BYTES_MAX { Ok(()) } else { Err(Refused(format!("{what} is longer than {TEXT_BYTES_MAX} bytes"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn plain() -> Value {
        json!({
            "schema": SCHEMA, "version": "0.1.0", "taken_at": "2026-11-21T08:00:00Z",
            "target": {"kind": "repository", "key": "git:https://git.example/shop", "name": "shop"},
            "scanners": ["secret"], "everywhere": ["secret"],
            "findings": [{"kind": "secret", "subject": "SEC-0001", "locator": {"file": {"path": "a", "symbol": "0f"}},
                          "severity": "high", "title": "a key", "evidence": [{"locator": "a", "found": "AK…"}]}],
            "later": "passed over",
        })
    }

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let mut value = plain();
        change(&mut value);
        Observation::parse(value.to_string().as_bytes()).map_or_else(|refused| refused.0, |_| "taken".to_owned())
    }

    #[test]
    fn what_is_well_formed_is_taken_and_the_rest_named() {
        assert_eq!(refused(|_| {}), "taken");
        assert_eq!(refused(|it| it["schema"] = "vigie.observation/2".into()), "its schema is not vigie.observation/1");
        assert_eq!(refused(|it| it["target"]["name"] = "a\u{1b}[2J".into()), "target.name holds control characters");
        assert_eq!(refused(|it| it["target"]["kind"] = "identity".into()), "a identity has no such inventory");
        assert_eq!(refused(|it| it["findings"][0]["kind"] = "vulnerability".into()), "a vulnerability is not taken from a scan");
        assert_eq!(refused(|it| it["findings"][0]["subject"] = "".into()), "findings.subject is no id of a rule");
        assert_eq!(refused(|it| it["everywhere"] = json!(["licence"])), "everywhere names a kind that scanners does not");
        assert_eq!(
            refused(|it| it["gaps"] = json!(vec![json!({"what": "x", "why": "missing"}); FEW_MAX + 1])),
            "gaps: 10001 entries, at most 10000"
        );
        assert!(refused(|it| it["inventory"] = json!({"image": {"reference": "x"}})).contains("no such inventory"));
        assert!(refused(|it| it["scanners"] = json!(["everything"])).contains("everything"));
        let image = |key: &str| {
            let config = format!("sha256:{}", "a".repeat(64));
            refused(|it| {
                it["target"] = json!({"kind": "image", "key": key, "name": "shop:1"});
                it["inventory"] = json!({"image": {"config": {"id": config}}});
            })
        };
        assert_eq!(image(&format!("sha256:{}", "a".repeat(64))), "taken");
        assert_eq!(image("shop:1"), "target.key is not the digest of the image's configuration");
    }

    #[test]
    fn whatever_is_changed_in_a_document_is_taken_or_refused() {
        let mut value = plain();
        let package = json!({"ecosystem": "npm", "name": "a", "version": "1"});
        value["inventory"] = json!({"tree": {"path": "", "installed": false, "os": null, "files": 1, "file_bytes": 1,
            "components": [{"package": package, "path": "lock"}]}});
        let text = value.to_string();
        assert!(Observation::parse(text.as_bytes()).is_ok());
        let mut taken = 0;
        for at in 0..text.len() {
            for byte in [b'"', b'}', b'[', b',', b'0', b'-', b'\\', 0x00, 0x1b, 0xff] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = byte;
                let Ok(scan) = Observation::parse(&bytes) else { continue };
                let again = serde_json::to_vec(&scan).unwrap();
                assert_eq!(Observation::parse(&again), Ok(scan), "what is taken can be written and read again");
                taken += 1;
            }
            assert!(Observation::parse(&text.as_bytes()[..at]).is_err(), "cut off at {at}");
        }
        assert!(taken > 100, "{taken}");
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Observation::parse(deep.as_bytes()).is_err());
    }
}
