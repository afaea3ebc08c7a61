//! Brokers and stores that events are fetched from, as they really are: each record is in the lake once, whatever
//! becomes of the platform or of the broker.
//!
//! Kafka runs from the jars in the folder that `VIGIE_KAFKA_LIBS` names (`kafka_2.13` of Maven Central with all it needs),
//! NATS where `nats-server` is on the path, S3 where `moto_server` is, Azure Blob where `azurite-blob` of npm is. A test whose
//! peer is not there says so.

use super::peers::{Peer, free_port, has, is_here, listens, skipped};
use super::{Up, json, run, stderr, wait_for};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A data folder whose settings say what to fetch.
fn configured(settings: &str) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("vigie.toml"), settings).unwrap();
    data
}

fn count(data: &Path, query: &str) -> u64 {
    json(data, &["search", query, "--from", "30d", "--count", "--format", "json"])["count"].as_u64().unwrap()
}

/// Waits until so many events are there, and holds that these are `obligation 1` to `obligation N`, each once.
fn all_there(data: &Path, source: &str, expected: u64) {
    wait_for(&format!("{expected} of {source}"), || (count(data, &format!("source:{source}")) >= expected).then_some(()));
    let query = format!("source:{source}");
    let output = run(data, &["search", &query, "--from", "30d", "--format", "csv", "--limit", &(2 * expected).to_string()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<u64> = text
        .lines()
        .filter_map(|line| line.split("obligation ").nth(1))
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap())
        .collect();
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct.len() as u64, expected, "none lost: {}", stderr(&output));
    assert_eq!(numbers.len() as u64, expected, "each once");
}

/// Kills the platform when it has taken something, while more comes.
fn killed_in_the_middle(data: &Path, source: &str, before: u64, send: impl FnOnce() + Send) {
    let up = Up::start(data, &[]);
    std::thread::scope(|scope| {
        scope.spawn(send);
        wait_for("something to lose", || (count(data, &format!("source:{source}")) > before).then_some(()));
        up.kill();
    });
}

// --- Kafka ---

struct Kafka {
    libs: String,
    folder: tempfile::TempDir,
    port: u16,
    secure: u16,
}

impl Kafka {
    /// A broker that is set up and does not run yet; none when there are no jars.
    fn new() -> Option<Self> {
        let Some(libs) = std::env::var_os("VIGIE_KAFKA_LIBS").filter(|_| is_here("java") && is_here("openssl")) else {
            skipped("VIGIE_KAFKA_LIBS names no folder with the jars of Kafka, or java is not installed");
            return None;
        };
        let libs = format!("{}/*", PathBuf::from(libs).display());
        let (folder, port, secure, control) = (tempfile::tempdir().unwrap(), free_port(), free_port(), free_port());
        let at = folder.path().display().to_string();
        let settings = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:{control}\n\
             controller.listener.names=CONTROLLER\n\
             listeners=PLAIN://127.0.0.1:{port},SECURE://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{control}\n\
             advertised.listeners=PLAIN://127.0.0.1:{port},SECURE://localhost:{secure}\n\
             listener.security.protocol.map=PLAIN:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT\n\
             inter.broker.listener.name=PLAIN\nlog.dirs={at}/log\nnum.partitions=3\noffsets.topic.replication.factor=1\n\
             sasl.enabled.mechanisms=SCRAM-SHA-512\n\
             listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             ssl.keystore.type=PEM\nssl.keystore.location={at}/own.pem\n"
        );
        fs::write(folder.path().join("server.properties"), settings).unwrap();
        let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        assert!(openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]).current_dir(&folder).output().unwrap().status.success());
        let pem = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        fs::write(folder.path().join("own.pem"), pem("key.pem") + &pem("cert.pem")).unwrap();
        let kafka = Self { libs, folder, port, secure };
        let user = "SCRAM-SHA-512=[name=eva,password=quiet-harbour]";
        let format =
            ["kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", "server.properties", "--add-scram", user];
        let formatted = kafka.java(&format).output().unwrap();
        assert!(formatted.status.success(), "{}", stderr(&formatted));
        Some(kafka)
    }

    fn java(&self, arguments: &[&str]) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xmx256m", "-cp", &self.libs]).args(arguments).current_dir(&self.folder);
        java
    }

    fn run(&self) -> Peer {
        let peer = Peer::start(&mut self.java(&["kafka.Kafka", "server.properties"]));
        wait_for("Kafka", || listens(self.port));
        peer
    }

    /// Puts `obligation FROM` up to, without, `obligation TO` into the topic, packed as said.
    fn produce(&self, from: u64, to: u64, packing: &str) {
        let server = format!("127.0.0.1:{}", self.port);
        let arguments =
            ["kafka.tools.ConsoleProducer", "--bootstrap-server", &server, "--topic", "audit", "--compression-codec", packing];
        let mut producer = self.java(&arguments);
        let mut producer = producer.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let lines: String = (from..to).map(|number| format!("obligation {number}\n")).collect();
        producer.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        assert!(producer.wait().unwrap().success());
    }
}

