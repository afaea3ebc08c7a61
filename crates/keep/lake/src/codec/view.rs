//! Reading a batch without building its events.

use super::bytes::{Malformed, Reader};
use super::table::PathTable;
use super::{VERSION, VERSION_WITHOUT_LABELS};
use crate::row::{Held, Part, Record, Row};
use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use vigie_model::event::{Class, Event, EventSeverity, FieldId, FieldKind, Label, Labels, Origin, Value};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// A batch read in place.
pub(crate) struct BatchView<'a> {
    checkpoint: Option<(&'a str, &'a [u8])>,
    base: Timestamp,
    origins: Vec<OriginView<'a>>,
    count: usize,
    events: Reader<'a>,
    table: &'a PathTable,
    /// The class of the event read last, with its number: mostly the next one's, too.
    class: Cell<(u32, Class)>,
}

struct OriginView<'a> {
    source: &'a str,
    format: &'a str,
    host: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    built: OnceCell<Arc<Origin>>,
}

/// An event read in place: the fixed part parsed, fields found when asked for.
pub(crate) struct EventView<'a> {
    id: EventId,
    time: Timestamp,
    received: Timestamp,
    class_uid: u32,
    class: Class,
    activity: u8,
    severity: EventSeverity,
    origin: &'a OriginView<'a>,
    raw: &'a [u8],
    fields: Reader<'a>,
    table: &'a PathTable,
}

impl<'a> BatchView<'a> {
    /// Reads the frame of a batch; events are read one by one.
    pub(crate) fn parse(payload: &'a [u8], table: &'a PathTable) -> Result<Self, Malformed> {
        let mut reader = Reader::new(payload);
        let version = payload.first().copied().unwrap_or_default();
        let checkpoint = parse_checkpoint(&mut reader)?;
        let base = Timestamp::from_micros(reader.signed()?);
        let origins = reader.count()?;
        let origins: Result<Vec<_>, Malformed> = (0..origins).map(|_| OriginView::parse(&mut reader, version)).collect();
        let count = reader.count()?;
        Ok(Self {
            checkpoint,
            base,
            origins: origins?,
            count,
            events: reader,
            table,
            class: Cell::new((Class::BaseEvent.uid(), Class::BaseEvent)),
        })
    }

    /// The checkpoint of a batch, without looking further.
    pub(crate) fn checkpoint_of(payload: &[u8]) -> Result<Option<(&str, &[u8])>, Malformed> {
        parse_checkpoint(&mut Reader::new(payload))
    }

    /// The source and its position after this batch.
    pub(crate) const fn checkpoint(&self) -> Option<(&'a str, &'a [u8])> {
        self.checkpoint
    }

    /// The events, numbered from `first`.
    pub(crate) fn events(&'a self, first: EventId) -> impl Iterator<Item = Result<EventView<'a>, Malformed>> {
        let mut reader = self.events;
        (0..self.count as u64).map(move |place| self.event(&mut reader, EventId(first.0.saturating_add(place))))
    }

    /// The events with their offsets among the bytes of all events.
    pub(crate) fn located(&'a self, first: EventId) -> impl Iterator<Item = Result<(usize, EventView<'a>), Malformed>> {
        let mut reader = self.events;
        let all = reader.left();
        (0..self.count as u64).map(move |place| {
            let offset = all - reader.left();
            Ok((offset, self.event(&mut reader, EventId(first.0.saturating_add(place)))?))
        })
    }

    /// The event at an offset that [`BatchView::located`] told.
    pub(crate) fn event_at(&'a self, offset: usize, id: EventId) -> Result<EventView<'a>, Malformed> {
        self.event(&mut self.events.behind(offset)?, id)
    }

    fn event(&'a self, reader: &mut Reader<'a>, id: EventId) -> Result<EventView<'a>, Malformed> {
        let mut body = Reader::new(reader.bytes()?);
        let time = self.base.plus_micros(body.signed()?);
        let received = time.plus_micros(body.signed()?);
        let class_uid = u32::try_from(body.number()?).map_err(|_| Malformed)?;
        let class = self.class_of(class_uid);
        let activity = body.byte()?;
        let severity = EventSeverity::from_number(body.byte()?);
        let origin = usize::try_from(body.number()?).ok().and_then(|place| self.origins.get(place)).ok_or(Malformed)?;
        let raw = body.bytes()?;
        Ok(EventView { id, time, received, class_uid, class, activity, severity, origin, raw, fields: body, table: self.table })
    }
}

impl BatchView<'_> {
    fn class_of(&self, uid: u32) -> Class {
        let (known, class) = self.class.get();
        if known == uid {
            return class;
        }
        let class = Class::from_uid(uid).unwrap_or(Class::BaseEvent);
        self.class.set((uid, class));
        class
    }
}

