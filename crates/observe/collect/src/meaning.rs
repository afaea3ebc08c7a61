//! What a message parser found in a message, before it becomes part of an event.

use crate::header::When;
use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use vigie_model::event::ocsf::{field, status_id};
use vigie_model::event::{Class, Event, EventSeverity, Field, FieldValue, Fields, Given, Label, Unmapped};
use vigie_model::time::Timestamp;

/// Who understood a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatName {
    /// A parser of ours.
    Parser(&'static str),
    /// A page.
    Page(Arc<str>),
}

/// The class of an event, its activity, and the values of its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    /// The parser or page.
    pub format: FormatName,
    /// OCSF class.
    pub class: Class,
    /// OCSF activity within the class.
    pub activity: u8,
    /// When, where the message says it itself.
    pub time: Option<Timestamp>,
    /// The machine it speaks of, where the message says it itself.
    pub host: Option<Box<str>>,
    /// How bad, where the message says more than its header.
    pub severity: Option<EventSeverity>,
    /// Values by field.
    pub fields: Fields,
    /// Labels that the message tells.
    pub labels: Vec<(Label, String)>,
    /// When it happened, in the words of the message: without a zone it is the reader's.
    pub(crate) when: Option<When>,
    /// What the message says beyond the fields.
    pub unmapped: Unmapped,
}

/// One end of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    ip: Field<Box<str>>,
    hostname: Field<Box<str>>,
    port: Field<i64>,
}

/// Where it came from.
pub(crate) const SOURCE: Endpoint =
    Endpoint { ip: field::SRC_ENDPOINT_IP, hostname: field::SRC_ENDPOINT_HOSTNAME, port: field::SRC_ENDPOINT_PORT };

/// Where it went to.
pub(crate) const DESTINATION: Endpoint =
    Endpoint { ip: field::DST_ENDPOINT_IP, hostname: field::DST_ENDPOINT_HOSTNAME, port: field::DST_ENDPOINT_PORT };

impl Deref for FormatName {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Parser(name) => name,
            Self::Page(name) => name,
        }
    }
}

impl From<&'static str> for FormatName {
    fn from(name: &'static str) -> Self {
        Self::Parser(name)
    }
}

impl Endpoint {
    /// Whether it is this end.
    pub(crate) fn is(self, other: Self) -> bool {
        self.ip.id() == other.ip.id()
    }
}

impl Meaning {
    /// A meaning without details.
    pub(crate) fn new(format: impl Into<FormatName>, class: Class, activity: u8) -> Self {
        Self {
            format: format.into(),
            class,
            activity,
            time: None,
            when: None,
            host: None,
            severity: None,
            fields: Fields::default(),
            labels: Vec::new(),
            unmapped: Unmapped::new(),
        }
    }

    /// Sets a field.
    pub(crate) fn set<T: FieldValue>(&mut self, field: Field<T>, value: impl Given<T>) -> &mut Self {
        self.fields.set(field, value);
        self
    }

    /// Sets a field unless the text is empty or the `?` and `(null)` that stand for nothing.
    pub(crate) fn set_text(&mut self, field: Field<Box<str>>, value: &str) -> &mut Self {
        if !matches!(value, "" | "?" | "(null)") {
            self.fields.set(field, value);
        }
        self
    }

    /// Sets a field if there is a value.
    pub(crate) fn set_some<T: FieldValue>(&mut self, field: Field<T>, value: Option<impl Given<T>>) -> &mut Self {
        if let Some(value) = value {
            self.fields.set(field, value);
        }
        self
    }

    /// Says what it belongs to; an empty value says nothing. The tenant is not the message's to tell.
    pub(crate) fn label(&mut self, label: Label, value: &str) -> &mut Self {
        if label != Label::Tenant && !value.is_empty() {
            self.labels.push((label, value.to_owned()));
        }
        self
    }

    /// Keeps what has no field.
    pub(crate) fn keep(&mut self, name: &str, value: impl AsRef<str>) -> &mut Self {
        self.unmapped.push(name, value.as_ref());
        self
    }

    /// Keeps what has no field, unless it is empty.
    pub(crate) fn keep_text(&mut self, name: &str, value: &str) -> &mut Self {
        if !matches!(value, "" | "?" | "(null)") {
            self.keep(name, value);
        }
        self
    }

    /// It was done.
    pub(crate) fn succeeded(&mut self) -> &mut Self {
        self.set(field::STATUS_ID, status_id::SUCCESS)
    }

    /// It was tried and not done; `detail` is our word for why.
    pub(crate) fn failed(&mut self, detail: &str) -> &mut Self {
        self.set(field::STATUS_ID, status_id::FAILURE).set_text(field::STATUS_DETAIL, detail)
    }

    /// Says how bad it is.
    pub(crate) fn severity(&mut self, severity: EventSeverity) -> &mut Self {
        self.severity = Some(severity);
        self
    }

    /// Sets an end of a connection: an address, or a name where the program resolved it.
    pub(crate) fn endpoint(&mut self, end: Endpoint, host: &str, port: Option<i64>) -> &mut Self {
        match address(host) {
            Some(Cow::Borrowed(ip)) => self.set(end.ip, ip),
            Some(Cow::Owned(ip)) => self.set(end.ip, ip),
            None if host.eq_ignore_ascii_case("unknown") => self,
            None => self.set_text(end.hostname, host),
        };
        self.set_some(end.port, port.filter(|port| (0..=65_535).contains(port)))
    }

    /// Gives an event this meaning.
    pub(crate) fn apply(self, event: &mut Event) {
        event.class = self.class;
        event.activity = self.activity;
        event.fields = self.fields;
        event.unmapped = self.unmapped;
        if !self.labels.is_empty() {
            let labels = self.labels.iter().map(|(label, value)| (*label, &**value));
            event.origin_mut().labels = event.origin.labels.with(labels);
        }
        if let Some(severity) = self.severity {
            event.severity = severity;
        }
    }
}

/// The canonical text of an address: without zone, and IPv4 as such where it was mapped into IPv6.
fn address(host: &str) -> Option<Cow<'_, str>> {
    let first = host.as_bytes().first()?;
    if !(first.is_ascii_hexdigit() || *first == b':') {
        return None;
    }
    let plain = host.split('%').next().unwrap_or(host);
    match plain.parse::<IpAddr>().ok()? {
        IpAddr::V6(ip) => Some(Cow::Owned(ip.to_canonical().to_string())),
        IpAddr::V4(_) => Some(Cow::Borrowed(plain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_spelling() {
        for (host, expected) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("2001:DB8:0::1", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("web-1.example", None),
            ("dead.example", None),
            ("", None),
        ] {
            assert_eq!(address(host).as_deref(), expected, "{host}");
        }
    }
}