#[test]
fn what_is_in_kafka_is_in_the_lake_once() {
    let Some(kafka) = Kafka::new() else { return };
    let broker = kafka.run();
    let (port, secure, at) = (kafka.port, kafka.secure, kafka.folder.path().display());
    let data = configured(&format!(
        "[[collect.kafka]]\nbrokers = ['127.0.0.1:{port}']\ntopics = ['audit']\n\
         [[collect.kafka]]\nname = 'secure'\nbrokers = ['localhost:{secure}']\ntopics = ['audit']\nca_file = '{at}/cert.pem'\n\
         user = 'eva'\npassword_file = '{at}/password'\n"
    ));
    fs::write(kafka.folder.path().join("password"), "quiet-harbour\n").unwrap();
    let up = Up::start(data.path(), &[]);
    kafka.produce(1, 501, "none");
    for (number, packing) in ["gzip", "snappy", "lz4", "zstd"].into_iter().enumerate() {
        let from = 501 + 500 * number as u64;
        kafka.produce(from, from + 500, packing);
    }
    all_there(data.path(), "kafka:audit", 2_500);
    all_there(data.path(), "kafka:secure/audit", 2_500);
    up.kill();

    killed_in_the_middle(data.path(), "kafka:audit", 2_500, || kafka.produce(2_501, 17_501, "lz4"));
    let up = Up::start(data.path(), &[]);
    all_there(data.path(), "kafka:audit", 17_500);

    broker.kill();
    let _broker = kafka.run();
    kafka.produce(17_501, 17_601, "none");
    all_there(data.path(), "kafka:audit", 17_600);
    assert_eq!(up.terminate(), 0);
}

// --- NATS ---

/// Speaks the little of the protocol that a test needs.
struct Nats {
    stream: BufReader<TcpStream>,
}

impl Nats {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut nats = Self { stream: BufReader::new(stream) };
        nats.say("CONNECT {\"verbose\":false}\r\n");
        nats.flush();
        nats
    }

    fn say(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the server has taken note of everything.
    fn flush(&mut self) {
        self.say("PING\r\n");
        while self.line() != "PONG" {}
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.stream.read_line(&mut line).unwrap() > 0, "the server hung up");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, subject: &str, payload: &str) -> String {
        self.say(&format!("SUB inbox 1\r\nUNSUB 1 1\r\nPUB {subject} inbox {}\r\n{payload}\r\n", payload.len()));
        loop {
            let line = self.line();
            if let Some(head) = line.strip_prefix("MSG ") {
                let mut answer = vec![0; head.rsplit(' ').next().unwrap().parse::<usize>().unwrap() + 2];
                self.stream.read_exact(&mut answer).unwrap();
                return String::from_utf8_lossy(&answer).into_owned();
            }
        }
    }

    fn publish(&mut self, from: u64, to: u64) {
        let all: String = (from..to)
            .map(|number| format!("obligation {number}"))
            .map(|text| format!("PUB audit.web {}\r\n{text}\r\n", text.len()))
            .collect();
        self.say(&all);
        self.flush();
    }
}

