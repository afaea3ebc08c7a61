//! Tenants lie apart: in files, in questions, in merging and erasing.

use super::{by_hand, clock, noon_plus, open, open_with};
use crate::testing::{batch, of_tenant, sign_in};
use crate::{Cancel, Compaction, Erasure, Lake, Query, Settings, Values, Window};
use std::path::Path;
use vigie_model::event::{Event, Label};

const GAS: &str = "Öl & Gas";

fn sign_ins(first: i64) -> Vec<Event> {
    let of = |place: i64, tenant| {
        let event = sign_in(noon_plus(first + place), "web-1", "eva", "192.0.2.1");
        of_tenant(event, tenant)
    };
    vec![of(0, "acme"), of(1, GAS), of(2, "default"), of(3, "acme")]
}

fn found(lake: &Lake, query: &str) -> Vec<Option<String>> {
    let page = lake.search(&Query::parse(query).unwrap(), &Window::all(), 100, None).unwrap();
    let tenant = |event: &Event| event.origin.labels.get(Label::Tenant).map(str::to_owned);
    page.events.iter().map(|stored| tenant(&stored.event)).collect()
}

fn answers_hold(lake: &Lake, times: usize) {
    let acme = Some("acme".to_owned());
    assert_eq!(found(lake, "tenant:acme"), vec![acme; 2 * times]);
    assert_eq!(found(lake, "tenant:\"öl & gas\" eva"), vec![Some(GAS.to_owned()); times]);
    assert_eq!(found(lake, "tenant:default"), vec![None; times]);
    assert_eq!(found(lake, "NOT tenant:a*").len(), 2 * times);
    assert_eq!(found(lake, "tenant:*").len(), 4 * times);
    let values = Values::of("tenant").unwrap();
    let top = lake.top(&Query::all(), &Window::all(), &values, 9, &Cancel::new()).unwrap();
    let counts: Vec<(&str, u64)> = top.values.iter().map(|value| (&*value.value, value.count)).collect();
    let times = times as u64;
    assert_eq!(counts, [("acme", 2 * times), ("default", times), (GAS, times)]);
    assert_eq!(top.without, 0);
}

fn directories(lake: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(lake.join("class=3002")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_tenants_events_lie_in_its_own_files_and_are_asked_for_alone() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    lake.append(&batch(sign_ins(0))).unwrap();
    answers_hold(&lake, 1);
    lake.seal().unwrap();
    answers_hold(&lake, 1);
    assert_eq!(directories(&directory.path().join("lake")), ["tenant=%C3%96l%20%26%20%47as", "tenant=acme", "tenant=default"]);
    let page = lake.search(&Query::parse("tenant:acme").unwrap(), &Window::all(), 9, None).unwrap();
    assert_eq!(page.examined, 2, "files of others are not looked at");
    assert_eq!(lake.stats().unwrap().files, 3);
    drop(lake);
    let lake = open(directory.path());
    answers_hold(&lake, 1);
    assert!(lake.verify().unwrap().faults.is_empty());
}

#[test]
fn merging_and_erasing_keep_tenants_apart() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let compaction = Compaction { every_seconds: 0, after_seconds: 0, ..Compaction::default() };
    let lake = open_with(directory.path(), clock.clone(), Settings { compaction, ..by_hand() });
    for round in 0..3 {
        lake.append(&batch(sign_ins(round * 10))).unwrap();
        lake.seal().unwrap();
    }
    clock.advance(2 * 86_400);
    assert_eq!(lake.compact().unwrap().into, 3, "one of each tenant");
    answers_hold(&lake, 3);
    let erasure = Erasure {
        query: Query::parse("tenant:acme").unwrap(),
        window: Window::all(),
        who: "test".to_owned(),
        reason: "the contract ended".to_owned(),
        keep_query: true,
        spare_held: false,
    };
    let erased = lake.erase(&erasure).unwrap();
    assert_eq!((erased.events, erased.files), (6, 1), "the file of a tenant goes as a whole");
    assert_eq!(found(&lake, "").len(), 6);
    assert!(lake.verify().unwrap().faults.is_empty());
}
