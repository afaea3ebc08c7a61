//! One image, wherever it lies: the same findings, components and layers from a layout, archives of every form and
//! packing, a registry (open, private, pinned) and the store of Podman.

use super::built::{Blobs, Built, Packing, output, saved, tar};
use super::peers::{BASIC, Podman, Registry, USER, has, skipped};
use super::trees::{debian, go, node, python};
use super::{RECORD, feed, run, stderr, stdout, vigie};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NODE: &str = r#"{"id": "GHSA-aaaa-bbbb-cccc", "modified": "2026-01-02T00:00:00Z", "aliases": ["CVE-2026-0002"],
    "affected": [{"package": {"ecosystem": "npm", "name": "sound-lib"},
                  "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]}]}"#;
const PYTHON: &str = r#"{"id": "PYSEC-2026-3", "modified": "2026-01-02T00:00:00Z", "aliases": ["CVE-2026-0003"],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "asking"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.20.0"}]}]}]}"#;
const GO: &str = r#"{"id": "GO-2026-0004", "modified": "2026-01-02T00:00:00Z", "aliases": ["CVE-2026-0004"],
    "affected": [{"package": {"ecosystem": "Go", "name": "golang.org/x/net"},
                  "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.23.0"}]}]}]}"#;

/// All of it; for another architecture one layer less.
fn images() -> (Built, Built) {
    let layers = [debian(), python(), node(), go()];
    let fewer = layers[..3].to_vec();
    (Built::of(layers.to_vec(), "amd64"), Built::of(fewer, "arm64"))
}

/// A folder with vulnerability data, and what is asked of it.
struct Scanner {
    data: tempfile::TempDir,
}

impl Scanner {
    fn new() -> Self {
        let (data, feeds) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
        for (ecosystem, record) in [("npm", NODE), ("PyPI", PYTHON), ("Go", GO)] {
            feed(feeds.path(), ecosystem, &[("a.json", record)]);
        }
        let imported = run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]);
        assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
        Self { data }
    }

    fn ask(&self, target: &str, platform: &str, world: &[(&str, &Path)]) -> Output {
        let arguments = ["scan", "image", target, "--platform", platform, "--no-cache", "--format", "json"];
        let mut command = vigie(self.data.path(), &arguments);
        for variable in ["REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "DOCKER_CONFIG"] {
            command.env(variable, "/nowhere");
        }
        command.envs(world.iter().map(|(name, value)| (name, value.as_os_str()))).output().unwrap()
    }

    /// What must be the same wherever the image lies.
    fn seen(&self, target: &str, platform: &str, world: &[(&str, &Path)]) -> Value {
        let output = self.ask(target, platform, world);
        let mut scan: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{target}: {}", stderr(&output)));
        let findings = scan["findings"].as_array_mut().unwrap();
        for finding in findings.iter_mut() {
            // Findings belong to an asset, and an image is known by the name it has where it lies.
            finding.as_object_mut().unwrap().remove("id");
        }
        let image = scan["image"].as_object_mut().unwrap();
        let layers: Vec<Value> = image.remove("layers").unwrap().as_array().unwrap().iter().map(same_of_layer).collect();
        for of_place in ["reference", "names", "digest"] {
            image.remove(of_place);
        }
        json!({ "findings": scan["findings"], "components": scan["components"], "unseen": scan["unseen"],
            "os": scan["os"], "layers": layers, "image": scan["image"] })
    }
}

/// A layer without how it was packed.
fn same_of_layer(layer: &Value) -> Value {
    let mut layer = layer.clone();
    for of_packing in ["digest", "bytes"] {
        layer.as_object_mut().unwrap().remove(of_packing);
    }
    layer
}

/// Holds that two are the same, and says where they are not.
fn assert_same(what: &str, seen: &Value, wanted: &Value) {
    for (part, wanted) in wanted.as_object().unwrap() {
        assert_same_part(what, part, &seen[part], wanted);
    }
}

fn assert_same_part(what: &str, part: &str, seen: &Value, wanted: &Value) {
    let only = |here: &Value, there: &Value| -> Vec<Value> {
        let there = there.as_array().cloned().unwrap_or_default();
        here.as_array().into_iter().flatten().filter(|it| !there.contains(it)).cloned().collect()
    };
    let (more, less) = (only(seen, wanted), only(wanted, seen));
    assert!(seen == wanted, "{what}: {part} differ\nonly here: {more:#?}\nnot here: {less:#?}");
}

