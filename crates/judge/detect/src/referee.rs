//! Our matches against those of rsigma-eval: on made-up rules and events, on our own content, and,
//! where `VIGIE_DATA` names a folder with them, on all public Sigma rules and their recorded events.
//!
//! Where we differ on purpose (the specification says otherwise, or nothing):
//!
//! - `startswith` and `endswith` with wildcards: the referee anchors the other end.
//! - Wildcards stand for line breaks as well.
//! - Words with wildcards, and `|all` over words: the referee asks for one value that is all of them.
//! - `base64offset`: the referee keeps the last character, which depends on what follows.
//! - `windash`: the referee only writes out `-`, not the other dashes.
//! - `wide` and its kin without Base64: the referee compares the text as if they were not there.
//! - `expand`: a list of values, not another field.
//! - Time modifiers on a text of digits: the referee never takes it for a time. The specification says
//!   nothing of it; where it can only be seconds or milliseconds since 1970, ours does.
//!
//! The made-up rules keep away from these; over the public rules each is found and counted.

use crate::correlation::Settings;
use crate::engine::{RuleState, Sources};
use crate::rule::RuleSet;
use crate::sample::cases;
use crate::{Detector, Index};
use proptest::prelude::*;
use rsigma_eval::{Engine, JsonEvent};
use rsigma_parser::SigmaCollection;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vigie_catalogue::Family;
use vigie_model::event::{Class, Event, Labels, Origin, ValueRef};
use vigie_model::time::Timestamp;

/// Titles of the rules that match, by our detector with and without index.
fn ours(detector: &mut Detector, event: &Event) -> BTreeSet<String> {
    let mut with = |index| {
        detector.set_index(index);
        detector.matches(event).into_iter().map(|info| info.title.clone()).collect::<BTreeSet<_>>()
    };
    let (on, off) = (with(Index::On), with(Index::Off));
    assert_eq!(on, off, "the index changes what matches");
    on
}

fn theirs(engine: &Engine, event: &Json) -> BTreeSet<String> {
    engine.evaluate(&JsonEvent::borrow(event)).into_iter().map(|result| result.header.rule_title).collect()
}

/// An event of values without fields of ours, and the same as the referee sees it.
fn pair(values: &[(String, String)]) -> (Event, Json) {
    let origin = Origin { source: "".into(), format: "".into(), host: "".into(), labels: Labels::none() };
    let mut event = Event::new(Class::BaseEvent, Timestamp::EPOCH, Timestamp::EPOCH, origin, Vec::new());
    event.unmapped = values.iter().map(|(name, value)| (name, value)).collect();
    let object: Map<String, Json> = values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    (event, Json::Object(object))
}

/// Text of few characters, so that rules and events meet.
fn text() -> impl Strategy<Value = String> {
    "[abAB é.1-]{0,6}"
}

fn condition() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "s1",
        "not s1",
        "s1 and s2",
        "s1 or s2",
        "s1 and not s2",
        "(s1 or s2) and not s3",
        "1 of s*",
        "all of s*",
        "2 of s*",
        "1 of them",
        "not 1 of s*",
        "s3 and 1 of s*",
        "not (s1 and not s3)",
    ])
    .prop_map(str::to_owned)
}

