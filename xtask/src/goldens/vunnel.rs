//! Records as Anchore's vunnel keeps them, Grype's fixtures among them, as records of OSV, which we import.
//!
//! What stays out: modules of Red Hat's streams, for which OSV has no word, and records of the NVD, which we take for
//! scores alone.

use super::feed::interval;
use serde_json::{Value, json};

/// The record, where there is one that says which packages are affected.
pub(super) fn record(file: &Value) -> Option<Value> {
    let item = &file["item"];
    if item.get("affected").is_some() {
        return Some(item.clone());
    }
    if let Some(advisory) = item.get("Advisory") {
        return Some(of_github(advisory));
    }
    Some(of_system(item.get("Vulnerability")?))
}

fn of_github(advisory: &Value) -> Value {
    let affected: Vec<Value> = list(&advisory["FixedIn"])
        .filter_map(|fixed| {
            let ecosystem = match text(&fixed["ecosystem"]) {
                "go" => "Go",
                "java" => "Maven",
                "npm" => "npm",
                "python" => "PyPI",
                "gem" => "RubyGems",
                "rust" => "crates.io",
                _ => return None,
            };
            let ranges: Vec<Value> = text(&fixed["range"])
                .split("||")
                .map(|range| json!({ "type": "ECOSYSTEM", "events": interval(range) }))
                .collect();
            Some(json!({ "package": { "ecosystem": ecosystem, "name": fixed["name"] }, "ranges": ranges }))
        })
        .collect();
    json!({ "id": advisory["ghsaId"], "modified": "2026-01-02T00:00:00Z", "aliases": advisory["CVE"], "affected": affected })
}

fn of_system(vulnerability: &Value) -> Value {
    let affected: Vec<Value> = list(&vulnerability["FixedIn"])
        .filter_map(|fixed| {
            let ecosystem = ecosystem(text(&fixed["NamespaceName"]))?;
            let mut events = vec![json!({ "introduced": "0" })];
            match text(&fixed["Version"]) {
                "" | "None" => {}
                version => events.push(json!({ "fixed": version })),
            }
            Some(json!({ "package": { "ecosystem": ecosystem, "name": fixed["Name"] },
                "ranges": [{ "type": "ECOSYSTEM", "events": events }] }))
        })
        .collect();
    let (id, namespace) = (text(&vulnerability["Name"]), text(&vulnerability["NamespaceName"]));
    json!({ "id": format!("{namespace}-{id}"), "modified": "2026-01-02T00:00:00Z", "aliases": [id], "affected": affected })
}

/// OSV's name of a namespace: `rhel:9.4+eus`.
fn ecosystem(namespace: &str) -> Option<String> {
    let (system, release) = namespace.split_once(':')?;
    let (release, support) = release.split_once('+').unwrap_or((release, ""));
    Some(match (system, support) {
        ("debian", _) => format!("Debian:{release}"),
        ("ubuntu", "esm") => format!("Ubuntu:Pro:{release}:LTS"),
        ("ubuntu", _) => format!("Ubuntu:{release}:LTS"),
        ("alpine", _) => format!("Alpine:v{release}"),
        ("wolfi", _) => "Wolfi".to_owned(),
        ("chainguard", _) => "Chainguard".to_owned(),
        ("rhel", "") => format!("Red Hat:{release}"),
        ("rhel", support) => format!("Red Hat:rhel_{support}:{release}"),
        ("ol", _) => format!("Oracle Linux:{release}"),
        ("mariner", _) => format!("Azure Linux:{release}"),
        ("sles", _) => format!("SUSE:Linux Enterprise Server {}", release.replace('.', " SP")),
        _ => return None,
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_have_names_of_osv() {
        for (namespace, expected) in [
            ("rhel:9.4+eus", Some("Red Hat:rhel_eus:9.4")),
            ("ubuntu:16.04+esm", Some("Ubuntu:Pro:16.04:LTS")),
            ("sles:15.6", Some("SUSE:Linux Enterprise Server 15 SP6")),
            ("rootio:distro:alpine:3.18", None),
        ] {
            assert_eq!(ecosystem(namespace).as_deref(), expected, "{namespace}");
        }
    }

    #[test]
    fn both_forms_become_records() {
        let system = json!({ "item": { "Vulnerability": { "Name": "CVE-2026-1", "NamespaceName": "rhel:8",
            "FixedIn": [{ "Name": "a", "NamespaceName": "rhel:8", "Version": "0:1-2.el8" }] } } });
        let record = super::record(&system).unwrap();
        assert_eq!(
            (&record["id"], &record["affected"][0]["package"]["ecosystem"]),
            (&json!("rhel:8-CVE-2026-1"), &json!("Red Hat:8"))
        );
        let github = json!({ "item": { "Advisory": { "ghsaId": "GHSA-x", "CVE": ["CVE-2026-2"],
            "FixedIn": [{ "ecosystem": "go", "name": "b", "range": "< 2" }] } } });
        let record = super::record(&github).unwrap();
        assert_eq!(record["affected"][0]["ranges"][0]["events"][1], json!({ "fixed": "2" }));
        assert_eq!(super::record(&json!({ "item": { "cve": {} } })), None);
    }
}
