//! What can be reached from outside and from other pods.

use super::at::{At, Faults, Field};
use super::object::{Object, judged, selects};
use super::pod::{self, Pod};
use std::collections::BTreeMap;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

const GATEWAY: &str = "gateway.networking.k8s.io";
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Kinds of policies of other makers: who has one knows what they do.
const OTHERS: [&str; 4] =
    ["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy", "ClusterNetworkPolicy"];

/// Annotations by which a cloud's load balancer stays inside.
const INTERNAL: [&str; 6] = [
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "networking.gke.io/load-balancer-type",
    "cloud.google.com/load-balancer-type",
    "service.beta.kubernetes.io/openstack-internal-load-balancer",
];

/// Annotations by which TLS is served although the object has no `tls`.
const TLS_ELSEWHERE: [&str; 5] = [
    "alb.ingress.kubernetes.io/certificate-arn",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "networking.gke.io/managed-certificates",
    "traefik.ingress.kubernetes.io/router.tls",
];

/// Pods of a namespace that no policy chooses; told once for each namespace, at its first workload.
pub(crate) fn network_without_policy(piece: &Piece, around: &[Piece]) -> Verdict {
    pod::judged(piece, |pod, faults| {
        let workload = Object::of(piece);
        let namespace = workload.namespace();
        let labels: BTreeMap<&str, &str> = pod.meta.to("labels").texts().into_iter().collect();
        let covers = |object: Object<'_>| {
            let here = object.is("networking.k8s.io", "NetworkPolicy") && object.namespace() == namespace;
            here && selects(&object.at("spec/podSelector"), &labels) || OTHERS.contains(&object.piece.kind.as_str())
        };
        // Policies do not hold for pods in the node's network.
        let on_node = pod.spec.to("hostNetwork").known() == Some(&true.into());
        let is_workload = |other: &&Piece| Pod::of(other).is_some_and(|pod| pod.is_whole());
        let mut workloads = around.iter().filter(|other| Object::of(other).namespace() == namespace).filter(is_workload);
        let is_first = workloads.next().is_some_and(|first| std::ptr::eq(first, piece) || first == piece);
        if pod.is_whole() && !on_node && is_first && !Object::all(around).any(covers) {
            let locator = "/networkPolicy".to_owned();
            faults.missing(At { locator, ..workload.at("metadata/namespace") }, "NetworkPolicy");
        }
    })
}

/// Rules of a policy over all pods of its namespace that leave nothing out.
fn open_rules<'a>(policy: Object<'a>, direction: &str, peers: &str, faults: &mut Faults<'a>) {
    let whole = policy.at("spec/podSelector/matchLabels").texts().is_empty()
        && policy.at("spec/podSelector/matchExpressions").items().is_empty();
    for rule in faults.list(&policy.at("spec").to(direction)) {
        let peers = rule.to(peers).items();
        let is_everywhere = |peer: &At<'a>| {
            let block = peer.to("ipBlock");
            EVERYWHERE.contains(&block.to("cidr").word()) && block.to("except").words().is_empty()
        };
        let everybody = peers.is_empty() || peers.iter().any(is_everywhere);
        if whole && everybody && rule.to("ports").items().is_empty() {
            let locator = format!("/{direction}");
            faults.bad(At { locator, ..rule }, format!("podSelector: {{}}, {direction}: *"), "");
        }
    }
}

/// A policy that lets everybody in.
pub(crate) fn network_open_ingress(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("networking.k8s.io", "NetworkPolicy")], |policy, faults| open_rules(policy, "ingress", "from", faults))
}

/// A policy that lets everything out.
pub(crate) fn network_open_egress(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("networking.k8s.io", "NetworkPolicy")], |policy, faults| open_rules(policy, "egress", "to", faults))
}

/// A port on every node.
pub(crate) fn network_node_port(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Service")], |service, faults| {
        let at = service.at("spec/type");
        if faults.text(&at) == Field::Is("NodePort") {
            faults.set(at, "NodePort", "ClusterIP");
        }
    })
}

/// A load balancer that anybody may reach.
pub(crate) fn network_public_load_balancer(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Service")], |service, faults| {
        let at = service.at("spec/type");
        let annotations = service.at("metadata/annotations").texts();
        let internal = annotations.iter().any(|(name, value)| {
            let inside = !matches!(value.to_ascii_lowercase().as_str(), "false" | "internet-facing" | "external" | "");
            INTERNAL.contains(name) && inside
        });
        let sources = service.at("spec/loadBalancerSourceRanges").words();
        let limited = !sources.is_empty() && !sources.iter().any(|source| EVERYWHERE.contains(source));
        if faults.text(&at) == Field::Is("LoadBalancer") && !internal && !limited {
            faults.set(at, "LoadBalancer", "loadBalancerSourceRanges");
        }
    })
}

/// Addresses that a service takes from whoever has them.
pub(crate) fn network_external_addresses(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Service")], |service, faults| {
        for (at, address) in faults.words(&service.at("spec/externalIPs")) {
            faults.bad(at, address, "");
        }
    })
}

/// An Ingress in clear text.
pub(crate) fn network_ingress_without_tls(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("networking.k8s.io", "Ingress"), ("extensions", "Ingress")], |ingress, faults| {
        let at = ingress.at("spec/tls");
        let annotations = ingress.at("metadata/annotations").texts();
        let elsewhere = annotations.iter().any(|(name, value)| TLS_ELSEWHERE.contains(name) && *value != "false");
        if faults.list(&at).is_empty() && !elsewhere && faults.unclear.is_empty() {
            faults.missing(at, "tls: [{hosts: […], secretName: …}]");
        }
    })
}

/// An Ingress for any name.
pub(crate) fn network_ingress_for_any_host(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("networking.k8s.io", "Ingress"), ("extensions", "Ingress")], |ingress, faults| {
        for rule in faults.list(&ingress.at("spec/rules")) {
            let host = rule.to("host");
            match faults.text(&host) {
                Field::Absent => faults.missing(At { locator: "/rules/host".into(), ..host }, "host"),
                Field::Is("" | "*") => faults.set(At { locator: "/rules/host".into(), ..host }, "*", "host"),
                Field::Is(_) | Field::Unclear => {}
            }
        }
    })
}

/// Configuration of the proxy in an annotation.
pub(crate) fn network_ingress_snippet(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("networking.k8s.io", "Ingress"), ("extensions", "Ingress")], |ingress, faults| {
        let annotations = ingress.at("metadata/annotations");
        for (name, _) in annotations.texts() {
            if name.starts_with("nginx.") && name.ends_with("-snippet") {
                faults.bad(annotations.member(name), name, "");
            }
        }
    })
}

/// A Gateway that only listens in clear text.
pub(crate) fn network_gateway_without_tls(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[(GATEWAY, "Gateway")], |gateway, faults| {
        let listeners = faults.list(&gateway.at("spec/listeners"));
        let encrypted = listeners.iter().any(|listener| matches!(listener.to("protocol").word(), "HTTPS" | "TLS"));
        for listener in listeners {
            let at = listener.to("protocol");
            if faults.text(&at) == Field::Is("HTTP") && !encrypted {
                faults.set(at, "HTTP", "HTTPS");
            }
        }
    })
}