fn parse_checkpoint<'a>(reader: &mut Reader<'a>) -> Result<Option<(&'a str, &'a [u8])>, Malformed> {
    if ![VERSION, VERSION_WITHOUT_LABELS].contains(&reader.byte()?) {
        return Err(Malformed);
    }
    match reader.byte()? {
        0 => Ok(None),
        1 => Ok(Some((reader.text()?, reader.bytes()?))),
        _ => Err(Malformed),
    }
}

impl<'a> OriginView<'a> {
    fn parse(reader: &mut Reader<'a>, version: u8) -> Result<Self, Malformed> {
        let (source, format, host) = (reader.text()?, reader.text()?, reader.text()?);
        let count = if version == VERSION_WITHOUT_LABELS { 0 } else { reader.count()? };
        let labels: Result<Vec<_>, Malformed> = (0..count).map(|_| Ok((reader.text()?, reader.text()?))).collect();
        Ok(Self { source, format, host, labels: labels?, built: OnceCell::new() })
    }

    fn label(&self, label: Label) -> Option<&'a str> {
        self.labels.iter().find(|(name, _)| *name == label.name()).map(|(_, value)| *value)
    }

    /// Labels that this program does not know.
    fn beyond(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.labels.iter().copied().filter(|(name, _)| name.parse::<Label>().is_err())
    }

    fn origin(&self) -> Arc<Origin> {
        let build = || {
            let labels = Label::ALL.into_iter().filter_map(|label| Some((label, self.label(label)?)));
            let labels = Labels::from_iter(labels);
            Arc::new(Origin { source: self.source.into(), format: self.format.into(), host: self.host.into(), labels })
        };
        self.built.get_or_init(build).clone()
    }
}

