//! Shippers that bring events: what was promised to them is there, whatever becomes of the platform.

use super::peers::has;
use super::{Up, json, run, stdout, wait_for};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// An address that was said at the start.
fn said(up: &Up, name: &str) -> String {
    up.said.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim().to_owned()
}

fn token(data: &Path) -> String {
    let made = run(data, &["token", "create", "edge", "--permission", "send_events"]);
    stdout(&made).trim().to_owned()
}

/// Sends a bulk request of so many documents; the status, if there was an answer.
fn bulk(address: &str, token: &str, count: u64) -> Option<String> {
    let time = super::now();
    let body: String = (0..count)
        .map(|number| format!("{{\"create\":{{}}}}\n{{\"@timestamp\":\"{time}\",\"message\":\"obligation {number}\"}}\n"))
        .collect();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "POST /logs/_bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    // An answer that broke off promises nothing.
    let whole = answer.trim_end().ends_with("]}") && answer.contains("\"errors\":false");
    whole.then(|| answer.split(' ').nth(1).unwrap_or_default().to_owned())
}

#[test]
fn what_was_promised_survives_being_killed() {
    let data = tempfile::tempdir().unwrap();
    let count = || json(data.path(), &["search", "obligation", "--count", "--format", "json"])["count"].as_u64().unwrap();
    let promised = AtomicU64::new(0);
    let mut key = String::new();
    for round in 0..3 {
        let up = Up::start(data.path(), &["--intake", "127.0.0.1:0"]);
        let address = said(&up, "intake: http://");
        if key.is_empty() {
            key = token(data.path());
        }
        assert!(count() >= promised.load(SeqCst), "round {round}: {} of {}", count(), promised.load(SeqCst));
        let before = promised.load(SeqCst);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Some(status) = bulk(&address, &key, 50) {
                        assert_eq!(status, "200");
                        promised.fetch_add(50, SeqCst);
                    }
                });
            }
            wait_for("promises", || (promised.load(SeqCst) >= before + 500).then_some(()));
            up.kill();
        });
    }
    let _up = Up::start(data.path(), &[]);
    assert!(count() >= promised.load(SeqCst), "{} of {}", count(), promised.load(SeqCst));
}

/// Makes an authority and a certificate of it for `web-1.example`, twice, as people do; gives their folder.
fn certificates() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let openssl = |more: &[&str]| {
        let output = Command::new("openssl").args(new).args(more).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", super::stderr(&output));
    };
    for name in ["ca", "other"] {
        let [key, cert, web_key, web] = ["{}.key", "{}.pem", "{}-web.key", "{}-web.pem"].map(|form| form.replace("{}", name));
        openssl(&["-keyout", &key, "-out", &cert, "-subj", &format!("/CN={name}")]);
        let names = ["-subj", "/CN=web-1", "-addext", "subjectAltName=DNS:web-1.example"];
        let kind = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=clientAuth"];
        openssl(&[&["-keyout", &web_key, "-out", &web, "-CA", &cert, "-CAkey", &key][..], &names, &kind].concat());
    }
    folder
}

/// Sends a record by `openssl s_client`, and keeps the connection until `done`.
fn send_over_tls(up: &Up, data: &Path, more: &[String], number: usize, done: impl FnMut() -> Option<()>) {
    let mut client = Command::new("openssl");
    client.args(["s_client", "-quiet", "-verify_return_error", "-connect", &said(up, "syslog/tls:"), "-CAfile"]);
    client.arg(data.join("tls/certificate.pem")).args(more);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let record = super::failed_sign_in(number);
    let mut stdin = client.stdin.take().unwrap();
    // Who is refused may be hung up on before it has said anything.
    let _written = write!(stdin, "{} {record}", record.len()).and_then(|()| stdin.flush());
    wait_for("what becomes of a record over TLS", done);
    drop(stdin);
    let _gone_already = client.kill();
    client.wait().unwrap();
}

#[test]
fn only_who_brings_a_certificate_sends_syslog() {
    if !has("openssl") {
        return;
    }
    let (data, folder) = (tempfile::tempdir().unwrap(), certificates());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let up = Up::start(data.path(), &["--syslog-tls", "127.0.0.1:0", "--syslog-tls-client-ca", &file("ca.pem")]);
    let count = |query: &str| json(data.path(), &["search", query, "--count", "--format", "json"])["count"].as_u64().unwrap();
    let with = |name: &str| {
        let (cert, key) = (file(&format!("{name}-web.pem")), file(&format!("{name}-web.key")));
        ["-cert".to_owned(), cert, "-key".to_owned(), key]
    };
    for (number, more) in [(1, &[][..]), (2, &with("other"))] {
        let begun = Instant::now();
        send_over_tls(&up, data.path(), more, number, || (begun.elapsed() > Duration::from_millis(500)).then_some(()));
    }
    let there = || (count("source:syslog/tls format:sshd") > 0).then_some(());
    send_over_tls(&up, data.path(), &with("ca"), 3, there);
    assert_eq!(count("source:syslog/tls"), 1, "who brings none, or one of somebody else, says nothing");
    assert_eq!(count("source:syslog/tls guest3 unmapped.peer_name:web-1.example"), 1);
    assert_eq!(up.terminate(), 0);

    let output = run(data.path(), &["up", "--syslog-tls", "127.0.0.1:0", "--syslog-tls-client-ca", &file("ca.key")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(super::stderr(&output).contains("ca.key cannot be read"), "{}", super::stderr(&output));
}

#[test]
fn only_allowed_networks_send() {
    let data = tempfile::tempdir().unwrap();
    let settings = "[collect.allow]\nsyslog = ['192.0.2.0/24']\ngelf = ['127.0.0.0/8', '::1']\n";
    std::fs::write(data.path().join("vigie.toml"), settings).unwrap();
    let up = Up::start(data.path(), &["--gelf", "127.0.0.1:0"]);
    up.log(&[super::failed_sign_in(1)]);
    let mut gelf = TcpStream::connect(said(&up, "gelf:")).unwrap();
    gelf.write_all(b"{\"version\":\"1.1\",\"host\":\"a\",\"short_message\":\"obligation\"}\0").unwrap();
    let count = |query: &str| json(data.path(), &["search", query, "--count", "--format", "json"])["count"].as_u64().unwrap();
    wait_for("what is allowed", || (count("source:gelf/tcp obligation") == 1).then_some(()));
    assert_eq!(count("source:syslog/*"), 0);
    assert_eq!(up.terminate(), 0);
}

#[test]
fn syslog_comes_over_tls_from_openssl() {
    if !has("openssl") {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &["--syslog-tls", "127.0.0.1:0"]);
    let certificate = data.path().join("tls/certificate.pem");
    let mut client = Command::new("openssl");
    client
        .args(["s_client", "-quiet", "-verify_return_error", "-connect", &said(&up, "syslog/tls:"), "-CAfile"])
        .arg(certificate);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let record = super::failed_sign_in(1);
    let mut stdin = client.stdin.take().unwrap();
    write!(stdin, "{} {record}", record.len()).unwrap();
    stdin.flush().unwrap();
    let count =
        || json(data.path(), &["search", "source:syslog/tls format:sshd", "--count", "--format", "json"])["count"].as_u64();
    wait_for("a record over TLS", || count().filter(|count| *count == 1));
    drop(stdin);
    client.kill().unwrap();
    client.wait().unwrap();
}