/// What the image must show, so that "the same" is not "nothing everywhere".
fn assert_right(seen: &Value) {
    let of = |list: &str, pick: &dyn Fn(&Value) -> Option<String>| -> Vec<String> {
        seen[list].as_array().unwrap().iter().filter_map(pick).collect()
    };
    let mut packages = of("components", &|it| {
        Some(format!("{} {} {}", it["package"]["name"], it["package"]["version"], it["layer"]).replace('"', ""))
    });
    packages.sort();
    let wanted = [
        "@x/y 1.2.3 2",
        "asking 2.19.0 1",
        "base-files 12.4+deb12u11 0",
        "busybox 1.36.1 3",
        "golang.org/x/net v0.17.0 3",
        "libssl3 3.0.15-1~deb12u1 0",
        "sound-lib 4.17.20 2",
        "stdlib 1.21.5 3",
    ];
    assert_eq!(packages, wanted);
    let of_kind = |kind: &'static str| {
        move |it: &Value| it["kind"].as_str().is_some_and(|it| it == kind).then(|| it["subject"].as_str().unwrap().to_owned())
    };
    let mut vulnerable = of("findings", &of_kind("vulnerability"));
    vulnerable.sort();
    assert_eq!(vulnerable, ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0004"]);
    assert_eq!(of("findings", &of_kind("secret")).len(), 1);
    assert!(of("findings", &of_kind("misconfiguration")).len() > 2);
    assert_eq!(seen["image"]["elevated"].as_array().unwrap().len(), 1);
    assert_eq!(seen["unseen"], json!([]));
}

/// Makes an archive of a folder.
fn archive(folder: &Path, to: &Path) {
    fs::write(to, output(Command::new("tar").arg("-C").arg(folder).args(["-cf", "-", "."]))).unwrap();
}

/// The same archive plain and packed, as far as this machine can.
fn packed(archive: &Path) -> Vec<PathBuf> {
    let packed = |(packing, ending): (Packing, &str)| {
        let to = PathBuf::from(format!("{}{ending}", archive.display()));
        packing.is_here().then(|| packing.pack(archive, &to)).map(|()| to)
    };
    let all = [(Packing::Gzip, ".gz"), (Packing::Zstd, ".zst")];
    std::iter::once(archive.to_owned()).chain(all.into_iter().filter_map(packed)).collect()
}

const AMD: &str = "linux/amd64";
const ARM: &str = "linux/arm64";

#[test]
fn an_image_is_the_same_in_every_file_and_store() {
    let (scanner, work, (image, _)) = (Scanner::new(), tempfile::tempdir().unwrap(), images());
    let path = |name: &str| work.path().join(name);
    let layout = |name: &str, packing: Packing| {
        let mut blobs = Blobs::default();
        let top = blobs.image(&image, packing);
        blobs.layout(&path(name), &top);
        path(name)
    };
    let first = layout("layout", Packing::Gzip);
    let wanted = scanner.seen(first.to_str().unwrap(), AMD, &[]);
    assert_right(&wanted);

    saved(&image, &path("saved"), "localhost/everywhere:1");
    archive(&path("saved"), &path("saved.tar"));
    archive(&first, &path("layout.tar"));
    let mut targets = vec![layout("plain", Packing::Plain)];
    if Packing::Zstd.is_here() {
        targets.push(layout("zstd", Packing::Zstd));
    }
    targets.extend(packed(&path("saved.tar")));
    targets.extend(packed(&path("layout.tar")));
    if has("skopeo") {
        let copied = path("copied.tar");
        let [from, to] = [format!("oci:{}:1", first.display()), format!("docker-archive:{}:x:1", copied.display())];
        output(Command::new("skopeo").args(["--insecure-policy", "copy", "--quiet", &from, &to]));
        targets.push(copied);
    }
    for target in targets {
        assert_same(&target.display().to_string(), &scanner.seen(target.to_str().unwrap(), AMD, &[]), &wanted);
    }
    let home = path("home");
    if has("podman") && Podman(&home).load(&path("saved.tar")) {
        for name in ["localhost/everywhere:1", "containers-storage:localhost/everywhere:1"] {
            let mut seen = scanner.seen(name, AMD, &[("XDG_DATA_HOME", &home)]);
            // A store keeps folders: what only an archive has (its own size and entries) it cannot tell.
            for (layer, wanted) in seen["layers"].as_array_mut().unwrap().iter_mut().zip(wanted["layers"].as_array().unwrap()) {
                for of_archive in ["bytes_unpacked", "entries"] {
                    layer[of_archive] = wanted[of_archive].clone();
                }
            }
            assert_same(name, &seen, &wanted);
        }
    }
}

