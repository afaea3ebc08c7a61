//! Whose lines a log file of a container holds: what its path and its engine's files say.
//!
//! | Engine | Log | Beside it |
//! |---|---|---|
//! | Docker | `containers/ID/ID-json.log` | `config.v2.json`: name, image, labels |
//! | kubelet | `pods/NAMESPACE_POD_UID/CONTAINER/N.log`, links `containers/POD_NAMESPACE_CONTAINER-ID.log` | the bundle of containerd or CRI-O: image |
//! | Podman | `overlay-containers/ID/userdata/ctr.log` | `containers.json` of its storage: name, image |
//!
//! What is not there or cannot be read stays unknown; the lines are read all the same.

use crate::container::Container;
use crate::intake::plain_name;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use vigie_model::event::{Label, Labels};

/// Largest file of an engine that is read.
const FILE_MAX: u64 = 8 * 1024 * 1024;

/// Most links of the kubelet that are looked through for the id of a container.
const LINKS_MAX: usize = 4_096;

/// Where the kubelet keeps links with the ids of containers, seen from its folder of pods.
const LINKS: &str = "../containers";

/// Where the engines keep what they start containers with, seen from `/var/log/pods`.
const BUNDLES: [(&str, &str); 2] = [
    ("run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"),
    ("run/containers/storage/overlay-containers", "userdata/config.json"),
];

/// Where the logs of containers stand below the root of a machine.
pub(crate) const FOLDERS: [(&str, &str); 3] = [
    ("var/lib/docker/containers", "*/*-json.log"),
    ("var/log/pods", "*/*/*.log"),
    ("var/lib/containers/storage/overlay-containers", "*/userdata/ctr.log"),
];

/// The same of people who run Podman without being root.
pub(crate) const ROOTLESS: &str = "home/*/.local/share/containers/storage/overlay-containers/*/userdata/ctr.log";

/// What a path says.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    Docker { id: &'a str },
    Pod { namespace: &'a str, pod: &'a str, uid: &'a str, container: &'a str },
    Link { namespace: &'a str, pod: &'a str, container: &'a str, id: &'a str },
    Podman { id: &'a str },
}

/// Whether a path is that of a container's log.
pub(crate) fn is_log(path: &Path) -> bool {
    kind(path).is_some()
}

/// The container whose log stands at a path.
pub(crate) fn of(path: &Path) -> Option<Container> {
    Some(match kind(path)? {
        Kind::Docker { id } => docker(path, id),
        Kind::Pod { namespace, pod, uid, container } => {
            let id = id_of_pod(path, namespace, pod, container).unwrap_or_default();
            in_pod(path, Pod { namespace, pod, uid, container, id: &id })
        }
        Kind::Link { namespace, pod, container, id } => in_pod(path, Pod { namespace, pod, uid: "", container, id }),
        Kind::Podman { id } => podman(path, id),
    })
}

fn kind(path: &Path) -> Option<Kind<'_>> {
    let mut parts = path.iter().rev().map(|part| part.to_str().unwrap_or_default());
    let (name, folder, above) = (parts.next()?, parts.next()?, parts.next()?);
    if let Some(id) = name.strip_suffix("-json.log").filter(|id| *id == folder && is_id(id)) {
        return Some(Kind::Docker { id });
    }
    if name == "ctr.log" && folder == "userdata" && parts.next() == Some("overlay-containers") {
        return is_id(above).then_some(Kind::Podman { id: above });
    }
    let stem = name.strip_suffix(".log")?;
    if folder == "containers" && above == "log" {
        let (rest, id) = stem.rsplit_once('-').filter(|(_, id)| is_id(id))?;
        let mut names = rest.splitn(3, '_');
        return Some(Kind::Link { pod: names.next()?, namespace: names.next()?, container: names.next()?, id });
    }
    if parts.next() == Some("pods") && stem.bytes().all(|byte| byte.is_ascii_digit()) {
        let mut names = above.splitn(3, '_');
        return Some(Kind::Pod { namespace: names.next()?, pod: names.next()?, uid: names.next()?, container: folder });
    }
    None
}

/// 64 hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

// ---- Docker ------------------------------------------------------------------------------------------------------------

/// `config.v2.json`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DockerFile {
    name: String,
    config: DockerConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DockerConfig {
    image: String,
    labels: Option<BTreeMap<String, String>>,
}

