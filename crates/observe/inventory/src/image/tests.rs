//! Images built in memory, opened as every kind of file, and their facts.

use super::*;
use crate::walk::build::{Builder, gzip};
use serde_json::{Value, json};
use std::fs;

pub(super) const STATUS: &str =
    "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.15-1\nArchitecture: amd64\nSource: openssl\n\n";
pub(super) const CURL: &str = "Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10\nArchitecture: amd64\n\n";
const RELEASE: &str = "ID=debian\nVERSION_ID=\"12\"\n";

/// Layers of an image: the base, one that adds a package, one that removes the base's file of rubbish.
pub(super) fn layers() -> Vec<Vec<u8>> {
    let base = Builder::new()
        .directory("etc")
        .file("usr/lib/os-release", RELEASE)
        .symlink("etc/os-release", "../usr/lib/os-release")
        .file("var/lib/dpkg/status", STATUS)
        .program("usr/bin/su", 0o4755, "x")
        .program("usr/bin/mount", 0o4755, "x")
        .file("rubbish", vec![7; 100_000])
        .file("var/lib/apt/lists/main_Packages", vec![b'x'; 5000])
        .file("var/lib/apt/lists/other_Packages", vec![b'x'; 500]);
    let upper = Builder::new().file("var/lib/dpkg/status", format!("{STATUS}{CURL}")).gone("usr/bin/mount");
    let top = Builder::new().gone("rubbish").gone("var/lib/apt/lists/main_Packages").directory("app");
    [base, upper, top].map(Builder::end).into()
}

fn config(layers: &[Vec<u8>]) -> Value {
    json!({
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z",
        "config": {"User": "app", "Env": ["A=b"], "Entrypoint": ["/app"], "ExposedPorts": {"80/tcp": {}}},
        "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|layer| blobs::digest_of(layer)).collect::<Vec<_>>()},
        "history": [{"created_by": "ADD base"}, {"created_by": "ENV A=b", "empty_layer": true}, {"created_by": "RUN install"}, {"created_by": "RUN clean"}],
    })
}

/// The configuration of an image of these layers.
pub(super) fn config_of(layers: &[Vec<u8>]) -> Vec<u8> {
    serde_json::to_vec(&config(layers)).unwrap()
}

/// Blobs of an OCI image, its manifest last.
pub(super) fn oci_blobs(layers: &[Vec<u8>], pack: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    let config = serde_json::to_vec(&config(layers)).unwrap();
    let packed: Vec<Vec<u8>> = layers.iter().map(|layer| pack(layer)).collect();
    let descriptor = |bytes: &[u8]| json!({"digest": blobs::digest_of(bytes), "size": bytes.len()});
    let manifest = json!({
        "schemaVersion": 2, "config": descriptor(&config), "annotations": {"org.opencontainers.image.base.name": "debian:12"},
        "layers": packed.iter().map(|layer| descriptor(layer)).collect::<Vec<_>>(),
    });
    let mut blobs = packed;
    blobs.push(config);
    blobs.push(serde_json::to_vec(&manifest).unwrap());
    blobs
}

fn index(manifests: &[Value]) -> String {
    json!({"schemaVersion": 2, "manifests": manifests}).to_string()
}

fn entry(manifest: &[u8], name: &str, platform: &str) -> Value {
    let platform: Platform = platform.parse().unwrap();
    json!({"digest": blobs::digest_of(manifest), "size": manifest.len(), "platform": platform,
           "annotations": {"org.opencontainers.image.ref.name": name}})
}

fn write_layout(folder: &Path, blobs: &[Vec<u8>], index: &str) {
    fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
    for blob in blobs {
        fs::write(folder.join("blobs/sha256").join(&blobs::digest_of(blob)[7..]), blob).unwrap();
    }
    fs::write(folder.join("index.json"), index).unwrap();
}

pub(super) fn saved(layers: &[Vec<u8>]) -> Vec<u8> {
    let config = serde_json::to_vec(&config(layers)).unwrap();
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}/layer.tar")).collect();
    let list = json!([{"Config": "c.json", "RepoTags": ["example.org/app:1"], "Layers": names}]).to_string();
    let archive =
        layers.iter().zip(&names).fold(Builder::new().file("c.json", config), |archive, (layer, name)| archive.file(name, layer));
    archive.file("manifest.json", list).end()
}

fn oci_archive(blobs: &[Vec<u8>], index: &str) -> Vec<u8> {
    let archive = blobs.iter().fold(Builder::new().file("index.json", index), |archive, blob| {
        archive.file(&format!("blobs/sha256/{}", &blobs::digest_of(blob)[7..]), blob)
    });
    archive.end()
}

