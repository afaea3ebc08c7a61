//! Secrets at rest: found wherever they lie, and shown nowhere.

use super::{json, layout_with, run, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use vigie_catalogue::Family;
use vigie_inventory::secrets::{FingerprintKey, Scanner};
use vigie_server::rest::KEY_FILE;

/// A password that is one by its surroundings alone.
const PASSWORD: &str = "tr4verse-Viol3t";

/// What no rule takes for a secret, and a name gives away.
const WEAK: &str = "sesame-street";

const FORMATS: [&str; 13] = [
    "table",
    "json",
    "csv",
    "sarif",
    "cyclonedx",
    "spdx",
    "gitlab-container",
    "gitlab-dependency",
    "gitlab-secret",
    "github",
    "junit",
    "html",
    "markdown",
];

/// A tree in which each kind of secret stands once.
struct Planted {
    tree: tempfile::TempDir,
    /// Pieces of the secrets, none of which a mask may show.
    pieces: BTreeSet<String>,
    /// The kinds.
    rules: BTreeSet<String>,
}

/// Plants every so many kinds one.
fn planted(step: usize) -> Planted {
    let tree = tempfile::tempdir().unwrap();
    let scanner = Scanner::with_all_rules(FingerprintKey::new(&[9; 32]));
    let (mut pieces, mut rules) = (BTreeSet::from([PASSWORD.to_owned(), WEAK.to_owned()]), BTreeSet::new());
    for (number, entry) in vigie_catalogue::of(Family::Secrets).enumerate().step_by(step) {
        let sample = entry.samples().0.remove(0);
        let path = format!("app/s{number}/{}", sample.path);
        let found = scanner.scan_bytes(&path, sample.text.as_bytes());
        if found.is_empty() {
            continue;
        }
        rules.extend(found.iter().map(|secret| secret.rule.clone()));
        let start = |secret: &vigie_model::secret::Secret| {
            sample.text.split_inclusive('\n').take(secret.line as usize - 1).map(str::len).sum::<usize>() + secret.column as usize
                - 1
        };
        pieces.extend(found.iter().map(|secret| piece(&sample.text[start(secret)..])));
        let file = tree.path().join(&path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, &sample.text).unwrap();
    }
    fs::write(tree.path().join("app/.env"), format!("DB_PASSWORD={PASSWORD}\n")).unwrap();
    // An address with a password in a list of packages: the package is shown, the password is not.
    let lock = format!(
        r#"{{"name":"a","lockfileVersion":3,"packages":{{"node_modules/left":{{"version":"1.0.0","resolved":"https://ci:{PASSWORD}@npm.internal/left-1.0.0.tgz"}}}}}}"#
    );
    fs::write(tree.path().join("app/package-lock.json"), lock).unwrap();
    Planted { tree, pieces, rules }
}

/// The beginning of a secret, too long for a mask to show; of a key in armour that of its body.
fn piece(text: &str) -> String {
    let body = text.strip_prefix("-----BEGIN").and_then(|rest| rest.split_once("-----")).map_or(text, |(_, body)| body);
    let delimiter = |letter: char| letter.is_whitespace() || "\"'`@,;&<>\\".contains(letter);
    body.split(delimiter).find(|part| part.len() >= 8).unwrap_or(body).chars().take(24).collect()
}

fn git(folder: &Path, arguments: &[&str]) {
    let settings =
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").current_dir(folder).args(settings).args(arguments).output().unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Everything in a folder, however deep.
fn all_bytes(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all_bytes(&path, bytes) } else { bytes.extend(fs::read(path).unwrap()) }
    }
}

fn subjects(scan: &Value) -> BTreeSet<String> {
    scan["findings"].as_array().unwrap().iter().map(|found| found["subject"].as_str().unwrap().to_owned()).collect()
}

/// What of the pieces stands in a text.
fn shown<'p>(planted: &'p Planted, text: &str) -> Vec<&'p String> {
    planted.pieces.iter().filter(|piece| text.contains(piece.as_str())).collect()
}

