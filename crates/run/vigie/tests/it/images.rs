//! Images made for tests: OCI layouts from layers that are given file by file; tar(1) is on every Debian.

use serde_json::{Value, json};
use sha2::Digest;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of a layer: path, mode, content.
pub(crate) type Entry<'a> = (&'a str, u32, &'a str);

/// What an image is made of.
#[derive(Clone, Default)]
pub(crate) struct Making<'a> {
    /// Base first; each with the steps of the history up to and with it, and one for the last that makes nothing.
    pub(crate) layers: Vec<Vec<Entry<'a>>>,
    /// Steps; `+` stands before those that made a layer.
    pub(crate) history: Vec<&'a str>,
    pub(crate) config: Value,
    pub(crate) created: &'a str,
    pub(crate) name: &'a str,
    pub(crate) annotations: Value,
    /// A predicate of SLSA, attached as BuildKit does it; `LAYER0` … stand for digests of layers.
    pub(crate) provenance: Option<(&'a str, Value)>,
}

/// A layout in a folder of its own.
pub(crate) struct Layout(tempfile::TempDir);

impl Layout {
    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn put(&self, bytes: &[u8]) -> (String, usize) {
        let digest: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(self.0.path().join("blobs/sha256").join(&digest), bytes).unwrap();
        (format!("sha256:{digest}"), bytes.len())
    }

    fn put_json(&self, kind: &str, value: &Value) -> Value {
        let (digest, size) = self.put(value.to_string().as_bytes());
        json!({ "mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest, "size": size })
    }
}

/// Makes an image.
pub(crate) fn image(making: &Making<'_>) -> Layout {
    let layout = Layout(tempfile::tempdir().unwrap());
    fs::create_dir_all(layout.0.path().join("blobs/sha256")).unwrap();
    let layers: Vec<(String, usize)> = making.layers.iter().map(|entries| layout.put(&layer(entries))).collect();
    let digests: Vec<&str> = layers.iter().map(|(digest, _)| digest.as_str()).collect();
    let step = |step: &&str| match step.strip_prefix('+') {
        Some(text) => json!({ "created_by": text, "created": making.created }),
        None => json!({ "created_by": step, "empty_layer": true }),
    };
    let config = json!({ "os": "linux", "architecture": "amd64", "config": making.config, "created": making.created,
        "rootfs": { "type": "layers", "diff_ids": digests }, "history": making.history.iter().map(step).collect::<Value>() });
    let tar = |(digest, size): &(String, usize)| json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": size });
    let manifest = json!({ "schemaVersion": 2, "annotations": making.annotations,
        "config": layout.put_json("config.v1+json", &config), "layers": layers.iter().map(tar).collect::<Value>() });
    let mut manifest = layout.put_json("manifest.v1+json", &manifest);
    manifest["annotations"] = json!({ "io.containerd.image.name": making.name });
    manifest["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let mut manifests = vec![manifest.clone()];
    if let Some((kind, predicate)) = &making.provenance {
        manifests.push(attestation(&layout, kind, predicate, &digests, manifest["digest"].as_str().unwrap()));
    }
    let index = json!({ "schemaVersion": 2, "manifests": manifests });
    fs::write(layout.0.path().join("index.json"), index.to_string()).unwrap();
    fs::write(layout.0.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    layout
}

fn attestation(layout: &Layout, kind: &str, predicate: &Value, layers: &[&str], of: &str) -> Value {
    let mut statement =
        json!({ "_type": "https://in-toto.io/Statement/v0.1", "predicateType": kind, "predicate": predicate }).to_string();
    for (number, digest) in layers.iter().enumerate() {
        statement = statement.replace(&format!("LAYER{number}"), digest);
    }
    let (digest, size) = layout.put(statement.as_bytes());
    let statement = json!({ "mediaType": "application/vnd.in-toto+json", "digest": digest, "size": size,
        "annotations": { "in-toto.io/predicate-type": kind } });
    let manifest = json!({ "schemaVersion": 2, "config": layout.put_json("config.v1+json", &json!({})), "layers": [statement] });
    let mut manifest = layout.put_json("manifest.v1+json", &manifest);
    manifest["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    manifest["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of });
    manifest
}

/// The same entries give the same bytes.
fn layer(entries: &[Entry<'_>]) -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    for (path, mode, content) in entries {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
    }
    let folders: Vec<PathBuf> = Vec::from([root.path().to_owned()]);
    folders.iter().for_each(|folder| open_folders(folder));
    let options = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", "-", "."];
    let packed = Command::new("tar").arg("-C").arg(root.path()).args(options).output().unwrap();
    assert!(packed.status.success());
    packed.stdout
}

/// Whatever the caller's umask is.
fn open_folders(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        open_folders(&entry);
    }
}