fn facts(path: &Path, context: &Context<'_>) -> ImageFacts {
    let options =
        Options { platform: Some(Platform::default()), scratch: path.parent().map(Path::to_owned), ..Options::default() };
    open(path.to_str().unwrap(), &options).unwrap().read(context)
}

fn said(facts: &ImageFacts) -> Vec<String> {
    let component = |component: &vigie_model::component::Component| {
        let package = &component.package;
        format!("{} {} {} in layer {}", package.ecosystem, package.name, package.version, component.layer.unwrap())
    };
    facts.components.iter().map(component).collect()
}

#[track_caller]
fn check(facts: &ImageFacts) {
    assert_eq!(facts.gaps, []);
    assert_eq!(said(facts), ["Debian:12 curl 7.88.1-10 in layer 1", "Debian:12 libssl3 3.0.15-1 in layer 0"]);
    assert_eq!(facts.elevated.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["usr/bin/su"]);
    assert_eq!(
        facts.waste.iter().map(|waste| (waste.path.as_str(), waste.bytes, waste.layer, waste.hidden_by)).collect::<Vec<_>>(),
        [("rubbish", 100_000, 0, 2)]
    );
    assert_eq!(
        facts.caches.iter().map(|cache| (cache.path.as_str(), cache.bytes)).collect::<Vec<_>>(),
        [("var/lib/apt/lists", 500)]
    );
    assert_eq!(
        facts.layers.iter().map(|layer| layer.created_by.as_str()).collect::<Vec<_>>(),
        ["ADD base", "RUN install", "RUN clean"]
    );
    assert_eq!((facts.config.user.as_str(), &facts.config.ports[..]), ("app", &["80/tcp".to_owned()][..]));
    assert_eq!(facts.layers[0].wasted_bytes, 100_000);
    assert!(facts.layers.iter().all(|layer| layer.complete));
}

#[test]
fn every_form_of_an_image_gives_the_same_facts() {
    let dir = tempfile::tempdir().unwrap();
    let layers = layers();
    let packed = oci_blobs(&layers, &gzip);
    let zstd = oci_blobs(&layers, &|layer| zstd::encode_all(layer, 3).unwrap());
    let one = |blobs: &[Vec<u8>]| index(&[entry(blobs.last().unwrap(), "app:1", "linux/amd64")]);
    write_layout(&dir.path().join("layout"), &packed, &one(&packed));
    write_layout(&dir.path().join("zstd"), &zstd, &one(&zstd));
    let archive = oci_archive(&packed, &one(&packed));
    fs::write(dir.path().join("saved.tar"), saved(&layers)).unwrap();
    fs::write(dir.path().join("saved.tar.gz"), gzip(&saved(&layers))).unwrap();
    fs::write(dir.path().join("oci.tar"), &archive).unwrap();
    fs::write(dir.path().join("oci.tar.zst"), zstd::encode_all(&archive[..], 1).unwrap()).unwrap();
    for name in ["layout", "zstd", "saved.tar", "saved.tar.gz", "oci.tar", "oci.tar.zst"] {
        let facts = facts(&dir.path().join(name), &Context::default());
        check(&facts);
        assert_eq!(facts.digest.is_some(), !name.starts_with("saved"), "{name}");
    }
    assert_eq!(facts(&dir.path().join("saved.tar"), &Context::default()).names, ["example.org/app:1"]);
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 6, "nothing stays behind: {left:?}");
}

#[test]
fn what_is_known_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = oci_blobs(&layers(), &gzip);
    let layout = dir.path().join("layout");
    write_layout(&layout, &blobs, &index(&[entry(blobs.last().unwrap(), "app:1", "linux/amd64")]));
    let cache = dir.path().join("cache");
    let context = Context { cache: Some(&cache), ..Context::default() };
    let first = facts(&layout, &context);
    check(&first);
    for blob in &blobs[..3] {
        fs::remove_file(layout.join("blobs/sha256").join(&blobs::digest_of(blob)[7..])).unwrap();
    }
    assert_eq!(facts(&layout, &context), first);
    let without = facts(&layout, &Context::default());
    assert_eq!((without.gaps.len(), without.components.len()), (3, 0));
    // The same layers under another compression are known by what is in them.
    fs::write(dir.path().join("saved.tar"), saved(&layers())).unwrap();
    let saved = facts(&dir.path().join("saved.tar"), &context);
    assert_eq!(saved.components, first.components);
}

