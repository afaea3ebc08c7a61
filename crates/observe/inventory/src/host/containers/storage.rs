//! Containers of Podman, from its storage.
//!
//! Podman has no daemon, and its API is there only where somebody switched it on. What it has created stands in
//! `overlay-containers/containers.json` of containers/storage; what runs has a `pidfile` below the run directory. Root's
//! storage and those of all users are looked at. CRI-O and Buildah keep theirs in the same place; these are passed over.

use super::engine::{CONTAINERS_MAX, with_algorithm};
use crate::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;
use vigie_model::host::{Container, Engine, User};
use vigie_model::observed::{Gap, Obstacle};

/// The largest list that is read.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// The lists of one storage: kept ones, and those that do not outlive a restart.
const LISTS: [&str; 2] = ["overlay-containers/containers.json", "overlay-containers/volatile-containers.json"];

/// A container as the storage knows it.
#[derive(Debug, Deserialize)]
struct Stored {
    id: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    image: String,
    /// JSON of its own, written by the program that made the container.
    #[serde(default)]
    metadata: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Metadata {
    image_name: String,
    name: String,
    /// Only CRI-O writes it.
    pod_id: Option<String>,
}

/// Reads a list of containers/storage: those of Podman, not known to run.
///
/// # Errors
/// When it is not JSON of that form.
pub fn parse_list(bytes: &[u8]) -> Result<Vec<Container>, serde_json::Error> {
    let stored: Vec<Stored> = serde_json::from_slice(bytes)?;
    Ok(stored.into_iter().filter_map(container).take(CONTAINERS_MAX).collect())
}

fn container(stored: Stored) -> Option<Container> {
    let metadata: Metadata = serde_json::from_str(&stored.metadata).ok()?;
    if metadata.pod_id.is_some() {
        return None;
    }
    let name = stored.names.first().cloned().unwrap_or(metadata.name);
    Some(Container {
        engine: Engine::Podman,
        id: stored.id,
        name,
        image: metadata.image_name,
        image_id: with_algorithm(stored.image),
        state: "exited".to_owned(),
        pid: 0,
        labels: BTreeMap::new(),
    })
}

/// The containers of root and of all users, and what could not be seen.
pub(super) fn observe(world: &World, users: &[User]) -> (Vec<Container>, Vec<Gap>) {
    let mut stores = vec![("/var/lib/containers/storage".to_owned(), "/run/containers/storage".to_owned())];
    for user in users.iter().filter(|user| user.home.starts_with('/') && user.home.len() > 1) {
        let store = format!("{}/.local/share/containers/storage", user.home);
        stores.push((store, format!("/run/user/{}/containers", user.uid)));
    }
    let (mut containers, mut gaps) = (Vec::new(), Vec::new());
    for (store, running) in stores {
        for list in LISTS {
            let path = format!("{store}/{list}");
            match read(world, &path, &running) {
                Ok(found) => containers.extend(found),
                // Whether others run containers in their closed homes is not ours to know.
                Err(gap) if gap.why == Obstacle::NotPermitted && !store.starts_with("/var") => {}
                Err(gap) => gaps.push(gap),
            }
        }
    }
    (containers, gaps)
}

fn read(world: &World, path: &str, running: &str) -> Result<Vec<Container>, Gap> {
    let Some(bytes) = world.read_if_there(path, BYTES_MAX)? else { return Ok(Vec::new()) };
    let mut containers = parse_list(&bytes).map_err(|error| Gap::new(path, Obstacle::Unreadable, error.to_string()))?;
    for container in &mut containers {
        let file = format!("{running}/overlay-containers/{}/userdata/pidfile", container.id);
        let pid = world.read_if_there(file, 64).ok().flatten().unwrap_or_default();
        let pid: u32 = String::from_utf8_lossy(&pid).trim().parse().unwrap_or_default();
        if pid != 0 && world.exists(format!("/proc/{pid}")) {
            container.pid = pid;
            container.state = "running".to_owned();
        }
    }
    Ok(containers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use proptest::prelude::*;

    #[test]
    fn reads_storages_of_root_and_users() {
        let list = r#"[{"id":"aa","names":["web"],"image":"77","metadata":"{\"image-name\":\"docker.io/library/nginx:1\",\"name\":\"web\"}"},
                       {"id":"bb","names":["k8s_POD"],"metadata":"{\"image-name\":\"pause\",\"pod-id\":\"1\"}"},
                       {"id":"cc","names":["x-working-container"],"image":"77"}]"#;
        let (_dir, world) = world(&[
            ("/var/lib/containers/storage/overlay-containers/containers.json", list),
            ("/run/containers/storage/overlay-containers/aa/userdata/pidfile", "41"),
            ("/home/eva/.local/share/containers/storage/overlay-containers/volatile-containers.json", &list.replace("aa", "dd")),
            ("/home/bob/.local/share/containers/storage/overlay-containers/containers.json", "[{]"),
            ("/proc/41/comm", "nginx"),
        ]);
        let passwd = b"eva:x:1000:1000::/home/eva:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
        let (users, _) = crate::host::accounts::parse_passwd(passwd);
        let (containers, gaps) = observe(&world, &users);
        let said: Vec<_> =
            containers.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.image.as_str(), c.state.as_str(), c.pid)).collect();
        assert_eq!(
            said,
            [("aa", "web", "docker.io/library/nginx:1", "running", 41), ("dd", "web", "docker.io/library/nginx:1", "exited", 0),]
        );
        assert_eq!(gaps.len(), 1);
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(parse_list(&bytes));
        }
    }
}
