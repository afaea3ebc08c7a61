//! Alerts from beginning to end: windows, restarts, what goes on, what goes wrong.

use super::alert::{NewAlert, When};
use super::{Asker, Judged, NewSearch, Span, judge_due};
use crate::platform::{Opening, Platform};
use std::path::Path;
use std::sync::Arc;
use vigie_db::params;
use vigie_kit::data_dir::DataDir;
use vigie_lake::Batch;
use vigie_ledger::{Detail, Filter, Order, Sort};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, Labels, Origin};
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

const EIGHT: &str = "2026-11-21T08:00:00Z";

fn after_eight(seconds: i64) -> Timestamp {
    Timestamp::parse(EIGHT).unwrap().plus_seconds(seconds)
}

fn open(dir: &Path, clock: &Arc<FakeClock>) -> Platform {
    Platform::open(DataDir::open(dir).unwrap(), clock.clone(), Opening::default()).unwrap()
}

fn ada() -> Asker {
    Asker { name: "ada".to_owned(), may_share: true }
}

fn alert(when: When, count: u64) -> NewAlert {
    NewAlert { when, count, by: None, window_s: 300, every_s: 300, lag_s: 60, severity: Severity::High }
}

fn let_alert(platform: &Platform, query: &str, alert: NewAlert) {
    let new = NewSearch { name: "refused".into(), query: query.into(), span: Span::Last(3600), columns: vec![], shared: true };
    let saved = platform.searches.save(&ada(), new).unwrap();
    platform.searches.set_alert(&ada(), &saved.id, alert).unwrap();
}

/// Events of a user on a host at these seconds after eight.
fn take_in(platform: &Platform, host: &str, user: &str, seconds: impl IntoIterator<Item = i64>) {
    let origin = Arc::new(Origin { source: "t".into(), format: "sshd".into(), host: host.into(), labels: Labels::none() });
    let event = |at: i64| {
        let mut event = Event::new(Class::Authentication, after_eight(at), after_eight(at), Arc::clone(&origin), b"x".to_vec());
        event.set(field::USER_NAME, user);
        event
    };
    platform.lake.append(&Batch { events: seconds.into_iter().map(event).collect(), checkpoint: None }).unwrap();
}

fn found(platform: &Platform) -> Vec<Detail> {
    let mut ids = Vec::new();
    let each = platform.ledger.each_finding(&Filter::default(), Sort::Title, Order::Ascending, |finding| {
        ids.push(finding.id);
        std::ops::ControlFlow::Continue(())
    });
    each.unwrap();
    ids.into_iter().map(|id| platform.ledger.finding(id).unwrap().unwrap()).collect()
}

/// Titles and how many events counted.
fn told(platform: &Platform) -> Vec<(String, u64)> {
    found(platform).into_iter().map(|detail| (detail.finding.title, detail.detection.unwrap().count)).collect()
}

fn judged(windows: u64, alerting: u64) -> Judged {
    Judged { windows, alerting, troubled: 0 }
}

#[test]
fn a_window_is_judged_once_after_its_lag_whatever_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let_alert(&platform, "user:eva", alert(When::AtLeast, 5));
    take_in(&platform, "web-1", "eva", 10..14);
    clock.advance(359);
    assert_eq!(judge_due(&platform).unwrap(), judged(0, 0), "late events may come until the lag is over");
    take_in(&platform, "web-1", "eva", [299]);
    clock.advance(1);
    assert_eq!(judge_due(&platform).unwrap(), judged(1, 1));
    assert_eq!(judge_due(&platform).unwrap(), judged(0, 0));
    assert_eq!(told(&platform), [("refused".to_owned(), 5)]);
    let detail = &found(&platform)[0];
    assert_eq!((detail.finding.severity, detail.finding.kind.word()), (Severity::High, "detection"));
    assert!(
        detail.evidence[0].place.starts_with("/events?q=user%3Aeva&from=2026-11-21T08%3A00%3A00Z&to="),
        "{:?}",
        detail.evidence
    );
    let seen = detail.detection.clone().unwrap();
    assert_eq!((seen.first_event, seen.last_event, seen.events.len()), (after_eight(10), after_eight(299), 5));

    drop(platform);
    let platform = open(dir.path(), &clock);
    assert_eq!(judge_due(&platform).unwrap(), judged(0, 0), "after a restart, too");
    take_in(&platform, "web-1", "eva", 300..310);
    clock.advance(600);
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 1), "what was missed is made up for");
    assert_eq!(told(&platform), [("refused".to_owned(), 15)], "one finding while it goes on");
}

