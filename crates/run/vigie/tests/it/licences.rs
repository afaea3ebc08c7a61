//! Licences against the policy of the house.

use super::{json, run, stderr, stdout};
use std::fs;

const LIST: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
    {"type": "library", "name": "kind", "version": "1.0.0", "purl": "pkg:npm/kind@1.0.0", "licenses": [{"license": {"id": "MIT"}}]},
    {"type": "library", "name": "strong", "version": "1.0.0", "purl": "pkg:npm/strong@1.0.0", "licenses": [{"expression": "GPL-3.0-only"}]},
    {"type": "library", "name": "either", "version": "1.0.0", "purl": "pkg:npm/either@1.0.0", "licenses": [{"expression": "MIT OR GPL-3.0-only"}]},
    {"type": "library", "name": "silent", "version": "1.0.0", "purl": "pkg:npm/silent@1.0.0"}]}"#;

#[test]
fn licences_are_looked_at_when_asked_and_by_the_policy() {
    let dir = tempfile::tempdir().unwrap();
    let (data, list, policy) = (dir.path().join("data"), dir.path().join("list.json"), dir.path().join("policy.toml"));
    fs::write(&list, LIST).unwrap();
    fs::write(&policy, "[licences]\ndeny = [\"strong-copyleft\"]\nmissing = \"review\"\n").unwrap();
    let (list, policy) = (list.to_str().unwrap(), policy.to_str().unwrap());
    let found = |more: &[&str]| -> Vec<String> {
        let scan = json(&data, &[&["scan", "sbom", list, "--format", "json"], more].concat());
        let told = |found: &serde_json::Value| {
            format!("{} {} {}", found["severity"], found["subject"], found["locator"]).replace('"', "")
        };
        scan["findings"].as_array().unwrap().iter().map(told).collect()
    };
    assert_eq!(found(&[]), Vec::<String>::new(), "nobody asked");
    assert_eq!(found(&["--scanners", "licence"]), ["low GPL-3.0-only pkg:npm/strong"]);
    let by_policy = ["high GPL-3.0-only pkg:npm/strong", "info unknown licence pkg:npm/silent"];
    assert_eq!(found(&["--licence-policy", policy]), by_policy);
    assert_eq!(run(&data, &["scan", "sbom", list, "--licence-policy", policy, "--fail-on", "high"]).status.code(), Some(1));
    let table = stdout(&run(&data, &["scan", "sbom", list, "--licence-policy", policy]));
    assert!(table.contains("GPL-3.0-only in strong 1.0.0 (deny)"), "{table}");
    fs::write(policy, "[licences]\ndeny = [\"GLP-3.0\"]\n").unwrap();
    let refused = run(&data, &["scan", "sbom", list, "--licence-policy", policy]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("`GLP-3.0` is neither") && stderr(&refused).contains("hint: a policy"),
        "{}",
        stderr(&refused)
    );
    assert!(!data.exists(), "nothing needs to be kept");
}

#[test]
fn a_package_that_names_none_has_the_licences_of_its_texts() {
    let dir = tempfile::tempdir().unwrap();
    let (data, tree) = (dir.path().join("data"), dir.path().join("root"));
    let put = |path: &str, text: &str| {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("etc/os-release", "ID=debian\nVERSION_ID=12\n");
    put(
        "var/lib/dpkg/status",
        "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n\n\
         Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.3-1\n\n",
    );
    put("usr/share/doc/bash/copyright", "any later version; see /usr/share/common-licenses/GPL-3'.\n");
    put(
        "usr/share/doc/zlib1g/copyright",
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Zlib\n",
    );
    let tree = tree.to_str().unwrap();
    let scan = json(&data, &["scan", "fs", tree, "--scanners", "licence", "--format", "json"]);
    let found: Vec<String> = scan["findings"].as_array().unwrap().iter().map(|it| it["title"].to_string()).collect();
    assert_eq!(found, ["\"GPL-3.0-or-later in bash 5.2-1 (review)\""]);
    assert_eq!(scan["findings"][0]["evidence"][0]["found"], "GPL-3.0-or-later (by its texts)");
    let list = json(&data, &["scan", "fs", tree, "--scanners", "licence", "--format", "spdx"]);
    let of = |name: &str| list["packages"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
    assert_eq!((&of("zlib1g")["licenseConcluded"], &of("zlib1g")["licenseDeclared"]), (&"Zlib".into(), &"NOASSERTION".into()));
    let list = json(&data, &["scan", "fs", tree, "--scanners", "licence", "--format", "cyclonedx"]);
    let components = list["components"].as_array().unwrap();
    let zlib = components.iter().find(|it| it["name"] == "zlib1g").unwrap();
    assert_eq!(zlib["licenses"][0]["acknowledgement"], "concluded", "{zlib}");
}
