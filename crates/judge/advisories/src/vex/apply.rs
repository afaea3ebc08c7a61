//! Findings against statements.
//!
//! A statement speaks of a finding when it names the vulnerability by any of its names, and one of its
//! products is the package (by package URL; a version in it must be the installed one), or is the
//! scanned thing itself (by digest, reference or package URL) as a whole or with the package as a part. Of
//! several that speak of a finding the latest counts.

use super::{Product, Statement, Status};
use crate::matching::Match;
use serde::Serialize;
use vigie_model::finding::Locator;
use vigie_model::life::Justification;
use vigie_model::occurrence::Occurrence;
use vigie_model::package::Package;
use vigie_model::purl::Purl;
use vigie_model::time::{Day, Timestamp};

/// What was scanned, as authors of statements may name it.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Digests as `sha256:…`: of the image, its manifests, its configuration, or a file.
    pub digests: Vec<String>,
    /// References such as `registry.example/app:1.2`, and package URLs.
    pub names: Vec<String>,
}

/// Something that may be suppressed.
pub trait Judged {
    /// The names of the vulnerability, or the rule's id.
    fn names(&self) -> Vec<&str>;
    /// The packages it is about: package URL without version, and version.
    fn packages(&self) -> Vec<(String, &str)>;
    /// The paths it was found at.
    fn paths(&self) -> Vec<&str>;
}

/// Findings sorted into those that stand and those that do not.
#[derive(Clone, Debug)]
pub struct Applied<T> {
    /// Still findings.
    pub kept: Vec<T>,
    /// Taken away, and why.
    pub suppressed: Vec<Suppressed<T>>,
}

/// A finding that somebody took away.
#[derive(Clone, Debug)]
pub struct Suppressed<T> {
    /// The finding.
    pub found: T,
    /// Why it does not count.
    pub why: Why,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Why {
    /// A VEX statement says so.
    Vex {
        /// Not affected, or fixed.
        status: Status,
        /// Why, in VEX's words.
        justification: Option<Justification>,
        /// Why, in the author's words.
        text: String,
        /// Who says so.
        author: String,
        /// When.
        time: Option<Timestamp>,
    },
    /// A line of `.vigieignore` says so.
    Ignored {
        /// Why.
        reason: String,
        /// The last day on which it holds; none: for ever.
        until: Option<Day>,
    },
}

/// Sorts findings by what statements say of them.
pub fn apply<T: Judged>(statements: &[Statement], findings: Vec<T>, place: &Place) -> Applied<T> {
    let mut applied = Applied { kept: Vec::with_capacity(findings.len()), suppressed: Vec::new() };
    for found in findings {
        let (names, packages) = (found.names(), purls(&found));
        let speaking = statements.iter().filter(|statement| speaks_of(statement, &names, &packages, place));
        // Of equal times the later one in the document.
        let latest = speaking.max_by_key(|statement| statement.time);
        match latest.filter(|statement| matches!(statement.status, Status::NotAffected | Status::Fixed)) {
            Some(statement) => applied.suppressed.push(Suppressed { found, why: Why::from(statement) }),
            None => applied.kept.push(found),
        }
    }
    applied
}

impl From<&Statement> for Why {
    fn from(statement: &Statement) -> Self {
        Self::Vex {
            status: statement.status,
            justification: statement.justification,
            text: statement.text.clone(),
            author: statement.author.clone(),
            time: statement.time,
        }
    }
}

fn purls(found: &impl Judged) -> Vec<(Purl, String)> {
    let packages = found.packages().into_iter();
    packages.filter_map(|(purl, version)| Some((Purl::parse(&purl)?, version.to_owned()))).collect()
}

fn speaks_of(statement: &Statement, names: &[&str], packages: &[(Purl, String)], place: &Place) -> bool {
    let named = statement.vulnerabilities.iter().any(|name| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    named && (statement.products.is_empty() || statement.products.iter().any(|product| is_about(product, packages, place)))
}

fn is_about(product: &Product, packages: &[(Purl, String)], place: &Place) -> bool {
    let is_package = |product: &Product| product.purl.as_ref().is_some_and(|purl| packages.iter().any(|it| is_same(purl, it)));
    if product.parts.is_empty() {
        return is_package(product) || is_place(product, place);
    }
    is_place(product, place) && product.parts.iter().any(is_package)
}

/// Whether a package URL names an installed package; without a version it names every one.
fn is_same(stated: &Purl, (purl, version): &(Purl, String)) -> bool {
    let same_version = stated.evr().is_none_or(|stated| stated == *version || format!("0:{stated}") == *version);
    same_version && stated.key() == purl.key()
}

fn is_place(product: &Product, place: &Place) -> bool {
    if !product.digests.is_empty() {
        // A digest is exact: a name beside it does not widen it.
        return product.digests.iter().any(|digest| place.digests.contains(digest));
    }
    let named = place.names.contains(&product.id);
    named || product.purl.as_ref().is_some_and(|purl| place.names.iter().any(|name| is_image(purl, name)))
}

/// Whether `pkg:oci/app?repository_url=registry.example/app&tag=1.2` or another package URL names this.
fn is_image(purl: &Purl, name: &str) -> bool {
    if let Some(known) = Purl::parse(name) {
        return known.key() == purl.key() && (purl.version.is_empty() || known.version == purl.version);
    }
    if purl.kind != "oci" && purl.kind != "docker" {
        return false;
    }
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    };
    let named = match purl.qualifier("repository_url") {
        Some(stated) => stated == repository || format!("{stated}/{}", purl.name) == repository,
        None => repository.rsplit('/').next() == Some(&purl.name),
    };
    named && purl.qualifier("tag").is_none_or(|stated| Some(stated) == tag)
}

impl Judged for Match {
    fn names(&self) -> Vec<&str> {
        std::iter::once(&self.vulnerability.id).chain(&self.vulnerability.aliases).map(String::as_str).collect()
    }

