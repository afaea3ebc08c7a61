//! Containers of every engine found.
//!
//! Docker and Podman are asked through the sockets of their APIs, root's and those of users; containerd's containers
//! are read from the directories in which it runs them, Podman's also from its storage. An engine
//! that is not installed is nothing; one that does not let us in is a gap. CRI-O cannot be read yet and says so.

mod containerd;
mod engine;
mod http;
mod storage;

pub use containerd::{Config as ContainerdConfig, parse_config as parse_containerd_config};
pub use engine::{parse_list as parse_engine_list, parse_pid as parse_engine_pid};
pub use http::{Answer as HttpAnswer, HttpError, parse_answer as parse_http_answer};
pub use storage::parse_list as parse_storage_list;

use crate::world::World;
use std::collections::BTreeMap;
use std::path::Path;
use vigie_kit::clock::Clock;
use vigie_model::host::{Container, Engine, User};
use vigie_model::observed::{Gap, Observed, Obstacle};

/// Sockets of engines that root runs.
const SOCKETS: [(&str, Engine); 2] = [("/run/podman/podman.sock", Engine::Podman), ("/run/docker.sock", Engine::Docker)];
/// Sockets of engines that users run, below their run directories.
const USER_SOCKETS: [(&str, Engine); 2] = [("podman/podman.sock", Engine::Podman), ("docker.sock", Engine::Docker)];
/// CRI-O's socket.
const CRIO: &str = "/run/crio/crio.sock";

pub(super) fn observe(world: &World, users: &[User], clock: &dyn Clock) -> Observed<Vec<Container>> {
    let (mut lists, mut gaps) = (Vec::new(), Vec::new());
    for (socket, engine) in sockets(world) {
        match engine::ask(world, &socket, engine, clock) {
            Ok(containers) => lists.push(containers.unwrap_or_default()),
            Err(gap) => gaps.push(gap),
        }
    }
    for (containers, missing) in [storage::observe(world, users), containerd::observe(world)] {
        lists.push(containers);
        gaps.extend(missing);
    }
    if world.exists(CRIO) {
        gaps.push(Gap::new(CRIO, Obstacle::Failed, "Vigie cannot ask CRI-O yet"));
    }
    // Who answers first knows most: Podman before its imitation of Docker, Docker before its containerd.
    let mut containers: BTreeMap<String, Container> = BTreeMap::new();
    for container in lists.into_iter().flatten() {
        containers.entry(container.id.clone()).or_insert(container);
    }
    Observed::with_gaps(containers.into_values().collect(), gaps)
}

/// Asks an engine through its socket; gives the body of its answer.
pub(crate) fn get_from_engine(socket: &Path, path: &str, clock: &dyn Clock) -> Result<Vec<u8>, Gap> {
    match http::get(socket, path, clock) {
        Ok(answer) => Ok(answer.body),
        Err(HttpError::Connection(error)) => Err(crate::world::gap(socket, &error)),
        Err(error) => Err(engine::gap(&socket.to_string_lossy(), &error)),
    }
}

/// The sockets that exist. One in a directory that is closed to us is not known to exist, and is none.
fn sockets(world: &World) -> Vec<(String, Engine)> {
    let mut sockets: Vec<(String, Engine)> = SOCKETS.iter().map(|(path, engine)| ((*path).to_owned(), *engine)).collect();
    for user in world.names("/run/user").ok().flatten().unwrap_or_default() {
        let user = user.to_string_lossy().into_owned();
        sockets.extend(USER_SOCKETS.iter().map(|(path, engine)| (format!("/run/user/{user}/{path}"), *engine)));
    }
    sockets.retain(|(path, _)| world.exists(path));
    // Podman can imitate Docker's API; whoever also answers to its own name is Podman.
    sockets.sort_by_key(|(_, engine)| *engine == Engine::Docker);
    sockets
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixListener;
    use vigie_kit::clock::SystemClock;

    /// An engine that answers each path of the list once and then goes.
    fn engine(socket: &Path, answers: &[(&str, &str)]) -> std::thread::JoinHandle<()> {
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let answers: Vec<(String, String)> =
            answers.iter().map(|(path, body)| ((*path).to_owned(), (*body).to_owned())).collect();
        std::thread::spawn(move || {
            for (path, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let head: Vec<String> =
                    BufReader::new(&stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                assert_eq!(head[0], format!("GET {path} HTTP/1.1"));
                let length = body.len();
                write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n").unwrap();
            }
        })
    }

    #[test]
    fn asks_every_engine_and_names_each_container_once() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::at(dir.path());
        let docker = engine(
            &dir.path().join("run/docker.sock"),
            &[
                (
                    "/containers/json?all=1",
                    r#"[{"Id":"aa","Names":["/web"],"State":"running"},{"Id":"bb","Names":["/p"],"State":"exited"}]"#,
                ),
                ("/containers/aa/json", r#"{"State":{"Pid":41}}"#),
            ],
        );
        let list = r#"[{"Id":"bb","Names":["p"],"State":"running","Pid":42}]"#;
        let podman =
            engine(&dir.path().join("run/user/1000/podman/podman.sock"), &[("/v4.0.0/libpod/containers/json?all=true", list)]);
        let seen = observe(&world, &[], &SystemClock);
        docker.join().unwrap();
        podman.join().unwrap();
        let Observed::Seen(containers) = seen else { panic!("{seen:?}") };
        let said: Vec<_> = containers.iter().map(|c| (c.id.as_str(), c.engine, c.pid, c.state.as_str())).collect();
        assert_eq!(said, [("aa", Engine::Docker, 41, "running"), ("bb", Engine::Podman, 42, "running")]);
    }

    #[test]
    fn a_socket_that_nobody_serves_is_nothing_and_nonsense_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::at(dir.path());
        std::fs::create_dir_all(dir.path().join("run/podman")).unwrap();
        drop(UnixListener::bind(dir.path().join("run/docker.sock")).unwrap());
        assert_eq!(observe(&world, &[], &SystemClock), Observed::Seen(Vec::new()));
        let podman = engine(&dir.path().join("run/podman/podman.sock"), &[("/v4.0.0/libpod/containers/json?all=true", "{}")]);
        let seen = observe(&world, &[], &SystemClock);
        podman.join().unwrap();
        assert_eq!(seen.gaps()[0].why, Obstacle::Unreadable);
    }
}
