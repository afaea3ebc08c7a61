//! Goldens that are lists of components (CycloneDX, SPDX), as reports.

use serde_json::{Value, json};

/// A report that says what the list says; anything else as it is.
pub(super) fn as_report(golden: Value) -> Value {
    let of_cyclonedx = || -> Vec<&str> {
        golden["components"].as_array().into_iter().flatten().filter_map(|component| component["purl"].as_str()).collect()
    };
    let of_spdx = || -> Vec<&str> {
        let packages = golden["packages"].as_array().into_iter().flatten();
        let references = packages.flat_map(|package| package["externalRefs"].as_array().into_iter().flatten());
        references.filter_map(|reference| reference["referenceLocator"].as_str()).collect()
    };
    let (target, purls): (&Value, Vec<&str>) = match () {
        () if golden.get("bomFormat").is_some() => (&golden["metadata"]["component"]["name"], of_cyclonedx()),
        () if golden.get("spdxVersion").is_some() => (&golden["name"], of_spdx()),
        () => return golden,
    };
    let packages: Vec<Value> = purls.into_iter().filter_map(package).collect();
    let of_list = golden["vulnerabilities"].as_array().into_iter().flatten();
    let found: Vec<Value> = of_list
        .filter_map(|found| {
            let package = package(found["affects"][0]["ref"].as_str()?)?;
            Some(json!({ "VulnerabilityID": found["id"], "PkgName": package["Name"], "InstalledVersion": package["Version"] }))
        })
        .collect();
    json!({ "ArtifactName": target, "ArtifactType": "repository", "Results": [{ "Packages": packages, "Vulnerabilities": found }] })
}

/// Name and version of a purl.
fn package(purl: &str) -> Option<Value> {
    let (kind, rest) = purl.strip_prefix("pkg:")?.split_once('/')?;
    let (name, version) = rest.split(['?', '#']).next()?.rsplit_once('@')?;
    let name = if kind == "maven" { name.replace('/', ":") } else { name.to_owned() };
    Some(json!({ "Name": name.replace("%40", "@"), "Version": version.replace("%2B", "+") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_reports() {
        let list = json!({ "bomFormat": "CycloneDX", "metadata": { "component": { "name": "x" } },
            "components": [{ "purl": "pkg:maven/a.b/c@1?x=y" }, {}],
            "vulnerabilities": [{ "id": "CVE-2026-1", "affects": [{ "ref": "pkg:maven/a.b/c@1" }] }] });
        let report = as_report(list);
        assert_eq!(report["Results"][0]["Packages"], json!([{ "Name": "a.b:c", "Version": "1" }]));
        assert_eq!(report["Results"][0]["Vulnerabilities"][0]["PkgName"], "a.b:c");
        let spdx = json!({ "spdxVersion": "SPDX-2.3", "name": "y", "packages": [{ "externalRefs": [{ "referenceLocator": "pkg:conda/p@2" }] }] });
        assert_eq!(
            (&as_report(spdx)["ArtifactName"], as_report(json!({ "Results": [] }))),
            (&json!("y"), json!({ "Results": [] }))
        );
    }
}
