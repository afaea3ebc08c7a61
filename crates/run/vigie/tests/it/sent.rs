//! Scans that are sent: what a pipeline sees lands on the platform, judged there, whoever looked first.

use super::{RECORD, Up, feed, json, layout_of, old_system, run, stderr, stdout, vigie};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A platform with vulnerability data, and the folder of a pipeline that has none.
struct Houses {
    data: tempfile::TempDir,
    pipeline: tempfile::TempDir,
    /// Where the pipeline keeps tokens.
    desk: tempfile::TempDir,
    up: Up,
}

impl Houses {
    fn new() -> Self {
        let (data, feeds, pipeline) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        feed(feeds.path(), "Debian", &[("DEBIAN-CVE-2026-0001.json", RECORD)]);
        assert_eq!(run(data.path(), &["db", "import", feeds.path().to_str().unwrap()]).status.code(), Some(0));
        let up = Up::start(data.path(), &[]);
        Self { data, pipeline, desk: tempfile::tempdir().unwrap(), up }
    }

    fn url(&self) -> String {
        let address = self.up.said.split("https://").nth(1).unwrap().split('/').next().unwrap();
        format!("https://{}", address.trim())
    }

    /// Makes a token; gives the file that holds it.
    fn token(&self, name: &str, more: &[&str]) -> PathBuf {
        let made = run(self.data.path(), &[&["token", "create", name], more].concat());
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
        let path = self.desk.path().join(name);
        fs::write(&path, &made.stdout).unwrap();
        path
    }

    /// Scans in the pipeline and sends.
    fn scan(&self, target: &[&str], token: &Path, more: &[&str]) -> Output {
        let (url, ca) = (self.url(), self.data.path().join("tls/certificate.pem"));
        let to = ["--to", &url, "--ca", ca.to_str().unwrap(), "--token-file", token.to_str().unwrap()];
        run(self.pipeline.path(), &[&["scan"], target, &to[..], more].concat())
    }

    /// Findings of one asset as `subject state`, sorted.
    fn findings(&self, asset: &str) -> Vec<String> {
        let listed = json(self.data.path(), &["findings", "list", "--state", "all", "--limit", "1000", "--format", "json"]);
        let of_asset = |found: &&Value| found["asset"]["name"].as_str().unwrap().ends_with(asset);
        let line =
            |found: &Value| format!("{} {}", found["subject"].as_str().unwrap(), found["state"]["state"].as_str().unwrap());
        let mut lines: Vec<String> = listed["findings"].as_array().unwrap().iter().filter(of_asset).map(line).collect();
        lines.sort();
        lines
    }
}

/// The image of [`old_system`], with a secret in it, made up and put together here so that no scanner of sources takes
/// it for one.
fn image() -> tempfile::TempDir {
    let root = old_system();
    fs::create_dir_all(root.path().join("app")).unwrap();
    let token = format!("{}{}", "ghp_", "aDx2OvsUrwU2cszuMioX8kh3RvIGO70nffXK");
    fs::write(root.path().join("app/.env"), format!("GITHUB_TOKEN={token}\n")).unwrap();
    layout_of(root.path())
}