#[test]
fn every_kind_of_secret_is_found() {
    let (data, planted) = (tempfile::tempdir().unwrap(), planted(1));
    assert!(planted.rules.len() >= 150, "{}", planted.rules.len());
    let output = run(data.path(), &["scan", "fs", planted.tree.path().to_str().unwrap(), "--format", "json"]);
    let scan: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(planted.rules.difference(&subjects(&scan)).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(shown(&planted, &stdout(&output)), Vec::<&String>::new());
}

#[test]
fn no_secret_is_shown_in_any_format_or_kept_anywhere() {
    let (data, planted) = (tempfile::tempdir().unwrap(), planted(47));
    let settings = serde_json::json!({ "Env": ["PATH=/bin", format!("DB_PASSWORD={PASSWORD}"), format!("APP_TOKEN={WEAK}")],
        "Labels": { "note.password": WEAK }, "Cmd": ["serve"] });
    let step = format!("RUN curl -u deploy:{PASSWORD} https://files.internal/a # API_TOKEN={WEAK}");
    let layout = layout_with(planted.tree.path(), &settings, &step);
    let (tree, image) = (planted.tree.path().to_str().unwrap(), layout.path().to_str().unwrap());
    let mut said = String::new();
    let mut scan = |arguments: &[&str]| {
        let output = run(data.path(), &[&["scan"], arguments, &["--log", "debug"]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        let out = stdout(&output);
        said.push_str(&out);
        said.push_str(&stderr(&output));
        out
    };
    for format in FORMATS {
        scan(&["fs", tree, "--format", format]);
    }
    git(planted.tree.path(), &["init", "-q"]);
    git(planted.tree.path(), &["remote", "add", "origin", &format!("https://ci:{PASSWORD}@git.internal/app.git")]);
    git(planted.tree.path(), &["add", "."]);
    scan(&["repo", tree, "--staged", "--format", "json"]);
    git(planted.tree.path(), &["commit", "-q", "-m", "one"]);
    for target in [["image", image], ["repo", tree]] {
        let found: Value = serde_json::from_str(&scan(&[&target[..], &["--format", "json"]].concat())).unwrap();
        let missed: Vec<_> = planted.rules.difference(&subjects(&found)).cloned().collect();
        assert!(missed.is_empty(), "{target:?}: {missed:?}");
        for format in ["gitlab-secret", "sarif", "table"] {
            scan(&[&target[..], &["--format", format]].concat());
        }
    }
    // The cache, the key, whatever else there is.
    let mut kept = Vec::new();
    all_bytes(data.path(), &mut kept);
    said.push_str(&String::from_utf8_lossy(&kept));
    assert_eq!(shown(&planted, &said), Vec::<&String>::new());
    assert!(said.contains("DB_PASSWORD=****") && said.contains("git.internal/app"), "what is no secret is told");
}

#[test]
fn a_repository_is_what_it_tracks_and_what_it_ever_held() {
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let put = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    let repo = folder.path().to_str().unwrap();
    let places = |more: &[&str]| -> Vec<String> {
        let scan = json(data.path(), &[&["scan", "repo", repo, "--format", "json"], more].concat());
        let found = scan["findings"].as_array().unwrap().iter();
        found
            .flat_map(|found| found["evidence"].as_array().unwrap())
            .map(|proof| proof["place"].as_str().unwrap().to_owned())
            .collect()
    };
    let nowhere = run(data.path(), &["scan", "repo", repo]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(stderr(&nowhere).contains("hint"), "{}", stderr(&nowhere));
    git(folder.path(), &["init", "-q"]);
    put("old.env", &format!("DB_PASSWORD={PASSWORD}\n"));
    put("requirements.txt", "requests==2.0.0\n");
    git(folder.path(), &["add", "."]);
    assert_eq!(places(&["--staged"]), ["old.env:1:13"]);
    git(folder.path(), &["commit", "-q", "-m", "one"]);
    assert_eq!(places(&["--staged"]), Vec::<String>::new());
    git(folder.path(), &["rm", "-q", "old.env"]);
    git(folder.path(), &["commit", "-q", "-m", "two"]);
    // On this machine only.
    put(".env", "DB_PASSWORD=other-Viol3t-7\n");
    let [place] = &places(&[])[..] else { panic!("{:?}", places(&[])) };
    assert!(place.starts_with("old.env:1:13 (commit "), "{place}");
    assert_eq!(places(&["--no-history"]), Vec::<String>::new());
    assert_eq!(places(&["--scanners", "vuln"]), Vec::<String>::new());
    assert_eq!(json(data.path(), &["scan", "repo", repo, "--format", "json"])["packages"], 1);
    git(folder.path(), &["add", ".env"]);
    let hook = run(data.path(), &["scan", "repo", repo, "--staged", "--fail-on", "medium"]);
    assert_eq!(hook.status.code(), Some(1));
    assert!(stdout(&hook).contains(".env:1:13"), "{}", stdout(&hook));
}

#[test]
fn the_same_secret_is_the_same_finding_where_the_key_is_the_same() {
    let (one, other, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(tree.path().join(".env"), format!("DB_PASSWORD={PASSWORD}\n")).unwrap();
    let tree = tree.path().to_str().unwrap();
    let id = |data: &Path, more: &[&str]| {
        let scan = json(data, &[&["scan", "fs", tree, "--format", "json"], more].concat());
        scan["findings"][0]["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(id(one.path(), &[]), id(one.path(), &[]));
    assert_ne!(id(one.path(), &[]), id(other.path(), &[]));
    let key = one.path().join(KEY_FILE);
    assert_eq!(id(one.path(), &[]), id(other.path(), &["--fingerprint-key", key.to_str().unwrap()]));
    fs::write(&key, "no key").unwrap();
    let output = run(one.path(), &["scan", "fs", tree]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("hint: a key is 64 hexadecimal digits"), "{}", stderr(&output));
}
