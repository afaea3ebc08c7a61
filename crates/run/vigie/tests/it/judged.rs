//! What somebody has judged already, and data in a signed bundle.

use super::{RECORD, feed, json, layout_of, old_system, run, stderr, stdout};
use std::fs;

const NOT_AFFECTED: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "the team",
    "timestamp": "2026-01-05T00:00:00Z", "version": 1, "statements": [{"vulnerability": {"name": "CVE-2026-0001"},
    "products": [{"@id": "pkg:deb/debian/openssl"}], "status": "not_affected",
    "justification": "vulnerable_code_not_in_execute_path", "impact_statement": "Only the parser is used."}]}"#;

#[test]
fn what_is_judged_already_does_not_count_and_is_listed() {
    let (data, feeds, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), old_system());
    feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
    assert_eq!(run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]).status.code(), Some(0));
    let folder = root.path().to_str().unwrap();
    let scan = |more: &[&str]| {
        let asked = ["scan", "fs", folder, "--scanners", "vulnerability", "--fail-on", "low"];
        run(data.path(), &[&asked[..], more].concat())
    };
    assert_eq!(scan(&[]).status.code(), Some(1));

    let vex = data.path().join("vex.json");
    fs::write(&vex, NOT_AFFECTED).unwrap();
    let with_vex = scan(&["--vex", vex.to_str().unwrap(), "--show-suppressed"]);
    assert_eq!(with_vex.status.code(), Some(0), "{}", stderr(&with_vex));
    assert!(stderr(&with_vex).contains("vulnerable_code_not_in_execute_path, Only the parser is used., the team"));
    let listed = json(data.path(), &["scan", "fs", folder, "--vex", vex.to_str().unwrap(), "--format", "json"]);
    let suppressed = &listed["suppressed"][0];
    assert_eq!((&suppressed["subject"], &suppressed["why"]["by"]), (&"CVE-2026-0001".into(), &"vex".into()));

    // The document that is written says the same as the one that was read, and is read again.
    let image = layout_of(root.path());
    let written = json(data.path(), &["scan", "image", image.path().to_str().unwrap(), "--format", "openvex"]);
    assert_eq!(written["statements"][0]["status"], "affected");
    assert_eq!(written["statements"][0]["action_statement"], "Update to 3.0.17-1~deb12u2 or later.");
    let again = data.path().join("again.json");
    let answer = json(data.path(), &["scan", "fs", folder, "--vex", vex.to_str().unwrap(), "--format", "openvex"]);
    assert_eq!(answer["statements"][0]["status"], "not_affected");
    fs::write(&again, NOT_AFFECTED.replace("pkg:deb/debian/openssl", "pkg:deb/debian/openssl@3.0.15-1~deb12u1")).unwrap();
    assert_eq!(scan(&["--vex", again.to_str().unwrap()]).status.code(), Some(0));

    let entry = |until: &str| format!("[[ignore]]\nid = \"CVE-2026-*\"\nreason = \"We ship no TLS.\"\nuntil = {until}\n");
    fs::write(root.path().join(".vigieignore"), entry("2099-12-31")).unwrap();
    assert_eq!(scan(&[]).status.code(), Some(0));
    fs::write(root.path().join(".vigieignore"), entry("2020-12-31")).unwrap();
    let expired = scan(&[]);
    assert_eq!(expired.status.code(), Some(1));
    assert!(stderr(&expired).contains("entry 1 of"), "{}", stderr(&expired));
    fs::write(root.path().join(".vigieignore"), "[[ignore]]\nid = \"CVE-2026-*\"\n").unwrap();
    let refused = scan(&[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains(".vigieignore") && stderr(&refused).contains("hint:"), "{}", stderr(&refused));
}

#[test]
fn data_travels_in_a_signed_bundle() {
    let (here, there, feeds) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = |name: &str| feeds.path().join(name).to_str().unwrap().to_owned();
    let (key, bundle) = (path("key"), path("data.bundle"));
    let public = stdout(&run(here.path(), &["db", "key", &key])).trim().to_owned();
    assert_eq!(run(here.path(), &["db", "key", &key]).status.code(), Some(2), "a key is not overwritten");
    let early = run(here.path(), &["db", "export", &bundle, "--key", &key]);
    assert!(early.status.code() == Some(2) && stderr(&early).contains("hint:"), "{}", stderr(&early));

    feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
    assert_eq!(run(here.path(), &["db", "import", &path("Debian")]).status.code(), Some(0));
    let exported = run(here.path(), &["db", "export", &bundle, "--key", &key]);
    assert_eq!(exported.status.code(), Some(0), "{}", stderr(&exported));
    assert!(stderr(&exported).contains(&public), "{}", stderr(&exported));

    let records = || json(there.path(), &["db", "status", "--format", "json"]);
    let untrusted = run(there.path(), &["db", "import", &bundle]);
    assert!(untrusted.status.code() == Some(2) && stderr(&untrusted).contains(&public), "{}", stderr(&untrusted));
    assert!(records()["status"].is_null());
    let taken = run(there.path(), &["db", "import", &bundle, "--trust", &public]);
    assert_eq!(taken.status.code(), Some(0), "{}", stderr(&taken));
    assert_eq!((&records()["status"]["records"], &records()["bundle"]["key"]), (&1.into(), &public.as_str().into()));

    let mut changed = fs::read(&bundle).unwrap();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    fs::write(path("changed"), changed).unwrap();
    let refused = run(there.path(), &["db", "import", &path("changed"), "--trust", &public]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(records()["status"]["records"], 1, "the standing data are unchanged");

    // Feeds take the place of a bundle.
    assert_eq!(run(there.path(), &["db", "import", &path("Debian")]).status.code(), Some(0));
    assert!(records()["bundle"].is_null());
}
