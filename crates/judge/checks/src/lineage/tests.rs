//! Images as their builders write them, and what is said of their base.

use super::*;
use std::collections::BTreeMap;
use vigie_model::component::Component;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::ids::AssetId;
use vigie_model::image::{HistoryStep, ImageLayer, Platform};
use vigie_model::lineage::Part;
use vigie_model::occurrence::Occurrence;
use vigie_model::package::Package;
use vigie_model::priority::Circumstances;
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Evidence;

/// An image by its steps: `+` before those that make a layer, named a, b, c …
fn image(steps: &[&str]) -> ImageFacts {
    let mut facts = ImageFacts::default();
    for step in steps {
        let layer = step.strip_prefix('+').map(|_| u32::try_from(facts.layers.len()).unwrap());
        let created_by = step.trim_start_matches('+').to_owned();
        facts.config.history.push(HistoryStep { created_by, layer, ..HistoryStep::default() });
        if let Some(number) = layer {
            let name = char::from(b'a' + u8::try_from(number).unwrap());
            facts.layers.push(ImageLayer { diff_id: format!("sha256:{name}"), complete: true, ..ImageLayer::default() });
        }
    }
    facts
}

fn known(name: &str, layers: &str, created: i64) -> KnownImage {
    KnownImage {
        name: name.into(),
        digest: Some(format!("sha256:of {name}")),
        created: Some(Timestamp::from_seconds(created)),
        diff_ids: layers.chars().map(|layer| format!("sha256:{layer}")).collect(),
        steps: None,
        platform: Platform::default(),
    }
}

/// `name by whom, layers by whom, steps`.
fn said(facts: &ImageFacts, known: &[KnownImage]) -> String {
    let (base, _) = base(facts, known);
    let named = base.named_by.map_or("nobody", NamedBy::word);
    let told = base.told_by.map_or("nobody", ToldBy::word);
    format!("{} by {named}, {:?} by {told}, {:?}", base.name.unwrap_or_default(), base.layers, base.steps)
}

const CLASSIC: [&str; 5] = [
    "+/bin/sh -c #(nop) ADD file:8b1e in / ",
    "/bin/sh -c #(nop)  CMD [\"bash\"]",
    "+/bin/sh -c apt-get install -y curl",
    "+/bin/sh -c #(nop) COPY dir:1 in /app",
    "/bin/sh -c #(nop)  CMD [\"/app/run\"]",
];

#[test]
fn the_history_guesses_and_says_so() {
    let guess = |steps: &[&str]| said(&image(steps), &[]);
    assert_eq!(guess(&CLASSIC), " by nobody, Some(1) by history, Some(2)");
    let on_python = [
        "+# debian.sh --arch 'amd64' out/ 'trixie' '@1760000000'",
        "ENV PATH=/usr/local/bin",
        "+RUN /bin/sh -c build python # buildkit",
        "CMD [\"python3\"]",
        "WORKDIR /app",
        "+COPY . /app # buildkit",
        "USER app",
        "ENTRYPOINT [\"python3\", \"app.py\"]",
    ];
    assert_eq!(guess(&on_python), " by nobody, Some(2) by history, Some(4)");
    // A base without what it starts: its root at least.
    assert_eq!(
        guess(&["+ADD rootfs.tar.xz / # buildkit", "+COPY app /app # buildkit"]),
        " by nobody, Some(1) by history, Some(1)"
    );
    // From nothing: a program, or several, or a root and no more.
    assert_eq!(guess(&["+COPY app / # buildkit", "ENTRYPOINT [\"/app\"]"]), " by nobody, None by nobody, None");
    assert_eq!(guess(&["+COPY app /app # buildkit", "+COPY etc /etc # buildkit"]), " by nobody, None by nobody, None");
    assert_eq!(guess(&CLASSIC[..2]), " by nobody, None by nobody, None");
    assert_eq!(guess(&[]), " by nobody, None by nobody, None");
}

