//! How findings open, are fixed and come back.

use super::*;
use crate::{LedgerError, Progress, Recorded, Report};
use vigie_kit::clock::Clock;
use vigie_model::occurrence::DetectionDetail;
use vigie_model::time::Timestamp;
use vigie_testkit::check_text;

#[test]
fn a_finding_is_known_again_fixed_and_reopened() {
    let scene = Scene::new();
    let root_login = misset(scene.host, "HOST-0001", "PermitRootLogin");
    let found = std::slice::from_ref(&root_login);

    assert_eq!(scene.checked(found), Recorded { new: 1, ..Recorded::default() });
    scene.clock.advance(DAY);
    assert_eq!(scene.checked(found), Recorded { seen: 1, ..Recorded::default() });
    let detail = scene.detail(&root_login);
    assert_eq!(detail.finding.first_seen.to_string(), "2026-11-21T08:00:00Z");
    assert_eq!(detail.finding.last_seen.to_string(), "2026-11-22T08:00:00Z");
    assert_eq!(detail.tools, ["vigie.checks"]);

    assert_eq!(scene.checked(&[]), Recorded { fixed: 1, ..Recorded::default() });
    assert_eq!(scene.checked(&[]), Recorded::default(), "what is fixed is not fixed again");
    assert_eq!(scene.state(&root_login), "fixed");

    scene.clock.advance(DAY);
    assert_eq!(scene.checked(found), Recorded { seen: 1, reopened: 1, ..Recorded::default() });
    assert_eq!(scene.detail(&root_login).finding.first_seen.to_string(), "2026-11-21T08:00:00Z");
    check_text("tool:vigie.checks opened\ntool:vigie.checks fixed\ntool:vigie.checks reopened\n", &scene.history(&root_login));
    let trend: Vec<_> = scene.ledger.trend(4).unwrap().iter().map(|day| (day.opened, day.fixed, day.active)).collect();
    assert_eq!(trend, [(0, 0, 0), (1, 0, 1), (0, 1, 0), (1, 0, 1)]);
    check_counters(&scene.ledger);
}

#[test]
fn only_what_a_run_covers_is_fixed_by_it() {
    let scene = Scene::new();
    let (root_login, forwarding) =
        (misset(scene.host, "HOST-0001", "PermitRootLogin"), misset(scene.host, "HOST-0002", "X11Forwarding"));
    let openssl = vulnerable(scene.host, "CVE-2024-0001", "openssl");
    scene.checked(&[root_login.clone(), forwarding.clone()]);
    let matching = scene.run("vigie.advisories", &[FindingKind::Vulnerability]);
    scene.ledger.record(&matching, std::slice::from_ref(&openssl)).unwrap();

    // Nothing covered, nothing fixed; another kind; another tool; another asset.
    scene.ledger.record(&scene.run("vigie.checks", &[]), &[]).unwrap();
    scene.ledger.record(&scene.run("vigie.checks", &[FindingKind::Vulnerability]), &[]).unwrap();
    scene.ledger.record(&scene.run("other", &FindingKind::ALL), &[]).unwrap();
    let other = host("web-2");
    scene.ledger.save_asset(&other).unwrap();
    scene.ledger.record(&run(other.id, "vigie.checks", &FindingKind::ALL), &[]).unwrap();
    assert_eq!((scene.state(&root_login), scene.state(&openssl)), ("open", "open"));

    // About one of the two nobody could tell.
    let mut unclear = scene.run("vigie.checks", &[FindingKind::Misconfiguration]);
    unclear.inconclusive.insert("HOST-0001".into());
    scene.ledger.record(&unclear, &[]).unwrap();
    assert_eq!((scene.state(&root_login), scene.state(&forwarding), scene.state(&openssl)), ("open", "fixed", "open"));
    check_counters(&scene.ledger);
}

