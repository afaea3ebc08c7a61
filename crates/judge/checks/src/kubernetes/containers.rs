//! Images, resources and probes of containers.

use super::at::{At, Faults, Field};
use super::pod::{Pod, judged};
use vigie_model::configuration::Piece;
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// The images of a pod that are known and have no digest, with their tags.
fn tagged<'a>(pod: &Pod<'a>, faults: &mut Faults<'a>) -> Vec<(At<'a>, At<'a>, &'a str, Option<&'a str>)> {
    let mut images = Vec::new();
    for container in pod.containers(faults) {
        let at = container.to("image");
        if let Field::Is(image) = faults.text(&at)
            && !image.is_empty()
            && !image.contains('@')
        {
            images.push((container, at, image, tag(image)));
        }
    }
    images
}

fn tag(image: &str) -> Option<&str> {
    image.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
}

/// `latest`, or no tag, which is the same.
pub(crate) fn image_latest_tag(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for (_, at, image, tag) in tagged(pod, faults) {
            if matches!(tag, None | Some("latest" | "")) {
                faults.bad(at, image, "name:version@sha256:…");
            }
        }
    })
}

/// A tag that may name another image tomorrow.
pub(crate) fn image_without_digest(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for (_, at, image, tag) in tagged(pod, faults) {
            if !matches!(tag, None | Some("latest" | "")) {
                faults.bad(at, image, format!("{image}@sha256:…"));
            }
        }
    })
}

/// A moving tag that is not asked for again.
pub(crate) fn image_stale_copy(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for (container, _, image, tag) in tagged(pod, faults) {
            let at = container.to("imagePullPolicy");
            if let Some(policy @ ("IfNotPresent" | "Never")) = faults.text(&at).known()
                && matches!(tag, None | Some("latest" | ""))
            {
                faults.bad(at, format!("{image}, imagePullPolicy: {policy}"), "Always");
            }
        }
    })
}

/// Memory without an upper bound.
pub(crate) fn container_without_memory_limit(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        if pod.spec.to("resources/limits/memory").is_set() {
            return;
        }
        for container in pod.lasting(faults).into_iter().filter(|container| container.to("image").is_set()) {
            let at = container.to("resources/limits/memory");
            if !at.is_set() {
                faults.missing(at, "resources.limits.memory");
            }
        }
    })
}

/// Nothing is set aside for it.
pub(crate) fn container_without_requests(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, |pod, faults| {
        for container in pod.lasting(faults).into_iter().filter(|container| container.to("image").is_set()) {
            for resource in ["cpu", "memory"] {
                // A limit without a request is a request as well.
                let places = [&container, &pod.spec].map(|at| at.to("resources"));
                let set =
                    places.iter().any(|at| at.to("requests").to(resource).is_set() || at.to("limits").to(resource).is_set());
                if !set {
                    faults.missing(container.to("resources/requests").to(resource), format!("resources.requests.{resource}"));
                }
            }
        }
    })
}

/// A server that nobody asks whether it is ready.
pub(crate) fn container_without_probe(piece: &Piece, _: &[Piece]) -> Verdict {
    if !matches!(piece.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet") {
        return Verdict::not_applicable(text!(
            en "the object makes no pods that stay",
            fr "l’objet ne crée pas de pods durables",
            de "das Objekt erzeugt keine dauerhaften Pods"
        ));
    }
    judged(piece, |pod, faults| {
        for container in pod.lasting(faults) {
            let probes = ["readinessProbe", "livenessProbe", "startupProbe"];
            let serves = container.to("image").is_set() && !faults.list(&container.to("ports")).is_empty();
            if serves && !probes.iter().any(|probe| container.to(probe).is_set()) {
                faults.missing(container.to("readinessProbe"), "readinessProbe");
            }
        }
    })
}