    fn packages(&self) -> Vec<(String, &str)> {
        let purl = |name: &str| Package { name: name.to_owned(), ..self.subject() }.purl_without_version();
        let installed = self.packages.iter().map(|package| (purl(&package.name), package.version.as_str()));
        std::iter::once((purl(&self.package), self.installed.as_str())).chain(installed).collect()
    }

    fn paths(&self) -> Vec<&str> {
        self.packages.iter().flat_map(|package| &package.paths).map(String::as_str).collect()
    }
}

impl Judged for Occurrence {
    fn names(&self) -> Vec<&str> {
        let aliases = self.vulnerability.iter().flat_map(|detail| &detail.aliases);
        std::iter::once(&self.identity.subject).chain(aliases).map(String::as_str).collect()
    }

    fn packages(&self) -> Vec<(String, &str)> {
        match (&self.identity.locator, &self.vulnerability) {
            (Locator::Package(purl), Some(detail)) => vec![(purl.clone(), detail.installed.as_str())],
            (Locator::Package(purl), None) => vec![(purl.clone(), "")],
            _ => Vec::new(),
        }
    }

    fn paths(&self) -> Vec<&str> {
        let own = match &self.identity.locator {
            Locator::File { path, .. } => Some(path.as_str()),
            _ => None,
        };
        let places = self.evidence.iter().map(|evidence| without_line(&evidence.place)).filter(|place| !place.is_empty());
        own.into_iter().chain(places).collect()
    }
}

/// `src/main.tf` of `src/main.tf:12`, `src/main.tf:12:3` or `src/main.tf:12:3 (layer 0)`.
fn without_line(place: &str) -> &str {
    let place = place.strip_suffix(')').and_then(|place| place.rsplit_once(" (")).map_or(place, |(place, _)| place);
    let cut = |place: &'_ str| -> Option<usize> {
        let (path, line) = place.rsplit_once(':')?;
        (!line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())).then_some(path.len())
    };
    let first = cut(place).map_or(place, |end| &place[..end]);
    cut(first).map_or(first, |end| &first[..end])
}

#[cfg(test)]
mod tests {
    use super::without_line;

    #[test]
    fn a_path_is_found_in_every_way_to_say_a_place() {
        for place in ["a/b.tf", "a/b.tf:12", "a/b.tf:12:3", "a/b.tf:12:3 (layer 0)", "a/b.tf:1 (commit 4242)"] {
            assert_eq!(without_line(place), "a/b.tf", "{place}");
        }
        assert_eq!(without_line("a (copy)/b.tf:1"), "a (copy)/b.tf");
    }
}
