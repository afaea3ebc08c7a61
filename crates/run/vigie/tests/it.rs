//! The program as its users meet it: started as a process, asked on the command line, killed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test reports by panicking, its helpers too")]

#[path = "it/brokers.rs"]
mod brokers;
#[path = "it/built.rs"]
mod built;
#[path = "it/clients.rs"]
mod clients;
#[path = "it/deploy.rs"]
mod deploy;
#[path = "it/engines.rs"]
mod engines;
#[path = "it/everywhere.rs"]
mod everywhere;
#[path = "it/files.rs"]
mod files;
#[path = "it/images.rs"]
mod images;
#[path = "it/judged.rs"]
mod judged;
#[path = "it/kubernetes.rs"]
mod kubernetes;
#[path = "it/lake_store.rs"]
mod lake_store;
#[path = "it/licences.rs"]
mod licences;
#[path = "it/lineage.rs"]
mod lineage;
#[path = "it/malware.rs"]
mod malware;
#[path = "it/peers.rs"]
mod peers;
#[path = "it/searches.rs"]
mod searches;
#[path = "it/secrets.rs"]
mod secrets;
#[path = "it/senders.rs"]
mod senders;
#[path = "it/sent.rs"]
mod sent;
#[path = "it/shippers.rs"]
mod shippers;
#[path = "it/traces.rs"]
mod traces;
#[path = "it/trees.rs"]
mod trees;

use serde_json::Value;
use sha2::Digest;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use vigie_kit::clock::{Clock, SystemClock};

/// How long anything may take before a test gives up; nothing waits that long when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

fn vigie(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
    command.args(arguments).arg("--data").arg(data).env("LC_ALL", "C").env_remove("VIGIE_DATA");
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    vigie(data, arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, arguments);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", stdout(&output), stderr(&output)))
}

/// Asks again and again until the answer is as wanted.
fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

/// A running platform; killed when dropped.
struct Up {
    child: Child,
    syslog: String,
    said: String,
}

impl Up {
    fn start(data: &Path, more: &[&str]) -> Self {
        Self::start_with(data, more, &[])
    }

    /// The same with variables of the environment.
    fn start_with(data: &Path, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let feeds = if more.contains(&"--feeds") { &[][..] } else { &["--feeds", "none"] };
        let arguments = [&["up", "--listen", "127.0.0.1:0", "--syslog", "127.0.0.1:0", "--no-local-logs"], feeds, more].concat();
        Self::of(vigie(data, &arguments).envs(environment.iter().copied()))
    }

    /// The platform that a command starts.
    fn of(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            let read = lines.read_line(&mut said).unwrap();
            assert!(read > 0, "ended before it was up: {said}");
        }
        // Keeps the pipe from filling up.
        std::thread::spawn(move || for _line in lines.lines() {});
        let syslog = said.lines().find_map(|line| Some(line.split_once("syslog: ")?.1.trim().to_owned())).unwrap();
        Self { child, syslog, said }
    }

    fn log(&self, lines: &[String]) {
        let mut stream = TcpStream::connect(&self.syslog).unwrap();
        for line in lines {
            writeln!(stream, "{line}").unwrap();
        }
    }

    fn terminate(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

/// A failed sign-in as sshd logs it, now.
fn failed_sign_in(number: usize) -> String {
    format!(
        "<38>1 {} web-1 sshd 4242 - - Failed password for invalid user guest{number} from 203.0.113.7 port {} ssh2",
        now(),
        40_000 + number
    )
}

fn now() -> String {
    SystemClock.now().to_string()
}

/// A zip with OSV records, laid out as OSV publishes it.
fn feed(folder: &Path, ecosystem: &str, records: &[(&str, &str)]) -> PathBuf {
    let path = folder.join(ecosystem).join("all.zip");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, text) in records {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    path
}

const RECORD: &str = r#"{"id": "DEBIAN-CVE-2026-0001", "modified": "2026-01-02T00:00:00Z", "upstream": ["CVE-2026-0001"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [{"package": {"ecosystem": "Debian:12", "name": "openssl"},
                  "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.17-1~deb12u2"}]}]}]}"#;

/// The root of a Debian 12 system with one vulnerable package.
fn old_system() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\n");
    put(
        "var/lib/dpkg/status",
        "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3.0.15-1~deb12u1\n\n",
    );
    root
}

