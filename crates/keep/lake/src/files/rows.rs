//! From rows back to events.

use super::part::part_at;
use super::schema::{LABELS, name};
use crate::tenant;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, BooleanArray, Int32Array, Int64Array, MapArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vigie_model::event::{Class, Event, EventSeverity, FieldId, FieldKind, Label, Origin, StoredEvent, Value};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// The events of a batch that holds all columns, of a file of this tenant. Fails with what is not as it should be.
pub(crate) fn stored_events(batch: &RecordBatch, tenant: &str) -> Result<Vec<StoredEvent>, &'static str> {
    let rows = Rows::of(batch, tenant)?;
    (0..batch.num_rows()).map(|row| rows.event(row)).collect()
}

struct Rows<'b> {
    id: &'b Int64Array,
    time: &'b TimestampMicrosecondArray,
    received: &'b TimestampMicrosecondArray,
    class: &'b Int32Array,
    activity: &'b Int32Array,
    severity: &'b Int32Array,
    origin: [&'b StringArray; 3],
    tenant: &'b str,
    labels: Vec<(Label, &'b StringArray)>,
    columns: Vec<(&'b str, Values<'b>)>,
    fields: &'b MapArray,
    unmapped: &'b MapArray,
    /// Where the message stands in the record; files of before do not say.
    message: Option<[&'b Int32Array; 2]>,
    raw: &'b StringArray,
    raw_base64: &'b BooleanArray,
}

enum Values<'b> {
    Text(&'b StringArray),
    Integer(&'b Int64Array),
    Boolean(&'b BooleanArray),
}

impl<'b> Rows<'b> {
    fn of(batch: &'b RecordBatch, tenant: &'b str) -> Result<Self, &'static str> {
        let column = |wanted: &'static str| batch.column_by_name(wanted).ok_or(wanted);
        let text = |wanted| column(wanted)?.as_string_opt().ok_or(wanted);
        let time = |wanted| column(wanted)?.as_primitive_opt::<TimestampMicrosecondType>().ok_or(wanted);
        let small = |wanted| column(wanted)?.as_primitive_opt::<Int32Type>().ok_or(wanted);
        let map = |wanted| column(wanted)?.as_map_opt().ok_or(wanted);
        Ok(Self {
            id: column(name::ID)?.as_primitive_opt::<Int64Type>().ok_or(name::ID)?,
            time: time(name::TIME)?,
            received: time(name::RECEIVED)?,
            class: small(name::CLASS)?,
            activity: small(name::ACTIVITY)?,
            severity: small(name::SEVERITY)?,
            origin: [text(name::SOURCE)?, text(name::FORMAT)?, text(name::HOST)?],
            tenant,
            labels: LABELS
                .into_iter()
                .filter_map(|label| Some((label, batch.column_by_name(label.name())?.as_string_opt()?)))
                .collect(),
            columns: searched(batch),
            fields: map(name::FIELDS)?,
            unmapped: map(name::UNMAPPED)?,
            message: small(name::MESSAGE_AT).and_then(|at| Ok([at, small(name::MESSAGE_CHARS)?])).ok(),
            raw: text(name::RAW)?,
            raw_base64: column(name::RAW_BASE64)?.as_boolean_opt().ok_or(name::RAW_BASE64)?,
        })
    }

    fn event(&self, row: usize) -> Result<StoredEvent, &'static str> {
        let time = |array: &TimestampMicrosecondArray| Timestamp::from_micros(array.value(row));
        let [source, format, host] = self.origin.map(|array| array.value(row).into());
        let class_uid = self.class.value(row).cast_unsigned();
        let class = Class::from_uid(class_uid);
        let raw = self.raw(row)?;
        let there = self.labels.iter().filter(|(_, array)| array.is_valid(row));
        let labels = tenant::label(self.tenant).into_iter();
        let labels = labels.chain(there.map(|(label, array)| (*label, array.value(row)))).collect();
        let origin = Origin { source, format, host, labels };
        let mut event = Event::new(class.unwrap_or(Class::BaseEvent), time(self.time), time(self.received), origin, raw);
        event.activity = u8::try_from(self.activity.value(row)).unwrap_or(0);
        event.severity = EventSeverity::from_number(u8::try_from(self.severity.value(row)).unwrap_or(99));
        if class.is_none() {
            event.unmapped.push(name::CLASS, &class_uid.to_string());
        }
        for (path, values) in &self.columns {
            if let Some(value) = values.get(row) {
                put(&mut event, path, value);
            }
        }
        if let Some(message) = self.message(row)? {
            put(&mut event, name::MESSAGE, Value::Text(message.into()));
        }
        for (path, text) in pairs(self.fields, row) {
            match read(path, text) {
                Some((field, value)) => drop(event.fields.set_value(field, value)),
                None => event.unmapped.push(path, text),
            }
        }
        event.unmapped.extend(pairs(self.unmapped, row));
        Ok(StoredEvent { id: EventId(self.id.value(row).cast_unsigned()), event })
    }

    /// The message, where it is a part of the record.
    fn message(&self, row: usize) -> Result<Option<&'b str>, &'static str> {
        let Some([at, chars]) = self.message.filter(|[at, _]| at.is_valid(row)) else { return Ok(None) };
        let chars = chars.is_valid(row).then(|| chars.value(row));
        part_at(self.raw.value(row), at.value(row), chars).map(Some).ok_or(name::MESSAGE_AT)
    }

    fn raw(&self, row: usize) -> Result<Vec<u8>, &'static str> {
        raw_bytes(self.raw.value(row), self.raw_base64.value(row)).ok_or(name::RAW)
    }
}

/// The record behind its column; nothing when what should be base64 is not.
pub(crate) fn raw_bytes(raw: &str, base64: bool) -> Option<Vec<u8>> {
    if base64 { STANDARD.decode(raw).ok() } else { Some(raw.as_bytes().to_vec()) }
}

/// The columns that are named by a path, whatever this program's list of them is.
fn searched(batch: &RecordBatch) -> Vec<(&str, Values<'_>)> {
    let own = [
        name::ID,
        name::TIME,
        name::RECEIVED,
        name::CLASS,
        name::ACTIVITY,
        name::SEVERITY,
        name::SOURCE,
        name::FORMAT,
        name::HOST,
        name::FIELDS,
        name::UNMAPPED,
        name::MESSAGE_AT,
        name::MESSAGE_CHARS,
        name::RAW,
        name::RAW_BASE64,
    ];
    let own = |name: &str| own.contains(&name) || name.parse::<Label>().is_ok();
    let schema = batch.schema_ref();
    let columns = schema.fields().iter().zip(batch.columns()).filter(|(field, _)| !own(field.name()));
    columns.filter_map(|(field, array)| Some((field.name().as_str(), Values::of(array)?))).collect()
}

impl<'b> Values<'b> {
    fn of(array: &'b dyn Array) -> Option<Self> {
        let text = array.as_string_opt().map(Self::Text);
        text.or_else(|| array.as_primitive_opt().map(Self::Integer)).or_else(|| array.as_boolean_opt().map(Self::Boolean))
    }

    fn get(&self, row: usize) -> Option<Value> {
        match self {
            Self::Text(array) => array.is_valid(row).then(|| Value::Text(array.value(row).into())),
            Self::Integer(array) => array.is_valid(row).then(|| Value::Integer(array.value(row))),
            Self::Boolean(array) => array.is_valid(row).then(|| Value::Boolean(array.value(row))),
        }
    }
}

/// Sets a field; what the schema does not know (any more) becomes unmapped.
fn put(event: &mut Event, path: &str, value: Value) {
    let field = FieldId::from_path(path).filter(|field| field.info().kind == value.kind());
    match field {
        Some(field) => drop(event.fields.set_value(field, value)),
        None => event.unmapped.push(path, &value.seen().to_string()),
    }
}

/// The names and values of a row of a map column.
pub(crate) fn pairs(map: &MapArray, row: usize) -> impl Iterator<Item = (&str, &str)> {
    let keys: Option<&StringArray> = map.keys().as_string_opt();
    let values: Option<&StringArray> = map.values().as_string_opt();
    let offsets = map.value_offsets();
    let range = match (offsets.get(row), offsets.get(row + 1)) {
        (Some(start), Some(end)) => usize::try_from(*start).unwrap_or_default()..usize::try_from(*end).unwrap_or_default(),
        _ => 0..0,
    };
    let both = keys.zip(values);
    range.filter_map(move |place| both.map(|(keys, values)| (keys.value(place), values.value(place))))
}

/// A field of the map `fields`; nothing when the schema does not know it (any more) as it stands.
pub(crate) fn read(path: &str, text: &str) -> Option<(FieldId, Value)> {
    let field = FieldId::from_path(path)?;
    let value = match field.info().kind {
        FieldKind::Text => Value::Text(text.into()),
        FieldKind::Integer => Value::Integer(text.parse().ok()?),
        FieldKind::Boolean => Value::Boolean(text.parse().ok()?),
        FieldKind::Texts => {
            let texts: Vec<Box<str>> = serde_json::from_str(text).ok()?;
            Value::Texts(texts.into_boxed_slice())
        }
    };
    Some((field, value))
}
