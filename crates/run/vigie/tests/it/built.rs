//! Images put together here, and written in every form in which images travel.
//!
//! Packing is left to tar, gzip and zstd, as everybody's files come from those; what the forms add (manifests, lists,
//! digests) is written out, so that no code of ours stands on both sides.

use serde_json::{Value, json};
use sha2::Digest;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How something is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    const fn program(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    /// Whether this machine can pack so.
    pub(super) fn is_here(self) -> bool {
        self.program().is_none_or(super::peers::is_here)
    }

    /// Packs a file into another.
    pub(super) fn pack(self, from: &Path, to: &Path) {
        let packed = match self.program() {
            None => fs::read(from).unwrap(),
            Some(program) => output(Command::new(program).args(["-q", "-c"]).arg(from)),
        };
        fs::write(to, packed).unwrap();
    }
}

/// What a command writes to its standard output.
pub(super) fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The files of a folder as a layer.
pub(super) fn tar(folder: &Path) -> Vec<u8> {
    output(Command::new("tar").arg("-C").arg(folder).args(["--sort=name", "--format=gnu", "--numeric-owner", "-cf", "-", "."]))
}

pub(super) fn digest(bytes: &[u8]) -> String {
    let hex: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// An image: its layers, uncompressed, and its configuration.
pub(super) struct Built {
    pub(super) layers: Vec<Vec<u8>>,
    config: Vec<u8>,
    architecture: &'static str,
}

impl Built {
    pub(super) fn of(layers: Vec<Vec<u8>>, architecture: &'static str) -> Self {
        let ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let history: Vec<Value> = (0..ids.len())
            .map(|number| json!({ "created": "2026-01-02T03:04:05Z", "created_by": format!("COPY t{number} /") }))
            .collect();
        let config = json!({ "os": "linux", "architecture": architecture, "created": "2026-01-02T03:04:05Z",
            "config": { "Env": ["PATH=/usr/bin"], "Entrypoint": ["/usr/local/bin/app"] },
            "rootfs": { "type": "layers", "diff_ids": ids }, "history": history });
        Self { layers, config: config.to_string().into_bytes(), architecture }
    }
}

/// Blobs by digest, with the documents that point to them.
#[derive(Default)]
pub(super) struct Blobs {
    pub(super) blobs: BTreeMap<String, Vec<u8>>,
    /// The digests of manifests and indexes with their media types, those pointed to first.
    pub(super) documents: Vec<(String, &'static str)>,
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Blobs {
    fn put(&mut self, kind: &str, bytes: Vec<u8>) -> Value {
        let digest = digest(&bytes);
        let descriptor = json!({ "mediaType": kind, "digest": digest, "size": bytes.len() });
        self.blobs.insert(digest, bytes);
        descriptor
    }

    fn put_document(&mut self, kind: &'static str, document: &Value) -> Value {
        let descriptor = self.put(kind, document.to_string().into_bytes());
        self.documents.push((descriptor["digest"].as_str().unwrap().to_owned(), kind));
        descriptor
    }

    /// Takes an image in, its layers packed, and gives the descriptor of its manifest.
    pub(super) fn image(&mut self, image: &Built, packing: Packing) -> Value {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let mut layers = Vec::new();
        for layer in &image.layers {
            fs::write(&from, layer).unwrap();
            packing.pack(&from, &to);
            let kind = match packing {
                Packing::Plain => "application/vnd.oci.image.layer.v1.tar",
                Packing::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
                Packing::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
            };
            layers.push(self.put(kind, fs::read(&to).unwrap()));
        }
        let config = self.put("application/vnd.oci.image.config.v1+json", image.config.clone());
        let manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers });
        let mut descriptor = self.put_document(MANIFEST, &manifest);
        descriptor["platform"] = json!({ "os": "linux", "architecture": image.architecture });
        descriptor
    }

    /// One name for several images.
    pub(super) fn index(&mut self, manifests: &[Value]) -> Value {
        self.put_document(INDEX, &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }))
    }

    /// Writes an OCI layout whose one name is `1`.
    pub(super) fn layout(&self, folder: &Path, top: &Value) {
        fs::create_dir_all(folder.join("blobs/sha256")).unwrap();
        for (digest, bytes) in &self.blobs {
            fs::write(folder.join("blobs").join(digest.replace(':', "/")), bytes).unwrap();
        }
        let mut top = top.clone();
        top["annotations"] = json!({ "org.opencontainers.image.ref.name": "1" });
        fs::write(folder.join("index.json"), json!({ "schemaVersion": 2, "manifests": [top] }).to_string()).unwrap();
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    }
}

/// Writes what `docker save` of a Docker before 25 writes, unpacked.
pub(super) fn saved(image: &Built, folder: &Path, name: &str) {
    fs::create_dir_all(folder).unwrap();
    let config = format!("{}.json", &digest(&image.config)["sha256:".len()..]);
    fs::write(folder.join(&config), &image.config).unwrap();
    let mut layers = Vec::new();
    for (number, layer) in image.layers.iter().enumerate() {
        let path = format!("{number:064x}/layer.tar");
        fs::create_dir_all(folder.join(&path).parent().unwrap()).unwrap();
        fs::write(folder.join(&path), layer).unwrap();
        layers.push(path);
    }
    let list = json!([{ "Config": config, "RepoTags": [name], "Layers": layers }]);
    fs::write(folder.join("manifest.json"), list.to_string()).unwrap();
}
