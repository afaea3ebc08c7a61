//! Typed values by field.
//!
//! The texts of an event stand one after another in one piece of memory: an event has some ten of them, and a piece for
//! each would cost more than all the rest of its making. Holds: at most one value for each field; iteration is in the order
//! of [`FieldId`], so equal events have equal bytes wherever they are written.

use super::fields::{Field, FieldId, FieldKind};
use std::borrow::Cow;

/// Room for the fields of most events: they have five to fifteen.
const FIELDS_USUAL: usize = 12;

/// Room for the texts of most events, in bytes.
const TEXT_USUAL: usize = 192;

/// A value of a field, by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// See [`FieldKind::Text`].
    Text(Box<str>),
    /// See [`FieldKind::Integer`].
    Integer(i64),
    /// See [`FieldKind::Boolean`].
    Boolean(bool),
    /// See [`FieldKind::Texts`].
    Texts(Box<[Box<str>]>),
}

/// A value where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueRef<'a> {
    /// See [`FieldKind::Text`].
    Text(&'a str),
    /// See [`FieldKind::Integer`].
    Integer(i64),
    /// See [`FieldKind::Boolean`].
    Boolean(bool),
    /// See [`FieldKind::Texts`].
    Texts(&'a [Box<str>]),
}

/// The values of an event.
#[derive(Clone, Default)]
pub struct Fields {
    slots: Vec<(FieldId, Slot)>,
    /// The texts, in the order they were set; those that were replaced are still among them.
    text: String,
    /// The values of fields with several texts, in the same way.
    lists: Vec<Box<[Box<str>]>>,
}

/// Where the value of a field is. Small, because setting a field moves those behind it.
#[derive(Clone, Copy, Debug)]
enum Slot {
    /// From where to where in the texts.
    Text(u32, u32),
    Integer(i64),
    Boolean(bool),
    /// The place among the lists.
    Texts(u32),
}

/// A Rust type that values of a field have.
pub trait FieldValue: Sized {
    /// The kind of such a field.
    const KIND: FieldKind;
}

/// What may be given for a field with values of type `T`.
pub trait Given<T: FieldValue> {
    /// Puts it among the values of an event.
    fn put(self, fields: &mut Fields, field: FieldId);
}

impl FieldValue for Box<str> {
    const KIND: FieldKind = FieldKind::Text;
}

impl FieldValue for i64 {
    const KIND: FieldKind = FieldKind::Integer;
}

impl FieldValue for bool {
    const KIND: FieldKind = FieldKind::Boolean;
}

impl FieldValue for Box<[Box<str>]> {
    const KIND: FieldKind = FieldKind::Texts;
}

impl Given<Box<str>> for &str {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_text(field, self);
    }
}

impl Given<Box<str>> for Box<str> {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_text(field, &self);
    }
}

impl Given<Box<str>> for String {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_text(field, &self);
    }
}

impl Given<Box<str>> for Cow<'_, str> {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_text(field, &self);
    }
}

impl Given<bool> for bool {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_slot(field, Slot::Boolean(self));
    }
}

impl<N: Into<i64>> Given<i64> for N {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_slot(field, Slot::Integer(self.into()));
    }
}

impl<L: Into<Box<[Box<str>]>>> Given<Box<[Box<str>]>> for L {
    fn put(self, fields: &mut Fields, field: FieldId) {
        fields.put_texts(field, self.into());
    }
}

impl Fields {
    /// Sets a field of a known type.
    pub fn set<T: FieldValue>(&mut self, field: Field<T>, value: impl Given<T>) {
        value.put(self, field.id());
    }

    /// Sets a field whose type is only known at run time.
    ///
    /// Returns false, and changes nothing, when the value is not of the field's kind.
    pub fn set_value(&mut self, field: FieldId, value: Value) -> bool {
        if value.kind() != field.info().kind {
            return false;
        }
        match value {
            Value::Text(text) => self.put_text(field, &text),
            Value::Integer(number) => self.put_slot(field, Slot::Integer(number)),
            Value::Boolean(truth) => self.put_slot(field, Slot::Boolean(truth)),
            Value::Texts(texts) => self.put_texts(field, texts),
        }
        true
    }