impl EventView<'_> {
    /// The whole event.
    ///
    /// What this program's schema does not know (a field or class of another version) becomes an
    /// unmapped value under its old name.
    pub(crate) fn to_event(&self) -> Result<Event, Malformed> {
        let class = self.class();
        let mut event = Event::new(class, self.time, self.received, self.origin.origin(), self.raw.to_vec());
        event.activity = self.activity;
        event.severity = self.severity;
        let mut reader = self.fields;
        for _ in 0..reader.count()? {
            let slot = self.table.slot(reader.number()?)?;
            match (slot.field, slot.kind) {
                (Some(field), FieldKind::Text) => drop(event.fields.set_text(field, reader.text()?)),
                (Some(field), kind) => drop(event.fields.set_value(field, read_value(&mut reader, kind)?)),
                (None, kind) => event.unmapped.push(&slot.path, &read_value(&mut reader, kind)?.seen().to_string()),
            }
        }
        if class.uid() != self.class_uid {
            event.unmapped.push("class_uid", &self.class_uid.to_string());
        }
        event.unmapped.extend(self.origin.beyond().map(|(name, value)| (format!("label.{name}"), value)));
        for _ in 0..reader.count()? {
            event.unmapped.push(reader.text()?, reader.text()?);
        }
        Ok(event)
    }

    fn visit_fields(&self, wanted: Option<FieldId>, visit: &mut dyn FnMut(Part<'_>) -> bool) -> Result<bool, Malformed> {
        let mut reader = self.fields;
        for _ in 0..reader.count()? {
            let slot = self.table.slot(reader.number()?)?;
            if slot.field == wanted && wanted.is_some() {
                return visit_value(&mut reader, slot.kind, visit);
            }
            skip_value(&mut reader, slot.kind)?;
        }
        Ok(false)
    }

    fn visit_unmapped_pairs(&self, visit: &mut dyn FnMut(&str, &str) -> bool) -> Result<bool, Malformed> {
        let mut reader = self.fields;
        for _ in 0..reader.count()? {
            let slot = self.table.slot(reader.number()?)?;
            if slot.field.is_some() {
                skip_value(&mut reader, slot.kind)?;
            } else if visit(&slot.path, &read_value(&mut reader, slot.kind)?.seen().to_string()) {
                return Ok(true);
            }
        }
        if self.class().uid() != self.class_uid && visit("class_uid", &self.class_uid.to_string()) {
            return Ok(true);
        }
        for (name, value) in self.origin.beyond() {
            if visit(&format!("label.{name}"), value) {
                return Ok(true);
            }
        }
        for _ in 0..reader.count()? {
            let name = reader.text()?;
            if visit(name, reader.text()?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Record for EventView<'_> {
    fn each(&self, show: &mut impl FnMut(Held<'_>)) -> Result<(), Malformed> {
        let mut reader = self.fields;
        // Whole when an event is of a schema that this program does not share.
        let mut unknown = Vec::new();
        for _ in 0..reader.count()? {
            let slot = self.table.slot(reader.number()?)?;
            match slot.field {
                Some(field) => show_value(&mut reader, field, slot.kind, show)?,
                None => unknown.push((&*slot.path, read_value(&mut reader, slot.kind)?.seen().to_string())),
            }
        }
        unknown.iter().for_each(|(path, text)| show(Held::Unmapped(path, text)));
        if self.class().uid() != self.class_uid {
            show(Held::Unmapped("class_uid", &self.class_uid.to_string()));
        }
        self.origin.beyond().for_each(|(name, value)| show(Held::Unmapped(&format!("label.{name}"), value)));
        for _ in 0..reader.count()? {
            let name = reader.text()?;
            show(Held::Unmapped(name, reader.text()?));
        }
        Ok(())
    }
}

fn show_value(
    reader: &mut Reader<'_>,
    field: FieldId,
    kind: FieldKind,
    show: &mut impl FnMut(Held<'_>),
) -> Result<(), Malformed> {
    match kind {
        FieldKind::Text => show(Held::Field(field, Part::Text(reader.text()?))),
        FieldKind::Integer => show(Held::Field(field, Part::Integer(reader.signed()?))),
        FieldKind::Boolean => show(Held::Field(field, Part::Boolean(reader.byte()? != 0))),
        FieldKind::Texts => {
            let texts: Result<Vec<&str>, Malformed> = (0..reader.count()?).map(|_| reader.text()).collect();
            show(Held::Texts(field, &texts?));
        }
    }
    Ok(())
}

impl Row for EventView<'_> {
    fn id(&self) -> EventId {
        self.id
    }

    fn time(&self) -> Timestamp {
        self.time
    }

    fn received(&self) -> Timestamp {
        self.received
    }

    fn class(&self) -> Class {
        self.class
    }

    fn activity(&self) -> u8 {
        self.activity
    }

    fn severity(&self) -> EventSeverity {
        self.severity
    }

    fn source(&self) -> &str {
        self.origin.source
    }

    fn format(&self) -> &str {
        self.origin.format
    }

    fn host(&self) -> &str {
        self.origin.host
    }

    fn label(&self, label: Label) -> Option<&str> {
        self.origin.label(label)
    }

    fn raw(&self) -> &[u8] {
        self.raw
    }

    // A malformed value is an absent one here: `to_event` reports it.
    fn visit(&self, field: FieldId, visit: &mut dyn FnMut(Part<'_>) -> bool) -> bool {
        self.visit_fields(Some(field), visit).unwrap_or(false)
    }

    fn visit_unmapped(&self, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.visit_unmapped_pairs(visit).unwrap_or(false)
    }
}

fn read_value(reader: &mut Reader<'_>, kind: FieldKind) -> Result<Value, Malformed> {
    Ok(match kind {
        FieldKind::Text => Value::Text(reader.text()?.into()),
        FieldKind::Integer => Value::Integer(reader.signed()?),
        FieldKind::Boolean => Value::Boolean(reader.byte()? != 0),
        FieldKind::Texts => {
            let texts: Result<Box<[_]>, Malformed> = (0..reader.count()?).map(|_| reader.text().map(Box::from)).collect();
            Value::Texts(texts?)
        }
    })
}

fn visit_value(reader: &mut Reader<'_>, kind: FieldKind, visit: &mut dyn FnMut(Part<'_>) -> bool) -> Result<bool, Malformed> {
    Ok(match kind {
        FieldKind::Text => visit(Part::Text(reader.text()?)),
        FieldKind::Integer => visit(Part::Integer(reader.signed()?)),
        FieldKind::Boolean => visit(Part::Boolean(reader.byte()? != 0)),
        FieldKind::Texts => {
            for _ in 0..reader.count()? {
                if visit(Part::Text(reader.text()?)) {
                    return Ok(true);
                }
            }
            false
        }
    })
}

fn skip_value(reader: &mut Reader<'_>, kind: FieldKind) -> Result<(), Malformed> {
    match kind {
        FieldKind::Text => drop(reader.bytes()?),
        FieldKind::Integer => drop(reader.number()?),
        FieldKind::Boolean => drop(reader.byte()?),
        FieldKind::Texts => {
            for _ in 0..reader.count()? {
                reader.bytes()?;
            }
        }
    }
    Ok(())
}