#[test]
fn tells_its_version_and_helps_in_three_languages() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(json(data.path(), &["version", "--format", "json"])["schema"], "vigie.version/1");
    for (locale, word) in [("C", "Start the platform"), ("fr_FR.UTF-8", "Démarrer la plateforme"), ("de_DE", "Die Plattform")] {
        let output = vigie(data.path(), &["up", "--help"]).env("LC_ALL", locale).output().unwrap();
        assert!(stdout(&output).contains(word), "{locale}: {}", stdout(&output));
    }
}

#[test]
fn without_data_it_says_so_and_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    for arguments in [&["findings", "list"][..], &["search", "x"], &["audit", "verify"]] {
        let output = run(data.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("hint: start it with `vigie up`"), "{}", stderr(&output));
    }
    let output = run(data.path(), &["db", "status"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("no vulnerability data yet"), "{}", stdout(&output));
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "asking leaves nothing behind");
}

#[test]
fn scans_a_system_at_rest_against_imported_data() {
    let (data, feeds, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), old_system());
    feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
    let imported = run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    let root = root.path().to_str().unwrap();
    let scan = json(data.path(), &["scan", "host", "--root", root, "--format", "json"]);
    assert_eq!((&scan["schema"], &scan["matched"], &scan["packages"]), (&"vigie.scan/1".into(), &true.into(), &1.into()));
    let found = scan["findings"].as_array().unwrap();
    let openssl = found.iter().find(|finding| finding["subject"] == "CVE-2026-0001").unwrap();
    assert_eq!(openssl["fixed_version"], "3.0.17-1~deb12u2");
    assert_eq!(openssl["severity"], "critical");
    assert!(found.iter().any(|finding| finding["kind"] == "misconfiguration" && finding["locator"] == "key:toor"));
    let barred = run(data.path(), &["scan", "host", "--root", root, "--fail-on", "critical"]);
    assert_eq!(barred.status.code(), Some(1));
    assert!(stdout(&barred).contains("3.0.17-1~deb12u2"));
}

/// An OCI layout with one image of one layer, the given system; tar(1) is on every Debian.
fn layout_of(root: &Path) -> tempfile::TempDir {
    layout_with(root, &serde_json::json!({ "User": "app" }), "COPY . /")
}

