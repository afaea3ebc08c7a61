//! Shippers that bring events: what was promised to them is there, whatever becomes of the platform.

use super::peers::has;
use super::{Up, json, run, stdout, wait_for};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

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