#[test]
fn known_images_are_surer_and_the_longest_counts_unless_one_is_named() {
    let facts = image(&CLASSIC);
    let images = [known("debian:12", "a", 1), known("shop/curl:1", "ab", 2), known("app:7", "abc", 3), known("x:1", "b", 4)];
    assert_eq!(said(&facts, &images), "shop/curl:1 by layers, Some(2) by layers, Some(3)");
    let digest =
        |digest: &str| BTreeMap::from([(NAME.to_owned(), "debian:bookworm".to_owned()), (DIGEST.to_owned(), digest.to_owned())]);
    let named = ImageFacts { annotations: digest("sha256:of debian:12"), ..facts.clone() };
    assert_eq!(said(&named, &images), "debian:bookworm by annotation, Some(1) by layers, Some(2)");
    assert_eq!(said(&named, &[]), "debian:bookworm by annotation, Some(1) by history, Some(2)");
    // A label came down from the base, which had it of its own base.
    let mut labelled = facts.clone();
    labelled.config.labels = digest("sha256:of debian:12");
    assert_eq!(said(&labelled, &images[1..]), "shop/curl:1 by layers, Some(2) by layers, Some(3)");
    assert_eq!(said(&labelled, &[]), "debian:bookworm by label, Some(1) by history, Some(2)");
    // An image that adds nothing, or whose layers nobody knows, has no base among the known.
    let empty = KnownImage { name: "empty:1".into(), ..KnownImage::default() };
    assert_eq!(base(&facts, &[known("same:1", "abc", 1), empty]).1, None);
}

#[test]
fn provenance_goes_before_all_others() {
    let source = |name: &str, layers| BuiltFrom { name: name.into(), digest: Some(format!("sha256:of {name}")), layers };
    let built = |from: &[BuiltFrom]| ImageFacts { built_from: from.to_vec(), ..image(&CLASSIC) };
    let exact = built(&[source("golang:1.26", Some(0)), source("debian:12", Some(1))]);
    assert_eq!(said(&exact, &[known("shop/curl:1", "ab", 2)]), "debian:12 by provenance, Some(1) by provenance, Some(2)");
    // Only names: the only one is the base, of two nobody knows which.
    assert_eq!(said(&built(&[source("debian:12", None)]), &[]), "debian:12 by provenance, Some(1) by history, Some(2)");
    let two = built(&[source("debian:12", None), source("golang:1.26", None)]);
    assert_eq!(said(&two, &[]), " by nobody, Some(1) by history, Some(2)");
}

#[test]
fn newer_bases_are_of_the_same_variant_and_were_seen() {
    let all = [
        known("docker.io/library/python:3.12-slim", "ax", 20),
        known("python:3.13-slim", "ay", 10),
        known("python:3.14-slim", "aw", 30),
        known("python:3.15", "az", 40),
        known("python:3-slim", "av", 50),
        known("pypy:3.14-slim", "au", 50),
        known("python:4.0-slim", "at", 5),
        known("python:3.11-slim", "as", 60),
    ];
    let newer_of = |name: &str, base: &KnownImage| -> Vec<String> {
        newer(name, base, &all).into_iter().map(|(step, image)| format!("{} {}", step.word(), image.name)).collect()
    };
    let base = known("python:3.12-slim", "ab", 10);
    let expected = ["rebuild docker.io/library/python:3.12-slim", "minor python:3.14-slim", "major python:4.0-slim"];
    assert_eq!(newer_of("python:3.12-slim", &base), expected);
    // The same tag, but older; and what has no tag.
    assert_eq!(newer_of("python:3.12-slim", &known("", "ab", 25)), expected[1..]);
    assert!(newer_of("python@sha256:77", &base).is_empty() && newer_of("localhost:5000/python", &base).is_empty());
    let days = [known("debian:bookworm-20261101-slim", "x", 2)];
    let step = newer("debian:bookworm-20261001-slim", &base, &days);
    assert_eq!(step.first().map(|(step, _)| *step), Some(Step::Minor));
}

