//! Trivy's fixture databases (`integration/testdata/fixtures/db/*.yaml`) as records of OSV, which we import.
//!
//! Its buckets are sources of data, in them packages, in them vulnerabilities: with ranges for what language
//! registries have, with one repairing version (or none) for what distributions have.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Records by ecosystem, and under which names a vulnerability is kept.
#[derive(Default)]
pub(super) struct Feed {
    pub(super) records: Vec<Value>,
    /// (ecosystem, id) → names of packages.
    pub(super) names: BTreeMap<(String, String), Vec<String>>,
    /// Red Hat's numbers for products, as releases.
    products: BTreeMap<String, String>,
}

impl Feed {
    /// Takes one file in. Products must come before the vulnerabilities that name them.
    pub(super) fn add(&mut self, buckets: &Value) {
        for bucket in pairs(Some(buckets)) {
            let (name, packages) = (text(&bucket["bucket"]), pairs(bucket.get("pairs")));
            if name == "Red Hat CPE" {
                self.add_products(packages);
                continue;
            }
            for package in packages {
                for entry in pairs(package.get("pairs")) {
                    self.add_entry(name, text(&package["bucket"]), text(&entry["key"]).trim(), &entry["value"]);
                }
            }
        }
    }

    fn add_products(&mut self, lists: &[Value]) {
        let named = lists.iter().filter(|list| list["bucket"] == "cpe").flat_map(|list| pairs(list.get("pairs")));
        for product in named {
            let release = text(&product["value"]).split(':').nth(4).unwrap_or_default();
            self.products.insert(text(&product["key"]).to_owned(), format!("Red Hat:{release}"));
        }
    }

    fn add_entry(&mut self, bucket: &str, package: &str, id: &str, value: &Value) {
        if bucket == "Red Hat" {
            for entry in pairs(value.get("Entries")) {
                let mut releases: Vec<&String> =
                    pairs(entry.get("Affected")).iter().filter_map(|it| self.products.get(text(it))).collect();
                releases.dedup();
                let cves: Vec<&str> =
                    pairs(entry.get("Cves")).iter().map(|cve| text(&cve["ID"])).filter(|id| !id.is_empty()).collect();
                let ids = if cves.is_empty() { vec![id] } else { cves };
                let releases: Vec<String> = releases.into_iter().cloned().collect();
                for (release, id) in releases.iter().flat_map(|release| ids.iter().map(move |id| (release, *id))) {
                    self.push(release, package, id, &repaired(entry));
                }
            }
            return;
        }
        let Some(ecosystem) = ecosystem(bucket) else { return };
        let events = if value.get("VulnerableVersions").is_some() || value.get("PatchedVersions").is_some() {
            ranges(value)
        } else {
            repaired(value)
        };
        self.push(&ecosystem, package, id, &events);
    }

