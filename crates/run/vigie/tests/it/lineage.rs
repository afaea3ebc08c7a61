//! What comes from the base of an image, by whatever tells it, and what a newer base changes.

use super::images::{Entry, Layout, Making, image};
use super::{RECORD, feed, json, run, stderr, stdout};
use serde_json::{Value, json};
use std::path::Path;

const OS: Entry<'_> = ("etc/os-release", 0o644, "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
const SSL: &str =
    "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.15-1~deb12u1\n\n";
const NEW_SSL: &str =
    "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.17-1~deb12u2\n\n";
const CURL: &str = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88.1-10\n\n";
const ZLIB: &str = "Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nSource: zlib\nVersion: 1.2.13-1\n\n";

fn record(id: &str, package: &str) -> String {
    RECORD.replace("2026-0001", id).replace("openssl", package).replace("3.0.17-1~deb12u2", "99")
}

/// Vulnerability data: openssl until 3.0.17, curl and zlib in every version.
fn data() -> tempfile::TempDir {
    let (data, feeds) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (curl, zlib) = (record("2026-0002", "curl"), record("2026-0003", "zlib"));
    let records =
        [("DEBIAN-CVE-2026-0001.json", RECORD), ("DEBIAN-CVE-2026-0002.json", &*curl), ("DEBIAN-CVE-2026-0003.json", &*zlib)];
    feed(feeds.path(), "Debian", &records);
    let imported = run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    data
}

const ROOT: [&str; 2] = ["+ADD rootfs.tar.xz / # buildkit", "CMD [\"bash\"]"];
const APP: [&str; 4] = [ROOT[0], ROOT[1], "+RUN apt-get install -y curl # buildkit", "ENTRYPOINT [\"/app\"]"];

fn debian<'a>(status: &'a str, created: &'a str) -> Making<'a> {
    let layers = vec![vec![OS, ("var/lib/dpkg/status", 0o644, status)]];
    Making { layers, history: ROOT.to_vec(), created, name: "docker.io/library/debian:12", ..Making::default() }
}

/// An image on Debian with curl of its own.
fn app<'a>(status: &'a str) -> Making<'a> {
    let mut making = debian(SSL, "2026-01-02T00:00:00Z");
    making.layers.push(vec![("var/lib/dpkg/status", 0o644, status)]);
    Making { history: APP.to_vec(), name: "registry.example/app:1", config: json!({ "User": "app" }), ..making }
}

fn scan(data: &Path, image: &Layout, more: &[&str]) -> Value {
    let asked = ["scan", "image", image.path(), "--scanners", "vulnerability", "--format", "json"];
    json(data, &[&asked[..], more].concat())
}