#[test]
fn what_a_pipeline_scans_is_recorded_judged_there_and_once() {
    let (houses, layout) = (Houses::new(), image());
    let (token, image) = (houses.token("ci", &[]), layout.path().to_str().unwrap().to_owned());
    let target = ["image", image.as_str(), "--as", "registry.example/shop/web:1"];
    // The pipeline has no vulnerability data: what it prints and how it ends is its own.
    let sent = houses.scan(&target, &token, &["--format", "json", "--fail-on", "high"]);
    let said = stderr(&sent);
    assert!(said.contains("Recorded: ") && said.contains("/assets/"), "{said}");
    let printed: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!((&printed["matched"], sent.status.code()), (&false.into(), Some(1)), "a secret is above the bar");
    let name = "registry.example/shop/web:1";
    let found = houses.findings(name);
    assert!(found.contains(&"CVE-2026-0001 open".to_owned()) && found.iter().any(|line| line.starts_with("SEC-")), "{found:?}");
    // One rule for the asset's key: the printed id is the recorded one.
    let page = said.split("/assets/").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(printed["asset"]["id"], page);
    assert!(printed["asset"]["key"].as_str().unwrap().starts_with("sha256:"));

    let again = houses.scan(&target, &token, &[]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert!(stderr(&again).contains("Recorded: 0 new, "), "{}", stderr(&again));
    assert_eq!(houses.findings(name), found);
    // Looked for less, fixed nothing; German speaks German.
    for kinds in ["vulnerability", "secret"] {
        assert!(stderr(&houses.scan(&target, &token, &["--scanners", kinds])).contains(", 0 fixed"));
    }
    assert_eq!(houses.findings(name), found);

    // The next build has the update and no secret: the name leads to it, so the former is gone.
    let root = old_system();
    let status = fs::read_to_string(root.path().join("var/lib/dpkg/status")).unwrap();
    fs::write(root.path().join("var/lib/dpkg/status"), status.replace("3.0.15-1~deb12u1", "3.0.17-1~deb12u9")).unwrap();
    let next = layout_of(root.path());
    let sent = houses.scan(&["image", next.path().to_str().unwrap(), "--as", name], &token, &[]);
    assert_eq!(sent.status.code(), Some(0), "{}", stderr(&sent));
    let open = houses.findings(name).into_iter().filter(|line| line.ends_with(" open")).collect::<Vec<_>>();
    assert!(!open.iter().any(|line| line.starts_with("CVE-") || line.starts_with("SEC-")), "{open:?}");

    // Who did it stands in the audit trail, and when the token was used in the list.
    let tokens = json(houses.data.path(), &["token", "list", "--format", "json"]);
    assert_eq!((&tokens["schema"], tokens["tokens"][0]["used_at"].is_string()), (&"vigie.tokens/1".into(), true));
    assert_eq!(run(houses.data.path(), &["audit", "verify"]).status.code(), Some(0));
}

#[test]
fn a_token_opens_only_what_it_was_made_for_and_only_while_it_is_in_force() {
    let (houses, root) = (Houses::new(), old_system());
    let root = root.path().to_str().unwrap().to_owned();
    let target = ["fs", root.as_str(), "--as", "old"];
    let refused = |token: &Path, words: [&str; 2]| {
        let sent = houses.scan(&target, token, &[]);
        assert_eq!(sent.status.code(), Some(2), "{}", stderr(&sent));
        let said = stderr(&sent);
        assert!(said.contains(words[0]) && said.contains("hint: ") && said.contains(words[1]), "{said}");
        assert!(said.contains("critical"), "what was found is told all the same: {said}");
    };
    let good = houses.token("good", &["--days", "1"]);
    assert_eq!(houses.scan(&target, &good, &[]).status.code(), Some(0));
    assert!(houses.findings("old").contains(&"CVE-2026-0001 open".to_owned()));

    let reader = houses.token("reader", &["--permission", "read_findings,read_assets"]);
    refused(&reader, ["lacks send_scans", "--permission send_scans"]);
    assert_eq!(run(houses.data.path(), &["token", "revoke", "good"]).status.code(), Some(0));
    refused(&good, ["was revoked", "vigie token create"]);
    let typo = houses.desk.path().join("typo");
    fs::write(&typo, "vigie_nonsense\n").unwrap();
    refused(&typo, ["not one of this platform", "vigie token create"]);

    let empty = houses.desk.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    let sent = houses.scan(&target, &empty, &[]);
    assert!(stderr(&sent).contains("There is no token"), "{}", stderr(&sent));
    for arguments in [
        &["token", "create", "x", "--days", "366"][..],
        &["token", "create", "x", "--permission", "manage_tokens"],
        &["token", "revoke", "nobody"],
    ] {
        let refused = run(houses.data.path(), arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&refused).contains("hint: "), "{}", stderr(&refused));
    }
    // Our own scanner knows one when it sees one.
    let found = json(
        houses.pipeline.path(),
        &["scan", "fs", houses.desk.path().to_str().unwrap(), "--scanners", "secret", "--format", "json"],
    );
    let of_ours = found["findings"].as_array().unwrap().iter().filter(|found| found["subject"] == "SEC-0227").count();
    assert_eq!(of_ours, 2, "{found}");
}

#[test]
fn where_the_scan_cannot_go_one_sentence_says_why() {
    let (houses, root) = (Houses::new(), old_system());
    let (token, root) = (houses.token("ci", &[]), root.path().to_str().unwrap().to_owned());
    let send = |to: &[&str]| {
        let output =
            vigie(houses.pipeline.path(), &[&["scan", "fs", &root, "--token-file", token.to_str().unwrap()], to].concat())
                .env("VIGIE_TOKEN", "unused")
                .output()
                .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("hint: "), "{said}");
        said
    };
    let url = houses.url();
    let said = send(&["--to", &url]);
    assert!(said.contains("is not trusted"), "its own certificate is nobody's: {said}");
    assert!(send(&["--to", "http://192.0.2.1"]).contains("unencrypted"));
    assert!(send(&["--to", "vigie.example.org"]).contains("is not the address"));
    assert!(send(&["--to", &url, "--ca", &root]).contains("holds no certificate"));
    let (status, log) = served("413 Payload Too Large", "<html>");
    assert!(send(&["--to", &status]).contains("status 413"));
    assert!(log.lock().unwrap().starts_with("POST /api/v1/scans HTTP/1.1"), "{:?}", log.lock().unwrap());
    let (moved, _) = served("302 Found\r\nlocation: https://elsewhere.example", "");
    assert!(send(&["--to", &moved]).contains("https://elsewhere.example"));
    let (other, _) = served("200 OK", "hello");
    assert!(send(&["--to", &other]).contains("not as a platform"));
    let staged = run(houses.pipeline.path(), &["scan", "repo", "--staged", "--to", &url]);
    assert_eq!(staged.status.code(), Some(2), "what is about to be committed is recorded nowhere");
}

