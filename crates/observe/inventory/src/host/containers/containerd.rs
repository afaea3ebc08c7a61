//! Running containers of containerd, from the directories in which it runs them.
//!
//! Below `/run/containerd/io.containerd.runtime.v2.task/<namespace>/<id>` lie `config.json` (OCI runtime
//! specification) and `init.pid`. The names of container and image are what Kubernetes (CRI) and nerdctl write into the annotations; the
//! API of containerd, which knows labels and image ids, is not asked. Containers of Docker are in the namespace `moby`.

use crate::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;
use vigie_model::host::{Container, Engine};
use vigie_model::observed::{Gap, Obstacle};

/// Where containerd keeps what it runs.
const TASKS: &str = "/run/containerd/io.containerd.runtime.v2.task";
/// The largest configuration of a container that is read.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is read of a container's OCI configuration.
#[derive(Debug, Default, Deserialize)]
pub struct Config {
    /// Name of the host inside, which is the container's id where nobody set another.
    #[serde(default)]
    hostname: String,
    /// What the tools wrote about it.
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// Reads `config.json` of the OCI runtime specification.
///
/// # Errors
/// When it is not JSON of that form.
pub fn parse_config(bytes: &[u8]) -> Result<Config, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// The containers of all namespaces, and what could not be seen of them.
pub(super) fn observe(world: &World) -> (Vec<Container>, Vec<Gap>) {
    let (mut containers, mut gaps) = (Vec::new(), Vec::new());
    let mut names = |path: &str| {
        let names = world.names(path).unwrap_or_else(|gap| {
            gaps.push(gap);
            None
        });
        names.unwrap_or_default().into_iter().map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    let mut tasks = Vec::new();
    for namespace in names(TASKS) {
        let ids = names(&format!("{TASKS}/{namespace}"));
        tasks.extend(ids.into_iter().map(|id| (namespace.clone(), id)));
    }
    for (namespace, id) in tasks.into_iter().take(super::engine::CONTAINERS_MAX) {
        match container(world, &namespace, &id) {
            Ok(container) => containers.extend(container),
            Err(gap) => gaps.push(gap),
        }
    }
    (containers, gaps)
}

/// One container; `None` when it has ended meanwhile, or only holds the namespaces of a Kubernetes pod.
fn container(world: &World, namespace: &str, id: &str) -> Result<Option<Container>, Gap> {
    let directory = format!("{TASKS}/{namespace}/{id}");
    let path = format!("{directory}/config.json");
    let Some(bytes) = world.read_if_there(&path, BYTES_MAX)? else { return Ok(None) };
    let config = parse_config(&bytes).map_err(|error| Gap::new(path, Obstacle::Unreadable, error.to_string()))?;
    let pid = world.read_if_there(format!("{directory}/init.pid"), 64)?.unwrap_or_default();
    let pid: u32 = String::from_utf8_lossy(&pid).trim().parse().unwrap_or_default();
    let runs = pid != 0 && world.exists(format!("/proc/{pid}"));
    Ok(describe(namespace, id, config, pid, runs))
}

fn describe(namespace: &str, id: &str, config: Config, pid: u32, runs: bool) -> Option<Container> {
    let note = |keys: [&str; 2]| keys.iter().find_map(|key| config.annotations.get(*key)).cloned();
    if note(["io.kubernetes.cri.container-type", ""]).is_some_and(|kind| kind == "sandbox") {
        return None;
    }
    let pod = note(["io.kubernetes.cri.sandbox-name", ""]).map(|pod| format!("{pod}/")).unwrap_or_default();
    let name = note(["io.kubernetes.cri.container-name", "nerdctl/name"]).unwrap_or(config.hostname);
    let name = if name.is_empty() { id } else { &name };
    Some(Container {
        engine: if namespace == "moby" { Engine::Docker } else { Engine::Containerd },
        id: id.to_owned(),
        name: format!("{pod}{name}"),
        image: config.annotations.get("io.kubernetes.cri.image-name").cloned().unwrap_or_default(),
        image_id: String::new(),
        state: if runs { "running" } else { "exited" }.to_owned(),
        pid: if runs { pid } else { 0 },
        labels: config
            .annotations
            .into_iter()
            .filter(|(key, _)| key.starts_with("io.kubernetes.") || key.starts_with("nerdctl/"))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use proptest::prelude::*;

    #[test]
    fn reads_what_containerd_runs() {
        let kubernetes = r#"{"ociVersion":"1.1.0","hostname":"web-7","annotations":{"io.kubernetes.cri.container-name":"nginx",
            "io.kubernetes.cri.container-type":"container","io.kubernetes.cri.image-name":"docker.io/library/nginx:1.27",
            "io.kubernetes.cri.sandbox-name":"web-7","io.kubernetes.cri.sandbox-namespace":"shop","other":"x"}}"#;
        let sandbox = r#"{"annotations":{"io.kubernetes.cri.container-type":"sandbox"}}"#;
        let plain = r#"{"hostname":"db","process":{"args":["x"]}}"#;
        let path = |rest: &str| format!("{TASKS}/{rest}");
        let (_dir, world) = world(&[
            (&path("k8s.io/aa/config.json"), kubernetes),
            (&path("k8s.io/aa/init.pid"), "77"),
            (&path("k8s.io/bb/config.json"), sandbox),
            (&path("default/cc/config.json"), plain),
            (&path("default/cc/init.pid"), "78"),
            (&path("default/dd/config.json"), "{broken"),
            (&path("default/ee/log"), ""),
            ("/proc/77/comm", "nginx"),
        ]);
        let (containers, gaps) = observe(&world);
        let said: Vec<_> =
            containers.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.image.as_str(), c.state.as_str(), c.pid)).collect();
        assert_eq!(said, [("cc", "db", "", "exited", 0), ("aa", "web-7/nginx", "docker.io/library/nginx:1.27", "running", 77)]);
        assert_eq!(containers[1].labels["io.kubernetes.cri.sandbox-namespace"], "shop");
        assert!(!containers[1].labels.contains_key("other"));
        assert_eq!(gaps.len(), 1);
    }

    #[test]
    fn no_containerd_is_nothing() {
        assert_eq!(observe(&world(&[("/run/x", "")]).1), (Vec::new(), Vec::new()));
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(parse_config(&bytes));
        }
    }
}
