//! Containers as Docker and Podman list them through their APIs.
//!
//! Docker Engine API `GET /containers/json` and `GET /containers/{id}/json`; Podman's own
//! `GET /libpod/containers/json`, which knows the process ids at once.

use super::http::{self, HttpError};
use crate::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use vigie_kit::clock::Clock;
use vigie_model::host::{Container, Engine};
use vigie_model::observed::{Gap, Obstacle};

/// The most containers of one engine.
pub(super) const CONTAINERS_MAX: usize = 20_000;
/// Where Docker lists its containers.
const DOCKER_LIST: &str = "/containers/json?all=1";
/// The most containers whose first process is asked for one by one.
const INSPECTED_MAX: usize = 500;
/// How long that may take altogether, in seconds.
const INSPECTION_SECONDS_MAX: i64 = 3;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    image: String,
    #[serde(default, alias = "ImageID")]
    image_id: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    pid: i64,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

/// Reads the list of containers of Docker's or Podman's API.
///
/// # Errors
/// When it is not the JSON that the engine's documentation promises.
pub fn parse_list(body: &[u8], engine: Engine) -> Result<Vec<Container>, serde_json::Error> {
    let listed: Vec<Listed> = serde_json::from_slice(body)?;
    let container = |listed: Listed| Container {
        engine,
        name: listed.names.unwrap_or_default().first().map_or("", |name| name.trim_start_matches('/')).to_owned(),
        id: listed.id,
        image: listed.image,
        image_id: with_algorithm(listed.image_id),
        state: listed.state.to_ascii_lowercase(),
        pid: u32::try_from(listed.pid).unwrap_or_default(),
        labels: listed.labels.unwrap_or_default(),
    };
    Ok(listed.into_iter().take(CONTAINERS_MAX).map(container).collect())
}

/// Podman writes the bare digits of an image's id, Docker `sha256:` before them.
pub(super) fn with_algorithm(id: String) -> String {
    let bare = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if bare { format!("sha256:{id}") } else { id }
}

/// Reads the first process from what Docker tells of one container.
///
/// # Errors
/// When it is not the JSON that Docker's documentation promises.
pub fn parse_pid(body: &[u8]) -> Result<u32, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Inspected {
        state: State,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct State {
        #[serde(default)]
        pid: u32,
    }
    serde_json::from_slice::<Inspected>(body).map(|inspected| inspected.state.pid)
}

/// Asks an engine; `None` when nobody listens at the socket, which is what a stopped engine leaves behind.
pub(super) fn ask(world: &World, socket: &str, engine: Engine, clock: &dyn Clock) -> Result<Option<Vec<Container>>, Gap> {
    let place = world.place(Path::new(socket));
    let path = match engine {
        Engine::Podman => "/v4.0.0/libpod/containers/json?all=true",
        Engine::Docker | Engine::Containerd => DOCKER_LIST,
    };
    let answer = match http::get(&place, path, clock) {
        Ok(answer) => answer,
        Err(HttpError::Connection(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => return Ok(None),
        Err(HttpError::Connection(error)) => return Err(crate::world::gap(Path::new(socket), &error)),
        Err(error) => return Err(gap(socket, &error)),
    };
    // Podman imitates Docker down to the path of its socket, but signs with its own name.
    let engine = if answer.server.starts_with("libpod") { Engine::Podman } else { engine };
    let mut containers =
        parse_list(&answer.body, engine).map_err(|error| Gap::new(socket, Obstacle::Unreadable, error.to_string()))?;
    if path == DOCKER_LIST {
        inspect(&place, &mut containers, clock);
    }
    Ok(Some(containers))
}

/// Asks for the first process of each running container. One that ended meanwhile, and those for which there was no
/// time, keep 0, which says unknown.
fn inspect(socket: &Path, containers: &mut [Container], clock: &dyn Clock) {
    let deadline = clock.now().plus_seconds(INSPECTION_SECONDS_MAX);
    for container in containers.iter_mut().filter(|container| container.state == "running").take(INSPECTED_MAX) {
        let answer = http::get(socket, &format!("/containers/{}/json", container.id), clock);
        if clock.now() > deadline || matches!(answer, Err(HttpError::TooSlow)) {
            return;
        }
        container.pid = answer.ok().and_then(|answer| parse_pid(&answer.body).ok()).unwrap_or_default();
    }
}

pub(super) fn gap(socket: &str, error: &HttpError) -> Gap {
    let why = match error {
        HttpError::TooSlow | HttpError::TooLarge => Obstacle::BeyondLimit,
        HttpError::Malformed(_) => Obstacle::Unreadable,
        HttpError::Connection(_) | HttpError::Status(_) => Obstacle::Failed,
    };
    Gap::new(socket, why, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_lists_of_both_engines() {
        let docker = br#"[{"Id":"ab12","Names":["/web","/alias"],"Image":"nginx:1.27","ImageID":"sha256:77","State":"running","Labels":{"a":"b"}},
                          {"Id":"cd34","Names":null,"State":"Exited","Labels":null,"New":[1]}]"#;
        let list = parse_list(docker, Engine::Docker).unwrap();
        assert_eq!((list[0].name.as_str(), list[0].image.as_str(), list[0].labels["a"].as_str()), ("web", "nginx:1.27", "b"));
        assert_eq!((list[1].name.as_str(), list[1].state.as_str()), ("", "exited"));
        let digits = "7".repeat(64);
        let podman = format!(
            r#"[{{"Id":"ef","Names":["db"],"Image":"docker.io/library/postgres:17","ImageID":"{digits}","State":"running","Pid":4242}}]"#
        );
        let list = parse_list(podman.as_bytes(), Engine::Podman).unwrap();
        assert_eq!((list[0].pid, list[0].image_id.as_str()), (4242, format!("sha256:{digits}").as_str()));
        assert_eq!(parse_pid(br#"{"State":{"Pid":7}}"#).unwrap(), 7);
        assert!(parse_list(b"{\"message\":\"no\"}", Engine::Docker).is_err());
    }

    proptest! {
        #[test]
        fn survives_any_body(bytes: Vec<u8>) {
            drop(parse_list(&bytes, Engine::Docker));
            drop(parse_pid(&bytes));
        }
    }
}
