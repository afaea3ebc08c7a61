//! How many pods of a kind there are, and what may stop them at once.

use super::at::Field;
use super::object::{Object, judged, selects};
use super::pod::Pod;
use std::collections::BTreeMap;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

const SERVING: [(&str, &str); 2] = [("apps", "Deployment"), ("apps", "StatefulSet")];

/// Whether something else chooses how many pods a workload has.
fn is_scaled(workload: Object<'_>, around: &[Piece]) -> bool {
    Object::all(around).any(|object| {
        let scales = matches!(object.piece.kind.as_str(), "HorizontalPodAutoscaler" | "ScaledObject");
        scales && object.at("spec/scaleTargetRef/name").word() == workload.name()
    })
}

/// One pod: nobody answers while it moves.
pub(crate) fn workload_single_replica(piece: &Piece, around: &[Piece]) -> Verdict {
    judged(piece, &[("apps", "Deployment")], |workload, faults| {
        let at = workload.at("spec/replicas");
        let one_by_design = workload.at("spec/strategy/type").word() == "Recreate";
        let whole = Pod::of(piece).is_some_and(|pod| pod.is_whole());
        let replicas = faults.number(&at);
        if !whole || one_by_design || is_scaled(workload, around) {
            return;
        }
        match replicas {
            Field::Is(1) => faults.set(at, 1, "≥ 2"),
            Field::Absent => faults.missing(at, "replicas: 2"),
            Field::Is(_) | Field::Unclear => {}
        }
    })
}

/// Several pods that may all stand on one node.
pub(crate) fn workload_on_one_node(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &SERVING, |workload, faults| {
        let spec = workload.at("spec/template/spec");
        let spread = ["affinity/podAntiAffinity", "topologySpreadConstraints"].iter().any(|way| spec.to(way).is_set());
        let several = faults.number(&workload.at("spec/replicas")).known().is_some_and(|replicas| replicas > 1);
        if several && !spread {
            faults.missing(spec.to("topologySpreadConstraints"), "topologySpreadConstraints");
        }
    })
}

/// Several pods that may all be evicted at once.
pub(crate) fn workload_without_disruption_budget(piece: &Piece, around: &[Piece]) -> Verdict {
    judged(piece, &SERVING, |workload, faults| {
        let several = faults.number(&workload.at("spec/replicas")).known().is_some_and(|replicas| replicas > 1);
        let labels: BTreeMap<&str, &str> = workload.at("spec/template/metadata/labels").texts().into_iter().collect();
        let covers = |object: Object<'_>| {
            let same = object.is("policy", "PodDisruptionBudget") && object.namespace() == workload.namespace();
            same && selects(&object.at("spec/selector"), &labels)
        };
        if several && !Object::all(around).any(covers) {
            faults.missing(workload.at("spec/template/metadata/labels"), "PodDisruptionBudget");
        }
    })
}

/// A budget that lets nobody go: no node can be emptied.
pub(crate) fn workload_unmovable(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("policy", "PodDisruptionBudget")], |budget, faults| {
        let is = |at: &super::at::At<'_>, number: i64, share: &str| {
            at.known().is_some_and(|value| value.as_i64() == Some(number) || value.as_str() == Some(share))
        };
        let most = budget.at("spec/maxUnavailable");
        if is(&most, 0, "0%") {
            faults.set(most, 0, "≥ 1");
        }
        let least = budget.at("spec/minAvailable");
        if is(&least, -1, "100%") {
            faults.set(least, "100%", "< 100%");
        }
    })
}

/// Runs of a job that overtake each other.
pub(crate) fn workload_overlapping_runs(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("batch", "CronJob")], |job, faults| {
        let at = job.at("spec/concurrencyPolicy");
        match faults.text(&at) {
            Field::Is("Allow") => faults.set(at, "Allow", "Forbid, Replace"),
            Field::Absent if Pod::of(piece).is_some_and(|pod| pod.is_whole()) => faults.missing(at, "concurrencyPolicy: Forbid"),
            _ => {}
        }
    })
}

/// The namespace that nobody chose.
pub(crate) fn workload_in_default_namespace(piece: &Piece, _: &[Piece]) -> Verdict {
    super::pod::judged(piece, |_, faults| {
        let at = Object::of(piece).at("metadata/namespace");
        if faults.text(&at) == Field::Is("default") {
            faults.set(at, "default", "");
        }
    })
}