#[test]
fn overlapping_windows_count_no_event_twice() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let by = |alert: NewAlert| NewAlert { by: Some("user".into()), every_s: 60, ..alert };
    let_alert(&platform, "", by(alert(When::AtLeast, 3)));
    take_in(&platform, "web-1", "eva", [50, 70, 130, 190, 250]);
    take_in(&platform, "web-1", "otto \"x\"", [70, 299, 301]);
    clock.advance(900);
    let judged = judge_due(&platform).unwrap();
    assert_eq!((judged.windows, judged.troubled), (14, 0));
    assert_eq!(told(&platform), [("refused: eva".to_owned(), 5), ("refused: otto \"x\"".to_owned(), 3)]);
    let saved = platform.searches.find(&ada(), "refused").unwrap();
    assert!(platform.searches.alert(&saved.id).unwrap().unwrap().memory.going_on.is_empty(), "it is over");
}

#[test]
fn a_sequence_alerts_where_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let sequence = "sequence by user with maxspan=2m [ host:web-1 ] with runs=2 [ host:web-2 ]";
    let_alert(&platform, sequence, NewAlert { by: Some("user".into()), ..alert(When::AtLeast, 1) });
    for user in ["eva", "otto"] {
        take_in(&platform, "web-1", user, [280, 290]);
    }
    take_in(&platform, "web-2", "eva", [301]);
    clock.advance(700);
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 1));
    assert_eq!(told(&platform), [("refused: eva".to_owned(), 1)]);
    let seen = found(&platform)[0].detection.clone().unwrap();
    assert_eq!((seen.first_event, seen.last_event, seen.events.len()), (after_eight(280), after_eight(301), 3));
}

#[test]
fn a_host_that_goes_silent_is_missed_until_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at("2026-11-21T08:10:00Z"));
    let platform = open(dir.path(), &clock);
    take_in(&platform, "web-1", "eva", (0..1800).step_by(60));
    take_in(&platform, "web-2", "eva", (0..700).step_by(60));
    let_alert(&platform, "", NewAlert { by: Some("host".into()), ..alert(When::FewerThan, 1) });
    clock.advance(1200);
    assert_eq!(judge_due(&platform).unwrap(), judged(3, 2), "the window with its last words is no silence");
    let silent = found(&platform);
    assert_eq!(
        silent.iter().map(|it| (&*it.finding.title, &*it.finding.asset.name)).collect::<Vec<_>>(),
        [("refused: web-2", "web-2")]
    );
    let saved = platform.searches.find(&ada(), "refused").unwrap();
    let going_on = platform.searches.alert(&saved.id).unwrap().unwrap().memory.going_on;
    assert_eq!(going_on.into_iter().collect::<Vec<_>>(), [("web-2".to_owned(), after_eight(1200))]);
}

#[test]
fn nothing_at_all_is_silence_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let_alert(&platform, "user:eva", alert(When::FewerThan, 2));
    take_in(&platform, "web-1", "eva", [1, 2, 301]);
    clock.advance(660);
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 1));
    assert_eq!(found(&platform)[0].evidence[0].expected, "at least 2");
}

#[test]
fn an_alert_that_cannot_be_judged_says_so_and_catches_up() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let_alert(&platform, "user:eva", alert(When::AtLeast, 1));
    take_in(&platform, "web-1", "eva", [1, 301]);
    clock.advance(660);
    let change = |sql: &'static str| platform.db.write(|writer| writer.execute(sql, params![])).unwrap();
    change("UPDATE saved_search SET query = 'usr:eva'");
    assert_eq!(judge_due(&platform).unwrap(), Judged { troubled: 1, ..Judged::default() });
    let saved = platform.searches.find(&ada(), "refused").unwrap();
    let (said, since) = platform.searches.alert(&saved.id).unwrap().unwrap().trouble.unwrap();
    assert!(said.de.contains("usr") && since == after_eight(660), "{said:?}");
    change("UPDATE saved_search SET query = 'user:eva'");
    // A finding that cannot be recorded takes the place in time with it.
    change(
        "CREATE TRIGGER refuse BEFORE UPDATE ON search_alert WHEN new.judged_to <> old.judged_to BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    assert_eq!(judge_due(&platform).unwrap().troubled, 1);
    assert_eq!(told(&platform), []);
    change("DROP TRIGGER refuse");
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 2));
    assert_eq!(told(&platform), [("refused".to_owned(), 2)]);
    assert_eq!(platform.searches.alert(&saved.id).unwrap().unwrap().trouble, None);
}

