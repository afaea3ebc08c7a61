//! An event as OCSF JSON: nested, as other OCSF tools read it.
//!
//! Only for people and for other programs: Vigie itself keeps events flat. Nothing is lost on the
//! way out except the microseconds (OCSF counts milliseconds) and a record that is not UTF-8.
//! Holds: no field stands where another field has its object (a test over the table says so), so
//! every value finds its place.

use super::fields::FieldId;
use super::ocsf::{ARRAYS, OCSF_VERSION, PROFILES, device_type_id, field};
use super::{Event, EventSeverity, Label, Unmapped, ValueRef};
use crate::time::Timestamp;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

impl Event {
    /// The event as an OCSF document.
    #[must_use]
    pub fn to_ocsf(&self) -> Json {
        let mut document = self.classification();
        for (field, value) in self.fields.iter() {
            put_field(&mut document, field, value);
        }
        self.put_context(&mut document);
        self.put_record(&mut document);
        Json::Object(document)
    }

    /// The fields that are set although the class does not have them: a parser's mistake.
    #[must_use]
    pub fn unknown_fields(&self) -> Vec<&'static str> {
        self.fields
            .iter()
            .map(|(field, _)| field.info())
            .filter(|info| !info.classes.has(self.class))
            .map(|info| info.path)
            .collect()
    }

    /// The OCSF profiles that the document makes use of.
    #[must_use]
    pub fn profiles(&self) -> Vec<&'static str> {
        let mut profiles = BTreeSet::new();
        let host = self.names_host().then(|| field::DEVICE_HOSTNAME.id());
        for field in self.fields.iter().map(|(field, _)| field).chain(host) {
            let here = PROFILES.iter().filter(|profile| profile.classes.has(self.class));
            profiles.extend(here.filter(|profile| is_at_or_below(field.path(), profile.path)).map(|profile| profile.profile));
        }
        profiles.into_iter().collect()
    }

    /// Whether the host it speaks of is known and has a place in the class.
    fn names_host(&self) -> bool {
        !self.origin.host.is_empty() && field::DEVICE_HOSTNAME.id().info().classes.has(self.class)
    }

    fn classification(&self) -> Map<String, Json> {
        let mut document = Map::new();
        let mut put = |name: &str, value: Json| drop(document.insert(name.to_owned(), value));
        put("class_uid", self.class.uid().into());
        put("class_name", self.class.caption().into());
        put("category_uid", self.class.category_uid().into());
        put("category_name", self.class.category().into());
        put("activity_id", self.activity.into());
        if let Some(caption) = self.class.activity_caption(self.activity) {
            put("activity_name", caption.into());
        }
        put("type_uid", self.type_uid().into());
        put("severity_id", self.severity.number().into());
        put("severity", caption(self.severity).into());
        put("time", millis(self.time).into());
        document
    }

    /// What is known of every event and goes where OCSF keeps it, unless a field says it already.
    fn put_context(&self, document: &mut Map<String, Json>) {
        put(document, "metadata.version", OCSF_VERSION.into());
        let profiles = self.profiles();
        if !profiles.is_empty() {
            put(document, "metadata.profiles", profiles.into());
        }
        put_if_absent(document, "metadata.logged_time", millis(self.received).into());
        self.put_labels(document);
        if !self.origin.source.is_empty() {
            put_if_absent(document, "metadata.log_source", Json::from(&*self.origin.source));
        }
        put_if_absent(document, "metadata.product", json!({"name": "Vigie", "vendor_name": "Vigie"}));
        if self.names_host() {
            put_if_absent(document, "device.hostname", Json::from(&*self.origin.host));
        }
        if document.contains_key("device") {
            // OCSF requires it of every device.
            put_if_absent(document, "device.type_id", device_type_id::UNKNOWN.into());
        }
    }

    fn put_labels(&self, document: &mut Map<String, Json>) {
        let mut others = Vec::new();
        for (label, value) in self.origin.labels.iter() {
            match label {
                Label::Tenant => put_if_absent(document, "metadata.tenant_uid", value.into()),
                label => others.push(format!("{label}={value}")),
            }
        }
        if !others.is_empty() {
            put_if_absent(document, "metadata.labels", others.into());
        }
    }

    fn put_record(&self, document: &mut Map<String, Json>) {
        if !self.unmapped.is_empty() {
            document.insert("unmapped".into(), Json::Object(unmapped(&self.unmapped)));
        }
        if let Ok(raw) = std::str::from_utf8(&self.raw)
            && !raw.is_empty()
        {
            document.insert("raw_data".into(), raw.into());
        }
    }
}