fn docker(path: &Path, id: &str) -> Container {
    let file: DockerFile = read(&path.with_file_name("config.v2.json")).unwrap_or_default();
    let labels = file.config.labels.unwrap_or_default();
    let label = |name: &str| labels.get(name).map(String::as_str).unwrap_or_default();
    let first =
        |names: &[&str]| names.iter().map(|name| label(name)).find(|value| !value.is_empty()).unwrap_or_default().to_owned();
    let name = file.name.trim_start_matches('/').to_owned();
    let pod = label("io.kubernetes.pod.name");
    let workload = match pod {
        "" => first(&["com.docker.compose.service", "com.docker.swarm.service.name"]),
        pod => plain_name(Cow::Borrowed(pod), 2).into_owned(),
    };
    let namespace = first(&["io.kubernetes.pod.namespace", "com.docker.compose.project", "com.docker.stack.namespace"]);
    let container = first(&["io.kubernetes.container.name"]);
    Container {
        id: id.to_owned(),
        name: if container.is_empty() { name.clone() } else { container },
        image: image(file.config.image),
        pod: pod.to_owned(),
        pod_uid: label("io.kubernetes.pod.uid").to_owned(),
        labels: Labels::from_iter([
            (Label::Namespace, &*namespace),
            (Label::Workload, if workload.is_empty() { &*name } else { &*workload }),
            (Label::Team, label("team")),
        ]),
        runtime: "docker",
    }
}

/// Kubernetes names images by their digest there, which is no name.
fn image(name: String) -> String {
    if name.starts_with("sha256:") { String::new() } else { name }
}

// ---- kubelet -----------------------------------------------------------------------------------------------------------

/// A container of a pod.
#[derive(Clone, Copy)]
struct Pod<'a> {
    namespace: &'a str,
    pod: &'a str,
    uid: &'a str,
    container: &'a str,
    id: &'a str,
}

/// What an engine starts a container with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Bundle {
    annotations: BTreeMap<String, String>,
}

fn in_pod(path: &Path, own: Pod<'_>) -> Container {
    let workload = plain_name(Cow::Borrowed(own.pod), 2);
    Container {
        id: own.id.to_owned(),
        name: own.container.to_owned(),
        image: image_of_bundle(path, own.id).unwrap_or_default(),
        pod: own.pod.to_owned(),
        pod_uid: own.uid.to_owned(),
        labels: Labels::from_iter([(Label::Namespace, own.namespace), (Label::Workload, &*workload)]),
        runtime: "cri",
    }
}

/// The id at the end of the kubelet's link to the log.
fn id_of_pod(path: &Path, namespace: &str, pod: &str, container: &str) -> Option<String> {
    let pods = path.ancestors().nth(3)?;
    let start = format!("{pod}_{namespace}_{container}-");
    let links = fs::read_dir(pods.join(LINKS)).ok()?;
    links.take(LINKS_MAX).filter_map(Result::ok).find_map(|link| {
        let name = link.file_name();
        let id = name.to_str()?.strip_prefix(&start)?.strip_suffix(".log").filter(|id| is_id(id))?;
        // A container that was started again has several.
        let leads_here = fs::canonicalize(link.path()).ok()? == fs::canonicalize(path).ok()?;
        leads_here.then(|| id.to_owned())
    })
}

fn image_of_bundle(path: &Path, id: &str) -> Option<String> {
    if id.is_empty() {
        return None;
    }
    // `ROOT/var/log/…`: the root is what stands before.
    let root = path.ancestors().find(|folder| folder.ends_with("var/log"))?.ancestors().nth(2)?;
    let bundle: Bundle = BUNDLES.iter().find_map(|(folder, file)| read(&root.join(folder).join(id).join(file)))?;
    let names = ["io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName", "io.kubernetes.cri-o.Image"];
    names.iter().find_map(|name| bundle.annotations.get(*name)).cloned()
}

// ---- Podman ------------------------------------------------------------------------------------------------------------

/// One container in `containers.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stored {
    id: String,
    names: Vec<String>,
    /// JSON within JSON.
    metadata: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct StoredMetadata {
    name: String,
    image_name: String,
}

