//! Legal holds: what is held stays, what is released goes.

use super::{by_hand, clock, noon_plus, open_with};
use crate::testing::{batch, sign_in, unparsed};
use crate::{Cancel, KeepError, Lake, NewHold, Query, Retention, Settings, Window};
use std::path::Path;
use std::sync::Arc;
use vigie_db::Db;
use vigie_kit::problem::Explain;
use vigie_model::event::Class;
use vigie_model::lang::Lang;
use vigie_testkit::FakeClock;

const DAY: i64 = 86_400;

pub(super) fn hold(name: &str, query: &str) -> NewHold {
    NewHold {
        name: name.to_owned(),
        query: Query::parse(query).unwrap(),
        class: None,
        window: Window::all(),
        reason: "case 7".to_owned(),
        who: "anna".to_owned(),
        until: None,
    }
}

/// Ten days of one sign-in and one line each, kept for ten days.
fn ten_days(directory: &Path) -> (Lake, Arc<FakeClock>) {
    let clock = clock();
    let retention = Retention { days: 10, ..Retention::default() };
    let lake = open_with(directory, clock.clone(), Settings { retention, ..by_hand() });
    for day in 0..10 {
        let user = if day == 3 { "eva" } else { "otto" };
        let events = vec![sign_in(noon_plus(day * DAY), "web-1", user, "10.0.0.1"), unparsed(noon_plus(day * DAY), b"a line")];
        lake.append(&batch(events)).unwrap();
        lake.seal().unwrap();
    }
    (lake, clock)
}

fn count(lake: &Lake, query: &str) -> u64 {
    lake.count(&Query::parse(query).unwrap(), &Window::all(), &Cancel::new()).unwrap().count
}

/// Lets so many days go by, with retention on each of them.
fn days_go_by(lake: &Lake, clock: &FakeClock, days: i64) -> u64 {
    let mut held = 0;
    for _ in 0..days {
        clock.advance(DAY);
        held = lake.expire().unwrap().held;
    }
    held
}

#[test]
fn what_is_held_stays_until_it_is_released() {
    let directory = tempfile::tempdir().unwrap();
    let (lake, clock) = ten_days(directory.path());
    lake.hold(&hold("case 7", "user:eva")).unwrap();
    lake.hold(&NewHold { class: Some(Class::BaseEvent), ..hold("lines", "") }).unwrap();
    let of_a_day = Window { from: noon_plus(5 * DAY), to: noon_plus(5 * DAY + 1) };
    lake.hold(&NewHold { window: of_a_day, until: Some(noon_plus(40 * DAY)), ..hold("day five", "") }).unwrap();
    assert_eq!(days_go_by(&lake, &clock, 30), 12);
    assert_eq!((count(&lake, "class:base_event"), count(&lake, "user:eva"), count(&lake, "user:otto")), (10, 1, 1));

    let holds = lake.holds().unwrap();
    let kept: Vec<(&str, u64, u64)> = holds.iter().map(|held| (held.hold.name.as_str(), held.files, held.overdue)).collect();
    assert_eq!(kept, [("day five", 2, 2), ("lines", 10, 10), ("case 7", 1, 1)]);

    lake.release("lines", "anna", "settled").unwrap();
    assert_eq!(days_go_by(&lake, &clock, 1), 3);
    assert_eq!((count(&lake, "class:base_event"), count(&lake, "")), (1, 3));
    assert_eq!(days_go_by(&lake, &clock, 10), 1, "one ended by itself");
    assert_eq!((count(&lake, "user:eva"), count(&lake, "")), (1, 1));
    lake.release("case 7", "otto", "settled").unwrap();
    assert_eq!((days_go_by(&lake, &clock, 1), count(&lake, "")), (0, 0));

    let holds = lake.holds().unwrap();
    assert!(holds.iter().all(|held| !held.in_force && held.files == 0));
    let released = holds[2].hold.released.as_ref().unwrap();
    assert_eq!((released.who.as_str(), released.reason.as_str()), ("otto", "settled"));
    assert_eq!(lake.verify().unwrap().faults, []);
}

