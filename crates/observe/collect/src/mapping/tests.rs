//! The pages, and what the machinery holds.

use super::*;
use crate::dialect::Dialect;
use crate::reader::Reader;
use jiff::tz::TimeZone;
use std::fs;
use std::path::{Path, PathBuf};
use vigie_model::event::Event;
use vigie_model::time::Timestamp;
use vigie_testkit::check_golden;

fn content() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../content/parsers/json")
}

fn reader() -> Reader {
    Reader::new("sample".into(), Dialect::Syslog, TimeZone::UTC, "here".into())
}

fn events(reader: &mut Reader, text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    split(text, &Mappings::shipped(), &mut |record| {
        let piece = crate::frame::Piece { bytes: record.as_bytes(), continues: false, cut: false };
        reader.records(piece, Timestamp::parse("2026-11-22T00:00:00Z").unwrap(), &mut |event| events.push(event));
    });
    events
}

#[test]
fn our_pages_are_right() {
    let (mappings, wrong) = Mappings::with(&[]);
    assert_eq!(wrong.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(mappings.pages.len(), shipped::PAGES.len());
    assert!(mappings.generic.is_some());
    assert!(mappings.files.most() <= 8, "{} shapes are filed under one path", mappings.files.most());
}

#[test]
fn no_page_is_forgotten() {
    let mut files: Vec<String> = fs::read_dir(content())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    files.sort();
    assert_eq!(files, shipped::PAGES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

/// `NAME.jsonl` beside each page: records as the source writes them, and what becomes of them.
#[test]
fn samples_become_the_events_beside_them() {
    for (name, text_of_page) in shipped::PAGES {
        let name = name.trim_end_matches(".toml");
        let sample = content().join(format!("samples/{name}.json"));
        let Ok(text) = fs::read_to_string(&sample) else { panic!("{name} has no sample: {}", sample.display()) };
        let mut lines = String::new();
        for event in events(&mut reader(), &text) {
            assert_eq!(event.unknown_fields(), Vec::<&str>::new(), "{name}");
            let format = format_of(text_of_page);
            assert_eq!(&*event.origin.format, format, "{name}: {}", String::from_utf8_lossy(&event.raw));
            lines.push_str(&crate::format::samples::shown(&event).to_string());
            lines.push('\n');
        }
        check_golden(&format!("../../../content/parsers/json/samples/{name}.events.jsonl"), &lines);
    }
}

fn format_of(page: &str) -> &str {
    page.lines().find_map(|line| line.strip_prefix("format = \"")?.strip_suffix('"')).unwrap()
}

#[test]
fn what_is_wrong_in_a_page_is_said_with_its_place() {
    let page = |more: &str| {
        let page = format!("title = \"T\"\nformat = \"t\"\nclass = \"api_activity\"\n[[recognise]]\nhas = [\"a\"]\n{more}");
        check_page("t.toml", &page).map_err(|error| error.to_string())
    };
    assert_eq!(page(""), Ok(()));
    for (more, expected) in [
        ("[fields]\n\"usr.name\" = \"a\"", "t.toml: fields.\"usr.name\": is no OCSF path we know"),
        ("[fields]\n\"user.name\" = \"a\"", "t.toml: fields.\"user.name\": is in none of the page's classes"),
        (
            "[fields]\n\"status_id\" = { from = \"a\", table = { x = \"good\" } }",
            "t.toml: fields.\"status_id\": `good` is no value for it (Integer)",
        ),
        ("[fields]\n\"message\" = { form = \"a\" }", "t.toml: fields.\"message\".form: is no word of a rule"),
        ("[[case]]\nclass = \"dns\"", "t.toml: case 1: does not say `when`"),
        ("[[case]]\nwhen = { b = \"1\" }\nclass = \"dns\"", "t.toml: case 1: class: `dns` is no OCSF class we use"),
        (
            "[[case]]\nwhen = { b = \"1\" }\n[case.fields]\n\"query.hostname\" = \"a\"",
            "t.toml: case 1: fields.\"query.hostname\": the class api_activity does not have it",
        ),
        (
            "[labels]\npod = \"a\"",
            "t.toml: labels.pod: \"pod\" is not the name of a label: tenant, environment, cluster, namespace, workload, team",
        ),
        ("[labels]\ntenant = \"a\"", "t.toml: labels.tenant: is for the intake to say, never for a record"),
        ("[x", "t.toml: line 6: "),
    ] {
        let error = page(more).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

const OWN: &str = r#"
title = "Shop"
format = "shop"
class = "api_activity"
activity = { from = "what", table = { buy = "create" }, otherwise = "other" }
time = { from = "at", format = "%d.%m.%Y %H:%M" }
severity = "bad"
[[recognise]]
has = ["shop", "what"]
[fields]
"api.operation" = "what"
"actor.user.name" = { from = "who", before = "@" }
"actor.user.domain" = { from = "who", after = "@", strict = true }
"resources.name" = "things.name"
"resources.type" = "things.kind"
"src_endpoint.ip" = "peer"
"src_endpoint.port" = { from = "peer", as = "port" }
"duration" = { from = "took", times = 1000 }
"status_id" = { from = "code", steps = [[200, "success"], [400, "failure"]] }
[labels]
team = "team"
[pairs]
more = ["k", "v"]
[[case]]
when = { what = "login*" }
class = "authentication"
activity = "logon"
[case.fields]
"user.name" = "more.user"
"#;

fn own(text: &str) -> Event {
    let (mappings, wrong) = Mappings::with(&[("shop.toml".into(), OWN.into())]);
    assert_eq!(wrong, []);
    let mut reader = reader().with_pages(Arc::new(mappings));
    let piece = crate::frame::Piece { bytes: text.as_bytes(), continues: false, cut: false };
    reader.record(piece, Timestamp::parse("2026-11-22T00:00:00Z").unwrap())
}

#[test]
fn a_page_of_the_user_says_what_its_records_are() {
    let event = own(
        r#"{"shop":1,"what":"buy","at":"21.11.2026 08:30","who":"eva@shop.example","things":[{"name":"a"},{"kind":"k"},{"name":"c","kind":"l"}],
        "peer":"192.0.2.7:443","took":"1.5","code":404,"team":"sales","none":null,"empty":"","left":[1,true]}"#,
    );
    let shown = crate::format::samples::shown(&event);
    let expected = serde_json::json!({
        "format": "shop", "class": "api_activity", "activity": "Create", "time": "2026-11-21T08:30:00Z", "host": "here",
        "severity": event.severity.number(),
        "fields": {
            "actor.user.domain": "shop.example", "actor.user.name": "eva", "api.operation": "buy", "duration": 1500,
            "resources.name": ["a", "", "c"], "resources.type": ["", "k", "l"], "src_endpoint.ip": "192.0.2.7",
            "src_endpoint.port": 443, "status_id": 2,
        },
        "labels": {"team": "sales"},
        "unmapped": ["shop=1", "left=1", "left=true"],
    });
    for key in ["format", "class", "activity", "time", "host", "fields", "unmapped"] {
        assert_eq!(shown[key], expected[key], "{key}");
    }
    assert_eq!(event.origin.labels.get(vigie_model::event::Label::Team), Some("sales"));
}

#[test]
fn cases_and_pairs() {
    let event = own(r#"{"shop":1,"what":"login-web","more":[{"k":"user","v":"eva"},{"k":"x"},{"k":"y","v":"z"}]}"#);
    assert_eq!((event.class.name(), event.activity), ("authentication", 1));
    assert_eq!(event.text(vigie_model::event::ocsf::field::USER_NAME), Some("eva"));
    assert_eq!(
        event.unmapped.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["shop=1", "more.k=x", "more.y=z"]
    );
}

#[test]
fn a_line_of_the_user_is_read_by_a_pattern() {
    let page = r#"
        title = "Till"
        format = "till"
        class = "api_activity"
        pattern = '(?<at>\S+) till (?<who>\w+) (?<what>\w+) (?<n>\d+)'
        time = "at"
        [fields]
        "actor.user.name" = "who"
        "api.operation" = "what"
    "#;
    let (mappings, wrong) = Mappings::with(&[("till.toml".into(), page.into())]);
    assert_eq!(wrong, []);
    let mut reader = reader().with_pages(Arc::new(mappings));
    let line = b"2026-11-21T08:30:00Z till eva open 7";
    let piece = crate::frame::Piece { bytes: line, continues: false, cut: false };
    let event = reader.record(piece, Timestamp::parse("2026-11-22T00:00:00Z").unwrap());
    assert_eq!(&*event.origin.format, "till", "{event:?}");
    assert_eq!(event.text(vigie_model::event::ocsf::field::ACTOR_USER_NAME), Some("eva"));
    assert_eq!(event.unmapped.iter().collect::<Vec<_>>(), [("n", "7")]);
}