    /// [`Self::set_value`] for a text that stands elsewhere.
    pub fn set_text(&mut self, field: FieldId, text: &str) -> bool {
        let fits = field.info().kind == FieldKind::Text;
        if fits {
            self.put_text(field, text);
        }
        fits
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: FieldId) -> Option<ValueRef<'_>> {
        let place = self.place(field).ok()?;
        Some(self.seen(self.slots[place].1))
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, field: Field<Box<str>>) -> Option<&str> {
        match self.get(field.id())? {
            ValueRef::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a field.
    #[must_use]
    pub fn integer(&self, field: Field<i64>) -> Option<i64> {
        match self.get(field.id())? {
            ValueRef::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The truth of a field.
    #[must_use]
    pub fn boolean(&self, field: Field<bool>) -> Option<bool> {
        match self.get(field.id())? {
            ValueRef::Boolean(truth) => Some(truth),
            _ => None,
        }
    }

    /// The texts of a field; none when it is not set.
    #[must_use]
    pub fn texts(&self, field: Field<Box<[Box<str>]>>) -> &[Box<str>] {
        match self.get(field.id()) {
            Some(ValueRef::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// All values, in the order of their fields.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, ValueRef<'_>)> {
        self.slots.iter().map(|(field, slot)| (*field, self.seen(*slot)))
    }

    /// How many fields have a value.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether no field has a value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Bytes of all texts: what writing the values takes, about.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.text.len() + self.lists.iter().flatten().map(|text| text.len()).sum::<usize>()
    }

    fn seen(&self, slot: Slot) -> ValueRef<'_> {
        match slot {
            Slot::Text(start, end) => ValueRef::Text(&self.text[start as usize..end as usize]),
            Slot::Integer(number) => ValueRef::Integer(number),
            Slot::Boolean(truth) => ValueRef::Boolean(truth),
            Slot::Texts(place) => ValueRef::Texts(&self.lists[place as usize]),
        }
    }

    fn place(&self, field: FieldId) -> Result<usize, usize> {
        self.slots.binary_search_by_key(&field, |(id, _)| *id)
    }

    fn put_text(&mut self, field: FieldId, text: &str) {
        if self.text.is_empty() {
            self.text.reserve(text.len() + TEXT_USUAL);
        }
        // Far beyond any record that is read: a value that stands behind 4 GiB of others is not kept.
        let start = self.text.len();
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(start + text.len())) else { return };
        self.text.push_str(text);
        self.put_slot(field, Slot::Text(from, to));
    }

    fn put_texts(&mut self, field: FieldId, texts: Box<[Box<str>]>) {
        let Ok(place) = u32::try_from(self.lists.len()) else { return };
        self.lists.push(texts);
        self.put_slot(field, Slot::Texts(place));
    }

    fn put_slot(&mut self, field: FieldId, slot: Slot) {
        match self.place(field) {
            Ok(place) => self.slots[place].1 = slot,
            Err(place) => {
                if self.slots.is_empty() {
                    self.slots.reserve(FIELDS_USUAL);
                }
                self.slots.insert(place, (field, slot));
            }
        }
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(field, value)| (field.path(), value))).finish()
    }
}

impl Value {
    /// The kind of field this value fits.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        match self {
            Self::Text(_) => FieldKind::Text,
            Self::Integer(_) => FieldKind::Integer,
            Self::Boolean(_) => FieldKind::Boolean,
            Self::Texts(_) => FieldKind::Texts,
        }
    }

    /// The same where it stands.
    #[must_use]
    pub const fn seen(&self) -> ValueRef<'_> {
        match self {
            Self::Text(text) => ValueRef::Text(text),
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(truth) => ValueRef::Boolean(*truth),
            Self::Texts(texts) => ValueRef::Texts(texts),
        }
    }
}

impl ValueRef<'_> {
    /// The same by itself.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.into()),
            Self::Integer(number) => Value::Integer(number),
            Self::Boolean(truth) => Value::Boolean(truth),
            Self::Texts(texts) => Value::Texts(texts.into()),
        }
    }
}

/// As a record would write it; several texts with commas between them.
impl std::fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Texts(texts) => f.write_str(&texts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ocsf::field;
    use super::*;

    #[test]
    fn a_field_has_its_latest_value() {
        let mut fields = Fields::default();
        fields.set(field::USER_NAME, "eva");
        fields.set(field::MESSAGE, String::from("one"));
        fields.set(field::USER_NAME, "");
        fields.set(field::SRC_ENDPOINT_PORT, 22);
        assert_eq!(fields.text(field::USER_NAME), Some(""));
        assert_eq!(fields.text(field::MESSAGE), Some("one"));
        assert_eq!(fields.get(field::SRC_ENDPOINT_PORT.id()), Some(ValueRef::Integer(22)));
        assert_eq!(fields.len(), 3);
        let mut others = Fields::default();
        others.set(field::SRC_ENDPOINT_PORT, 22);
        others.set(field::USER_NAME, "");
        assert_ne!(fields, others);
        others.set(field::MESSAGE, "one");
        assert_eq!(fields, others, "in whatever order they were set");
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let mut fields = Fields::default();
        assert!(!fields.set_value(field::SRC_ENDPOINT_PORT.id(), Value::Text("22".into())));
        assert!(!fields.set_text(field::SRC_ENDPOINT_PORT.id(), "22"));
        assert!(fields.set_text(field::USER_NAME.id(), "eva"));
        assert_eq!(fields.iter().collect::<Vec<_>>(), [(field::USER_NAME.id(), ValueRef::Text("eva"))]);
    }
}