#[test]
fn a_hold_outlives_a_start_and_has_one_name() {
    let directory = tempfile::tempdir().unwrap();
    let (lake, clock) = ten_days(directory.path());
    lake.hold(&hold("case 7", "user:eva")).unwrap();
    let error = lake.hold(&hold("case 7", "user:otto")).unwrap_err();
    assert!(matches!(&error, KeepError::HoldExists(name) if name == "case 7"));
    assert!(error.explain().told(Lang::De).contains("besteht schon"));
    assert!(matches!(lake.release("case 8", "anna", ""), Err(KeepError::NoSuchHold(_))));
    drop(lake);
    let retention = Retention { days: 10, ..Retention::default() };
    let lake = open_with(directory.path(), clock.clone(), Settings { retention, ..by_hand() });
    days_go_by(&lake, &clock, 30);
    assert_eq!((count(&lake, "user:eva"), count(&lake, "")), (1, 1));
    lake.release("case 7", "anna", "").unwrap();
    lake.hold(&hold("case 7", "user:nobody")).unwrap();
    assert_eq!(days_go_by(&lake, &clock, 1), 0);
    assert_eq!(count(&lake, ""), 0);
}

#[test]
fn held_files_are_not_merged_with_others() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let lake = open_with(directory.path(), clock.clone(), by_hand());
    for n in 0..5 {
        let user = if n == 2 { "eva" } else { "otto" };
        lake.append(&batch(vec![sign_in(noon_plus(n), "web-1", user, "10.0.0.1")])).unwrap();
        lake.seal().unwrap();
    }
    let held = lake.core().catalogue.files().unwrap().all().iter().find(|file| file.facts.ids.0.0 == 3).unwrap().clone();
    lake.hold(&hold("case 7", "user:eva")).unwrap();
    clock.advance(7 * DAY);
    assert_eq!(lake.compact().unwrap().files, 4);
    let files = lake.core().catalogue.files().unwrap();
    assert!(files.all().len() == 2 && files.all().contains(&held));
    assert_eq!(lake.holds().unwrap()[0].files, 1);
}

#[test]
fn a_merged_file_goes_when_its_parts_would_have_gone() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let retention = Retention { days: 10, ..Retention::default() };
    let lake = open_with(directory.path(), clock.clone(), Settings { retention, ..by_hand() });
    // Events of one day that came in on two days.
    for received in [0, 0, 3, 3] {
        let mut event = unparsed(noon_plus(0), b"a line");
        event.received = noon_plus(received * DAY);
        lake.append(&batch(vec![event])).unwrap();
        lake.seal().unwrap();
    }
    clock.advance(5 * DAY);
    assert_eq!((lake.compact().unwrap().into, lake.stats().unwrap().files), (2, 2));
    days_go_by(&lake, &clock, 6);
    assert_eq!(count(&lake, ""), 2);
    days_go_by(&lake, &clock, 3);
    assert_eq!(count(&lake, ""), 0);
}

#[test]
fn a_hold_that_somebody_changed_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    for tamper in [
        "UPDATE lake_hold SET body = replace(body, 'eva', 'eve')",
        "UPDATE lake_hold SET released = 4",
        "DELETE FROM lake_hold",
        "INSERT INTO lake_hold (number, body) VALUES (99, '{}')",
    ] {
        let directory = directory.path().join(tamper.len().to_string());
        std::fs::create_dir(&directory).unwrap();
        let (lake, _) = ten_days(&directory);
        lake.hold(&hold("case 7", "user:eva")).unwrap();
        assert_eq!(lake.verify().unwrap().faults, []);
        let db = Db::open(&directory.join("state.db")).unwrap();
        db.write(|w| w.execute(tamper, vigie_db::params![])).unwrap();
        assert_eq!(lake.verify().unwrap().faults.len(), 1, "{tamper}");
    }
}
