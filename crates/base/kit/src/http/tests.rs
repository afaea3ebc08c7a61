//! Against a server on loopback that answers from a script.

use super::*;
use crate::files::read_bounded;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// Answers each connection with the next answer of the script, then closes; keeps what was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn answering(script: &[&str]) -> Self {
        Self::speaking("http", script, |stream| stream)
    }

    fn speaking<S: Read + Write>(scheme: &str, script: &[&str], speak: impl Fn(TcpStream) -> S + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://localhost:{}/f", listener.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Vec<String> = script.iter().map(|answer| answer.replace('\n', "\r\n")).collect();
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for answer in script {
                let mut stream = BufReader::new(speak(listener.accept().unwrap().0));
                let mut head = String::new();
                // A client that does not trust us hangs up instead of asking.
                while stream.read_line(&mut head).is_ok_and(|bytes| bytes > 2) {}
                heard.lock().unwrap().push(head.to_lowercase().replace("\r\n", "\n"));
                drop(stream.get_mut().write_all(answer.as_bytes()));
                drop(stream.get_mut().flush());
            }
        });
        Self { url, asked }
    }

    fn asked(&self, index: usize) -> String {
        self.asked.lock().unwrap()[index].clone()
    }
}

fn client(attempts_max: u32) -> Client {
    Client::new(Retry { attempts_max, first_pause: Duration::ZERO, pause_max: Duration::ZERO })
}

fn wanted(url: &str) -> Wanted<'_> {
    Wanted { url, etag: None, bytes_max: 1000, sha256: None }
}

fn on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