#[test]
fn the_platform_the_name_and_the_digest_choose() {
    let dir = tempfile::tempdir().unwrap();
    let layers = layers();
    let (arm, amd) = (oci_blobs(&layers[..1], &gzip), oci_blobs(&layers, &gzip));
    let entries = [entry(arm.last().unwrap(), "app:1", "linux/arm64"), entry(amd.last().unwrap(), "app:1", "linux/amd64")];
    let nested = index(&entries).into_bytes();
    let nested_entry = json!({"digest": blobs::digest_of(&nested), "size": nested.len(), "annotations": {"org.opencontainers.image.ref.name": "app:1"}});
    let other = entry(arm.last().unwrap(), "other:2", "linux/amd64");
    let layout = dir.path().join("layout");
    let all = [arm.clone(), amd.clone(), vec![nested.clone()]].concat();
    write_layout(&layout, &all, &index(&[nested_entry, other]));
    let opened = |which: &str, platform: &str| {
        let reference = format!("{}{which}", layout.display());
        let options =
            Options { platform: Some(platform.parse().unwrap()), scratch: Some(dir.path().to_owned()), ..Options::default() };
        open(&reference, &options).map(|image| image.digest().unwrap().to_owned())
    };
    let digest = |blobs: &[Vec<u8>]| blobs::digest_of(blobs.last().unwrap());
    assert_eq!(opened("#app:1", "linux/amd64").unwrap(), digest(&amd));
    // The configuration says amd64 although the index says arm64: what it says itself counts.
    assert!(matches!(opened("#app:1", "linux/arm64"), Err(ImageError::NoPlatform { .. })));
    assert_eq!(opened("#other:2", "linux/amd64").unwrap(), digest(&arm));
    assert_eq!(opened(&format!("@{}", digest(&amd)), "linux/amd64").unwrap(), digest(&amd));
    assert!(matches!(opened("", "linux/amd64"), Err(ImageError::WhichImage { names, .. }) if names == ["app:1", "other:2"]));
    assert!(matches!(opened("#app:1", "linux/s390x"), Err(ImageError::NoPlatform { there, .. }) if there.len() == 2));
}

#[test]
fn a_layer_that_is_not_what_its_digest_says_tells_nothing_but_that() {
    let dir = tempfile::tempdir().unwrap();
    let blobs = oci_blobs(&layers(), &gzip);
    let layout = dir.path().join("layout");
    write_layout(&layout, &blobs, &index(&[entry(blobs.last().unwrap(), "app:1", "linux/amd64")]));
    let blob = |number: usize| layout.join("blobs/sha256").join(&blobs::digest_of(&blobs[number])[7..]);
    fs::write(blob(1), gzip(&Builder::new().file("var/lib/dpkg/status", "").end())).unwrap();
    fs::write(blob(2), &blobs[2][..blobs[2].len() - 12]).unwrap();
    let cache = dir.path().join("cache");
    for _ in 0..2 {
        let facts = facts(&layout, &Context { cache: Some(&cache), ..Context::default() });
        assert_eq!(said(&facts), ["Debian:12 libssl3 3.0.15-1 in layer 0"]);
        assert_eq!(facts.gaps.len(), 2, "{:?}", facts.gaps);
        assert!(facts.gaps[0].detail.contains("its bytes hash to sha256:"));
        assert!(facts.gaps[1].detail.contains("cannot be read on"));
        assert_eq!(facts.layers.iter().map(|layer| layer.complete).collect::<Vec<_>>(), [true, false, false]);
    }
    let manifest = layout.join("blobs/sha256").join(&blobs::digest_of(blobs.last().unwrap())[7..]);
    fs::write(manifest, b"{}").unwrap();
    let error = open(layout.to_str().unwrap(), &Options::default()).err().unwrap();
    assert!(matches!(error, ImageError::Damaged { what: "manifest", .. }), "{error:?}");
}

#[test]
fn what_is_no_image_is_said_in_three_languages() {
    use vigie_kit::problem::Explain;
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("text"), "hello").unwrap();
    fs::write(dir.path().join("tar"), Builder::new().file("a", "b").end()).unwrap();
    for name in ["text", "tar", "."] {
        let error = open(dir.path().join(name).to_str().unwrap(), &Options::default()).err().unwrap();
        assert!(matches!(error, ImageError::NotAnImage { .. }), "{name}: {error:?}");
        let problem = error.explain();
        assert!(problem.hint.is_some() && problem.said.de.contains("kein Image"));
    }
    assert!(matches!(open("Not A Name", &Options::default()), Err(ImageError::BadReference { .. })));
}