#[test]
fn what_two_tools_see_is_fixed_when_neither_does() {
    let scene = Scene::new();
    let openssl = vulnerable(scene.host, "CVE-2024-0001", "openssl");
    let (ours, theirs) =
        (scene.run("vigie.advisories", &[FindingKind::Vulnerability]), scene.run("trivy", &[FindingKind::Vulnerability]));
    scene.ledger.record(&ours, std::slice::from_ref(&openssl)).unwrap();
    scene.ledger.record(&theirs, std::slice::from_ref(&openssl)).unwrap();
    assert_eq!(scene.detail(&openssl).tools, ["trivy", "vigie.advisories"]);
    assert_eq!(scene.ledger.record(&ours, &[]).unwrap().fixed, 0);
    assert_eq!((scene.state(&openssl), scene.detail(&openssl).tools), ("open", vec!["trivy".to_owned()]));
    assert_eq!(scene.ledger.record(&theirs, &[]).unwrap().fixed, 1);
    assert_eq!(scene.state(&openssl), "fixed");
}

#[test]
fn a_finding_knows_how_many_others_have_its_cause() {
    let scene = Scene::new();
    let other = host("web-2");
    scene.ledger.save_asset(&other).unwrap();
    let on = |asset| vulnerable(asset, "CVE-2024-0001", "openssl");
    for asset in [scene.host, other.id] {
        let found = [on(asset), vulnerable(asset, "CVE-2024-0001", "libssl3")];
        scene.ledger.record(&run(asset, "vigie.advisories", &[FindingKind::Vulnerability]), &found).unwrap();
    }
    assert_eq!(scene.detail(&on(scene.host)).problem.others, 1);
    scene.ledger.record(&run(other.id, "vigie.advisories", &[FindingKind::Vulnerability]), &[]).unwrap();
    assert_eq!(scene.detail(&on(scene.host)).problem.others, 0);
    assert_eq!(scene.detail(&on(other.id)).problem.others, 1);
}

#[test]
fn changes_of_severity_and_priority_are_remembered() {
    let scene = Scene::new();
    let run = scene.run("vigie.advisories", &[FindingKind::Vulnerability]);
    let see = |occurrence: &Occurrence| {
        scene.clock.advance(DAY);
        scene.ledger.record(&run, std::slice::from_ref(occurrence)).unwrap()
    };
    let mut openssl = vulnerable(scene.host, "CVE-2024-0001", "openssl");
    see(&openssl);
    openssl.severity = Severity::Critical;
    assert_eq!(see(&openssl), Recorded { seen: 1, changed: 1, ..Recorded::default() });
    // Day by day a little more, one entry.
    for epss in [0.1, 0.2, 0.3] {
        openssl.circumstances.epss = Some(epss);
        see(&openssl);
    }
    openssl.circumstances.known_exploited = KnownExploited::Yes;
    openssl.title = "CVE-2024-0001 in openssl, again in the news".into();
    see(&openssl);
    check_text(
        "tool:vigie.advisories opened\n\
         tool:vigie.advisories severity_changed high > critical\n\
         tool:vigie.advisories priority_changed 47 > 99: known_exploited\n",
        &scene.history(&openssl),
    );
    let finding = scene.detail(&openssl).finding;
    assert_eq!((finding.known_exploited, finding.epss), (KnownExploited::Yes, Some(0.3)));
    assert_eq!(finding.title, openssl.title);
    check_counters(&scene.ledger);
}

#[test]
fn the_same_evidence_in_another_order_is_no_change() {
    let scene = Scene::new();
    let mut keys = misset(scene.host, "HOST-0003", "authorized_keys");
    let second = Evidence { locator: "b".into(), place: "b".into(), found: "b".into(), expected: String::new() };
    keys.evidence.push(second);
    scene.checked(std::slice::from_ref(&keys));
    keys.evidence.reverse();
    assert_eq!(scene.checked(std::slice::from_ref(&keys)), Recorded { seen: 1, ..Recorded::default() });
}

fn counted(count: u64) -> DetectionDetail {
    DetectionDetail {
        first_event: Timestamp::EPOCH,
        last_event: Timestamp::EPOCH,
        events: Vec::new(),
        count,
        entity: vec![("src_endpoint.ip".into(), "10.0.0.1".into())],
        techniques: vec!["T1110".into()],
        author: "Vigie".into(),
    }
}

