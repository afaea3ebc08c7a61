//! Trying conditions on columns.
//!
//! A text column comes by dictionary, so a condition on it is tried once for each different value of
//! a batch. Holds: the answer for a row is the same as [`Expr::matches`] on the event, which a
//! property test over random events and queries shows.

use crate::files::{FileError, OpenFile, name, pairs, part_at, raw_bytes, read};
use crate::query::{Expr, Target, Term, Test, folded};
use crate::row::Part;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrowPrimitiveType, Int32Array, PrimitiveArray, RecordBatch, StringArray};
use arrow_buffer::BooleanBuffer;
use std::collections::BTreeSet;
use vigie_model::event::{Class, EventSeverity, FieldId, Label, Value};

/// What a column says of the rows of a batch.
pub(super) enum Column<'b> {
    /// Texts by a dictionary.
    Texts { keys: &'b Int32Array, values: &'b StringArray },
    /// Shows the values of a row until one is taken; says whether one was.
    Parts(Visit<'b>),
    /// The same for every row.
    One(&'b str),
    /// No row has one.
    None,
}

type Visit<'b> = Box<dyn Fn(usize, &mut dyn FnMut(Part<'_>) -> bool) -> bool + 'b>;

/// The columns that a condition looks at.
pub(super) fn wanted(expr: &Expr, file: &OpenFile, columns: &mut BTreeSet<&'static str>) {
    match expr {
        Expr::All => {}
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| wanted(part, file, columns)),
        Expr::Not(part) => wanted(part, file, columns),
        Expr::Term(term) => wanted_of(&term.target, file, columns),
    }
}

/// The columns that a place is in.
pub(super) fn wanted_of(place: &Target, file: &OpenFile, columns: &mut BTreeSet<&'static str>) {
    match place {
        Target::Field(field) => {
            columns.extend(column_of(*field, file));
            if is_part_of_record(place, file) {
                columns.extend([name::MESSAGE_AT, name::MESSAGE_CHARS, name::RAW]);
            }
        }
        Target::Id => drop(columns.insert(name::ID)),
        Target::Time => drop(columns.insert(name::TIME)),
        Target::Received => drop(columns.insert(name::RECEIVED)),
        Target::Class => {}
        Target::Activity => drop(columns.insert(name::ACTIVITY)),
        Target::Severity => drop(columns.insert(name::SEVERITY)),
        Target::Source => drop(columns.insert(name::SOURCE)),
        Target::Format => drop(columns.insert(name::FORMAT)),
        Target::Host => drop(columns.insert(name::HOST)),
        Target::Label(label) => columns.extend(column_of_label(*label, file)),
        Target::Raw => columns.extend([name::RAW, name::RAW_BASE64]),
        Target::Unmapped(_) => columns.extend(UNMAPPED_IN),
    }
}

/// Where unmapped values are: also fields of another schema, which nobody knows by now.
const UNMAPPED_IN: [&str; 2] = [name::UNMAPPED, name::FIELDS];

/// The column that has a field, its own or the map; none where the file says that no row has it.
fn column_of(field: FieldId, file: &OpenFile) -> Option<&'static str> {
    let path = field.path();
    if file.has(path) { Some(path) } else { file.may_map(path).then_some(name::FIELDS) }
}

/// The column of a label; files from before there were labels have none, and none has one of the tenant.
fn column_of_label(label: Label, file: &OpenFile) -> Option<&'static str> {
    Some(label.name()).filter(|column| file.has(column))
}

/// Whether values of a target may be stored as a part of the record.
pub(super) fn is_part_of_record(target: &Target, file: &OpenFile) -> bool {
    matches!(target, Target::Field(field) if field.path() == name::MESSAGE) && file.has(name::MESSAGE_AT)
}

/// The rows of one file's columns.
pub(crate) struct Rows<'b> {
    pub(super) batch: &'b RecordBatch,
    pub(super) file: &'b OpenFile,
    pub(super) class: Class,
}

