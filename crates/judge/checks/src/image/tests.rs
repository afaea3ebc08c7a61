//! Whole images as their builders make them: what is said of each, and that nothing is said of a good one.

use crate::judge_image;
use vigie_model::component::Component;
use vigie_model::host::{OsRelease, Password, User};
use vigie_model::image::{FileMode, HealthCheck, HistoryStep, ImageConfig, ImageFacts, ImageLayer};
use vigie_model::package::Package;
use vigie_model::verdict::Verdict;

/// An image of one layer that was read whole.
fn image(user: &str, entrypoint: &[&str]) -> ImageFacts {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    ImageFacts {
        reference: "registry.example/app:1.2.3".into(),
        layers: vec![ImageLayer { diff_id: "sha256:a".into(), complete: true, file_bytes: 1000, ..ImageLayer::default() }],
        config: ImageConfig {
            user: user.into(),
            entrypoint: words(entrypoint),
            history: vec![HistoryStep { created_by: "COPY / / # buildkit".into(), layer: Some(0), ..HistoryStep::default() }],
            ..ImageConfig::default()
        },
        ..ImageFacts::default()
    }
}

fn with_programs(mut facts: ImageFacts, paths: &[&str], os: &str) -> ImageFacts {
    facts.programs = paths.iter().map(|path| FileMode { path: (*path).into(), mode: 0o755, layer: Some(0) }).collect();
    facts.os = Some(OsRelease { id: os.into(), pretty_name: os.into(), ..OsRelease::default() });
    facts
}

fn go(mut facts: ImageFacts, path: &str) -> ImageFacts {
    let package =
        Package { ecosystem: "Go".into(), name: "example.org/app".into(), version: "1".into(), architecture: None, source: None };
    facts.components.push(Component { layer: Some(0), ..Component::new(package, path) });
    facts
}

fn account(name: &str, uid: u32) -> User {
    let shell = "/sbin/nologin".to_owned();
    let password = Password::Locked;
    User { name: name.into(), uid, gid: uid, home: "/".into(), shell, password, password_changed: None, password_max_days: None }
}

/// Names of the checks that fail.
fn failing(facts: &ImageFacts) -> Vec<&'static str> {
    let fails = judge_image(facts).into_iter().filter(|judged| matches!(judged.verdict, Verdict::Fail { .. }));
    let mut names: Vec<&str> = fails.map(|judged| judged.entry.path.rsplit('/').next().unwrap_or_default()).collect();
    names.sort_unstable();
    names
}

/// The base that is advised, and for which program.
fn advised(facts: &ImageFacts) -> String {
    let judged = judge_image(facts);
    let found = judged.iter().find(|judged| judged.entry.path.ends_with("smaller-base-fits")).unwrap();
    match &found.verdict {
        Verdict::Fail { evidence } => format!("{} → {}", evidence[0].place, evidence[0].expected),
        other => other.word().to_owned(),
    }
}

#[test]
fn nothing_is_said_of_good_minimal_images() {
    let scratch = go(image("65532:65532", &["/app"]), "app");
    assert_eq!(failing(&scratch), Vec::<&str>::new());
    let mut distroless = with_programs(go(image("nonroot", &["/app"]), "app"), &[], "unheard-of");
    distroless.accounts = Some(vec![account("nonroot", 65532)]);
    distroless.config.ports = vec!["8080/tcp".into()];
    distroless.config.health_check = Some(HealthCheck { test: vec!["CMD".into(), "/app".into()], ..HealthCheck::default() });
    assert_eq!(failing(&distroless), Vec::<&str>::new());
}

#[test]
fn what_is_wrong_is_said_once_each() {
    let mut fat = with_programs(image("", &["/bin/sh", "-c", "node server.js"]), &["usr/bin/apt-get", "usr/bin/bash"], "debian");
    fat.config.env =
        vec!["PATH=/usr/bin".into(), "DB_PASSWORD=hunter22".into(), "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8".into()];
    fat.config.ports = vec!["80/tcp".into()];
    fat.config.health_check = Some(HealthCheck { test: vec!["NONE".into()], ..HealthCheck::default() });
    let file = |path: &str, mode| FileMode { path: path.into(), mode, layer: Some(0) };
    fat.elevated = vec![file("opt/tool", 0o4755), file("usr/bin/su", 0o4755)];
    fat.world_writable = vec![file("etc/app.conf", 0o666)];
    let step = |text: &str| HistoryStep { created_by: text.into(), ..HistoryStep::default() };
    fat.config.history.push(step("ADD https://example.org/x.tar.gz /opt/ # buildkit"));
    fat.reference = "registry.example/app:latest".into();
    let expected = [
        "add-in-history",
        "floating-tag",
        "health-check-missing",
        "package-manager-inside",
        "secret-in-environment",
        "setuid-unusual",
        "setuid-usual",
        "shell-inside",
        "smaller-base-fits",
        "start-by-shell",
        "user-root",
        "world-writable",
    ];
    let failing = failing(&fat);
    for name in expected {
        assert!(failing.contains(&name), "{name} in {failing:?}");
    }
    let more: Vec<&&str> = failing.iter().filter(|name| !expected.contains(name) && **name != "base-out-of-support").collect();
    assert!(more.is_empty(), "{more:?}");
    // What the history adds and unpacks is of no concern, and a user by any name may be root.
    fat.config.history.pop();
    fat.config.history.push(step("ADD --chown=1:1 app.tar.gz /opt/ # buildkit"));
    assert!(!self::failing(&fat).contains(&"add-in-history"));
    fat.config.user = "toor".into();
    fat.accounts = Some(vec![account("toor", 0)]);
    assert!(self::failing(&fat).contains(&"user-root"));
}

#[test]
fn the_advice_fits_the_program_that_is_started() {
    let shell = ["bin/sh", "sbin/apk"];
    let on = |os: &str, start: &[&str]| with_programs(image("1", start), &shell, os);
    assert_eq!(
        advised(&on("debian", &["/bin/sh", "-c", "exec node server.js"])),
        "node → gcr.io/distroless/nodejs…-debian12:nonroot"
    );
    assert_eq!(advised(&on("debian", &["tini", "--", "python3.12", "app.py"])), "python3.12 → gcr.io/distroless/python3:nonroot");
    let mut scripted = on("alpine", &["docker-entrypoint.sh"]);
    scripted.config.cmd = vec!["node".into()];
    assert_eq!(advised(&scripted), "node → gcr.io/distroless/nodejs…-debian12:nonroot");
    assert_eq!(advised(&go(on("busybox", &["/usr/bin/app"]), "usr/bin/app")), "/usr/bin/app → gcr.io/distroless/static:nonroot");
    // On a base of the advised sort, of no known kind, without a shell, or with nothing to start.
    assert_eq!(advised(&on("alpine", &["nginx", "-g", "daemon off;"])), "pass");
    assert_eq!(advised(&on("debian", &["/opt/thing"])), "not_applicable");
    assert_eq!(advised(&with_programs(image("1", &["node"]), &[], "debian")), "pass");
    assert_eq!(advised(&image("1", &[])), "not_applicable");
}