#[test]
fn detections_add_up_and_their_place_is_written_with_them() {
    let scene = Scene::new();
    scene.ledger.db.write(|w| w.execute("CREATE TABLE place (event INTEGER NOT NULL) STRICT", params![])).unwrap();
    let of = |subject: &str, count| {
        let mut guessing = misset(scene.host, subject, "10.0.0.1");
        guessing.identity.kind = FindingKind::Detection;
        Occurrence { detection: Some(counted(count)), ..guessing }
    };
    let record = |found: &[Occurrence], place: Option<i64>| {
        scene.ledger.record_detections(found, |w| {
            w.execute("INSERT INTO place (event) VALUES ($1)", params![place])?;
            Ok(())
        })
    };
    let (one, two) = (of("DET-0001", 3), of("DET-0002", 4));
    // The same finding twice in one call adds up as in two.
    assert_eq!(record(&[one.clone(), two.clone(), one.clone()], Some(10)).unwrap().new, 2);
    let before = scene.dump();
    assert!(matches!(record(&[one.clone(), two.clone()], None), Err(LedgerError::Db(_))), "the place cannot be written");
    assert_eq!(scene.dump(), before, "so nothing is counted");
    record(std::slice::from_ref(&one), Some(20)).unwrap();
    let count = |of: &Occurrence| scene.detail(of).detection.unwrap().count;
    assert_eq!((count(&one), count(&two)), (9, 4));
    let places = scene.ledger.db.read(|r| r.query("SELECT event FROM place ORDER BY event", params![], |row| row.get::<i64>(0)));
    assert_eq!(places.unwrap(), [10, 20]);
}

#[test]
fn detections_are_not_fixed_by_silence() {
    let scene = Scene::new();
    let mut guessing = misset(scene.host, "DET-0001", "10.0.0.1");
    guessing.identity.kind = FindingKind::Detection;
    guessing.detection = Some(counted(5));
    scene.ledger.record_detections(std::slice::from_ref(&guessing), |_| Ok(())).unwrap();
    scene.ledger.record_detections(&[], |_| Ok(())).unwrap();
    scene.checked(&[]);
    guessing.detection = Some(counted(9));
    let again = scene.ledger.record_detections(std::slice::from_ref(&guessing), |_| Ok(())).unwrap();
    assert_eq!(again, Recorded { seen: 1, changed: 1, ..Recorded::default() });
    assert_eq!(scene.state(&guessing), "open");
    assert_eq!(scene.detail(&guessing).detection.unwrap().count, 14);
    let now = scene.clock.now();
    assert_eq!(scene.ledger.seen_since(FindingKind::Detection, now).unwrap(), 1);
    assert_eq!(scene.ledger.seen_since(FindingKind::Detection, now.plus_micros(1)).unwrap(), 0);
    assert_eq!(scene.ledger.active_by_subject().unwrap().get("DET-0001"), Some(&1));
}

#[test]
fn work_is_begun_and_laid_down() {
    let scene = Scene::new();
    let (one, two) = (misset(scene.host, "HOST-0001", "a"), misset(scene.host, "HOST-0002", "b"));
    scene.checked(&[one.clone(), two.clone()]);
    scene.checked(std::slice::from_ref(&one));
    let unknown = FindingId::of(&["unknown"]);
    let ids = [one.identity.id(), two.identity.id(), unknown];
    let made = scene.ledger.set_progress(&ids, Progress::Start, "ada", "on it").unwrap();
    assert_eq!(made.changed, 1);
    assert_eq!(made.refused, [(ids[1], Some(vigie_model::life::Refusal::AlreadyFixed)), (unknown, None)]);
    assert_eq!(scene.ledger.set_progress(&ids[..1], Progress::Start, "ada", "").unwrap().changed, 0);
    assert_eq!(scene.state(&one), "in_progress");
    scene.checked(std::slice::from_ref(&one));
    assert_eq!(scene.state(&one), "in_progress", "seeing it again does not take it from ada");
    scene.ledger.set_progress(&ids[..1], Progress::Stop, "ada", "lunch").unwrap();
    check_text("tool:vigie.checks opened\nada started: on it\nada stopped: lunch\n", &scene.history(&one));
    check_counters(&scene.ledger);
}