fn package(name: &str) -> Package {
    Package { ecosystem: "Debian:12".into(), name: name.into(), version: "1".into(), architecture: None, source: None }
}

fn found(kind: FindingKind, locator: Locator, proof: (&str, &str, &str)) -> Occurrence {
    let (name, place, quoted) = proof;
    Occurrence {
        identity: Identity { kind, subject: "X".into(), asset: AssetId::of(&["x"]), locator },
        severity: Severity::High,
        circumstances: Circumstances::default(),
        title: String::new(),
        evidence: vec![Evidence { locator: name.into(), place: place.into(), found: quoted.into(), expected: String::new() }],
        vulnerability: None,
        detection: None,
    }
}

#[test]
fn findings_are_of_the_layer_that_brought_them() {
    let mut facts = image(&CLASSIC);
    facts.config.history.insert(1, HistoryStep { created_by: "ENV KEY=1 OTHER=2".into(), ..HistoryStep::default() });
    facts.config.history.push(HistoryStep { created_by: "ENV MINE 3".into(), ..HistoryStep::default() });
    let at = |name: &str, path: &str, layer| Component { layer: Some(layer), ..Component::new(package(name), path) };
    facts.components =
        vec![at("libc6", "status", 0), at("curl", "status", 1), at("left-pad", "a/x", 0), at("left-pad", "b/x", 2)];
    let (base, _) = base(&facts, &[]);
    let of = |found: &Occurrence| {
        let origins = origins(&facts, &base, [found]);
        let origin = origins.get(found.identity.id()).unwrap().clone();
        (origin.from, origin.layers)
    };
    let vulnerable = |name: &str, place: &str| {
        // For distributions the locator names the source package, which no component does.
        found(FindingKind::Vulnerability, Locator::Package("pkg:deb/debian/source".into()), (name, place, &format!("{name} 1")))
    };
    assert_eq!(of(&vulnerable("libc6", "status")), (Some(Part::Base), vec![0]));
    assert_eq!(of(&vulnerable("curl", "status")), (Some(Part::Own), vec![1]));
    assert_eq!(of(&vulnerable("left-pad", "")), (Some(Part::Both), vec![0, 2]));
    assert_eq!(of(&vulnerable("left-pad", "b/x")), (Some(Part::Own), vec![2]));
    let key = |key: &str| Locator::Key(key.into());
    let mistake = |locator: &str, place: &str| found(FindingKind::Misconfiguration, key(locator), (locator, place, ""));
    assert_eq!(of(&mistake("usr/bin/x", "/usr/bin/x (layer 0)")), (Some(Part::Base), vec![0]));
    assert_eq!(of(&mistake("user", "config.User")), (Some(Part::Own), Vec::new()));
    assert_eq!(of(&mistake("OTHER", "config.Env")), (Some(Part::Base), Vec::new()));
    assert_eq!(of(&mistake("ADD", "history 4")), (Some(Part::Own), vec![2]));
    assert_eq!(of(&mistake("debian", "/etc/os-release")), (Some(Part::Base), Vec::new()));
    assert_eq!(of(&mistake("root", "/etc/shadow")).0, None);
    let secret = |locator: &str, place: &str| found(FindingKind::Secret, key(locator), ("", place, ""));
    assert_eq!(of(&secret("environment/KEY/77", "ENV KEY")).0, Some(Part::Base));
    assert_eq!(of(&secret("environment/MINE/77", "ENV MINE")).0, Some(Part::Own));
    assert_eq!(of(&secret("history/77", "history step 3")), (Some(Part::Own), vec![1]));
    let nobody = Base::default();
    let blind = origins(&facts, &nobody, [&vulnerable("curl", "status")]);
    assert_eq!(blind.word(vulnerable("curl", "status").identity.id()), "");
}
