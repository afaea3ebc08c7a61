//! What a build says it was made from: provenance that BuildKit attaches to an image.
//!
//! An index names, beside an image, a manifest with the annotation `vnd.docker.reference.type: attestation-manifest`;
//! its layers are in-toto statements, of which those with a SLSA predicate (v0.2, v1) list the images that the build
//! used. With `mode=max` they also list the layers of each, so that the base is known exactly: the image whose layers
//! are the lowest of the built one. Formats: <https://github.com/moby/buildkit/blob/master/docs/attestations>.
//!
//! Signatures are not checked here: what is said is told as said. Holds: foreign bytes never panic, and what cannot be
//! read is a gap.

use super::blobs::{Blobs, read_small};
use super::oci::{Descriptor, MANIFEST_BYTES_MAX, or_default, parse_document};
use serde::Deserialize;
use std::collections::BTreeMap;
use vigie_model::image::BuiltFrom;
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::purl::Purl;

/// The largest statement that is read; `mode=max` carries the sources of the build.
const STATEMENT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most statements of one image that are read.
const STATEMENTS_MAX: usize = 8;
/// The most images that a build is believed to be made from.
const SOURCES_MAX: usize = 200;
/// The most steps that are looked through.
const STEPS_MAX: usize = 10_000;

const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";
const SLSA: &str = "https://slsa.dev/provenance/";
/// Images that BuildKit itself runs to build: nothing of them is in what is built.
const TOOLS: [&str; 4] =
    ["docker/dockerfile", "docker/dockerfile-upstream", "docker/buildkit-syft-scanner", "docker/scout-sbom-indexer"];

/// The attestations of an index.
pub(crate) fn attestations(manifests: &[Descriptor]) -> Vec<Descriptor> {
    let attached = |it: &&Descriptor| it.annotations.get(REFERENCE_TYPE).is_some_and(|kind| kind == "attestation-manifest");
    manifests.iter().filter(attached).cloned().collect()
}

/// Reads what is attached to the image of this digest, whose layers are stored under these digests.
pub(crate) fn read(
    reference: &str,
    digest: &str,
    stored: &[&str],
    attestations: &[Descriptor],
    blobs: &dyn Blobs,
) -> (Vec<BuiltFrom>, Vec<Gap>) {
    let (mut sources, mut gaps) = (Vec::new(), Vec::new());
    let ours = attestations.iter().filter(|it| it.annotations.get(REFERENCE_DIGEST).is_some_and(|of| of == digest));
    for attestation in ours.take(STATEMENTS_MAX) {
        match statements(reference, attestation, stored, blobs) {
            Ok(found) => sources.extend(found),
            Err(why) => gaps.push(Gap::new(format!("provenance {}", attestation.digest), Obstacle::Unreadable, why)),
        }
    }
    sources.sort_unstable();
    sources.dedup();
    (sources, gaps)
}