fn podman(path: &Path, id: &str) -> Container {
    let list = path.ancestors().nth(3).map(|folder| folder.join("containers.json"));
    let stored: Option<Stored> =
        list.and_then(|list| read::<Vec<Stored>>(&list)).and_then(|all| all.into_iter().find(|stored| stored.id == id));
    let stored = stored.unwrap_or_default();
    let metadata: StoredMetadata = serde_json::from_str(&stored.metadata).unwrap_or_default();
    let name = if metadata.name.is_empty() { stored.names.into_iter().next().unwrap_or_default() } else { metadata.name };
    Container {
        id: id.to_owned(),
        labels: Labels::from_iter([(Label::Workload, &*name)]),
        name,
        image: metadata.image_name,
        pod: String::new(),
        pod_uid: String::new(),
        runtime: "podman",
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let file = fs::File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > FILE_MAX {
        return None;
    }
    serde_json::from_slice(&bytes).ok()
}

/// Where a log really lies: the kubelet's links lead to its folder of pods, those to Docker's in older clusters.
pub(crate) fn real(path: PathBuf) -> PathBuf {
    match is_log(&path) {
        true => fs::canonicalize(&path).unwrap_or(path),
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// A container by the files of its engine, as one line.
    #[track_caller]
    fn check(log: &str, files: &[(&str, &str)], expected: &str) {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join(log.replace("ID", ID));
        fs::create_dir_all(log.parent().unwrap()).unwrap();
        fs::write(&log, "").unwrap();
        for (path, content) in files {
            let path = root.path().join(path.replace("ID", ID));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match content.strip_prefix("-> ") {
                Some(target) => std::os::unix::fs::symlink(root.path().join(target), path).unwrap(),
                None => fs::write(path, content.replace("ID", ID)).unwrap(),
            }
        }
        let container = of(&log).unwrap();
        let labels: Vec<String> = container.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
        let id = container.id.replace(ID, "ID");
        let seen =
            [container.runtime, &id, &container.name, &container.image, &container.pod, &container.pod_uid, &labels.join(" ")];
        assert_eq!(seen.join("|"), expected);
    }

    #[test]
    fn of_docker() {
        let log = "var/lib/docker/containers/ID/ID-json.log";
        let config = "var/lib/docker/containers/ID/config.v2.json";
        check(log, &[], "docker|ID|||||");
        check(log, &[(config, "{broken")], "docker|ID|||||");
        check(
            log,
            &[(config, r#"{"Name":"/web","Config":{"Image":"nginx:1.27","Labels":null}}"#)],
            "docker|ID|web|nginx:1.27|||workload=web",
        );
        check(
            log,
            &[(
                config,
                r#"{"Name":"/shop-web-1","Config":{"Image":"nginx","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web"}}}"#,
            )],
            "docker|ID|shop-web-1|nginx|||namespace=shop workload=web",
        );
        check(
            log,
            &[(
                config,
                r#"{"Name":"/k8s_web","Config":{"Image":"sha256:12","Labels":{"io.kubernetes.pod.name":"web-7d4b9c6f5d-x2x7k","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"u-1","io.kubernetes.container.name":"nginx"}}}"#,
            )],
            "docker|ID|nginx||web-7d4b9c6f5d-x2x7k|u-1|namespace=shop workload=web",
        );
    }

    #[test]
    fn of_the_kubelet() {
        let log = "var/log/pods/shop_web-0_u-1/nginx/0.log";
        check(log, &[], "cri||nginx||web-0|u-1|namespace=shop workload=web-0");
        let link = ("var/log/containers/web-0_shop_nginx-ID.log", "-> var/log/pods/shop_web-0_u-1/nginx/0.log");
        let bundle = (
            "run/containerd/io.containerd.runtime.v2.task/k8s.io/ID/config.json",
            r#"{"annotations":{"io.kubernetes.cri.image-name":"docker.io/library/nginx:1.27"}}"#,
        );
        check(log, &[link, bundle], "cri|ID|nginx|docker.io/library/nginx:1.27|web-0|u-1|namespace=shop workload=web-0");
        check("var/log/containers/web-0_shop_nginx-ID.log", &[], "cri|ID|nginx||web-0||namespace=shop workload=web-0");
    }

    #[test]
    fn of_podman() {
        let log = "var/lib/containers/storage/overlay-containers/ID/userdata/ctr.log";
        let list = "var/lib/containers/storage/overlay-containers/containers.json";
        check(log, &[], "podman|ID|||||");
        check(
            log,
            &[(
                list,
                r#"[{"id":"x"},{"id":"ID","names":["web"],"metadata":"{\"image-name\":\"docker.io/library/nginx:latest\",\"name\":\"web\"}"}]"#,
            )],
            "podman|ID|web|docker.io/library/nginx:latest|||workload=web",
        );
    }

    #[test]
    fn other_files_are_no_containers() {
        for path in [
            "/var/log/syslog",
            "/var/log/pods/x.log",
            "/a-json.log",
            "/var/log/containers/x.log",
            "/pods/a/b/c.log",
            "/pods/a_b_c/d/x.log",
        ] {
            assert!(!is_log(Path::new(path)), "{path}");
        }
    }
}
