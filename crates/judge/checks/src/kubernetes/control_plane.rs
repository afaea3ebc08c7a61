//! How the parts of the control plane are started: arguments of static pods, and the kubelet's own file.

use super::at::{At, Faults, Field};
use super::object;
use super::pod::Pod;
use std::collections::BTreeMap;
use vigie_model::configuration::Piece;
use vigie_model::text;
use vigie_model::verdict::Verdict;

/// The arguments of one program.
struct Flags<'a> {
    /// Where a missing one would stand.
    at: At<'a>,
    set: BTreeMap<&'a str, (&'a str, At<'a>)>,
}

impl<'a> Flags<'a> {
    /// The arguments of a container that runs one of some programs.
    fn of(container: &At<'a>, programs: &[&str]) -> Option<Self> {
        let lists = [container.to("command"), container.to("args")];
        let words: Vec<At<'a>> = lists.iter().flat_map(At::items).collect();
        let is_it = |word: &At<'a>| programs.contains(&word.word().rsplit('/').next().unwrap_or_default());
        let first = words.iter().position(is_it).filter(|place| *place < 3)?;
        let mut set = BTreeMap::new();
        let mut rest = words.into_iter().skip(first + 1).peekable();
        while let Some(at) = rest.next() {
            let Some(flag) = at.word().strip_prefix("--") else { continue };
            let (name, value) = match flag.split_once('=') {
                Some(pair) => pair,
                // `--flag value`, or `--flag` for `true`.
                None => (flag, rest.next_if(|next| !next.word().starts_with("--")).map_or("true", |next| next.word())),
            };
            set.insert(name, (value, At { locator: format!("{}/{name}", container.locator), ..at }));
        }
        Some(Self { at: if lists[1].is_set() { lists[1].clone() } else { lists[0].clone() }, set })
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.set.get(name).map(|(value, _)| *value)
    }

    fn has(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// Where an argument stands, or would.
    fn place(&self, name: &str, container: &At<'a>) -> At<'a> {
        let missing = || At { locator: format!("{}/{name}", container.locator), ..self.at.clone() };
        self.set.get(name).map_or_else(missing, |(_, at)| at.clone())
    }
}

/// Judges the arguments of each container that runs one of some programs. The function names the argument that is
/// bad and what is expected.
fn arguments(piece: &Piece, programs: &[&str], judge: impl Fn(&Flags<'_>) -> Option<(&'static str, &'static str)>) -> Verdict {
    let mut faults = Faults::default();
    let containers = Pod::of(piece).map(|pod| pod.lasting(&mut faults)).unwrap_or_default();
    let mut ran = false;
    for container in containers {
        let Some(flags) = Flags::of(&container, programs) else { continue };
        ran = true;
        if let Some((name, expected)) = judge(&flags) {
            let found = flags.get(name).map_or(String::new(), |value| format!("--{name}={value}"));
            faults.bad(flags.place(name, &container), found, expected);
        }
    }
    if ran {
        return faults.verdict();
    }
    let names = programs.join(", ");
    Verdict::not_applicable(text!(en "it does not run {names}", fr "il n’exécute pas {names}", de "es führt {names} nicht aus"))
}

fn apiserver(piece: &Piece, judge: impl Fn(&Flags<'_>) -> Option<(&'static str, &'static str)>) -> Verdict {
    arguments(piece, &["kube-apiserver"], judge)
}

fn modes<'a>(flags: &Flags<'a>) -> Vec<&'a str> {
    flags.get("authorization-mode").map(|modes| modes.split(',').collect()).unwrap_or_default()
}

/// Everybody may do everything.
pub(crate) fn control_plane_allows_everything(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let open = modes(flags).contains(&"AlwaysAllow") || modes(flags).is_empty() && !flags.has("authorization-config");
        open.then_some(("authorization-mode", "--authorization-mode=Node,RBAC"))
    })
}

/// Rights without `Node` or without `RBAC`.
pub(crate) fn control_plane_incomplete_authorization(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let modes = modes(flags);
        let lacks = !modes.is_empty() && !["Node", "RBAC"].iter().all(|mode| modes.contains(mode));
        lacks.then_some(("authorization-mode", "--authorization-mode=Node,RBAC"))
    })
}

/// Requests without a name.
pub(crate) fn control_plane_anonymous_requests(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let open = flags.get("anonymous-auth") != Some("false") && !flags.has("authentication-config");
        open.then_some(("anonymous-auth", "--anonymous-auth=false"))
    })
}

/// The port without TLS and without sign-in, which servers had until 1.23.
pub(crate) fn control_plane_insecure_port(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let open = flags.get("insecure-port").is_some_and(|port| port != "0");
        let bound = flags.has("insecure-bind-address").then_some(("insecure-bind-address", "--insecure-port=0"));
        if open { Some(("insecure-port", "--insecure-port=0")) } else { bound }
    })
}

/// Passwords and tokens in a file, for ever.
pub(crate) fn control_plane_static_tokens(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        ["token-auth-file", "basic-auth-file"].into_iter().find(|flag| flags.has(flag)).map(|flag| (flag, ""))
    })
}

/// Nobody writes down who did what.
pub(crate) fn control_plane_without_audit_log(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let written = flags.has("audit-log-path") || flags.has("audit-webhook-config-file");
        let name = if flags.has("audit-policy-file") { "audit-log-path" } else { "audit-policy-file" };
        (!written || !flags.has("audit-policy-file")).then_some((name, "--audit-policy-file, --audit-log-path"))
    })
}