#[test]
fn what_is_in_a_stream_of_nats_is_in_the_lake_once() {
    if !has("nats-server") {
        return;
    }
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let serve = || {
        let mut command = Command::new("nats-server");
        let peer = Peer::start(command.args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"]).arg(folder.path()));
        wait_for("nats-server", || listens(port));
        peer
    };
    let server = serve();
    let made = Nats::connect(port)
        .ask("$JS.API.STREAM.CREATE.AUDIT", r#"{"name":"AUDIT","subjects":["audit.>"],"storage":"file","num_replicas":1}"#);
    assert!(made.contains("\"created\""), "{made}");
    let data =
        configured(&format!("[[collect.nats]]\nurls = ['nats://127.0.0.1:{port}']\nstream = 'AUDIT'\nsubjects = ['audit.>']\n"));
    let up = Up::start(data.path(), &[]);
    Nats::connect(port).publish(1, 2_001);
    all_there(data.path(), "nats:AUDIT", 2_000);
    up.kill();

    killed_in_the_middle(data.path(), "nats:AUDIT", 2_000, || Nats::connect(port).publish(2_001, 17_001));
    let up = Up::start(data.path(), &[]);
    // What was delivered and not acknowledged comes again after the server's patience.
    let begun = std::time::Instant::now();
    while count(data.path(), "source:nats:AUDIT") < 17_000 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(500));
    }
    all_there(data.path(), "nats:AUDIT", 17_000);

    server.kill();
    let _server = serve();
    Nats::connect(port).publish(17_001, 17_101);
    all_there(data.path(), "nats:AUDIT", 17_100);
    assert_eq!(up.terminate(), 0);
}

// --- Objects ---

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// `obligation FROM` up to, without, `obligation TO` as CloudTrail would write them.
fn document(from: u64, to: u64) -> Vec<u8> {
    let records: Vec<String> =
        (from..to).map(|number| format!("{{\"message\":\"obligation {number}\",\"n\":{number}}}")).collect();
    gzip(&format!("{{\"Records\":[{}]}}", records.join(",")))
}

#[test]
fn what_is_in_a_folder_of_objects_is_in_the_lake_once() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        // As stores do it: an object is there whole or not at all.
        fs::write(folder.path().join("part"), bytes).unwrap();
        fs::create_dir_all(folder.path().join("in/2026")).unwrap();
        fs::rename(folder.path().join("part"), folder.path().join("in/2026").join(name)).unwrap();
    };
    put("1.json.gz", &document(1, 1_001));
    put("2.log", (1_001..1_501).map(|number| format!("obligation {number}\n")).collect::<String>().as_bytes());
    put("3.gz", b"\x1f\x8b\x08\x00broken");
    let data = configured(&format!(
        "[[collect.objects]]\nname = 'trail'\nurl = 'file://{}/in'\nevery_seconds = 1\n",
        folder.path().display()
    ));
    let up = Up::start(data.path(), &[]);
    wait_for("the broken one", || (count(data.path(), "source:objects:trail unmapped.set_aside:*") == 1).then_some(()));
    all_there(data.path(), "objects:trail message:obligation*", 1_500);
    up.kill();
    killed_in_the_middle(data.path(), "objects:trail message:obligation*", 1_500, || put("4.json.gz", &document(1_501, 16_501)));
    let up = Up::start(data.path(), &[]);
    all_there(data.path(), "objects:trail message:obligation*", 16_500);
    assert_eq!(up.terminate(), 0);
}