/// The same, with this configuration and this one step of its history.
fn layout_with(root: &Path, settings: &Value, step: &str) -> tempfile::TempDir {
    let layout = tempfile::tempdir().unwrap();
    let blobs = layout.path().join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let put = |bytes: &[u8]| {
        let digest: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(blobs.join(&digest), bytes).unwrap();
        (format!("sha256:{digest}"), bytes.len())
    };
    let packed = Command::new("tar").arg("-C").arg(root).args(["-cf", "-", "."]).output().unwrap();
    assert!(packed.status.success());
    let (layer, layer_size) = put(&packed.stdout);
    let config = serde_json::json!({ "os": "linux", "architecture": "amd64", "config": settings,
        "rootfs": { "type": "layers", "diff_ids": [layer] }, "history": [{ "created_by": step }] });
    let (config, config_size) = put(config.to_string().as_bytes());
    let kind = |name: &str| format!("application/vnd.oci.image.{name}");
    let manifest = serde_json::json!({ "schemaVersion": 2, "mediaType": kind("manifest.v1+json"),
        "config": { "mediaType": kind("config.v1+json"), "digest": config, "size": config_size },
        "layers": [{ "mediaType": kind("layer.v1.tar"), "digest": layer, "size": layer_size }] });
    let (manifest, manifest_size) = put(manifest.to_string().as_bytes());
    let index = serde_json::json!({ "schemaVersion": 2, "manifests":
        [{ "mediaType": kind("manifest.v1+json"), "digest": manifest, "size": manifest_size }] });
    fs::write(layout.path().join("index.json"), index.to_string()).unwrap();
    fs::write(layout.path().join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    layout
}

#[test]
fn an_image_its_files_and_its_list_of_components_give_the_same_findings() {
    let (data, feeds, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), old_system());
    feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
    assert_eq!(run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]).status.code(), Some(0));
    let layout = layout_of(root.path());
    let (root, image) = (root.path().to_str().unwrap(), layout.path().to_str().unwrap());
    let list = data.path().join("list.json");
    let bom = run(data.path(), &["scan", "image", image, "--format", "cyclonedx"]);
    fs::write(&list, &bom.stdout).unwrap();
    for target in [["image", image], ["fs", root], ["sbom", list.to_str().unwrap()]] {
        let scan = json(data.path(), &[&["scan"], &target[..], &["--format", "json"]].concat());
        assert_eq!(
            (&scan["schema"], &scan["matched"], &scan["packages"]),
            (&"vigie.scan/1".into(), &true.into(), &1.into()),
            "{target:?}"
        );
        let of_packages = |finding: &&Value| finding["kind"] == "vulnerability";
        let found: Vec<&Value> = scan["findings"].as_array().unwrap().iter().filter(of_packages).collect();
        assert_eq!(found.len(), 1, "{target:?}: {found:?}");
        assert_eq!((&found[0]["subject"], &found[0]["fixed_version"]), (&"CVE-2026-0001".into(), &"3.0.17-1~deb12u2".into()));
    }
    let image_scan = json(data.path(), &["scan", "image", image, "--format", "json"]);
    assert_eq!(
        (&image_scan["image"]["config"]["user"], &image_scan["image"]["layers"][0]["complete"]),
        (&"app".into(), &true.into())
    );
    let found = image_scan["findings"].as_array().unwrap();
    let openssl = found.iter().find(|finding| finding["subject"] == "CVE-2026-0001").unwrap();
    assert_eq!(openssl["evidence"][0]["place"], "var/lib/dpkg/status");

    let earlier = data.path().join("earlier.json");
    fs::write(&earlier, image_scan.to_string()).unwrap();
    let bar = ["--fail-on", "low", "--format", "sarif"];
    assert_eq!(run(data.path(), &[&["scan", "image", image], &bar[..]].concat()).status.code(), Some(1));
    let since = run(data.path(), &[&["scan", "image", image, "--baseline", earlier.to_str().unwrap()], &bar[..]].concat());
    assert_eq!(since.status.code(), Some(0), "{}", stderr(&since));
    let absent = run(data.path(), &["scan", "image", "./absent.tar"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(stderr(&absent).contains("hint:"), "{}", stderr(&absent));
}

#[test]
fn a_broken_feed_never_harms_the_standing_data() {
    let (data, feeds, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let good = feed(feeds.path(), "Debian", &[("a.json", RECORD), ("b.json", "{ not json")]);
    let import = |path: &Path| run(data.path(), &["db", "import", path.to_str().unwrap()]);
    let imported = import(feeds.path());
    assert_eq!(imported.status.code(), Some(0), "a broken record is left out, the rest is used: {}", stderr(&imported));
    assert!(stderr(&imported).contains("b.json"), "{}", stderr(&imported));
    let records = || json(data.path(), &["db", "status", "--format", "json"])["status"]["records"].clone();
    assert_eq!(records(), 1);
    let whole = fs::read(good).unwrap();
    let cut = broken.path().join("Debian/all.zip");
    fs::create_dir_all(cut.parent().unwrap()).unwrap();
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let refused = import(broken.path());
    assert!(stderr(&refused).contains("osv/Debian.zip"), "{}", stderr(&refused));
    assert_eq!(records(), 1);
    let nothing = import(&broken.path().join("missing"));
    assert_eq!(nothing.status.code(), Some(2));
}

/// Serves the files of a folder by HTTP; what is not there is 404.
fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut asked = String::new();
            while !asked.ends_with("\r\n\r\n") && stream.read_line(&mut asked).unwrap() > 0 {}
            let path = asked.split(' ').nth(1).unwrap().trim_start_matches('/');
            let (status, body) = fs::read(folder.join(path)).map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
            write!(stream.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).unwrap();
            stream.get_mut().write_all(&body).unwrap();
        }
    });
    address
}

