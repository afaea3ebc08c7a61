//! Objects of Kubernetes: judged by the checks and by the Pod Security Standards, from files, folders and a pipe.

use super::{json, run, stderr, stdout, vigie};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

const PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: web\n    image: web:1\n    \
    securityContext:\n      privileged: true\n";
const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {{ toYaml .Values.spec }}\n";

/// What is said of a stream.
fn piped(data: &Path, text: &str, arguments: &[&str]) -> Output {
    let mut child = vigie(data, &[&["scan", "k8s", "-"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn pods_violate_conform_or_cannot_be_told() {
    let data = tempfile::tempdir().unwrap();
    let bad = piped(data.path(), PRIVILEGED, &["--pss", "baseline@v1.30"]);
    assert_eq!(bad.status.code(), Some(1), "{}", stderr(&bad));
    let table = stdout(&bad);
    assert!(table.contains("privileged") && table.contains("Pod/a") && table.contains("-:9"), "{table}");
    let good = piped(data.path(), PRIVILEGED, &["--pss", "privileged"]);
    assert_eq!((good.status.code(), stdout(&good)), (Some(0), String::new()));
    let unclear = piped(data.path(), TEMPLATE, &["--pss", "baseline"]);
    assert_eq!(unclear.status.code(), Some(2));
    assert!(stderr(&unclear).contains("hint: ") && stderr(&unclear).contains("helm template"), "{}", stderr(&unclear));
    let wrong = piped(data.path(), PRIVILEGED, &["--pss", "baseline@1.30"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn json_says_control_container_field_and_line() {
    let (data, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(tree.path().join("deploy")).unwrap();
    fs::write(tree.path().join("deploy/a.yaml"), PRIVILEGED).unwrap();
    fs::write(tree.path().join("values.yaml"), "replicas: 1\n").unwrap();
    let folder = tree.path().to_str().unwrap();
    let said = json(data.path(), &["scan", "k8s", folder, "--pss", "baseline", "--format", "json"]);
    assert_eq!((said["schema"].as_str(), said["conforms"].as_bool()), (Some("vigie.pss/1"), Some(false)));
    let violation = &said["violations"][0];
    assert_eq!(violation["control"], "privileged");
    assert_eq!(violation["container"], "web");
    assert_eq!(violation["field"], "spec.containers[0].securityContext.privileged");
    assert_eq!((&violation["line"], &violation["object"]["path"]), (&Value::from(9), &Value::from("deploy/a.yaml")));
}

#[test]
fn checks_find_what_is_wrong_and_name_the_place() {
    let data = tempfile::tempdir().unwrap();
    let output = piped(data.path(), PRIVILEGED, &["--format", "json", "--fail-on", "high"]);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = said["findings"].as_array().unwrap();
    let privileged =
        findings.iter().find(|found| found["locator"] == "key:-#Pod/a/containers/web/securityContext/privileged").unwrap();
    assert_eq!((&privileged["severity"], &privileged["evidence"][0]["place"]), (&Value::from("high"), &Value::from("-:9")));
    let nothing = run(data.path(), &["scan", "k8s", data.path().to_str().unwrap()]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(stderr(&nothing).contains("hint: "), "{}", stderr(&nothing));
}