#[test]
fn an_alert_belongs_to_a_shared_search_and_goes_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let own = NewSearch { name: "own".into(), query: "x".into(), span: Span::Last(60), columns: vec![], shared: false };
    platform.searches.save(&ada(), own.clone()).unwrap();
    assert!(platform.searches.set_alert(&ada(), "own", alert(When::AtLeast, 1)).is_err());
    platform.searches.change(&ada(), "own", NewSearch { shared: true, ..own.clone() }).unwrap();
    for wrong in [
        NewAlert { count: 0, ..alert(When::AtLeast, 1) },
        NewAlert { every_s: 301, ..alert(When::AtLeast, 1) },
        NewAlert { by: Some("usr".into()), ..alert(When::AtLeast, 1) },
    ] {
        assert!(platform.searches.set_alert(&ada(), "own", wrong).is_err());
    }
    platform.searches.set_alert(&ada(), "own", alert(When::AtLeast, 1)).unwrap();
    assert!(platform.searches.change(&ada(), "own", own).is_err(), "nobody is alerted by what they cannot see");
    platform.searches.remove(&ada(), "own").unwrap();
    assert!(platform.searches.alerts().unwrap().is_empty());
}

/// On which asset and about whom.
fn about(platform: &Platform) -> Vec<(String, Vec<(String, String)>)> {
    let told = |detail: Detail| (detail.finding.asset.name, detail.detection.unwrap().entity);
    found(platform).into_iter().map(told).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn an_alert_is_about_the_host_that_its_events_agree_on_and_stays_there() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let_alert(&platform, "user:*", alert(When::AtLeast, 2));
    take_in(&platform, "web-1", "eva", [1, 2]);
    // In the next window they do not agree any more: it is the same alert all the same.
    take_in(&platform, "web-1", "eva", [301]);
    take_in(&platform, "web-2", "otto", [302]);
    clock.advance(660);
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 2));
    assert_eq!(told(&platform), [("refused".to_owned(), 4)]);
    assert_eq!(about(&platform), [("web-1".to_owned(), vec![pair("host", "web-1")])]);

    // It begins anew, and they do not agree: it is about this machine.
    take_in(&platform, "web-1", "eva", [901]);
    take_in(&platform, "web-2", "eva", [902]);
    clock.advance(600);
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 1));
    let found = about(&platform);
    let own = found.iter().find(|(asset, _)| asset != "web-1").unwrap();
    assert_eq!((found.len(), &own.1), (2, &vec![pair("user", "eva")]));
}

#[test]
fn what_is_counted_by_a_name_and_what_follows_each_other_agree_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FakeClock::at(EIGHT));
    let platform = open(dir.path(), &clock);
    let_alert(&platform, "user:*", NewAlert { by: Some("user".into()), ..alert(When::AtLeast, 2) });
    let sequence = "sequence by user with maxspan=2m [ user:eva ] [ user:eva ]";
    let new = NewSearch { name: "twice".into(), query: sequence.into(), span: Span::Last(3600), columns: vec![], shared: true };
    platform.searches.save(&ada(), new).unwrap();
    platform.searches.set_alert(&ada(), "twice", alert(When::AtLeast, 1)).unwrap();
    take_in(&platform, "web-1", "eva", [1, 2]);
    take_in(&platform, "web-2", "otto", [1, 2]);
    clock.advance(360);
    assert_eq!(judge_due(&platform).unwrap(), judged(2, 2));
    let mut found = about(&platform);
    found.sort();
    assert_eq!(
        found,
        [
            ("web-1".to_owned(), vec![pair("host", "web-1"), pair("user", "eva")]),
            ("web-1".to_owned(), vec![pair("user", "eva"), pair("host", "web-1")]),
            ("web-2".to_owned(), vec![pair("user", "otto"), pair("host", "web-2")]),
        ]
    );
}
