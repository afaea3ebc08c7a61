//! Versions of the API that are gone (<https://kubernetes.io/docs/reference/using-api/deprecation-guide/>).

use super::object::Object;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

/// Version, kinds (all of them where empty), the minor release of Kubernetes 1.x without it, what took its place.
const REMOVED: &[(&str, &[&str], u16, &str)] = &[
    ("extensions/v1beta1", &["Deployment", "DaemonSet", "ReplicaSet"], 16, "apps/v1"),
    ("extensions/v1beta1", &["NetworkPolicy"], 16, "networking.k8s.io/v1"),
    ("extensions/v1beta1", &["PodSecurityPolicy"], 16, "pod-security.kubernetes.io/enforce"),
    ("extensions/v1beta1", &["Ingress"], 22, "networking.k8s.io/v1"),
    ("apps/v1beta1", &[], 16, "apps/v1"),
    ("apps/v1beta2", &[], 16, "apps/v1"),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 22, "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", &[], 22, "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", &[], 22, "rbac.authorization.k8s.io/v1"),
    (
        "admissionregistration.k8s.io/v1beta1",
        &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"],
        22,
        "admissionregistration.k8s.io/v1",
    ),
    ("apiextensions.k8s.io/v1beta1", &[], 22, "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", &[], 22, "apiregistration.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 22, "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", &["Lease"], 22, "coordination.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", &[], 22, "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 22, "storage.k8s.io/v1"),
    ("batch/v1beta1", &["CronJob"], 25, "batch/v1"),
    ("discovery.k8s.io/v1beta1", &[], 25, "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", &[], 25, "events.k8s.io/v1"),
    ("autoscaling/v2beta1", &[], 25, "autoscaling/v2"),
    ("policy/v1beta1", &["PodDisruptionBudget"], 25, "policy/v1"),
    ("policy/v1beta1", &["PodSecurityPolicy"], 25, "pod-security.kubernetes.io/enforce"),
    ("node.k8s.io/v1beta1", &[], 25, "node.k8s.io/v1"),
    ("autoscaling/v2beta2", &[], 26, "autoscaling/v2"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", &[], 26, "flowcontrol.apiserver.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 27, "storage.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", &[], 29, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", &[], 32, "flowcontrol.apiserver.k8s.io/v1"),
];

/// An object that newer servers do not know any more.
pub(crate) fn object_removed_version(piece: &Piece, _: &[Piece]) -> Verdict {
    let object = Object::of(piece);
    let mut faults = super::at::Faults::default();
    let is_it = |(version, kinds, ..): &&(&str, &[&str], u16, &str)| {
        *version == object.version() && (kinds.is_empty() || kinds.contains(&piece.kind.as_str()))
    };
    if let Some((version, _, minor, instead)) = REMOVED.iter().find(is_it) {
        faults.bad(object.at("apiVersion"), format!("{version} {} (–1.{})", piece.kind, minor - 1), *instead);
    }
    faults.verdict()
}