#[test]
fn an_image_is_the_same_in_a_registry() {
    if !has("docker-registry") {
        return;
    }
    let (scanner, work, (image, _)) = (Scanner::new(), tempfile::tempdir().unwrap(), images());
    let (open, private) = (work.path().join("open"), work.path().join("private"));
    let mut blobs = Blobs::default();
    let top = blobs.image(&image, Packing::Gzip);
    let layout = work.path().join("layout");
    blobs.layout(&layout, &top);
    let wanted = scanner.seen(layout.to_str().unwrap(), AMD, &[]);
    let pinned = top["digest"].as_str().unwrap();

    fs::create_dir_all(&open).unwrap();
    let registry = Registry::start(&open, false);
    registry.push("team/app", "1", &blobs);
    let app = format!("{}/team/app", registry.address);
    for target in [format!("{app}:1"), format!("{app}@{pinned}"), format!("{app}:1@{pinned}"), format!("docker://{app}:1")] {
        assert_same(&target, &scanner.seen(&target, AMD, &[]), &wanted);
    }
    let absent = format!("{app}@sha256:{:064}", 7);
    for (target, platform) in [(absent.as_str(), AMD), (&format!("{app}:2"), AMD), (&format!("{app}:1"), ARM)] {
        refused(&scanner.ask(target, platform, &[]), target);
    }
    // A registry that answers with other bytes than were asked for.
    let stored = open.join("store/docker/registry/v2/blobs/sha256").join(&pinned[7..9]).join(&pinned[7..]).join("data");
    let whole = fs::read(&stored).unwrap();
    fs::write(&stored, String::from_utf8(whole.clone()).unwrap().replace("{\"", "{ \"")).unwrap();
    refused(&scanner.ask(&format!("{app}@{pinned}"), AMD, &[]), "another manifest");
    fs::write(&stored, &whole).unwrap();

    fs::create_dir_all(&private).unwrap();
    let registry = Registry::start(&private, true);
    registry.push("team/app", "1", &blobs);
    let target = format!("{}/team/app:1", registry.address);
    refused(&scanner.ask(&target, AMD, &[]), "nobody signed in");
    let signed_in = |auth: &str| {
        let settings = json!({ "auths": { &registry.address: { "auth": auth } } });
        fs::write(private.join("config.json"), settings.to_string()).unwrap();
    };
    signed_in("ZXZhOndyb25n");
    let wrong = scanner.ask(&target, AMD, &[("DOCKER_CONFIG", &private)]);
    refused(&wrong, "a wrong password");
    signed_in(BASIC);
    let output = scanner.ask(&target, AMD, &[("DOCKER_CONFIG", &private)]);
    let said = stdout(&output) + &stderr(&output);
    assert!(!said.contains(USER.1) && !said.contains(BASIC), "{said}");
    assert_same(&target, &scanner.seen(&target, AMD, &[("DOCKER_CONFIG", &private)]), &wanted);
}

/// Holds that a scan said in one sentence why it could not be done, and what to do.
fn refused(output: &Output, what: &str) {
    assert_eq!(output.status.code(), Some(2), "{what}: {}", stdout(output));
    assert!(stderr(output).contains("hint:"), "{what}: {}", stderr(output));
}

