//! Who may do what: roles and their bindings.
//!
//! A rule that allows everything is told once, as such, and not again for each thing it allows. What Kubernetes
//! itself ships (`system:…`, `cluster-admin`, the label `kubernetes.io/bootstrapping`) is as it must be.

use super::at::{At, Faults};
use super::object::{Object, judged};
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

const ROLES: [(&str, &str); 2] = [(GROUP, "ClusterRole"), (GROUP, "Role")];
const CLUSTER_ROLES: [(&str, &str); 1] = [(GROUP, "ClusterRole")];
const BINDINGS: [(&str, &str); 2] = [(GROUP, "ClusterRoleBinding"), (GROUP, "RoleBinding")];
const GROUP: &str = "rbac.authorization.k8s.io";

/// Groups of Kubernetes itself in which `*` is more than an operator's own objects.
const BUILT_IN: [&str; 9] = [
    "",
    "*",
    "admissionregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    GROUP,
];
/// Verbs that only look.
const READ: [&str; 3] = ["get", "list", "watch"];

/// One rule of a role.
struct Rule<'a> {
    at: At<'a>,
    groups: Vec<&'a str>,
    resources: Vec<&'a str>,
    verbs: Vec<&'a str>,
    /// Whether it only holds for objects of some names.
    is_named: bool,
}

impl<'a> Rule<'a> {
    fn has_any(&self, group: &str, resource: &str, verbs: &[&str]) -> bool {
        let below = resource.split_once('/').map(|(_, below)| format!("*/{below}"));
        let of_group = self.groups.iter().any(|it| *it == "*" || *it == group);
        let of_resource = self.resources.iter().any(|it| *it == "*" || *it == resource || below.as_deref() == Some(*it));
        of_group && of_resource && self.verb(verbs).is_some()
    }

    fn verb(&self, verbs: &[&str]) -> Option<&'a str> {
        self.verbs.iter().copied().find(|verb| *verb == "*" || verbs.contains(verb))
    }

    fn is_everything(&self) -> bool {
        [&self.groups, &self.resources, &self.verbs].iter().all(|list| list.contains(&"*"))
    }

    fn shown(&self) -> String {
        let named = if self.is_named { " …" } else { "" };
        format!("{} {}{named}", self.verbs.join(","), self.resources.join(","))
    }
}

/// The rules of a role that is not one of Kubernetes' own.
fn rules<'a>(role: Object<'a>, faults: &mut Faults<'a>) -> Vec<Rule<'a>> {
    let shipped = role.name() == "cluster-admin" || role.name().starts_with("system:");
    if shipped || role.labels().contains_key("kubernetes.io/bootstrapping") {
        return Vec::new();
    }
    let rule = |at: At<'a>| {
        let list = |name: &str| at.to(name).words();
        let resources = list("resources");
        let locator = format!("/rules/{}:{}", list("apiGroups").join(","), resources.join(","));
        let (groups, verbs, is_named) = (list("apiGroups"), list("verbs"), !list("resourceNames").is_empty());
        Rule { at: At { locator, ..at }, groups, resources, verbs, is_named }
    };
    faults.list(&role.at("rules")).into_iter().map(rule).collect()
}

/// Fails for each rule of a role that is bad, and does not allow everything anyway.
fn each<'a>(piece: &'a Piece, kinds: &[(&str, &str)], is_bad: impl Fn(&Rule<'a>) -> bool) -> Verdict {
    judged(piece, kinds, |role, faults| {
        for rule in rules(role, faults) {
            if !rule.is_everything() && is_bad(&rule) {
                let found = rule.shown();
                faults.bad(rule.at, found, "");
            }
        }
    })
}

/// Everything on everything.
pub(crate) fn rbac_role_for_everything(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &ROLES, |role, faults| {
        for rule in rules(role, faults) {
            if rule.is_everything() {
                faults.bad(rule.at, "* *", "");
            }
        }
    })
}

/// `*` among verbs, or changes of `*`, in a group of Kubernetes itself.
pub(crate) fn rbac_wildcard(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &ROLES, |rule| {
        let of_kubernetes = rule.groups.iter().any(|group| BUILT_IN.contains(group));
        let all_verbs = rule.verbs.contains(&"*");
        let changes_all = rule.resources.contains(&"*") && rule.verbs.iter().any(|verb| !READ.contains(verb));
        of_kubernetes && !rule.is_named && (all_verbs || changes_all)
    })
}

/// All secrets of the cluster.
pub(crate) fn rbac_reading_all_secrets(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &CLUSTER_ROLES, |rule| !rule.is_named && rule.has_any("", "secrets", &READ))
}

/// `escalate` and `bind`: rights that somebody does not have.
pub(crate) fn rbac_escalation(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &ROLES, |rule| {
        let verbs = ["escalate", "bind"];
        let said = rule.verbs.iter().any(|verb| verbs.contains(verb)) || rule.verbs.contains(&"*");
        !rule.is_named && said && ["roles", "clusterroles"].iter().any(|role| rule.has_any(GROUP, role, &verbs))
    })
}