struct Target {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Target {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        Self { _dir: dir, path }
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path.parent().unwrap()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn text(&self) -> String {
        String::from_utf8(read_bounded(&self.path, 1000).unwrap()).unwrap()
    }
}

const WHOLE: &str = "HTTP/1.1 200 OK\nContent-Length: 10\nETag: \"v1\"\nConnection: close\n\n0123456789";
const CUT: &str = "HTTP/1.1 200 OK\nContent-Length: 10\nETag: \"v1\"\nConnection: close\n\n0123";
const REST: &str =
    "HTTP/1.1 206 Partial Content\nContent-Length: 6\nContent-Range: bytes 4-9/10\nETag: \"v1\"\nConnection: close\n\n456789";

#[test]
fn a_body_is_read_within_its_limit() {
    let server = Server::answering(&[WHOLE, WHOLE]);
    assert_eq!(client(1).get(&server.url, 10).unwrap(), b"0123456789");
    assert!(matches!(client(1).get(&server.url, 9), Err(HttpError::TooLarge { max: 9, .. })));
}

#[test]
fn a_download_takes_the_targets_place_and_leaves_nothing_beside() {
    let (server, target) = (Server::answering(&[WHOLE]), Target::new());
    let mut seen = Vec::new();
    let mut watch = |progress: Progress| {
        seen.push((progress.done, progress.total));
        ControlFlow::Continue(())
    };
    let fetched = client(1).download(&wanted(&server.url), &target.path, &mut watch).unwrap();
    let Fetched::New(download) = fetched else { panic!("{fetched:?}") };
    assert_eq!((download.bytes, download.etag.as_deref()), (10, Some("\"v1\"")));
    assert_eq!((target.text().as_str(), target.files()), ("0123456789", vec!["f".to_owned()]));
    assert_eq!((seen.first(), seen.last()), (Some(&(0, Some(10))), Some(&(10, Some(10)))));
}

#[test]
fn a_broken_transfer_is_continued_where_it_stopped() {
    let (server, target) = (Server::answering(&[CUT, REST]), Target::new());
    client(2).download(&wanted(&server.url), &target.path, &mut on).unwrap();
    assert_eq!(target.text(), "0123456789");
    assert!(server.asked(1).contains("range: bytes=4-\n") && server.asked(1).contains("if-range: \"v1\"\n"));
}

#[test]
fn it_is_also_continued_by_the_next_start() {
    let (server, target) = (Server::answering(&[CUT, REST]), Target::new());
    let broken = client(1).download(&wanted(&server.url), &target.path, &mut on).unwrap_err();
    assert!(matches!(broken, HttpError::Broken { .. }), "{broken}");
    assert_eq!(target.files(), ["f.part", "f.part.validator"]);
    client(1).download(&wanted(&server.url), &target.path, &mut on).unwrap();
    assert_eq!(target.text(), "0123456789");
}

#[test]
fn when_the_content_has_changed_it_begins_again() {
    let changed = "HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"v2\"\nConnection: close\n\nnew";
    let (server, target) = (Server::answering(&[CUT, changed]), Target::new());
    client(2).download(&wanted(&server.url), &target.path, &mut on).unwrap();
    assert_eq!(target.text(), "new");
}

#[test]
fn a_range_that_does_not_fit_is_not_appended() {
    let elsewhere = REST.replace("bytes 4-9/10", "bytes 3-8/10");
    let (server, target) = (Server::answering(&[CUT, &elsewhere, WHOLE]), Target::new());
    client(3).download(&wanted(&server.url), &target.path, &mut on).unwrap();
    assert_eq!(target.text(), "0123456789");
    assert!(!server.asked(2).contains("range:"));
}

#[test]
fn what_has_not_changed_is_not_fetched() {
    let (server, target) = (Server::answering(&["HTTP/1.1 304 Not Modified\nConnection: close\n\n"]), Target::new());
    std::fs::write(&target.path, "standing").unwrap();
    let wanted = Wanted { etag: Some("\"v1\""), ..wanted(&server.url) };
    assert_eq!(client(1).download(&wanted, &target.path, &mut on).unwrap(), Fetched::Unchanged);
    assert!(server.asked(0).contains("if-none-match: \"v1\"\n"));
    assert_eq!(target.text(), "standing");
}

#[test]
fn a_wrong_checksum_or_size_leaves_the_target_alone() {
    let (server, target) = (Server::answering(&[WHOLE, WHOLE]), Target::new());
    std::fs::write(&target.path, "standing").unwrap();
    let wrong = Wanted { sha256: Some([0; 32]), ..wanted(&server.url) };
    assert!(matches!(client(3).download(&wrong, &target.path, &mut on), Err(HttpError::WrongSum { .. })));
    let small = Wanted { bytes_max: 9, ..wanted(&server.url) };
    assert!(matches!(client(3).download(&small, &target.path, &mut on), Err(HttpError::TooLarge { .. })));
    assert_eq!((target.text().as_str(), target.files()), ("standing", vec!["f".to_owned()]));
}

#[test]
fn only_what_may_pass_is_tried_again() {
    let unavailable = "HTTP/1.1 503 Unavailable\nContent-Length: 0\nConnection: close\n\n";
    let server = Server::answering(&[unavailable, WHOLE]);
    assert!(client(2).get(&server.url, 10).is_ok());
    let missing = "HTTP/1.1 404 Not Found\nContent-Length: 0\nConnection: close\n\n";
    let server = Server::answering(&[missing, WHOLE]);
    assert!(matches!(client(2).get(&server.url, 10), Err(HttpError::Status { status: 404, .. })));
}

#[test]
fn the_caller_may_stop_it_and_keeps_what_came() {
    let (server, target) = (Server::answering(&[WHOLE]), Target::new());
    let mut stop = |progress: Progress| if progress.done > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let stopped = client(3).download(&wanted(&server.url), &target.path, &mut stop);
    assert!(matches!(stopped, Err(HttpError::Cancelled { .. })));
    assert_eq!(target.files(), ["f.part", "f.part.validator"]);
}

#[test]
fn https_is_trusted_by_the_list_alone() {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let server = Server::speaking("https", &[WHOLE, WHOLE], move |stream| {
        rustls::StreamOwned::new(rustls::ServerConnection::new(config.clone()).unwrap(), stream)
    });

    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("roots.pem");
    std::fs::write(&list, issued.cert.pem()).unwrap();
    let once = Retry { attempts_max: 1, ..Retry::default() };
    let trusting = Client::trusting(roots::bundle(&list).unwrap(), once);
    assert_eq!(trusting.get(&server.url, 10).unwrap(), b"0123456789");
    let refused = Client::trusting(RootCerts::WebPki, once).get(&server.url, 10).unwrap_err();
    assert!(matches!(refused, HttpError::Untrusted { .. }), "{refused:?}");
}

#[test]
fn nobody_there_and_no_address() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = client(2).get(&format!("http://{address}/"), 1).unwrap_err();
    assert!(matches!(nobody, HttpError::Unreachable { .. }), "{nobody}");
    let error = client(1).get("ftp://user:secret@example.org/x", 1).unwrap_err();
    assert_eq!(error.to_string(), "ftp://example.org/x is not an http or https address");
    let unwritable = Path::new("/proc/absent/f");
    let server = Server::answering(&[WHOLE]);
    assert!(matches!(client(2).download(&wanted(&server.url), unwritable, &mut on), Err(HttpError::Disk(_))));
}