#[test]
fn one_name_for_several_platforms() {
    let (scanner, work, (amd, arm)) = (Scanner::new(), tempfile::tempdir().unwrap(), images());
    let mut blobs = Blobs::default();
    let images = [blobs.image(&amd, Packing::Gzip), blobs.image(&arm, Packing::Gzip)];
    let index = blobs.index(&images);
    let layout = work.path().join("layout");
    blobs.layout(&layout, &index);
    archive(&layout, &work.path().join("layout.tar"));
    let mut targets = vec![layout.clone()];
    let registry = has("docker-registry").then(|| Registry::start(work.path(), false));
    if let Some(registry) = &registry {
        registry.push("team/app", "1", &blobs);
        let digest = index["digest"].as_str().unwrap();
        targets.push(format!("{}/team/app:1@{digest}", registry.address).into());
    }
    for target in targets {
        let target = target.to_str().unwrap();
        for (platform, layers) in [(AMD, 4), (ARM, 3), ("linux/arm64/v8", 3)] {
            let seen = scanner.seen(target, platform, &[]);
            assert_eq!(seen["layers"].as_array().unwrap().len(), layers, "{target} for {platform}");
        }
        refused(&scanner.ask(target, "linux/s390x", &[]), "a platform that is not there");
    }
}

/// The installed packages of a system, as dpkg itself counts them.
fn counted_by_dpkg(root: &Path) -> usize {
    let mut listed = Command::new("dpkg-query");
    listed.arg("--admindir").arg(root.join("var/lib/dpkg")).args(["-W", "-f", "${db:Status-Abbrev}\n"]);
    String::from_utf8(output(&mut listed)).unwrap().lines().filter(|line| line.starts_with("ii")).count()
}

#[test]
fn a_debian_of_today_is_the_same_everywhere() {
    if !std::env::var("VIGIE_TIER").is_ok_and(|tier| tier == "long") {
        skipped("VIGIE_TIER is not `long`");
        return;
    }
    if !["mmdebstrap", "skopeo", "docker-registry"].into_iter().all(has) {
        return;
    }
    let (scanner, work) = (Scanner::new(), tempfile::tempdir().unwrap());
    let root = work.path().join("root");
    let made =
        Command::new("mmdebstrap").args(["--variant=essential", "--include=busybox-static", "bookworm"]).arg(&root).output();
    if !made.as_ref().is_ok_and(|made| made.status.success()) {
        skipped(&format!("mmdebstrap cannot make a Debian here: {made:?}"));
        return;
    }
    let image = Built::of(vec![tar(&root), python(), node(), go()], "amd64");
    let (layout, copied) = (work.path().join("layout"), work.path().join("copied.tar"));
    let mut blobs = Blobs::default();
    let top = blobs.image(&image, Packing::Gzip);
    blobs.layout(&layout, &top);
    let registry = Registry::start(work.path(), false);
    let there = format!("{}/debian/app:1", registry.address);
    let copy = |to: &str| {
        let from = format!("oci:{}:1", layout.display());
        output(Command::new("skopeo").args(["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", &from, to]));
    };
    copy(&format!("docker://{there}"));
    copy(&format!("docker-archive:{}:localhost/debian:1", copied.display()));

    let wanted = scanner.seen(layout.to_str().unwrap(), AMD, &[]);
    let is_of_debian = |it: &&Value| it["path"] == "var/lib/dpkg/status";
    assert_eq!(wanted["components"].as_array().unwrap().iter().filter(is_of_debian).count(), counted_by_dpkg(&root));
    for target in [there.as_str(), copied.to_str().unwrap()] {
        assert_same(target, &scanner.seen(target, AMD, &[]), &wanted);
    }
    let home = work.path().join("home");
    if has("podman") && Podman(&home).load(&copied) {
        let seen = scanner.seen("localhost/debian:1", AMD, &[("XDG_DATA_HOME", &home)]);
        for part in ["findings", "components", "unseen", "image"] {
            assert_same_part("in Podman's store", part, &seen[part], &wanted[part]);
        }
    }
}

#[test]
fn a_layer_that_is_not_what_its_digest_says_is_a_gap() {
    let (scanner, work, (image, _)) = (Scanner::new(), tempfile::tempdir().unwrap(), images());
    let mut blobs = Blobs::default();
    let top = blobs.image(&image, Packing::Plain);
    let third = super::built::digest(&image.layers[2]);
    blobs.blobs.insert(third, image.layers[1].clone());
    blobs.layout(work.path(), &top);
    let seen = scanner.seen(work.path().to_str().unwrap(), AMD, &[]);
    assert_eq!(seen["layers"][2]["complete"], false);
    assert!(!seen["unseen"].as_array().unwrap().is_empty());
    let vulnerable = seen["findings"].to_string();
    assert!(vulnerable.contains("CVE-2026-0004") && !vulnerable.contains("CVE-2026-0002"), "the others count");
}