#[test]
fn what_cannot_be_recorded_changes_nothing() {
    let scene = Scene::new();
    let nobody = AssetId::of(&["nobody"]);
    let strange = misset(nobody, "HOST-0001", "a");
    let of_nobody = run(nobody, "vigie.checks", &[]);
    assert!(matches!(scene.ledger.record(&of_nobody, &[]), Err(LedgerError::UnknownAsset(id)) if id == nobody));
    let foreign = scene.ledger.record(&scene.run("vigie.checks", &[]), std::slice::from_ref(&strange));
    assert!(matches!(foreign, Err(LedgerError::ForeignOccurrence { .. })));
    let known = misset(scene.host, "HOST-0001", "a");
    let detections = scene.ledger.record_detections(&[known, strange], |_| Ok(()));
    assert!(matches!(detections, Err(LedgerError::UnknownAsset(_))));
    assert_eq!(scene.dump(), Vec::<String>::new());
    check_counters(&scene.ledger);
}

#[test]
fn there_are_sixty_three_tools() {
    let scene = Scene::new();
    let record = |tool: usize| scene.ledger.record(&scene.run(&format!("tool-{tool}"), &[]), &[]);
    for tool in 0..63 {
        record(tool).unwrap();
    }
    assert!(matches!(record(63), Err(LedgerError::TooManyTools { max: 63 })));
    let last = misset(scene.host, "HOST-0001", "a");
    let of_last = scene.run("tool-62", &[FindingKind::Misconfiguration]);
    scene.ledger.record(&of_last, std::slice::from_ref(&last)).unwrap();
    assert_eq!(scene.detail(&last).tools, ["tool-62"]);
    assert_eq!(scene.ledger.record(&of_last, &[]).unwrap().fixed, 1);
}

#[test]
fn a_clock_that_was_set_back_confuses_nobody() {
    let scene = Scene::new();
    let one = misset(scene.host, "HOST-0001", "a");
    scene.checked(std::slice::from_ref(&one));
    scene.clock.advance(-30 * DAY);
    scene.checked(std::slice::from_ref(&one));
    let finding = scene.detail(&one).finding;
    assert_eq!(finding.last_seen, finding.first_seen);
    scene.checked(&[]);
    scene.checked(std::slice::from_ref(&one));
    let trend = scene.ledger.trend(2).unwrap();
    assert_eq!((trend[1].active, trend[1].opened, trend[1].fixed), (1, 1, 1));
    check_counters(&scene.ledger);
}

#[test]
fn a_large_report_is_recorded_in_pieces() {
    let scene = Scene::new();
    let many: Vec<_> = (0..4_100).map(|n| vulnerable(scene.host, &format!("CVE-2024-{n}"), "kernel")).collect();
    let mut report = Report::new(scene.run("vigie.advisories", &[FindingKind::Vulnerability]));
    many.chunks(1_000).for_each(|piece| report.add(piece).unwrap());
    assert_eq!(scene.ledger.record_report(&report).unwrap().new, 4_100);
    assert_eq!(
        scene.ledger.record(&report.run, &many[..10]).unwrap(),
        Recorded { seen: 10, fixed: 4_090, ..Recorded::default() }
    );
    check_counters(&scene.ledger);
}

#[test]
fn a_ledger_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state.db");
    let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
    let open = || Ledger::open(Db::open(&path).unwrap(), clock.clone()).unwrap();
    let web = host("web-1");
    let one = misset(web.id, "HOST-0001", "a");
    {
        let ledger = open();
        ledger.save_asset(&web).unwrap();
        ledger.record(&run(web.id, "vigie.checks", &[]), std::slice::from_ref(&one)).unwrap();
    }
    assert!(open().finding(one.identity.id()).unwrap().is_some());
}