#[test]
fn data_is_renewed_from_a_server_by_hand_and_by_itself() {
    let (data, feeds) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ecosystem = vigie_server::advisories::own_ecosystems().first().cloned().unwrap_or_else(|| "Debian".to_owned());
    feed(feeds.path(), &ecosystem, &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
    fs::write(feeds.path().join("known_exploited_vulnerabilities.json"), r#"{"vulnerabilities": [{"cveID": "CVE-2026-0001"}]}"#)
        .unwrap();
    let address = serve(feeds.path());
    let status = |data: &Path| json(data, &["db", "status", "--format", "json"])["status"].clone();

    let updated = run(data.path(), &["db", "update", "--from", &address, "--ecosystem", &ecosystem]);
    assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
    assert!(stderr(&updated).contains("epss_scores-current.csv.gz answered with status 404"), "{}", stderr(&updated));
    assert_eq!((&status(data.path())["records"], &status(data.path())["kev"]), (&1.into(), &1.into()));

    let nobody = run(data.path(), &["db", "update", "--from", "http://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(2), "{}", stderr(&nobody));
    assert!(stderr(&nobody).contains("hint:"), "{}", stderr(&nobody));
    assert_eq!(status(data.path())["records"], 1, "the standing data goes on");

    let other = tempfile::tempdir().unwrap();
    let up = Up::start(other.path(), &["--feeds", &address]);
    wait_for("data fetched by the platform itself", || Some(()).filter(|()| status(other.path())["records"] == 1));
    assert_eq!(up.terminate(), 0);
}

#[test]
fn a_taken_address_and_a_second_instance_get_one_sentence_and_a_hint() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--syslog"] {
        let free = if flag == "--listen" { "--syslog" } else { "--listen" };
        let output = run(other.path(), &["up", "--no-local-logs", flag, &address, free, "127.0.0.1:0"]);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.starts_with("error: ") && said.contains(&address) && said.contains("hint: "), "{flag}: {said}");
    }
    let up = Up::start(data.path(), &[]);
    let second = run(data.path(), &["up", "--listen", "127.0.0.1:0", "--no-syslog"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains(&up.child.id().to_string()), "{}", stderr(&second));
}

#[test]
fn shows_what_is_logged_and_detects_what_is_wrong() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &[]);
    assert!(up.said.contains("/set-up#"), "{}", up.said);
    let begun = Instant::now();
    up.log(&(0..30).map(failed_sign_in).collect::<Vec<_>>());
    let count = || json(data.path(), &["search", "203.0.113.7", "--count", "--format", "json"])["count"].as_u64();
    wait_for("thirty events", || count().filter(|count| *count == 30));
    let seen = begun.elapsed();
    let detections = wait_for("a detection", || {
        let listed = json(data.path(), &["findings", "list", "--kind", "detection", "--format", "json"]);
        listed["findings"].as_array().filter(|found| !found.is_empty()).cloned()
    });
    assert!(detections.iter().any(|found| found["locator"].as_str().unwrap().contains("203.0.113.7")), "{detections:?}");
    println!("events searchable after {seen:?}");
    assert_eq!(up.terminate(), 0);
    // The next start goes on where it was; asked without one, the stores answer by themselves.
    assert_eq!(count(), Some(30));
}

#[test]
fn what_could_be_found_before_a_kill_is_found_after_it() {
    let rounds = if std::env::var("VIGIE_TIER").is_ok_and(|tier| tier == "long") { 200 } else { 5 };
    let data = tempfile::tempdir().unwrap();
    let mut expected = 0;
    for round in 0..rounds {
        let up = Up::start(data.path(), &[]);
        let count = || json(data.path(), &["search", "203.0.113.7", "--count", "--format", "json"])["count"].as_u64().unwrap();
        assert!(count() >= expected, "round {round}: {} of {expected}", count());
        up.log(&(0..50).map(failed_sign_in).collect::<Vec<_>>());
        expected = wait_for("more events", || Some(count()).filter(|count| *count > expected));
        up.kill();
    }
    let events = json(data.path(), &["search", "203.0.113.7", "--count", "--format", "json"]);
    assert!(events["count"].as_u64().unwrap() >= expected);
    assert_eq!(run(data.path(), &["audit", "verify"]).status.code(), Some(0));
}

#[test]
fn decides_about_findings_and_keeps_the_reason() {
    let data = tempfile::tempdir().unwrap();
    let up = Up::start(data.path(), &[]);
    let all = || json(data.path(), &["findings", "list", "--format", "json"])["findings"].as_array().unwrap().clone();
    // This machine has something to say against it, or the test learns nothing; every machine so far had.
    let found = wait_for("findings of this host", || Some(all()).filter(|found| !found.is_empty()));
    let id = found[0]["id"].as_str().unwrap();
    let refused = run(data.path(), &["findings", "decide", id, "--ruling", "accept", "--reason", "", "--until", "2099-01-01"]);
    assert_eq!(refused.status.code(), Some(2), "a decision needs a reason");
    let until = SystemClock.now().plus_seconds(30 * 86_400).day().to_string();
    let decided = run(data.path(), &["findings", "decide", id, "--ruling", "accept", "--reason", "a test", "--until", &until]);
    assert_eq!(decided.status.code(), Some(0), "{}", stderr(&decided));
    let shown = json(data.path(), &["findings", "show", &id[..12], "--format", "json"]);
    assert_eq!(shown["state"]["state"], "accepted");
    assert!(shown["history"].as_array().unwrap().iter().any(|change| change["why"] == "a test" && change["who"] == "local"));
    assert!(!all().iter().any(|finding| finding["id"] == id));
    let csv = stdout(&run(data.path(), &["findings", "export", "--state", "accepted", "--format", "csv"]));
    assert!(csv.contains(id), "{csv}");
    assert_eq!(up.terminate(), 0);
}
