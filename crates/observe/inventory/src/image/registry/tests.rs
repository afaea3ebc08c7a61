//! Against a registry on loopback that serves the blobs of a test, asks for a token, and breaks off on request.

use super::*;
use crate::image::blobs;
use crate::image::tests::{layers, oci_blobs};
use crate::image::{Context, open as open_image};
use crate::walk::build::gzip;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What the registry knows.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Default)]
struct Manners {
    /// Gives tokens only to `eva` with the password `pw`.
    private: bool,
    /// Breaks the first transfer of each large blob off in its middle.
    breaks_off: bool,
}

impl Server {
    fn with(blobs: &[Vec<u8>], manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let blobs: Arc<HashMap<String, Vec<u8>>> =
            Arc::new(blobs.iter().map(|blob| (blobs::digest_of(blob), blob.clone())).collect());
        let tagged = blobs::digest_of(blobs_last(&blobs));
        let (heard, host) = (Arc::clone(&asked), address.clone());
        let broken = Arc::new(AtomicBool::new(false));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (blobs, heard, host, manners) = (Arc::clone(&blobs), Arc::clone(&heard), host.clone(), manners.clone());
                let (tagged, broken) = (tagged.clone(), Arc::clone(&broken));
                thread::spawn(move || {
                    let one = Answering { blobs: &blobs, tagged: &tagged, host: &host, manners: &manners, broken: &broken };
                    one.serve(stream, &heard);
                });
            }
        });
        Self { address, asked }
    }

    fn asked(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|line| line.contains(what)).count()
    }
}

/// The manifest is the only document with layers.
fn blobs_last(blobs: &HashMap<String, Vec<u8>>) -> &Vec<u8> {
    blobs
        .values()
        .find(|blob| {
            blob.starts_with(b"{")
                && blob.windows(8).any(|window| window == b"\"layers\"")
                && !blob.windows(8).any(|window| window == b"diff_ids")
        })
        .unwrap()
}

struct Answering<'a> {
    blobs: &'a HashMap<String, Vec<u8>>,
    tagged: &'a str,
    host: &'a str,
    manners: &'a Manners,
    broken: &'a AtomicBool,
}

impl Answering<'_> {
    fn serve(&self, stream: TcpStream, heard: &Mutex<Vec<String>>) {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while stream.read_line(&mut head).is_ok_and(|bytes| bytes > 2) {}
        let Some(path) = head.split(' ').nth(1) else { return };
        heard.lock().unwrap().push(head.clone());
        let header = |name: &str| {
            head.lines()
                .find_map(|line| line.to_lowercase().starts_with(name).then(|| line.split_once(": ").unwrap().1.to_owned()))
        };
        let authorization = header("authorization:");
        let out = stream.get_mut();
        if path.starts_with("/token") {
            let right = !self.manners.private || authorization.as_deref() == Some("Basic ZXZhOnB3");
            return if right { answer(out, 200, "", br#"{"token":"T1"}"#) } else { answer(out, 401, "", b"") };
        }
        if authorization.as_deref() != Some("Bearer T1") {
            let challenge = format!("WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\"\r\n", self.host);
            return answer(out, 401, &challenge, b"");
        }
        let wanted = path.rsplit('/').next().unwrap_or_default();
        let digest = if wanted == "1" { self.tagged } else { wanted };
        let Some(blob) = self.blobs.get(digest) else { return answer(out, 404, "", b"") };
        let from =
            header("range:").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0_usize);
        if self.manners.breaks_off
            && from == 0
            && path.contains("/blobs/")
            && blob.len() > 300
            && !self.broken.swap(true, Ordering::SeqCst)
        {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", blob.len());
            drop(out.write_all(&[head.as_bytes(), &blob[..blob.len() / 2]].concat()));
            return;
        }
        answer(out, if from > 0 { 206 } else { 200 }, "", &blob[from..]);
    }
}

fn answer(out: &mut TcpStream, status: u16, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    drop(out.write_all(&[head.as_bytes(), body].concat()));
}

fn options(credentials: Option<Credentials>, dir: &std::path::Path) -> Options {
    // A file that is not there keeps this machine's own credentials out of the test.
    Options {
        credentials,
        docker_config: Some(dir.join("absent")),
        scratch: Some(dir.to_owned()),
        platform: Some(Default::default()),
        plain_http: false,
    }
}

fn eva() -> Credentials {
    Credentials::Password { user: "eva".into(), password: credentials::Secret::new("pw".into()) }
}

#[test]
fn an_image_is_read_from_a_registry() {
    let dir = tempfile::tempdir().unwrap();
    for (manners, credentials) in [(Manners::default(), None), (Manners { private: true, breaks_off: true }, Some(eva()))] {
        let server = Server::with(&oci_blobs(&layers(), &gzip), manners.clone());
        let image = open_image(&format!("{}/a/b:1", server.address), &options(credentials, dir.path())).unwrap();
        let facts = image.read(&Context::default());
        assert_eq!((facts.gaps.len(), facts.components.len(), facts.layers.len()), (0, 2, 3), "{:?}", facts.gaps);
        assert_eq!(facts.names, [format!("{}/a/b:1", server.address)]);
        assert_eq!((server.asked("/token"), server.asked("/manifests/")), (1, 2), "one token, and no manifest twice");
        assert_eq!(server.asked("range: bytes="), usize::from(manners.breaks_off));
        let pinned = format!("{}/a/b@{}", server.address, facts.digest.unwrap());
        assert!(open_image(&pinned, &options(Some(eva()), dir.path())).is_ok());
    }
}

#[test]
fn what_is_not_there_or_not_for_us_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::with(&oci_blobs(&layers(), &gzip), Manners { private: true, ..Manners::default() });
    let opened =
        |rest: &str, credentials| open_image(&format!("{}/a/b{rest}", server.address), &options(credentials, dir.path())).err();
    assert!(matches!(opened(":1", None), Some(ImageError::SignIn { tried: false, .. })));
    assert!(matches!(opened(":absent", Some(eva())), Some(ImageError::NotInRegistry { status: 404, .. })));
    let wrong = Credentials::Password { user: "eva".into(), password: credentials::Secret::new("no".into()) };
    assert!(matches!(opened(":1", Some(wrong)), Some(ImageError::SignIn { tried: true, .. })));
    assert!(
        is_loopback("localhost:5000")
            && is_loopback("[::1]:5000")
            && is_loopback("127.0.0.2")
            && !is_loopback("127.evil.example")
    );
}