/// The names and values a source uses itself; a name that comes twice gets a list.
fn unmapped(pairs: &Unmapped) -> Map<String, Json> {
    let mut object = Map::new();
    for (name, value) in pairs.iter() {
        match object.get_mut(name) {
            None => drop(object.insert(name.to_owned(), Json::from(value))),
            Some(Json::Array(values)) => values.push(Json::from(value)),
            Some(first) => *first = Json::Array(vec![first.take(), Json::from(value)]),
        }
    }
    object
}

fn put_field(document: &mut Map<String, Json>, field: FieldId, value: ValueRef<'_>) {
    let path = field.path();
    match value {
        ValueRef::Text(text) => put(document, path, Json::from(text)),
        ValueRef::Integer(number) => put(document, path, Json::from(number)),
        ValueRef::Boolean(truth) => put(document, path, Json::from(truth)),
        ValueRef::Texts(texts) => match array_above(path) {
            None => put(document, path, texts.iter().map(|text| Json::from(&**text)).collect()),
            Some(array) => put_in_array(document, array, &path[array.len() + 1..], texts),
        },
    }
}

/// The array of objects that a path passes through.
fn array_above(path: &str) -> Option<&'static str> {
    ARRAYS.iter().copied().find(|array| path.len() > array.len() && is_at_or_below(path, array))
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Gives the first object of an array the first text, the second the second; an empty text says
/// that an object has none.
fn put_in_array(document: &mut Map<String, Json>, array: &str, member: &str, texts: &[Box<str>]) {
    if pointed(document, array).is_none() {
        put(document, array, Json::Array(Vec::new()));
    }
    let Some(Json::Array(objects)) = pointed(document, array) else { return };
    if objects.len() < texts.len() {
        objects.resize(texts.len(), Json::Object(Map::new()));
    }
    for (object, text) in objects.iter_mut().zip(texts).filter(|(_, text)| !text.is_empty()) {
        if let Json::Object(object) = object {
            put(object, member, Json::from(&**text));
        }
    }
}

/// Puts a value at a path and makes the objects on the way.
fn put(document: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(document.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let below = document.entry(first).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(below) = below {
                put(below, rest, value);
            }
        }
    }
}

fn put_if_absent(document: &mut Map<String, Json>, path: &str, value: Json) {
    if pointed(document, path).is_none() {
        put(document, path, value);
    }
}

fn pointed<'a>(document: &'a mut Map<String, Json>, path: &str) -> Option<&'a mut Json> {
    match path.split_once('.') {
        None => document.get_mut(path),
        Some((first, rest)) => pointed(document.get_mut(first)?.as_object_mut()?, rest),
    }
}

/// OCSF's `timestamp_t`: milliseconds since 1970.
fn millis(time: Timestamp) -> i64 {
    time.micros().div_euclid(1000)
}