#[test]
fn a_busy_platform_is_asked_again_and_bodies_are_bounded() {
    let (houses, root) = (Houses::new(), old_system());
    let (token, root) = (houses.token("ci", &[]), root.path().to_str().unwrap().to_owned());
    let (busy, log) = served_in_turn(&["503 Service Unavailable", "200 OK"], r#"{"page": "/assets/x", "findings": {"new": 3}}"#);
    let sent = run(houses.pipeline.path(), &["scan", "fs", &root, "--to", &busy, "--token-file", token.to_str().unwrap()]);
    assert_eq!(sent.status.code(), Some(0), "{}", stderr(&sent));
    assert!(stderr(&sent).contains("Recorded: 3 new"), "{}", stderr(&sent));
    let token = fs::read_to_string(token).unwrap();
    assert!(log.lock().unwrap().to_lowercase().contains(&format!("authorization: bearer {}", token.trim()).to_lowercase()));
    assert!(!stdout(&sent).contains(token.trim()) && !stderr(&sent).contains(token.trim()));

    let client = vigie_kit::http::Client::with_authority(
        &houses.data.path().join("tls/certificate.pem"),
        vigie_kit::retry::Retry { attempts_max: 1, ..vigie_kit::retry::Retry::default() },
    )
    .unwrap();
    let bearer = format!("Bearer {}", token.trim());
    let post = |encoding: &str, body: &[u8]| {
        let headers = [("authorization", bearer.as_str()), ("content-encoding", encoding), ("accept-language", "de")];
        let answer = client.post(&format!("{}/api/v1/scans", houses.url()), &headers, body).unwrap();
        let status = answer.status();
        let mut said = String::new();
        answer.into_body().read_to_string(&mut said).unwrap();
        (status, serde_json::from_str::<Value>(&said).unwrap()["error"]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(post("gzip", &vec![0; 16 << 20 | 1]), (413, "too_large".to_owned()));
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..65).for_each(|_| bomb.write_all(&vec![b' '; 1 << 20]).unwrap());
    assert_eq!(post("gzip", &bomb.finish().unwrap()), (413, "too_large".to_owned()));
    assert_eq!(post("gzip", b"no gzip"), (400, "observation".to_owned()));
    assert_eq!(post("br", b"x"), (415, "encoding".to_owned()));
    assert_eq!(post("identity", json!({"schema": "other/1"}).to_string().as_bytes()), (400, "observation".to_owned()));
}

#[test]
fn objects_and_repositories_are_recorded_under_a_name_that_others_have_too() {
    let (houses, folder) = (Houses::new(), tempfile::tempdir().unwrap());
    let token = houses.token("ci", &[]);
    let pod = |privileged| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec:\n  containers:\n  - {{name: web, image: 'web@sha256:{}', securityContext: {{privileged: {privileged}}}}}\n",
            "a".repeat(64)
        )
    };
    let path = folder.path().join("web.yaml");
    fs::write(&path, pod(true)).unwrap();
    let target = ["k8s", path.to_str().unwrap(), "--as", "shop/web"];
    assert_eq!(houses.scan(&target, &token, &[]).status.code(), Some(0));
    let open = |houses: &Houses| houses.findings("shop/web").iter().filter(|line| line.ends_with(" open")).count();
    let before = open(&houses);
    fs::write(&path, pod(false)).unwrap();
    assert_eq!(houses.scan(&target, &token, &[]).status.code(), Some(0));
    assert!(before > open(&houses), "{:?}", houses.findings("shop/web"));
    // What cannot be read fixes nothing.
    let standing = open(&houses);
    fs::write(&path, "kind: [").unwrap();
    let _cannot_be_judged = houses.scan(&target, &token, &[]);
    assert_eq!(open(&houses), standing);
    let nameless = houses.scan(&["k8s", "-"], &token, &[]);
    assert!(stderr(&nameless).contains("--as shop/web"), "{}", stderr(&nameless));
    // The same folder on two machines is two things.
    let sent = houses.scan(&["fs", folder.path().to_str().unwrap(), "--format", "json"], &token, &[]);
    let printed: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert!(!printed["asset"]["key"].as_str().unwrap().starts_with("fs:/"), "{printed}");
}

type Log = std::sync::Arc<std::sync::Mutex<String>>;

fn served(status: &'static str, body: &'static str) -> (String, Log) {
    served_in_turn(&[status], body)
}

/// Answers requests with these statuses in turn, the last for ever, and keeps the head of the latest.
fn served_in_turn(statuses: &[&str], body: &'static str) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let log = Log::default();
    let (statuses, kept): (Vec<String>, Log) = (statuses.iter().map(|&it| it.to_owned()).collect(), log.clone());
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut asked = String::new();
            while !asked.ends_with("\r\n\r\n") && stream.read_line(&mut asked).unwrap() > 0 {}
            *kept.lock().unwrap() = asked;
            let status = statuses.get(number).or(statuses.last()).unwrap();
            write!(stream.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
                .unwrap();
        }
    });
    (address, log)
}
