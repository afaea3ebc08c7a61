//! What is asked before an object enters, and what namespaces demand of their pods.

use super::at::{At, Faults, Field};
use super::object::{Object, judged};
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

const GROUP: &str = "admissionregistration.k8s.io";
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

fn webhooks<'a>(configuration: Object<'a>, faults: &mut Faults<'a>) -> Vec<At<'a>> {
    faults.list(&configuration.at("webhooks"))
}

/// A guard that lets everything through while it is away.
pub(crate) fn admission_ignored_failure(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[(GROUP, "ValidatingWebhookConfiguration"), (GROUP, "ValidatingAdmissionPolicy")], |guard, faults| {
        let mut places: Vec<At<'_>> = webhooks(guard, faults).iter().map(|webhook| webhook.to("failurePolicy")).collect();
        places.push(guard.at("spec/failurePolicy"));
        for at in places {
            if faults.text(&at) == Field::Is("Ignore") {
                faults.set(at, "Ignore", "Fail");
            }
        }
    })
}

/// A guard without which nothing at all can be changed any more.
pub(crate) fn admission_webhook_for_everything(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(
        piece,
        &[(GROUP, "ValidatingWebhookConfiguration"), (GROUP, "MutatingWebhookConfiguration")],
        |configuration, faults| {
            for webhook in webhooks(configuration, faults) {
                let empty = |member: &str| {
                    let at = webhook.to(member);
                    at.known().is_none_or(|value| value.as_object().is_some_and(serde_json::Map::is_empty))
                };
                let open = empty("namespaceSelector") && empty("objectSelector") && !webhook.to("matchConditions").is_set();
                let all = |rule: &At<'_>| {
                    ["apiGroups", "resources"].iter().all(|list| rule.to(list).words().iter().any(|it| it.starts_with('*')))
                };
                let wide = webhook.to("rules").items().iter().any(all);
                let strict = faults.text(&webhook.to("failurePolicy")).known() != Some("Ignore");
                if open && wide && strict {
                    faults.bad(webhook.to("rules"), "*/*", "namespaceSelector");
                }
            }
        },
    )
}

/// A policy that refuses nothing.
pub(crate) fn admission_policy_without_refusal(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[(GROUP, "ValidatingAdmissionPolicyBinding")], |binding, faults| {
        let at = binding.at("spec/validationActions");
        let actions = faults.words(&at);
        if !actions.is_empty() && !actions.iter().any(|(_, action)| *action == "Deny") {
            let found: Vec<&str> = actions.iter().map(|(_, action)| *action).collect();
            faults.set(at, found.join(", "), "Deny");
        }
    })
}

/// A namespace that asks nothing of its pods.
pub(crate) fn admission_namespace_without_standard(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Namespace")], |namespace, faults| {
        let at = namespace.at("metadata/labels").member(ENFORCE);
        if faults.text(&at) == Field::Absent && !is_of_system(namespace) {
            faults.missing(at, format!("{ENFORCE}: baseline, restricted"));
        }
    })
}

/// A namespace that allows its pods everything, and says so.
pub(crate) fn admission_privileged_namespace(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Namespace")], |namespace, faults| {
        let at = namespace.at("metadata/labels").member(ENFORCE);
        if faults.text(&at) == Field::Is("privileged") && !is_of_system(namespace) {
            faults.set(at, "privileged", "baseline, restricted");
        }
    })
}

fn is_of_system(namespace: Object<'_>) -> bool {
    matches!(namespace.name(), "kube-system" | "kube-public" | "kube-node-lease")
}