fn statements(reference: &str, attestation: &Descriptor, stored: &[&str], blobs: &dyn Blobs) -> Result<Vec<BuiltFrom>, String> {
    let bytes = read_small(blobs, attestation, MANIFEST_BYTES_MAX, reference, "manifest").map_err(|error| error.to_string())?;
    let manifest = parse_document(&bytes).map_err(|error| error.to_string())?;
    let is_slsa = |it: &&Descriptor| it.annotations.get(PREDICATE_TYPE).is_some_and(|kind| kind.starts_with(SLSA));
    let mut sources = Vec::new();
    for statement in manifest.layers.iter().filter(is_slsa).take(STATEMENTS_MAX) {
        let bytes =
            read_small(blobs, statement, STATEMENT_BYTES_MAX, reference, "provenance").map_err(|error| error.to_string())?;
        sources.extend(parse(&bytes, stored).map_err(|error| error.to_string())?);
    }
    Ok(sources)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Statement {
    #[serde(deserialize_with = "or_default")]
    predicate: Predicate,
}

/// v0.2 has its members here, v1 in its two halves.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Predicate {
    #[serde(deserialize_with = "or_default")]
    materials: Vec<Material>,
    #[serde(deserialize_with = "or_default")]
    build_config: BuildConfig,
    #[serde(deserialize_with = "or_default")]
    metadata: Metadata,
    #[serde(deserialize_with = "or_default")]
    build_definition: BuildDefinition,
    #[serde(deserialize_with = "or_default")]
    run_details: RunDetails,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BuildDefinition {
    #[serde(deserialize_with = "or_default")]
    resolved_dependencies: Vec<Material>,
    #[serde(deserialize_with = "or_default")]
    internal_parameters: InternalParameters,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InternalParameters {
    #[serde(deserialize_with = "or_default")]
    build_config: BuildConfig,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RunDetails {
    #[serde(deserialize_with = "or_default")]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(
        rename = "buildkit_metadata",
        alias = "https://mobyproject.org/buildkit@v1#metadata",
        deserialize_with = "or_default"
    )]
    buildkit: BuildKit,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BuildKit {
    /// Of an output of a step (`step0:0`): chains of layers, each from the lowest to the top.
    #[serde(deserialize_with = "or_default")]
    layers: BTreeMap<String, Vec<Vec<Descriptor>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Material {
    #[serde(deserialize_with = "or_default")]
    uri: String,
    #[serde(deserialize_with = "or_default")]
    digest: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BuildConfig {
    #[serde(deserialize_with = "or_default")]
    llb_definition: Vec<Step>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    op: Op,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Op {
    #[serde(rename = "Op", deserialize_with = "or_default")]
    kind: OpKind,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OpKind {
    #[serde(deserialize_with = "or_default")]
    source: Source,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    #[serde(deserialize_with = "or_default")]
    identifier: String,
}

/// The images that a statement names; `stored` are the layers of what was built, base first, as they are stored.
///
/// # Errors
/// When it is no JSON of that form.
pub fn parse(bytes: &[u8], stored: &[&str]) -> Result<Vec<BuiltFrom>, serde_json::Error> {
    let predicate = serde_json::from_slice::<Statement>(bytes)?.predicate;
    let materials = predicate.materials.iter().chain(&predicate.build_definition.resolved_dependencies);
    let mut sources: Vec<BuiltFrom> = materials.filter_map(material).take(SOURCES_MAX).collect();
    let layers = [&predicate.metadata.buildkit.layers, &predicate.run_details.metadata.buildkit.layers];
    let configs = [&predicate.build_config, &predicate.build_definition.internal_parameters.build_config];
    for step in configs.into_iter().flat_map(|config| &config.llb_definition).take(STEPS_MAX) {
        let Some(found) = step.image() else { continue };
        let output = format!("{}:0", step.id);
        let chains = layers.iter().filter_map(|layers| layers.get(&output)).flatten();
        let lowest = chains.map(|chain| lowest(chain, stored)).max();
        let same = |it: &BuiltFrom| it.digest.is_some() && it.digest == found.digest || it.name == found.name;
        let known = sources.iter().position(same);
        if let Some(known) = known.and_then(|place| sources.get_mut(place)) {
            known.layers = known.layers.max(lowest);
        } else if sources.len() < SOURCES_MAX {
            sources.push(BuiltFrom { layers: lowest, ..found });
        }
    }
    sources.retain(|source| source.layers.is_some_and(|layers| layers > 0) || !is_tool(&source.name));
    sources.sort_unstable();
    sources.dedup();
    Ok(sources)
}

/// How many of the stored layers a chain is, all of it counting; 0 when it is something else.
fn lowest(chain: &[Descriptor], stored: &[&str]) -> u32 {
    let same = chain.len() <= stored.len() && chain.iter().zip(stored).all(|(layer, stored)| layer.digest == *stored);
    if same { u32::try_from(chain.len()).unwrap_or(u32::MAX) } else { 0 }
}

/// An image among the materials; sources and downloads are no images.
fn material(material: &Material) -> Option<BuiltFrom> {
    let purl = Purl::parse(&material.uri).filter(|purl| purl.kind == "docker" || purl.kind == "oci")?;
    let path = if purl.namespace.is_empty() { purl.name.clone() } else { format!("{}/{}", purl.namespace, purl.name) };
    let digest = material.digest.get("sha256").filter(|hex| super::oci::is_sha256(&format!("sha256:{hex}")));
    let is_tag = !purl.version.is_empty() && !purl.version.starts_with("sha256:");
    Some(BuiltFrom {
        name: familiar(&if is_tag { format!("{path}:{}", purl.version) } else { path }),
        digest: digest.map(|hex| format!("sha256:{hex}")),
        layers: None,
    })
}

impl Step {
    /// The image that the step fetches.
    fn image(&self) -> Option<BuiltFrom> {
        let reference = self.op.kind.source.identifier.strip_prefix("docker-image://")?;
        let (name, digest) = reference.split_once('@').unwrap_or((reference, ""));
        let digest = Some(digest.to_owned()).filter(|digest| super::oci::is_sha256(digest));
        Some(BuiltFrom { name: familiar(name), digest, layers: None })
    }
}

/// A name as people write it, fit to be shown.
fn familiar(name: &str) -> String {
    const LENGTH: usize = 300;
    let short = name.strip_prefix("docker.io/library/").or_else(|| name.strip_prefix("docker.io/")).unwrap_or(name);
    short.chars().filter(|char| !char.is_control()).take(LENGTH).collect()
}

fn is_tool(name: &str) -> bool {
    TOOLS.iter().any(|tool| name.strip_prefix(tool).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const HEX: &str = "8914eb54f968791faf6a8638949e480fef81e697984fba772b3976835194c6d4";

    fn said(statement: &Value, stored: &[&str]) -> Vec<String> {
        let sources = parse(statement.to_string().as_bytes(), stored).unwrap();
        let digest = |it: &BuiltFrom| it.digest.as_deref().map_or(String::new(), |digest| format!("@{}", &digest[7..11]));
        sources.iter().map(|it| format!("{}{} {:?}", it.name, digest(it), it.layers)).collect()
    }

    fn definition() -> Value {
        let source = |id: &str, name: &str| json!({"id": id, "op": {"Op": {"source": {"identifier": name}}, "platform": {}}});
        json!({"llbDefinition": [
            source("step0", &format!("docker-image://docker.io/library/alpine:3.17@sha256:{HEX}")),
            source("step1", "docker-image://docker.io/library/golang:1.26"),
            source("step2", "local://context"),
            {"id": "step3", "op": {"Op": {"exec": {"meta": {"args": ["sh"]}}}}, "inputs": ["step0:0"]},
        ]})
    }

    fn layers() -> Value {
        json!({"step0:0": [[{"digest": "sha256:a", "size": 1}, {"digest": "sha256:b"}]], "step1:0": [[{"digest": "sha256:g"}]]})
    }

    fn materials() -> Value {
        json!([
            {"uri": "pkg:docker/docker/dockerfile@1", "digest": {"sha256": HEX.replace('8', "9")}},
            {"uri": "pkg:docker/alpine@3.17?platform=linux%2Famd64", "digest": {"sha256": HEX}},
            {"uri": "pkg:docker/golang@1.26?platform=linux%2Famd64", "digest": {"sha256": HEX.replace('8', "7")}},
            {"uri": "https://example.org/src.git#refs/tags/v1", "digest": {"sha1": "4b22"}},
        ])
    }

    #[test]
    fn both_forms_of_provenance_tell_the_base_by_its_layers() {
        let old = json!({"predicateType": "https://slsa.dev/provenance/v0.2", "predicate": {"materials": materials(),
            "buildConfig": definition(), "metadata": {"https://mobyproject.org/buildkit@v1#metadata": {"layers": layers()}}}});
        let new = json!({"predicateType": "https://slsa.dev/provenance/v1", "predicate": {
            "buildDefinition": {"resolvedDependencies": materials(), "internalParameters": {"buildConfig": definition()}},
            "runDetails": {"metadata": {"buildkit_metadata": {"layers": layers()}}}}});
        let expected = ["alpine:3.17@8914 Some(2)", "golang:1.26@7914 Some(0)"];
        let stored = ["sha256:a", "sha256:b", "sha256:c"];
        assert_eq!(said(&old, &stored), expected);
        assert_eq!(said(&new, &stored), expected);
        // Layers of something else are not the base's.
        assert_eq!(said(&old, &stored[1..])[0], "alpine:3.17@8914 Some(0)");
    }

    #[test]
    fn the_short_form_names_images_without_their_layers_and_leaves_tools_out() {
        let short = json!({"predicate": {"materials": materials(), "buildConfig": null, "metadata": null}});
        assert_eq!(said(&short, &["sha256:a"]), ["alpine:3.17@8914 None", "golang:1.26@7914 None"]);
        assert!(said(&json!({"predicate": {}}), &[]).is_empty());
        assert!(parse(b"[", &[]).is_err());
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(parse(&bytes, &["sha256:a"]));
        }
    }
}