/// Being somebody else.
pub(crate) fn rbac_impersonation(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &ROLES, |rule| {
        let whom = [("", "users"), ("", "groups"), ("", "serviceaccounts")];
        let said = rule.verbs.contains(&"impersonate") || rule.verbs.contains(&"*") && !rule.resources.contains(&"*");
        !rule.is_named && said && whom.iter().any(|(group, who)| rule.has_any(group, who, &["impersonate"]))
    })
}

/// A shell in any pod.
pub(crate) fn rbac_shell_in_pods(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &ROLES, |rule| {
        let ways = ["pods/exec", "pods/attach"].iter().any(|way| rule.has_any("", way, &["create", "get"]));
        let looks_only = rule.resources.contains(&"*") && rule.verb(&["create"]).is_none();
        (ways && !looks_only) || rule.has_any("", "pods/ephemeralcontainers", &["update", "patch"])
    })
}

/// The kubelets behind the API server's back.
pub(crate) fn rbac_node_proxy(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &CLUSTER_ROLES, |rule| {
        rule.resources.contains(&"nodes/proxy") && rule.has_any("", "nodes/proxy", &["get", "create"])
    })
}

/// Tokens of other accounts.
pub(crate) fn rbac_token_creation(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &ROLES, |rule| !rule.is_named && rule.has_any("", "serviceaccounts/token", &["create"]))
}

/// Webhooks that see and change every request.
pub(crate) fn rbac_webhook_changes(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &CLUSTER_ROLES, |rule| {
        let kinds = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
        let group = "admissionregistration.k8s.io";
        !rule.is_named && kinds.iter().any(|kind| rule.has_any(group, kind, &["create", "update", "patch"]))
    })
}

/// Certificates for anybody.
pub(crate) fn rbac_certificate_signing(piece: &Piece, _: &[Piece]) -> Verdict {
    each(piece, &CLUSTER_ROLES, |rule| {
        let group = "certificates.k8s.io";
        let signs = rule.has_any(group, "signers", &["sign"]) || rule.has_any(group, "signers", &["approve"]);
        signs && !rule.is_named
    })
}

/// One subject of a binding.
struct Subject<'a> {
    at: At<'a>,
    kind: &'a str,
    name: &'a str,
}

/// Subjects of bindings, without those that Kubernetes itself binds.
fn subjects<'a>(binding: Object<'a>, faults: &mut Faults<'a>) -> Vec<Subject<'a>> {
    if binding.labels().contains_key("kubernetes.io/bootstrapping") || binding.name().starts_with("kubeadm:bootstrap-signer") {
        return Vec::new();
    }
    let subject = |at: At<'a>| {
        let (kind, name) = (at.to("kind").word(), at.to("name").word());
        let locator = format!("/subjects/{kind}/{name}");
        Subject { at: At { locator, ..at }, kind, name }
    };
    faults.list(&binding.at("subjects")).into_iter().map(subject).collect()
}

/// Fails for each subject of a binding that is bad for its role.
fn bound<'a>(piece: &'a Piece, kinds: &[(&str, &str)], is_bad: impl Fn(&Subject<'a>, &str) -> bool) -> Verdict {
    judged(piece, kinds, |binding, faults| {
        let role = binding.at("roleRef/name").word();
        for subject in subjects(binding, faults) {
            if is_bad(&subject, role) {
                faults.bad(subject.at, format!("{} {} → {role}", subject.kind, subject.name), "");
            }
        }
    })
}

/// Somebody may do everything everywhere.
pub(crate) fn rbac_cluster_admin(piece: &Piece, _: &[Piece]) -> Verdict {
    bound(piece, &[(GROUP, "ClusterRoleBinding")], |subject, role| role == "cluster-admin" && subject.name != "system:masters")
}

/// Rights for whoever did not sign in.
pub(crate) fn rbac_rights_for_anonymous(piece: &Piece, _: &[Piece]) -> Verdict {
    bound(piece, &BINDINGS, |subject, role| {
        let open = matches!(role, "system:public-info-viewer" | "kubeadm:bootstrap-signer-clusterinfo");
        !open && matches!(subject.name, "system:anonymous" | "system:unauthenticated")
    })
}

/// Rights for everybody who signed in.
pub(crate) fn rbac_rights_for_everybody(piece: &Piece, _: &[Piece]) -> Verdict {
    bound(piece, &BINDINGS, |subject, role| {
        let open = matches!(role, "system:basic-user" | "system:discovery" | "system:public-info-viewer");
        let issuer = role.starts_with("system:service-account-issuer-discovery");
        !open && !issuer && subject.kind == "Group" && matches!(subject.name, "system:authenticated" | "system:serviceaccounts")
    })
}

/// The group that no rule can refuse anything.
pub(crate) fn rbac_masters_group(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &BINDINGS, |binding, faults| {
        let shipped = binding.name() == "cluster-admin";
        for subject in subjects(binding, faults).into_iter().filter(|it| it.kind == "Group" && it.name == "system:masters") {
            if !shipped {
                faults.bad(subject.at, "Group system:masters", "");
            }
        }
    })
}

/// Rights for every pod of a namespace that did not ask for an account.
pub(crate) fn rbac_rights_for_default_account(piece: &Piece, _: &[Piece]) -> Verdict {
    bound(piece, &BINDINGS, |subject, _| subject.kind == "ServiceAccount" && subject.name == "default")
}