/// A field with modifiers, and the values that fit them.
fn item() -> impl Strategy<Value = (String, Json)> {
    let name = prop::sample::select(vec!["f", "g", "h"]);
    let texts = prop::collection::vec(text(), 1..4);
    let wild = "[abAB*?é.1-]{1,6}";
    let number = prop_oneof![-2..20i64, Just(1i64)];
    let of = |modifiers: &'static [&'static str]| prop::sample::select(modifiers.to_vec());
    let plain = (of(&["", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq", "|contains|neq"]), texts)
        .prop_map(|(modifiers, texts)| (modifiers.to_owned(), json!(texts)));
    let all = prop::collection::vec(text(), 2..4).prop_map(|texts| ("|contains|all".to_owned(), json!(texts)));
    let wildcards = (of(&["", "|contains", "|cased"]), wild).prop_map(|(modifiers, text)| (modifiers.to_owned(), json!(text)));
    let regex = (of(&["|re", "|re|i"]), prop::sample::select(vec!["^a", "b$", "a.b", "(a|1)+", "[^a]b?", "A{2}", "é"]))
        .prop_map(|(modifiers, pattern)| (modifiers.to_owned(), json!(pattern)));
    let numbers = (of(&["", "|gt", "|gte", "|lt", "|lte", "|neq"]), number)
        .prop_map(|(modifiers, number)| (modifiers.to_owned(), json!(number)));
    let other = of(&["", "|startswith", "|contains", "|endswith", "|neq", "|cased"])
        .prop_map(|modifiers| (format!("|fieldref{modifiers}"), json!("g")));
    let fixed = prop::sample::select(vec![
        ("|exists", json!(true)),
        ("|exists", json!(false)),
        ("", json!(null)),
        ("", json!(true)),
        ("|cidr", json!(["10.0.0.0/8", "2001:db8::/32"])),
        ("|windash|contains", json!("a-")),
        ("|base64", json!("ab1")),
        ("|hour", json!(8)),
        ("|month", json!([1, 11])),
        ("|week", json!(47)),
    ])
    .prop_map(|(modifiers, values)| (modifiers.to_owned(), values));
    let tests = prop_oneof![4 => plain, 1 => all, 3 => wildcards, 1 => regex, 2 => numbers, 1 => other, 2 => fixed];
    (name, tests).prop_map(|(name, (modifiers, values))| (format!("{name}{modifiers}"), values))
}

/// A selection: a map, a list of maps, or words.
fn selection() -> impl Strategy<Value = Json> {
    let map = prop::collection::vec(item(), 1..3).prop_map(|items| Json::Object(items.into_iter().collect())).boxed();
    let words = prop::collection::vec("[abA1é]{1,3}", 1..3).prop_map(|words| json!(words));
    prop_oneof![6 => map.clone(), 2 => prop::collection::vec(map, 1..3).prop_map(Json::Array), 1 => words]
}

fn rule() -> impl Strategy<Value = Json> {
    (selection(), selection(), selection(), condition()).prop_map(|(s1, s2, s3, condition)| {
        json!({"title": "rule", "logsource": {"product": "x"},
               "detection": {"s1": s1, "s2": s2, "s3": s3, "condition": condition}})
    })
}

fn event() -> impl Strategy<Value = Vec<(String, String)>> {
    let odd = prop::sample::select(vec![
        "10.1.2.3",
        "2001:db8::7",
        "7",
        "7.5",
        "YWIx",
        "xxYWIxxx",
        "a\u{2013}b",
        "a/",
        "true",
        "2026-11-21T08:30:00Z",
    ])
    .prop_map(str::to_owned);
    let value = prop_oneof![3 => text(), 1 => odd];
    let field = |name: &'static str| prop::option::weighted(0.8, value.clone().prop_map(move |value| (name.to_owned(), value)));
    (field("f"), field("g"), field("h")).prop_map(|(f, g, h)| [f, g, h].into_iter().flatten().collect())
}

proptest! {
    #[test]
    fn agrees_on_made_up_rules(rules in prop::collection::vec(rule(), 1..12), events in prop::collection::vec(event(), 8)) {
        let mut set = RuleSet::default();
        let mut engine = Engine::new();
        for (number, mut rule) in rules.into_iter().enumerate() {
            rule["title"] = json!(format!("rule {number}"));
            // JSON is YAML.
            let text = rule.to_string();
            let parsed = rsigma_parser::parse_sigma_yaml(&text).unwrap();
            prop_assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
            if engine.add_rule(&parsed.rules[0]).is_ok() {
                let refused = set.refused().len();
                set.add("test", &text);
                prop_assert_eq!(set.refused().len(), refused, "{}", text);
            }
        }
        let mut detector = Detector::new(set, &Sources::any(), Settings::default());
        for values in events {
            let (event, json) = pair(&values);
            prop_assert_eq!(ours(&mut detector, &event), theirs(&engine, &json), "{}", json);
        }
    }
}

/// The fields of an event as the referee sees them, under the names that rules of ours use.
fn named(event: &Event) -> Json {
    let mut object = Map::new();
    let mut put = |name: &str, value: Json| drop(object.insert(name.to_owned(), value));
    for (name, value) in event.unmapped.iter() {
        put(name, json!(value));
    }
    for (field, value) in event.fields.iter() {
        put(
            field.path(),
            match value {
                ValueRef::Text(text) => json!(text),
                ValueRef::Integer(number) => json!(number),
                ValueRef::Boolean(value) => json!(value),
                ValueRef::Texts(texts) => json!(texts),
            },
        );
    }
    put("activity_name", json!(event.class.activity_caption(event.activity).unwrap_or_default()));
    put("class_name", json!(event.class.name()));
    put("device.hostname", json!(*event.origin.host));
    put("raw_data", json!(String::from_utf8_lossy(&event.raw)));
    Json::Object(object)
}

#[test]
fn agrees_on_our_own_rules_and_cases() {
    let entries: Vec<_> = vigie_catalogue::of(Family::Detections).collect();
    let mut engine = Engine::new();
    for entry in &entries {
        engine.add_collection(&rsigma_parser::parse_sigma_yaml(entry.rule.unwrap()).unwrap()).unwrap();
    }
    // Without log sources on both sides: every rule sees every event.
    let mut detector = Detector::new(RuleSet::shipped(), &Sources::any(), Settings::default());
    let mut events = 0;
    for entry in &entries {
        for case in cases(entry.fires).unwrap().into_iter().chain(cases(entry.silent).unwrap()) {
            for stored in case.events {
                events += 1;
                assert_eq!(ours(&mut detector, &stored.event), theirs(&engine, &named(&stored.event)), "{:?}", stored.event);
            }
        }
    }
    assert!(events > 500, "{events}");
}

/// The folder of the public rules and events, unless there is none.
fn data() -> Option<PathBuf> {
    let data = std::env::var_os("VIGIE_DATA").map(PathBuf::from).filter(|data| data.join("sigma").is_dir());
    if data.is_none() {
        println!("skipped: VIGIE_DATA names no folder with `sigma` in it");
    }
    data
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn public_rules(data: &Path) -> Vec<(PathBuf, String)> {
    let files = files(&data.join("sigma"), "yml");
    files.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn the_public_rules_load() {
    let Some(data) = data() else { return };
    let texts = public_rules(&data);
    let mut set = RuleSet::default();
    texts.iter().for_each(|(path, text)| set.add(&path.display().to_string(), text));
    for refused in set.refused() {
        println!("{}: {}", refused.origin, refused.why);
    }
    println!("{} files, {} rules loaded, {} refused", texts.len(), set.len(), set.refused().len());
    // Two rules ask for a list that only their user can have.
    let lists = |refused: &crate::rule::Refused| matches!(refused.why, crate::Refusal::NoList { .. });
    assert!(set.len() >= 3_700 && set.refused().iter().all(lists));
    let detector = Detector::new(set, &Sources::shipped(), Settings::default());
    let reports = detector.rules_report();
    let count = |wanted: fn(&RuleState) -> bool| reports.iter().filter(|report| wanted(&report.state)).count();
    println!(
        "over our log sources: {} live, {} cannot match, {} without log source, {} refused",
        count(RuleState::lives),
        count(|state| matches!(state, RuleState::CannotMatch { .. })),
        count(|state| matches!(state, RuleState::NoSource { .. })),
        count(|state| matches!(state, RuleState::Refused(_)))
    );
}

/// A Windows event with the names that rules use for its values.
fn windows(json: &Json) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut put = |name: &str, value: &Json| match value {
        Json::Null | Json::Object(_) | Json::Array(_) => {}
        Json::String(text) => values.push((name.to_owned(), text.clone())),
        other => values.push((name.to_owned(), other.to_string())),
    };
    let system = &json["Event"]["System"];
    for (name, value) in system.as_object().into_iter().flatten() {
        put(name, value.get("#text").unwrap_or(value));
    }
    put("Provider_Name", &system["Provider"]["#attributes"]["Name"]);
    for part in ["EventData", "UserData"] {
        for (name, value) in json["Event"][part].as_object().into_iter().flatten() {
            put(name, value);
            for (name, value) in value.as_object().into_iter().flatten() {
                put(name, value);
            }
        }
    }
    let mut seen = BTreeSet::new();
    values.retain(|(name, _)| seen.insert(name.clone()));
    values
}

#[test]
fn agrees_on_the_public_rules_and_events() {
    let Some(data) = data() else { return };
    let mut set = RuleSet::default();
    let mut collection = SigmaCollection::new();
    for (path, text) in public_rules(&data) {
        set.add(&path.display().to_string(), &text);
        let parsed = rsigma_parser::parse_sigma_yaml(&text).unwrap();
        collection.rules.extend(parsed.rules);
        collection.filters.extend(parsed.filters);
    }
    // All at once: the referee builds its indexes anew with each collection.
    let mut engine = Engine::new();
    engine.add_collection(&collection).unwrap();
    let mut detector = Detector::new(set, &Sources::any(), Settings::default());
    let ids: std::collections::HashMap<String, String> =
        detector.rules_report().into_iter().filter_map(|report| Some((report.info.id?, report.info.title))).collect();
    let (mut events, mut matches, mut right, mut differing) = (0, 0, 0, Vec::new());
    for path in files(&data.join("events/sigma-regression"), "json") {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.file_name().unwrap_or_default().display().to_string();
        let wanted = path.file_stem().and_then(|id| id.to_str()).and_then(|id| ids.get(id));
        let mut fires = false;
        // A file holds one event or several, one after the other.
        for json in serde_json::Deserializer::from_str(&text).into_iter::<Json>() {
            let (event, object) = pair(&windows(&json.unwrap()));
            let (ours, theirs) = (ours(&mut detector, &event), theirs(&engine, &object));
            events += 1;
            matches += ours.len();
            fires |= wanted.is_some_and(|title| ours.contains(title));
            differing.extend(ours.difference(&theirs).map(|title| format!("only ours: {title} ({file})")));
            differing.extend(theirs.difference(&ours).map(|title| format!("only the referee: {title} ({file})")));
        }
        if fires {
            right += 1;
        } else {
            println!("{}: its rule does not match", path.display());
        }
    }
    differing.iter().for_each(|difference| println!("{difference}"));
    println!(
        "{events} events, {matches} matches, {} differ; {right} files fire the rule that they were recorded for",
        differing.len()
    );
    assert!(differing.is_empty());
}
