//! Files of events on S3, as the program keeps them there: killed, cut off for a while, started again without its cache.
//!
//! S3 is `moto_server`, where it is on the path; the way to it goes through a door that the test can close.

use super::brokers::put_object;
use super::peers::{Peer, free_port, has, listens};
use super::{Up, failed_sign_in, stderr, stdout, vigie, wait_for};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What lets us in; moto asks nothing of it.
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];

/// Passes connections on while it is open; hangs up on everybody while it is closed.
struct Door {
    port: u16,
    open: Arc<AtomicBool>,
}

impl Door {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let open = Arc::new(AtomicBool::new(true));
        let theirs = Arc::clone(&open);
        std::thread::spawn(move || {
            for inside in listener.incoming().flatten() {
                if theirs.load(Ordering::SeqCst) {
                    let outside = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    pass(inside.try_clone().unwrap(), outside.try_clone().unwrap(), Arc::clone(&theirs));
                    pass(outside, inside, Arc::clone(&theirs));
                }
            }
        });
        Self { port: own, open }
    }

    fn set(&self, open: bool) {
        self.open.store(open, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, open: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if !open.load(Ordering::SeqCst) || to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        // Whoever reads the other end is to know.
        let _gone = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    vigie(data, arguments).envs(KEYS).output().unwrap()
}

fn count(data: &Path, query: &str) -> u64 {
    let output = run(data, &["search", query, "--from", "30d", "--count", "--format", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    answer["count"].as_u64().unwrap()
}

fn erase(data: &Path, query: &str) -> Output {
    run(data, &["lake", "erase", query, "--reason", "test", "--yes"])
}

/// The part of the system's page about the store of events.
fn lake(data: &Path) -> Value {
    let mut asked = UnixStream::connect(data.join("vigie.sock")).unwrap();
    write!(asked, "GET /api/v1/system HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    asked.read_to_string(&mut answer).unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    serde_json::from_str::<Value>(body).unwrap_or_else(|error| panic!("{error}: {answer}"))["lake"].take()
}

fn send(up: &Up, data: &Path, range: std::ops::Range<usize>, expected: u64) {
    up.log(&range.map(failed_sign_in).collect::<Vec<_>>());
    wait_for("all of them", || (count(data, "203.0.113.7") == expected).then_some(()));
}

#[test]
fn files_of_events_lie_on_s3_whatever_happens_to_us_or_to_it() {
    if !has("moto_server") {
        return;
    }
    let port = free_port();
    let _server = Peer::start(Command::new("moto_server").args(["-H", "127.0.0.1", "-p", &port.to_string()]));
    wait_for("moto_server", || listens(port));
    put_object(port, "/logs", b"");
    let door = Door::to(port);
    let data = tempfile::tempdir().unwrap();
    let data = data.path();
    let address = format!("s3://logs/vigie?endpoint=http://127.0.0.1:{}&region=us-east-1", door.port);
    fs::write(data.join("vigie.toml"), format!("[lake]\nstore = '{address}'\n")).unwrap();

    let up = Up::start_with(data, &[], &KEYS);
    send(&up, data, 0..500, 500);
    // Erasing moves what is in the log into files first: these are on S3 then.
    let erased = erase(data, "user:guest7");
    assert!(erased.status.success(), "{}", stderr(&erased));
    assert_eq!(count(data, "203.0.113.7"), 499);
    let state = lake(data);
    assert_eq!((&state["store"]["state"], &state["unsealed"]), (&Value::from("reached"), &Value::from(0)), "{state}");
    assert!(state["store"]["sent"].as_u64().unwrap() > 0 && state["place"].as_str().unwrap().starts_with("s3://logs"), "{state}");

    door.set(false);
    send(&up, data, 500..900, 899);
    assert!(!erase(data, "user:guest8").status.success(), "nothing takes the files");
    wait_for("the trouble to show", || (lake(data)["store"]["state"] == "failing").then_some(()));
    assert!(lake(data)["store"]["problem"].as_str().is_some_and(|said| !said.is_empty()));
    up.kill();

    // It starts while the store is away, too.
    let up = Up::start_with(data, &[], &KEYS);
    assert_eq!((count(data, "203.0.113.7"), lake(data)["unsealed"].as_u64()), (899, Some(400)));
    send(&up, data, 900..1_000, 999);
    door.set(true);
    wait_for("the store to take files again", || erase(data, "user:guest8").status.success().then_some(()));
    assert_eq!((count(data, "203.0.113.7"), count(data, "user:guest8")), (998, 0));
    up.kill();

    // Without us and without the cache: the settings say where the files are.
    fs::remove_dir_all(data.join("lake/cache")).unwrap();
    assert_eq!(count(data, "203.0.113.7"), 998);
    let verified = run(data, &["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}{}", stdout(&verified), stderr(&verified));
    let up = Up::start_with(data, &[], &KEYS);
    assert_eq!(count(data, "203.0.113.7"), 998);
    let state = lake(data);
    assert!(state["store"]["fetched_bytes"].as_u64().unwrap() > 0, "{state}");
    assert_eq!(up.terminate(), 0);
}