/// A request to a store on loopback that lets everybody in.
pub(super) fn put_object(port: u16, path: &str, body: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let who = "AWS4-HMAC-SHA256 Credential=x/20261122/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x";
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {who}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn what_is_in_a_bucket_is_in_the_lake_once() {
    if !has("moto_server") {
        return;
    }
    let port = free_port();
    let serve = || {
        let peer = Peer::start(Command::new("moto_server").args(["-H", "127.0.0.1", "-p", &port.to_string()]));
        wait_for("moto_server", || listens(port));
        put_object(port, "/logs", b"");
        peer
    };
    let server = serve();
    put_object(port, "/logs/trail/1.json.gz", &document(1, 1_001));
    let data = configured(&format!(
        "[[collect.objects]]\nname = 's3'\nurl = 's3://logs/trail?endpoint=http://127.0.0.1:{port}&region=us-east-1'\nevery_seconds = 1\n"
    ));
    let keys = [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
    let up = Up::start_with(data.path(), &[], &keys);
    all_there(data.path(), "objects:s3", 1_000);
    put_object(
        port,
        "/logs/trail/0.log",
        (1_001..1_101).map(|number| format!("obligation {number}\n")).collect::<String>().as_bytes(),
    );
    all_there(data.path(), "objects:s3", 1_100);
    server.kill();
    let _server = serve();
    put_object(port, "/logs/trail/2.json.gz", &document(1_101, 2_101));
    all_there(data.path(), "objects:s3", 2_100);
    assert_eq!(up.terminate(), 0);
}

/// The account that everybody's Azurite has; the key is in its documentation.
const AZURE: (&str, &str) =
    ("devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

/// Azurite in a folder of its own, with a container `logs` that anybody with its key may write to.
struct Azurite {
    port: u16,
    folder: tempfile::TempDir,
}

impl Azurite {
    fn run(&self) -> Peer {
        let mut azurite = Command::new("azurite-blob");
        azurite.args(["--blobHost", "127.0.0.1", "--blobPort", &self.port.to_string(), "--silent", "--skipApiVersionCheck"]);
        let peer = Peer::start(azurite.arg("--disableTelemetry").arg("--location").arg(self.folder.path()));
        wait_for("azurite-blob", || listens(self.port));
        peer
    }

    /// Puts something there, signed with the account's key ("Authorize with Shared Key", version 2021-08-06); without
    /// content a container.
    fn put(&self, path: &str, content: &[u8]) {
        let ((account, key), date, is_blob) = (AZURE, "Sat, 21 Nov 2026 08:30:00 GMT", !content.is_empty());
        let (query, asked, length, kind, blob) = match is_blob {
            true => ("", "", content.len().to_string(), "application/octet-stream", "x-ms-blob-type:BlockBlob\n"),
            false => ("?restype=container", "\nrestype:container", String::new(), "", ""),
        };
        let headers = format!("{blob}x-ms-date:{date}\nx-ms-version:2021-08-06\n");
        let signed = format!("PUT\n\n\n{length}\n\n{kind}\n\n\n\n\n\n\n{headers}/{account}/{account}{path}{asked}");
        let signature = BASE64.encode(hmac(&BASE64.decode(key).unwrap(), signed.as_bytes()));
        let kind = if is_blob { format!("Content-Type: {kind}\r\n") } else { String::new() };
        let head = format!(
            "PUT /{account}{path}{query} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}Authorization: SharedKey {account}:{signature}\r\n\
             {kind}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.port,
            headers.replace('\n', "\r\n"),
            content.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(&[head.as_bytes(), content].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

/// HMAC with SHA-256 (RFC 2104); the key is 64 bytes long or shorter.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let padded = |with: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

#[test]
fn what_is_in_a_container_of_azure_is_in_the_lake_once() {
    if !has("azurite-blob") {
        return;
    }
    let azurite = Azurite { port: free_port(), folder: tempfile::tempdir().unwrap() };
    let server = azurite.run();
    azurite.put("/logs", b"");
    azurite.put("/logs/trail/1.json.gz", &document(1, 1_001));
    let (account, key) = AZURE;
    let data = configured(&format!(
        "[[collect.objects]]\nname = 'az'\nurl = 'az://{account}/logs/trail?endpoint=http://127.0.0.1:{}/{account}'\nevery_seconds = 1\n",
        azurite.port
    ));
    let keys = [("AZURE_STORAGE_ACCOUNT_KEY", key)];
    let up = Up::start_with(data.path(), &[], &keys);
    all_there(data.path(), "objects:az", 1_000);
    let lines: String = (1_001..1_101).map(|number| format!("obligation {number}\n")).collect();
    azurite.put("/logs/trail/0.log", lines.as_bytes());
    all_there(data.path(), "objects:az", 1_100);
    up.kill();
    let up = Up::start_with(data.path(), &[], &keys);
    azurite.put("/logs/trail/2.json.gz", &document(1_101, 2_101));
    all_there(data.path(), "objects:az", 2_100);

    server.terminate();
    let _server = azurite.run();
    azurite.put("/logs/trail/3.json.gz", &document(2_101, 2_201));
    all_there(data.path(), "objects:az", 2_200);
    assert_eq!(up.terminate(), 0);
}

#[test]
fn settings_that_make_no_sense_are_refused_at_the_start() {
    for (settings, said) in [
        ("[[collect.kafka]]\nbroker = 'x'", "unknown field `broker`"),
        ("[[collect.nats]]\nurls = ['nats://h:4222']\nstream = 'A'\nuser = 'eva'", "There is no password for eva"),
        ("[[collect.objects]]\nurl = 'https://x'", "is not an address of object storage"),
    ] {
        let data = configured(settings);
        let output = run(data.path(), &["up", "--listen", "127.0.0.1:0", "--no-syslog", "--no-local-logs", "--feeds", "none"]);
        assert_eq!(output.status.code(), Some(2), "{settings}");
        assert!(stderr(&output).contains(said) && stderr(&output).contains("hint: "), "{}", stderr(&output));
    }
}