/// `CVE-2026-0001 base [0]`.
fn origins(scan: &Value) -> Vec<String> {
    let line = |found: &Value| {
        let origin = &found["origin"];
        format!("{} {} {}", found["subject"].as_str().unwrap(), origin["from"].as_str().unwrap_or("unknown"), origin["layers"])
    };
    let mut lines: Vec<String> = scan["findings"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines
}

fn base(scan: &Value) -> String {
    let base = &scan["image"]["base"];
    let word = |name: &str| base[name].as_str().unwrap_or("-").to_owned();
    format!("{} by {}, {} by {}", word("name"), word("named_by"), base["layers"], word("told_by"))
}

#[test]
fn the_base_is_told_by_history_by_layers_by_annotation_and_by_provenance() {
    let data = data();
    let status = [SSL, CURL].concat();
    let plain = image(&app(&status));
    let first = scan(data.path(), &plain, &[]);
    assert_eq!(base(&first), "- by -, 1 by history");
    assert_eq!(origins(&first), ["CVE-2026-0001 base [0]", "CVE-2026-0002 own [1]"]);

    // Once the base itself was looked at, it is known again by its layers.
    let debian = image(&debian(SSL, "2026-01-01T00:00:00Z"));
    assert_eq!(base(&scan(data.path(), &debian, &[])), "- by -, null by -");
    let known = scan(data.path(), &plain, &[]);
    assert_eq!(base(&known), "docker.io/library/debian:12 by layers, 1 by layers");
    let table = run(data.path(), &["scan", "image", plain.path(), "--scanners", "vulnerability"]);
    assert!(stdout(&table).lines().next().unwrap().contains("FROM"), "{}", stdout(&table));
    assert!(
        stderr(&table).contains("1 from the base image docker.io/library/debian:12, 1 from its own layers"),
        "{}",
        stderr(&table)
    );

    let annotations = json!({ "org.opencontainers.image.base.name": "debian:bookworm" });
    let annotated = image(&Making { annotations, ..app(&status) });
    let elsewhere = self::data();
    assert_eq!(base(&scan(elsewhere.path(), &annotated, &[])), "debian:bookworm by annotation, 1 by history");

    let max = json!({ "materials": [{ "uri": "pkg:docker/debian@12?platform=linux%2Famd64", "digest": { "sha256": "0".repeat(64) } }],
        "buildConfig": { "llbDefinition": [{ "id": "step0", "op": { "Op": { "source": { "identifier": "docker-image://docker.io/library/debian:12" } } } }] },
        "metadata": { "https://mobyproject.org/buildkit@v1#metadata": { "layers": { "step0:0": [[{ "digest": "LAYER0" }]] } } } });
    let proven = image(&Making { provenance: Some(("https://slsa.dev/provenance/v0.2", max)), ..app(&status) });
    let proven = scan(elsewhere.path(), &proven, &[]);
    assert_eq!(base(&proven), "debian:12 by provenance, 1 by provenance");
    assert_eq!(proven["image"]["base"]["digest"], format!("sha256:{}", "0".repeat(64)));

    // An attestation that cannot be read is said, and the image is read all the same.
    let broken = image(&Making { provenance: Some(("https://slsa.dev/provenance/v1", json!("no predicate"))), ..app(&status) });
    let broken = scan(elsewhere.path(), &broken, &[]);
    assert!(broken["unseen"][0]["what"].as_str().unwrap().starts_with("provenance sha256:"), "{}", broken["unseen"]);
    assert_eq!(broken["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn a_newer_base_that_was_seen_says_what_it_removes_and_what_it_brings() {
    let data = data();
    let status = [SSL, CURL].concat();
    let (app, old) = (image(&app(&status)), image(&debian(SSL, "2026-01-01T00:00:00Z")));
    scan(data.path(), &old, &[]);
    assert_eq!(scan(data.path(), &app, &[])["image"]["base"]["newer"], json!([]), "nothing newer was seen");

    let packages = [NEW_SSL, ZLIB].concat();
    let new = image(&debian(&packages, "2026-03-01T00:00:00Z"));
    let given = scan(self::data().path(), &app, &["--base-candidate", new.path()]);
    assert_eq!(given["image"]["base"]["newer"][0]["step"], "given", "{}", given["image"]["base"]);
    scan(data.path(), &new, &[]);
    let told = scan(data.path(), &app, &[]);
    let newer = &told["image"]["base"]["newer"][0];
    assert_eq!((&newer["step"], &newer["name"]), (&"rebuild".into(), &"docker.io/library/debian:12".into()));
    let ids = |name: &str| newer["change"][name].as_array().unwrap().iter().map(|it| it["id"].clone()).collect::<Vec<_>>();
    assert_eq!((ids("removes"), ids("brings")), (vec!["CVE-2026-0001".into()], vec!["CVE-2026-0003".into()]));
    let said = stderr(&run(data.path(), &["scan", "image", app.path(), "--scanners", "vulnerability"]));
    assert!(
        said.contains("removes 1 of the base’s 1 vulnerabilities and brings 1\n  - CVE-2026-0001\n  + CVE-2026-0003"),
        "{said}"
    );
}

/// The sections of an explanation as one text.
fn explained(data: &Path, target: &[&str], id: &str, locale: &str) -> String {
    let arguments = [&["scan"], target, &["--explain", id]].concat();
    let output = super::vigie(data, &arguments).env("LC_ALL", locale).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn a_finding_is_explained_and_so_is_one_that_is_not_there() {
    let data = data();
    let status = [SSL, CURL].concat();
    let fixed = [NEW_SSL, CURL].concat();
    let (app, better) = (image(&app(&status)), image(&app(&fixed)));
    scan(data.path(), &image(&debian(SSL, "2026-01-01T00:00:00Z")), &[]);
    let layer = scan(data.path(), &app, &[])["image"]["layers"][0]["diff_id"].as_str().unwrap().to_owned();
    let target = ["image", app.path()];
    let told = explained(data.path(), &target, "cve-2026-0001", "C").replace(&layer, "sha256:…");
    let finding = scan(data.path(), &app, &[])["findings"][0]["id"].as_str().unwrap()[..12].to_owned();
    let expected = format!(
        "CVE-2026-0001 in openssl 3.0.15-1~deb12u1, on registry.example/app:1 (finding {finding})

Where it is
  libssl3 3.0.15-1~deb12u1 · var/lib/dpkg/status
  layer 0, from the base image docker.io/library/debian:12: sha256:…
  ADD rootfs.tar.xz /

Why it is there
  By the data of Debian:12, openssl < 3.0.17-1~deb12u2 is affected; 3.0.15-1~deb12u1 is in that range.
  3.0.15-1~deb12u1 < 3.0.17-1~deb12u2, which repairs it
  Also called DEBIAN-CVE-2026-0001
  https://security-tracker.debian.org/tracker/CVE-2026-0001

How urgent it is
  severity critical (by its CVSS score), CVSS 9.8 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
  priority 71 of 100, multiplied from:
    × 78.40  severity
    × 0.90  no EPSS score known
    × 1.00  exposure not known
    × 1.00  not known whether the code runs

What to do
  It comes from the base image: build on a newer one where there is one (--base-candidate IMAGE says what it would change), or upgrade the package in a layer of your own.
  Upgrade openssl to 3.0.17-1~deb12u2 or later.
  $ apt-get update && apt-get install --only-upgrade -y libssl3
"
    );
    assert_eq!(told, expected);
    for (locale, word) in [("fr_FR.UTF-8", "Que faire"), ("de_DE.UTF-8", "Was zu tun ist")] {
        assert!(explained(data.path(), &target, &finding, locale).contains(word));
    }

    let absent = |target: &[&str], id: &str| {
        let answer = json(data.path(), &[&["scan"], target, &["--explain", id, "--format", "json"]].concat());
        assert!(answer["findings"].as_array().unwrap().is_empty(), "{answer}");
        answer["absent"]["reason"].as_str().unwrap().to_owned()
    };
    let better = ["image", better.path()];
    assert_eq!(absent(&better, "CVE-2026-0001"), "not_affected");
    let why = explained(data.path(), &better, "CVE-2026-0001", "C");
    assert!(why.contains("libssl3 3.0.17-1~deb12u2 (var/lib/dpkg/status): repaired since 3.0.17-1~deb12u2 (affected: < 3.0.17-1~deb12u2; data of Debian:12)"), "{why}");
    assert_eq!(absent(&better, "CVE-2026-0003"), "no_package");
    let why = explained(data.path(), &better, "CVE-2026-0003", "C");
    assert!(why.contains("None of the packages it affects is there. The data name: zlib (Debian:12)"), "{why}");
    assert_eq!(absent(&better, "CVE-1999-0001"), "no_such_id");
    let root = ["image", app.path()];
    let passes = stdout(&run(data.path(), &["scan", root[0], root[1], "--explain", "IMAGE-0028"]));
    assert!(passes.contains("looked at, and it is as it should be"), "{passes}");

    let ignore = data.path().join("ignore");
    std::fs::write(&ignore, "[[ignore]]\nid = \"CVE-2026-0001\"\nreason = \"No TLS.\"\nuntil = 2099-12-31\n").unwrap();
    let away = ["image", app.path(), "--ignore-file", ignore.to_str().unwrap()];
    let told = explained(data.path(), &away, "DEBIAN-CVE-2026-0001", "C");
    assert!(told.contains("Does not count\n  .vigieignore until 2099-12-31: No TLS."), "{told}");
    let refused = run(data.path(), &["scan", "image", app.path(), "--explain", "x", "--format", "sarif"]);
    assert_eq!(refused.status.code(), Some(2));
}
