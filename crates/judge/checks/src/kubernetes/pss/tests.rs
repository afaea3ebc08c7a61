//! Pods and what each level and version says of them: a few of ours, and those of the project that wrote the rules.

use super::{CONTROLS, Level, Policy, Version, judge};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vigie_inventory::configuration;
use vigie_model::configuration::Piece;

fn pieces(text: &str) -> Vec<Piece> {
    configuration::read("pod.yaml", text.as_bytes()).unwrap()
}

/// What a policy says of a pod: its controls with container, field and line.
fn said(policy: &str, spec: &str) -> Vec<String> {
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{spec}");
    let report = judge(&pieces(&text)[0], policy.parse().unwrap()).unwrap();
    let violations = report.violations.iter().map(|it| format!("{} {} {}:{}", it.control, it.container, it.field, it.line));
    violations.chain(report.unclear.iter().map(|it| format!("? {}:{}", it.field, it.line))).collect()
}

/// The versions at which a policy of a level forbids a pod, as ranges.
fn versions(level: Level, spec: &str) -> String {
    let text = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n{spec}");
    let piece = &pieces(&text)[0];
    let forbids = |minor: u16| {
        let report = judge(piece, Policy { level, version: Version::minor(minor) }).unwrap();
        assert!(report.unclear.is_empty(), "{:?}", report.unclear);
        !report.violations.is_empty()
    };
    let latest = !judge(piece, Policy { level, version: Version::LATEST }).unwrap().violations.is_empty();
    assert_eq!(forbids(99), latest);
    let edges = (0..=99).filter(|minor| forbids(*minor) != (*minor > 0 && forbids(minor - 1)));
    edges.map(|minor| minor.to_string()).collect::<Vec<_>>().join("-")
}