    fn push(&mut self, ecosystem: &str, package: &str, id: &str, ranges: &[Vec<Value>]) {
        let ranges: Vec<Value> = ranges.iter().map(|events| json!({ "type": "ECOSYSTEM", "events": events })).collect();
        // One record for each statement: what belongs together is told by the alias.
        let number = self.records.len();
        let (own, aliases) =
            if id.starts_with("CVE-") { (format!("FIXTURE-{number}"), vec![id]) } else { (id.to_owned(), vec![]) };
        let affected = json!({ "package": { "ecosystem": ecosystem, "name": package }, "ranges": ranges });
        self.names.entry((ecosystem.to_owned(), id.to_owned())).or_default().push(package.to_owned());
        // A bulletin that repairs several packages is one record.
        if let Some(known) = self.records.iter_mut().find(|record| record["id"] == own.as_str()) {
            known["affected"].as_array_mut().into_iter().for_each(|list| list.push(affected.clone()));
            return;
        }
        self.records.push(json!({ "id": own, "modified": "2026-01-02T00:00:00Z", "aliases": aliases,
            "affected": [affected] }));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pairs(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// OSV's name of a source, where we have its data.
pub(super) fn ecosystem(bucket: &str) -> Option<String> {
    let (first, rest) = bucket.split_once("::").or_else(|| bucket.rsplit_once(' '))?;
    let distribution = |name: &str| Some(format!("{name}:{rest}"));
    match first {
        "npm" => Some("npm".to_owned()),
        "pip" => Some("PyPI".to_owned()),
        "go" => Some("Go".to_owned()),
        "cargo" => Some("crates.io".to_owned()),
        "composer" => Some("Packagist".to_owned()),
        "maven" => Some("Maven".to_owned()),
        "nuget" => Some("NuGet".to_owned()),
        "rubygems" => Some("RubyGems".to_owned()),
        "conan" => Some("ConanCenter".to_owned()),
        "swift" => Some("SwiftURL".to_owned()),
        "cocoapods" => Some("CocoaPods".to_owned()),
        "pub" => Some("Pub".to_owned()),
        "erlang" => Some("Hex".to_owned()),
        "debian" => distribution("Debian"),
        "alpine" if rest == "edge" => distribution("Alpine"),
        "alpine" => Some(format!("Alpine:v{rest}")),
        "ubuntu" => Some(format!("Ubuntu:{rest}:LTS")),
        "alma" => distribution("AlmaLinux"),
        "rocky" => distribution("Rocky Linux"),
        "Oracle Linux" => distribution("Oracle Linux"),
        "amazon linux" => distribution("Amazon Linux"),
        "Photon OS" => distribution("Photon OS"),
        "CBL-Mariner" => distribution("Azure Linux"),
        "openSUSE Leap" => Some(format!("openSUSE:Leap {rest}")),
        "openSUSE" => Some(format!("openSUSE:{rest}")),
        _ => None,
    }
}

/// What a distribution says: everything before the repair, or everything.
fn repaired(value: &Value) -> Vec<Vec<Value>> {
    let introduced = json!({ "introduced": "0" });
    match value.get("FixedVersion").and_then(Value::as_str) {
        Some(fixed) => vec![vec![introduced, json!({ "fixed": fixed })]],
        None => vec![vec![introduced]],
    }
}

/// What a registry says: `>= 1, < 2`, `[1,2)`, or, in Rust's, which versions are right.
fn ranges(value: &Value) -> Vec<Vec<Value>> {
    let vulnerable = pairs(value.get("VulnerableVersions"));
    if !vulnerable.is_empty() {
        return vulnerable.iter().map(|range| interval(text(range))).collect();
    }
    // The gaps between the right ones.
    let mut ends: Vec<(String, Option<String>)> = pairs(value.get("PatchedVersions"))
        .iter()
        .map(|range| {
            let events = interval(text(range));
            let of = |key: &str| events.iter().find_map(|event| event.get(key)?.as_str().map(str::to_owned));
            (of("introduced").unwrap_or_default(), of("fixed"))
        })
        .collect();
    ends.sort();
    let (mut gaps, mut from) = (Vec::new(), Some("0".to_owned()));
    for (right_from, right_to) in ends {
        if let Some(from) = from {
            gaps.push(vec![json!({ "introduced": from }), json!({ "fixed": right_from })]);
        }
        from = right_to;
    }
    gaps
}

/// The events of a range: `>= 1, < 2`, `[1,2)`, `1`.
pub(super) fn interval(range: &str) -> Vec<Value> {
    let range = range.trim();
    let (mut introduced, mut end) = ("0".to_owned(), None);
    if let Some(inner) = range.strip_prefix(['[', '(']) {
        let (from, to) = inner.trim_end_matches([')', ']']).split_once(',').unwrap_or((inner, ""));
        from.trim().clone_into(&mut introduced);
        end = Some(json!({ if range.ends_with(')') { "fixed" } else { "last_affected" }: to.trim() }));
    } else {
        for bound in bounds(range).iter().map(|bound| bound.trim()) {
            let version = bound.trim_start_matches(['<', '>', '=', ' ']);
            match &bound[..bound.len() - version.len()].trim() {
                &">=" | &">" => version.clone_into(&mut introduced),
                &"<=" => end = Some(json!({ "last_affected": version })),
                &"<" => end = Some(json!({ "fixed": version })),
                _ => {
                    version.clone_into(&mut introduced);
                    end = Some(json!({ "last_affected": version }));
                }
            }
        }
    }
    let introduced = if introduced.is_empty() { "0".to_owned() } else { introduced };
    std::iter::once(json!({ "introduced": introduced })).chain(end).collect()
}

/// The bounds of a range, which commas part, or blanks: `>= 1 <= 2`.
fn bounds(range: &str) -> Vec<String> {
    let mut bounds: Vec<String> = Vec::new();
    for word in range.split([',', ' ']).filter(|word| !word.is_empty()) {
        match bounds.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=']) => last.push_str(word),
            _ => bounds.push(word.to_owned()),
        }
    }
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_all_forms_are_read() {
        let said = |range: &str| json!(interval(range)).to_string().replace('"', "");
        assert_eq!(said(">= 2.0.0, <= 2.9"), "[{introduced:2.0.0},{last_affected:2.9}]");
        assert_eq!(said(">= 1.3 <= 1.3.1"), "[{introduced:1.3},{last_affected:1.3.1}]");
        assert_eq!(said("< 3.0.0"), "[{introduced:0},{fixed:3.0.0}]");
        assert_eq!(said("[2.9.0,2.9.10)"), "[{introduced:2.9.0},{fixed:2.9.10}]");
        let right = json!({ "PatchedVersions": [">= 3.1.0", ">= 2.1.3, < 3.0.0"] });
        assert_eq!(
            json!(ranges(&right)).to_string().replace('"', ""),
            "[[{introduced:0},{fixed:2.1.3}],[{introduced:3.0.0},{fixed:3.1.0}]]"
        );
        assert_eq!(ecosystem("alpine 3.10").as_deref(), Some("Alpine:v3.10"));
        assert_eq!(ecosystem("openSUSE Leap 15.1").as_deref(), Some("openSUSE:Leap 15.1"));
    }
}