/// OCSF's caption of a severity.
const fn caption(severity: EventSeverity) -> &'static str {
    match severity {
        EventSeverity::Unknown => "Unknown",
        EventSeverity::Informational => "Informational",
        EventSeverity::Low => "Low",
        EventSeverity::Medium => "Medium",
        EventSeverity::High => "High",
        EventSeverity::Critical => "Critical",
        EventSeverity::Fatal => "Fatal",
        EventSeverity::Other => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::super::ocsf::{Class, FIELDS, activity, status_id};
    use super::super::{FieldKind, Labels, Origin, Value};
    use super::*;

    fn event(class: Class) -> Event {
        let origin = Origin { source: "journald".into(), format: "sshd".into(), host: "web-1".into(), labels: Labels::none() };
        let time = Timestamp::parse("2026-11-21T09:30:00.250750Z").unwrap();
        Event::new(class, time, time, origin, b"Failed password for eva".to_vec())
    }

    #[test]
    fn a_failed_sign_in_as_ocsf() {
        let mut event = event(Class::Authentication);
        event.activity = activity::authentication::LOGON;
        event.set(field::STATUS_ID, status_id::FAILURE).set(field::USER_NAME, "eva").set(field::SRC_ENDPOINT_IP, "192.0.2.7");
        event.set(field::SRC_ENDPOINT_PORT, 50022).set(field::IS_REMOTE, true);
        event.unmapped.extend([("tag", "a"), ("tag", "b")]);
        let expected = json!({
            "class_uid": 3002, "class_name": "Authentication",
            "category_uid": 3, "category_name": "Identity & Access Management",
            "activity_id": 1, "activity_name": "Logon", "type_uid": 300_201,
            "severity_id": 1, "severity": "Informational", "time": 1_795_253_400_250_i64,
            "is_remote": true, "src_endpoint": {"ip": "192.0.2.7", "port": 50022}, "status_id": 2, "user": {"name": "eva"},
            "device": {"hostname": "web-1", "type_id": 0},
            "metadata": {"version": "1.8.0", "profiles": ["host"], "logged_time": 1_795_253_400_250_i64, "log_source": "journald",
                         "product": {"name": "Vigie", "vendor_name": "Vigie"}},
            "unmapped": {"tag": ["a", "b"]},
            "raw_data": "Failed password for eva"
        });
        assert_eq!(event.to_ocsf(), expected);
        assert_eq!(event.unknown_fields(), Vec::<&str>::new());
    }

    #[test]
    fn members_of_an_array_meet_in_its_objects() {
        let mut event = event(Class::ApiActivity);
        event.set(field::RESOURCES_NAME, texts(&["web", "db"])).set(field::RESOURCES_OWNER_NAME, texts(&["", "eva"]));
        event.set(field::METADATA_LABELS, texts(&["x", "y"]));
        let document = event.to_ocsf();
        assert_eq!(document["resources"], json!([{"name": "web"}, {"name": "db", "owner": {"name": "eva"}}]));
        assert_eq!(document["metadata"]["labels"], json!(["x", "y"]));
    }

    #[test]
    fn profiles_are_named_where_the_class_needs_them() {
        let mut process = event(Class::ProcessActivity);
        process.set(field::PROCESS_PID, 7).set(field::ACTOR_USER_NAME, "eva").set(field::DEVICE_HOSTNAME, "web-1");
        assert_eq!(process.profiles(), Vec::<&str>::new());
        process.set(field::PROCESS_CONTAINER_UID, "c1").set(field::PROCESS_AUID, 1000);
        assert_eq!(process.profiles(), ["container", "linux/linux_users"]);
        let mut network = event(Class::NetworkActivity);
        network.set(field::ACTOR_PROCESS_NAME, "curl");
        assert_eq!(network.profiles(), ["host"]);
        assert_eq!(network.to_ocsf()["metadata"]["profiles"], json!(["host"]));
    }

    #[test]
    fn a_field_of_another_class_is_noticed_and_kept() {
        let mut event = event(Class::DnsActivity);
        event.set(field::AUTH_PROTOCOL, "Kerberos");
        assert_eq!(event.unknown_fields(), ["auth_protocol"]);
        assert_eq!(event.to_ocsf()["auth_protocol"], "Kerberos");
    }

    #[test]
    fn a_record_that_is_not_text_stays_out() {
        let mut event = event(Class::BaseEvent);
        event.raw = vec![0xff, 0xfe];
        assert_eq!(event.to_ocsf().get("raw_data"), None);
    }

    #[test]
    fn no_field_stands_where_another_has_its_object() {
        assert!(FIELDS.is_sorted_by(|a, b| a.path < b.path));
        for info in &FIELDS {
            let above = info.path.match_indices('.').map(|(dot, _)| &info.path[..dot]);
            for path in above {
                assert!(FieldId::from_path(path).is_none(), "{path} is a field and an object of {}", info.path);
            }
        }
    }

    #[test]
    fn every_field_finds_its_place() {
        for field in FieldId::all() {
            let mut event = event(Class::BaseEvent);
            let value = match field.info().kind {
                FieldKind::Text => Value::Text("x".into()),
                FieldKind::Integer => Value::Integer(1),
                FieldKind::Boolean => Value::Boolean(true),
                FieldKind::Texts => Value::Texts(texts(&["x"])),
            };
            assert!(event.fields.set_value(field, value.clone()));
            let document = event.to_ocsf();
            let mut place = &document;
            for name in field.path().split('.') {
                place = if place.is_array() { &place[0][name] } else { &place[name] };
            }
            let expected = match value {
                Value::Texts(_) if array_above(field.path()).is_some() => json!("x"),
                Value::Texts(_) => json!(["x"]),
                Value::Text(_) => json!("x"),
                Value::Integer(_) => json!(1),
                Value::Boolean(_) => json!(true),
            };
            assert_eq!(*place, expected, "{}", field.path());
        }
    }

    #[test]
    fn classes_are_found_by_number_and_name() {
        for class in Class::ALL {
            assert_eq!(Class::from_uid(class.uid()), Some(class));
            assert_eq!(Class::from_name(class.name()), Some(class));
            assert_eq!(class.activity_caption(0), Some("Unknown"));
        }
        assert_eq!(Class::from_uid(9999), None);
    }

    fn texts(texts: &[&str]) -> Box<[Box<str>]> {
        texts.iter().map(|text| Box::from(*text)).collect()
    }
}