impl Rows<'_> {
    /// Which rows match.
    pub(super) fn matching(&self, expr: &Expr) -> Result<BooleanBuffer, FileError> {
        let rows = self.batch.num_rows();
        Ok(match expr {
            Expr::All => BooleanBuffer::new_set(rows),
            Expr::Term(term) => self.term(term)?,
            Expr::Not(part) => !&self.matching(part)?,
            Expr::And(parts) => {
                let mut all = BooleanBuffer::new_set(rows);
                for part in parts {
                    all = &all & &self.matching(part)?;
                }
                all
            }
            Expr::Or(parts) => {
                let mut any = BooleanBuffer::new_unset(rows);
                for part in parts {
                    any = &any | &self.matching(part)?;
                }
                any
            }
        })
    }

    fn term(&self, term: &Term) -> Result<BooleanBuffer, FileError> {
        let test = &term.test;
        match &term.target {
            target @ Target::Field(_) if is_part_of_record(target, self.file) => self.message(test),
            Target::Field(field) if self.file.has(field.path()) => self.values(field.path(), test, false),
            Target::Field(field) if !self.file.may_map(field.path()) => Ok(self.constant(false)),
            Target::Field(field) => self.field_in_map(*field, test),
            Target::Id => self.values(name::ID, test, false),
            Target::Time => self.values(name::TIME, test, false),
            Target::Received => self.values(name::RECEIVED, test, false),
            Target::Severity => self.values(name::SEVERITY, test, false),
            Target::Source => self.values(name::SOURCE, test, true),
            Target::Format => self.values(name::FORMAT, test, true),
            Target::Host => self.values(name::HOST, test, true),
            Target::Label(Label::Tenant) => Ok(self.constant(test.holds_text(self.file.tenant()))),
            Target::Label(label) => match column_of_label(*label, self.file) {
                Some(column) => self.values(column, test, false),
                None => Ok(self.constant(false)),
            },
            Target::Class => Ok(self.constant(
                matches!(test, Test::Present) || matches!(test, Test::Classes(classes) if classes.contains(&self.class)),
            )),
            Target::Activity => self.activity(test),
            Target::Raw => self.raw(test),
            Target::Unmapped(wanted) => self.unmapped(wanted.as_deref(), test),
        }
    }

    fn constant(&self, truth: bool) -> BooleanBuffer {
        let rows = self.batch.num_rows();
        if truth { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) }
    }

    fn column(&self, name: &'static str) -> Result<&dyn Array, FileError> {
        self.batch.column_by_name(name).map(|column| &**column).ok_or_else(|| self.file.unexpected(name))
    }

    /// `own`: texts that every event has, if only an empty one, which does not count as there.
    fn values(&self, name: &'static str, test: &Test, own: bool) -> Result<BooleanBuffer, FileError> {
        let column = self.column(name)?;
        let rows = column.len();
        let holds = |text: &str| if own { test.holds_own_text(text) } else { test.holds_text(text) };
        if let Some(dictionary) = column.as_dictionary_opt::<Int32Type>() {
            let values = dictionary.values().as_string_opt::<i32>().ok_or_else(|| self.file.unexpected(name))?;
            let mut known: Vec<Option<bool>> = vec![None; values.len()];
            return Ok(BooleanBuffer::collect_bool(rows, |row| match dictionary.key(row) {
                Some(key) => *known[key].get_or_insert_with(|| holds(values.value(key))),
                None => false,
            }));
        }
        let number = |valid: bool, number: i64| valid && test.holds_number(number);
        if let Some(column) = column.as_primitive_opt::<Int64Type>() {
            return Ok(BooleanBuffer::collect_bool(rows, |row| number(column.is_valid(row), column.value(row))));
        }
        if let Some(column) = column.as_primitive_opt::<TimestampMicrosecondType>() {
            return Ok(BooleanBuffer::collect_bool(rows, |row| number(column.is_valid(row), column.value(row))));
        }
        if let Some(column) = column.as_primitive_opt::<Int32Type>() {
            return Ok(BooleanBuffer::collect_bool(rows, |row| number(column.is_valid(row), i64::from(column.value(row)))));
        }
        if let Some(column) = column.as_boolean_opt() {
            let holds = |row| column.is_valid(row) && test.holds(Part::Boolean(column.value(row)));
            return Ok(BooleanBuffer::collect_bool(rows, holds));
        }
        Err(self.file.unexpected(name))
    }

    fn activity(&self, test: &Test) -> Result<BooleanBuffer, FileError> {
        let Test::Activities(pairs) = test else { return self.values(name::ACTIVITY, test, false) };
        let activities: Vec<i32> =
            pairs.iter().filter(|(class, _)| *class == self.class).map(|(_, number)| i32::from(*number)).collect();
        let column =
            self.column(name::ACTIVITY)?.as_primitive_opt::<Int32Type>().ok_or_else(|| self.file.unexpected(name::ACTIVITY))?;
        Ok(BooleanBuffer::collect_bool(column.len(), |row| activities.contains(&column.value(row))))
    }

    /// Messages: with a value of their own, or a part of the record.
    fn message(&self, test: &Test) -> Result<BooleanBuffer, FileError> {
        let own = self.values(name::MESSAGE, test, false)?;
        let number = |name| self.column(name)?.as_primitive_opt::<Int32Type>().ok_or_else(|| self.file.unexpected(name));
        let (at, chars) = (number(name::MESSAGE_AT)?, number(name::MESSAGE_CHARS)?);
        let raw = self.column(name::RAW)?.as_string_view_opt().ok_or_else(|| self.file.unexpected(name::RAW))?;
        Ok(BooleanBuffer::collect_bool(raw.len(), |row| {
            if at.is_null(row) {
                return own.value(row);
            }
            let chars = chars.is_valid(row).then(|| chars.value(row));
            part_at(raw.value(row), at.value(row), chars).is_some_and(|message| test.holds_text(message))
        }))
    }

    fn raw(&self, test: &Test) -> Result<BooleanBuffer, FileError> {
        let raw = self.column(name::RAW)?.as_string_view_opt().ok_or_else(|| self.file.unexpected(name::RAW))?;
        let base64 = self.column(name::RAW_BASE64)?.as_boolean_opt().ok_or_else(|| self.file.unexpected(name::RAW_BASE64))?;
        let holds = |record: &[u8]| match test {
            Test::Contains(needle) => needle.is_in(record),
            test => matches!(test, Test::Present) && !record.is_empty(),
        };
        Ok(BooleanBuffer::collect_bool(raw.len(), |row| {
            let text = raw.value(row);
            if base64.value(row) { raw_bytes(text, true).is_some_and(|record| holds(&record)) } else { holds(text.as_bytes()) }
        }))
    }

    /// What the column of a place says of the rows.
    pub(super) fn column_of(&self, place: &Target) -> Result<Column<'_>, FileError> {
        let name = match place {
            place if is_part_of_record(place, self.file) => return self.messages(),
            Target::Field(field) if self.file.has(field.path()) => field.path(),
            Target::Field(field) if !self.file.may_map(field.path()) => return Ok(Column::None),
            Target::Field(field) => return self.parts_of_map(*field),
            Target::Label(Label::Tenant) => return Ok(Column::One(self.file.tenant())),
            Target::Label(label) => match column_of_label(*label, self.file) {
                Some(column) => column,
                None => return Ok(Column::None),
            },
            Target::Class => return Ok(Column::One(self.class.name())),
            Target::Activity => name::ACTIVITY,
            Target::Severity => return self.severities(),
            Target::Source => name::SOURCE,
            Target::Format => name::FORMAT,
            Target::Host => name::HOST,
            Target::Id => name::ID,
            Target::Time => name::TIME,
            Target::Received => name::RECEIVED,
            Target::Unmapped(wanted) => return self.parts_of_unmapped(wanted.as_deref()),
            Target::Raw => return Ok(Column::None),
        };
        let column = self.column(name)?;
        if let Some(dictionary) = column.as_dictionary_opt::<Int32Type>() {
            let values = dictionary.values().as_string_opt::<i32>().ok_or_else(|| self.file.unexpected(name))?;
            return Ok(Column::Texts { keys: dictionary.keys(), values });
        }
        if let Some(column) = column.as_primitive_opt::<Int64Type>() {
            return Ok(numbers(column, i64::from));
        }
        if let Some(column) = column.as_primitive_opt::<TimestampMicrosecondType>() {
            return Ok(numbers(column, i64::from));
        }
        if let Some(column) = column.as_primitive_opt::<Int32Type>() {
            return Ok(numbers(column, i64::from));
        }
        let truths = column.as_boolean_opt().ok_or_else(|| self.file.unexpected(name))?;
        Ok(Column::Parts(Box::new(move |row, visit| truths.is_valid(row) && visit(Part::Boolean(truths.value(row))))))
    }

    fn messages(&self) -> Result<Column<'_>, FileError> {
        let number = |name| self.column(name)?.as_primitive_opt::<Int32Type>().ok_or_else(|| self.file.unexpected(name));
        let (at, chars) = (number(name::MESSAGE_AT)?, number(name::MESSAGE_CHARS)?);
        let raw = self.column(name::RAW)?.as_string_view_opt().ok_or_else(|| self.file.unexpected(name::RAW))?;
        let own = self.column(name::MESSAGE)?.as_dictionary_opt::<Int32Type>();
        let own = own.ok_or_else(|| self.file.unexpected(name::MESSAGE))?;
        let texts = own.values().as_string_opt::<i32>().ok_or_else(|| self.file.unexpected(name::MESSAGE))?;
        Ok(Column::Parts(Box::new(move |row, visit| {
            let message = if at.is_valid(row) {
                part_at(raw.value(row), at.value(row), chars.is_valid(row).then(|| chars.value(row)))
            } else {
                own.key(row).map(|key| texts.value(key))
            };
            message.is_some_and(|message| visit(Part::Text(message)))
        })))
    }

    fn severities(&self) -> Result<Column<'_>, FileError> {
        let numbers = self.column(name::SEVERITY)?.as_primitive_opt::<Int32Type>();
        let numbers = numbers.ok_or_else(|| self.file.unexpected(name::SEVERITY))?;
        Ok(Column::Parts(Box::new(move |row, visit| {
            let severity = EventSeverity::from_number(u8::try_from(numbers.value(row)).unwrap_or(99));
            visit(Part::Text(severity.word()))
        })))
    }

    fn parts_of_map(&self, field: FieldId) -> Result<Column<'_>, FileError> {
        let map = self.map(name::FIELDS)?;
        Ok(Column::Parts(Box::new(move |row, visit| {
            let own = pairs(map, row).filter(|(known, _)| *known == field.path());
            own.filter_map(|(known, text)| read(known, text)).fold(false, |had, (_, value)| shown_to(&value, visit) || had)
        })))
    }

    fn parts_of_unmapped(&self, wanted: Option<&str>) -> Result<Column<'_>, FileError> {
        let (own, fields) = (self.map(name::UNMAPPED)?, self.map(name::FIELDS)?);
        let wanted: Option<Box<str>> = wanted.map(Box::from);
        Ok(Column::Parts(Box::new(move |row, visit| {
            let beyond = pairs(fields, row).filter(|(path, text)| read(path, text).is_none());
            let asked = pairs(own, row).chain(beyond).filter(|(name, _)| wanted.as_deref().is_none_or(|it| folded(name) == *it));
            asked.fold(false, |had, (_, value)| visit(Part::Text(value)) || had)
        })))
    }

    /// Shows the names of the unmapped values of these rows.
    pub(super) fn each_unmapped_name(&self, rows: &BooleanBuffer, show: &mut dyn FnMut(&str)) -> Result<(), FileError> {
        let own = self.map(name::UNMAPPED)?;
        rows.set_indices().for_each(|row| pairs(own, row).for_each(|(name, _)| show(name)));
        Ok(())
    }

    fn map(&self, name: &'static str) -> Result<&arrow_array::MapArray, FileError> {
        self.column(name)?.as_map_opt().ok_or_else(|| self.file.unexpected(name))
    }

    fn field_in_map(&self, field: FieldId, test: &Test) -> Result<BooleanBuffer, FileError> {
        let map = self.map(name::FIELDS)?;
        let path = field.path();
        let holds = |(known, text): (&str, &str)| {
            known == path
                && read(known, text).is_some_and(|(_, value)| match value {
                    Value::Text(text) => test.holds(Part::Text(&text)),
                    Value::Integer(number) => test.holds(Part::Integer(number)),
                    Value::Boolean(truth) => test.holds(Part::Boolean(truth)),
                    Value::Texts(texts) => texts.iter().any(|text| test.holds(Part::Text(text))),
                })
        };
        Ok(BooleanBuffer::collect_bool(map.len(), |row| pairs(map, row).any(holds)))
    }

    fn unmapped(&self, wanted: Option<&str>, test: &Test) -> Result<BooleanBuffer, FileError> {
        let own = self.map(name::UNMAPPED)?;
        let fields = self.map(name::FIELDS)?;
        let holds = |(name, value): (&str, &str)| wanted.is_none_or(|wanted| folded(name) == wanted) && test.holds_text(value);
        Ok(BooleanBuffer::collect_bool(own.len(), |row| {
            pairs(own, row).any(holds) || pairs(fields, row).filter(|(path, text)| read(path, text).is_none()).any(holds)
        }))
    }
}

fn numbers<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, read: fn(T::Native) -> i64) -> Column<'_> {
    Column::Parts(Box::new(move |row, visit| column.is_valid(row) && visit(Part::Integer(read(column.value(row))))))
}

/// Shows a value, each of several texts by itself; says whether any was taken.
fn shown_to(value: &Value, visit: &mut dyn FnMut(Part<'_>) -> bool) -> bool {
    match value {
        Value::Text(text) => visit(Part::Text(text)),
        Value::Integer(number) => visit(Part::Integer(*number)),
        Value::Boolean(truth) => visit(Part::Boolean(*truth)),
        // Each is shown, also behind one that was taken.
        Value::Texts(texts) => texts.iter().filter(|text| visit(Part::Text(text))).count() > 0,
    }
}