/// Secrets as they are on the disk of etcd.
pub(crate) fn control_plane_unencrypted_secrets(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let flag = "encryption-provider-config";
        (!flags.has(flag)).then_some((flag, "--encryption-provider-config=…"))
    })
}

/// etcd in clear text, or whoever says it is etcd.
pub(crate) fn control_plane_plain_etcd(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let servers = flags.get("etcd-servers")?;
        let plain = servers.split(',').any(|server| server.starts_with("http://"));
        let unverified =
            (servers.contains("https://") && !flags.has("etcd-cafile")).then_some(("etcd-cafile", "--etcd-cafile=…"));
        if plain { Some(("etcd-servers", "https://…")) } else { unverified }
    })
}

/// Kubelets that nobody checks.
pub(crate) fn control_plane_unverified_kubelets(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let flag = "kubelet-certificate-authority";
        (!flags.has(flag)).then_some((flag, "--kubelet-certificate-authority=…"))
    })
}

/// Kubelets that may change other nodes.
pub(crate) fn control_plane_unrestricted_kubelets(piece: &Piece, _: &[Piece]) -> Verdict {
    apiserver(piece, |flags| {
        let plugins = |flag: &str| flags.get(flag).unwrap_or_default().split(',').any(|plugin| plugin == "NodeRestriction");
        let flag = "enable-admission-plugins";
        (!plugins(flag) || plugins("disable-admission-plugins")).then_some((flag, "--enable-admission-plugins=NodeRestriction"))
    })
}

/// Profiles of the running program.
pub(crate) fn control_plane_profiling(piece: &Piece, _: &[Piece]) -> Verdict {
    arguments(piece, &["kube-apiserver", "kube-controller-manager", "kube-scheduler"], |flags| {
        (flags.get("profiling") != Some("false")).then_some(("profiling", "--profiling=false"))
    })
}

/// The scheduler and the controller manager on every address.
pub(crate) fn control_plane_open_address(piece: &Piece, _: &[Piece]) -> Verdict {
    arguments(piece, &["kube-controller-manager", "kube-scheduler"], |flags| {
        let open = matches!(flags.get("bind-address"), Some("0.0.0.0" | "::" | ""));
        open.then_some(("bind-address", "--bind-address=127.0.0.1"))
    })
}

/// TLS before 1.2, or ciphers that are broken.
pub(crate) fn control_plane_weak_tls(piece: &Piece, _: &[Piece]) -> Verdict {
    arguments(piece, &["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"], |flags| {
        let old = matches!(flags.get("tls-min-version"), Some("VersionTLS10" | "VersionTLS11" | "TLS1.0" | "TLS1.1"));
        let weak = ["_RC4_", "_3DES_", "_NULL_"];
        let ciphers = ["tls-cipher-suites", "cipher-suites"];
        let bad = |flag: &&str| flags.get(flag).is_some_and(|list| weak.iter().any(|word| list.contains(word)));
        let cipher = ciphers.into_iter().find(bad).map(|flag| (flag, "TLS_…_GCM_…, TLS_…_CHACHA20_…"));
        if old { Some(("tls-min-version", "--tls-min-version=VersionTLS12")) } else { cipher }
    })
}

/// etcd for whoever reaches it.
pub(crate) fn control_plane_open_etcd(piece: &Piece, _: &[Piece]) -> Verdict {
    arguments(piece, &["etcd"], |flags| {
        let remote = |url: &str| url.starts_with("http://") && !url.contains("127.0.0.1") && !url.contains("localhost");
        let plain = flags.get("listen-client-urls").is_some_and(|urls| urls.split(',').any(remote));
        let unasked = (flags.get("client-cert-auth") != Some("true")).then_some(("client-cert-auth", "--client-cert-auth=true"));
        if plain { Some(("listen-client-urls", "https://…")) } else { unasked }
    })
}

const KUBELET: [(&str, &str); 1] = [("kubelet.config.k8s.io", "KubeletConfiguration")];

/// A kubelet that answers anybody.
pub(crate) fn kubelet_anonymous_requests(piece: &Piece, _: &[Piece]) -> Verdict {
    object::judged(piece, &KUBELET, |kubelet, faults| {
        let at = kubelet.at("authentication/anonymous/enabled");
        if faults.flag(&at) == Field::Is(true) {
            faults.set(at, true, "false");
        }
    })
}

/// A kubelet that refuses nobody.
pub(crate) fn kubelet_allows_everything(piece: &Piece, _: &[Piece]) -> Verdict {
    object::judged(piece, &KUBELET, |kubelet, faults| {
        let at = kubelet.at("authorization/mode");
        if faults.text(&at) == Field::Is("AlwaysAllow") {
            faults.set(at, "AlwaysAllow", "Webhook");
        }
    })
}

/// A kubelet that tells of its pods without asking who wants to know.
pub(crate) fn kubelet_read_only_port(piece: &Piece, _: &[Piece]) -> Verdict {
    object::judged(piece, &KUBELET, |kubelet, faults| {
        let at = kubelet.at("readOnlyPort");
        if let Some(port) = faults.number(&at).known().filter(|port| *port != 0) {
            faults.set(at, port, "0");
        }
    })
}