#[test]
fn policies_are_written_as_in_labels() {
    let shown = |text: &str| text.parse::<Policy>().map(|policy| policy.to_string()).map_err(|error| error.to_string());
    assert_eq!(shown("restricted"), Ok("restricted@latest".into()));
    assert_eq!(shown("baseline@v1.0"), Ok("baseline@v1.0".into()));
    for wrong in [
        "",
        "Restricted",
        "baseline@",
        "baseline@1.30",
        "baseline@v1.030",
        "baseline@v2.0",
        "baseline@v1.+3",
        "baseline@v1.65535",
    ] {
        assert!(shown(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_violation_says_where() {
    let spec = "  containers:\n  - name: web\n    image: web\n    ports:\n    - containerPort: 80\n      hostPort: 80\n    securityContext:\n      privileged: true\n";
    assert_eq!(
        said("baseline", spec),
        [
            "hostPorts web spec.containers[0].ports[0].hostPort:10",
            "privileged web spec.containers[0].securityContext.privileged:12"
        ]
    );
    assert_eq!(said("privileged", spec), Vec::<String>::new());
}

#[test]
fn what_no_server_takes_is_unclear() {
    let spec = "  hostNetwork: ${HOST}\n  hostPID: 'true'\n  containers: [{name: a, image: a}]\n";
    assert_eq!(said("baseline@v1.30", spec), ["? spec.hostNetwork:5", "? spec.hostPID:6"]);
}

#[test]
fn controls_change_with_the_version() {
    use Level::{Baseline, Restricted};
    let container = |context: &str| format!("  containers: [{{name: a, image: a, securityContext: {{{context}}}}}]\n");
    let strict = "runAsNonRoot: true, allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}, capabilities: {drop: [ALL]}";
    assert_eq!(versions(Restricted, &container(strict)), "");
    assert_eq!(versions(Restricted, &container("runAsNonRoot: true")), "8");
    assert_eq!(versions(Restricted, &container("runAsNonRoot: true, allowPrivilegeEscalation: false")), "19");
    let seccomp = "runAsNonRoot: true, allowPrivilegeEscalation: false, seccompProfile: {type: Localhost}";
    assert_eq!(versions(Restricted, &container(seccomp)), "22");
    assert_eq!(versions(Restricted, &container(&format!("{strict}, runAsUser: 0"))), "23");
    let own_users = format!("  hostUsers: false\n{}", container(&strict.replace("runAsNonRoot: true", "runAsUser: 0")));
    assert_eq!(versions(Restricted, &own_users), "0-35");
    let windows = format!("  os: {{name: windows}}\n{}", container("runAsNonRoot: true"));
    assert_eq!(versions(Restricted, &windows), "8-25");
    assert_eq!(versions(Baseline, &container("procMount: Unmasked")), "0");
    let own_proc = format!("  hostUsers: false\n{}", container(&format!("{strict}, procMount: Unmasked")));
    assert_eq!((versions(Baseline, &own_proc), versions(Restricted, &own_proc)), ("0-35".into(), "0".into()));
    assert_eq!(versions(Baseline, &container("seLinuxOptions: {type: container_engine_t}")), "0-31");
    assert_eq!(versions(Baseline, &container("seccompProfile: {type: Unconfined}")), "19");
    assert_eq!(versions(Baseline, &container("seccompProfile: {}")), "19");
    let probe = "  containers: [{name: a, image: a, livenessProbe: {tcpSocket: {host: 10.0.0.1, port: 1}}}]\n";
    assert_eq!(versions(Baseline, probe), "34");
    for (sysctl, expected) in [
        ("net.ipv4.ping_group_range", ""),
        ("net.ipv4.ip_local_reserved_ports", "0-27"),
        ("net.ipv4.tcp_fin_timeout", "0-29"),
        ("net.ipv4.tcp_wmem", "0-32"),
        ("net.ipv4.tcp_notsent_lowat", "0-37"),
        ("kernel.msgmax", "0"),
    ] {
        let spec = format!("  securityContext: {{sysctls: [{{name: {sysctl}, value: '1'}}]}}\n  containers: []\n");
        assert_eq!(versions(Baseline, &spec), expected, "{sysctl}");
    }
    let volume = |volume: &str| format!("  containers: []\n  volumes: [{{name: v, {volume}}}]\n");
    assert_eq!(versions(Restricted, &volume("nfs: {server: a, path: /}")), "0");
    assert_eq!(versions(Baseline, &volume("nfs: {server: a, path: /}")), "");
    assert_eq!(versions(Restricted, &volume("emptyDir: {}, hostPath: null")), "");
    assert_eq!(versions(Baseline, &volume("hostPath: {path: /}")), "0");
}

#[test]
fn annotations_count_where_they_did() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    container.apparmor.security.beta.kubernetes.io/a: unconfined\n    \
        container.seccomp.security.alpha.kubernetes.io/a: unconfined\nspec: {containers: [{name: a, image: a}]}\n";
    let said = |policy: &str| {
        let report = judge(&pieces(text)[0], policy.parse().unwrap()).unwrap();
        report.violations.iter().map(|it| format!("{} {}", it.control, it.field)).collect::<Vec<_>>()
    };
    let app_armor = "appArmorProfile metadata.annotations[\"container.apparmor.security.beta.kubernetes.io/a\"]";
    let seccomp = "seccompProfile_baseline metadata.annotations[\"container.seccomp.security.alpha.kubernetes.io/a\"]";
    assert_eq!(said("baseline@v1.18"), [app_armor, seccomp]);
    assert_eq!(said("baseline"), [app_armor]);
}

#[test]
fn templates_of_all_workloads_are_judged() {
    let template = "{spec: {hostIPC: true, containers: []}}";
    for (version, kind, body, field) in [
        ("v1", "PodTemplate", format!("template: {template}"), "template.spec.hostIPC"),
        ("v1", "ReplicationController", format!("spec: {{template: {template}}}"), "spec.template.spec.hostIPC"),
        ("apps/v1", "Deployment", format!("spec: {{template: {template}}}"), "spec.template.spec.hostIPC"),
        ("apps/v1", "ReplicaSet", format!("spec: {{template: {template}}}"), "spec.template.spec.hostIPC"),
        ("apps/v1", "DaemonSet", format!("spec: {{template: {template}}}"), "spec.template.spec.hostIPC"),
        ("apps/v1", "StatefulSet", format!("spec: {{template: {template}}}"), "spec.template.spec.hostIPC"),
        ("batch/v1", "Job", format!("spec: {{template: {template}}}"), "spec.template.spec.hostIPC"),
        (
            "batch/v1",
            "CronJob",
            format!("spec: {{jobTemplate: {{spec: {{template: {template}}}}}}}"),
            "spec.jobTemplate.spec.template.spec.hostIPC",
        ),
    ] {
        let piece = &pieces(&format!("apiVersion: {version}\nkind: {kind}\n{body}\n"))[0];
        let report = judge(piece, "baseline".parse().unwrap()).unwrap();
        assert_eq!(report.violations.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), [field]);
    }
    for other in ["apiVersion: v1\nkind: Service\n", "apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\n"] {
        assert!(judge(&pieces(other)[0], "baseline".parse().unwrap()).is_none());
    }
}

#[test]
fn controls_replace_only_what_is_there() {
    let names: BTreeSet<&str> = CONTROLS.iter().map(|control| control.name).collect();
    assert_eq!(names.len(), 19);
    for control in CONTROLS {
        let (since, until) = control.versions;
        assert!(since < until && (control.replaces.is_empty() || names.contains(control.replaces)), "{}", control.name);
    }
}

/// The fixtures of kubernetes/pod-security-admission: `LEVEL/VERSION/pass|fail/NAME.yaml`.
#[test]
fn the_project_s_own_pods_get_their_verdicts() {
    let folder = |name: &str| std::env::var_os("VIGIE_DATA").map(|data| Path::new(&data).join(name)).filter(|it| it.is_dir());
    let Some(root) = folder("pss").or_else(|| folder("pod-security")) else {
        eprintln!("skipped: VIGIE_DATA does not name a folder with pss/");
        return;
    };
    let (mut count, mut wrong) = (0, Vec::new());
    for level in ["baseline", "restricted"] {
        for version in below(&root.join(level)) {
            let policy: Policy = format!("{level}@{}", version.file_name().unwrap().to_str().unwrap()).parse().unwrap();
            for (outcome, expected) in [("pass", true), ("fail", false)] {
                for file in below(&version.join(outcome)) {
                    count += 1;
                    if conforms(&file, policy) != Some(expected) {
                        wrong.push(format!("{policy}: {}", file.display()));
                    }
                }
            }
        }
    }
    println!("{count} pods, {} of them wrong", wrong.len());
    assert!(count > 0 && wrong.is_empty(), "{count} pods, wrong:\n{}", wrong.join("\n"));
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Whether the one pod of a file conforms, by the control that its name says; none when that cannot be told.
fn conforms(file: &Path, policy: Policy) -> Option<bool> {
    let pieces = configuration::read("pod.yaml", &std::fs::read(file).unwrap()).unwrap();
    let [piece] = pieces.as_slice() else { return None };
    let report = judge(piece, policy)?;
    // `hostports2.yaml` breaks the control `hostPorts`, and others must not be why.
    let name = file.file_stem()?.to_str()?.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let breaks = |broken: &str| {
        let mut named = CONTROLS.iter().filter(|control| control.name == broken);
        named.any(|control| [control.name, control.replaces].iter().any(|word| word.eq_ignore_ascii_case(name)))
    };
    let right = report.violations.iter().any(|it| breaks(it.control)) || report.violations.is_empty();
    (report.unclear.is_empty() && right).then_some(report.violations.is_empty())
}
