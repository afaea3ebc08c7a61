//! Typed values by field.
//!
//! Holds: at most one value for each field; iteration is in the order of [`FieldId`], so equal
//! events have equal bytes wherever they are written.

use super::ocsf::{Class, FIELDS};
use std::marker::PhantomData;

/// The number of a field in [`FIELDS`]. Numbers may change with the generated table: storage uses
/// paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub(super) u16);

/// A field with the type of its values.
pub struct Field<T> {
    id: FieldId,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

/// The type of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Text; also addresses, hashes, paths, names.
    Text,
    /// A whole number; also OCSF enumerations.
    Integer,
    /// True or false.
    Boolean,
    /// Several texts.
    Texts,
}

/// What the schema says of a field.
#[derive(Clone, Copy, Debug)]
pub struct FieldInfo {
    /// OCSF attribute path: `src_endpoint.ip`.
    pub path: &'static str,
    /// The type of its values.
    pub kind: FieldKind,
    /// The classes that have it.
    pub classes: FieldSet,
}

/// A set of classes, one bit each in the order of [`Class::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSet(pub u64);

/// An attribute that an OCSF profile brings.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProfileInfo {
    /// The profile.
    pub(super) profile: &'static str,
    /// Path of the attribute: every field at or below it needs the profile.
    pub(super) path: &'static str,
    /// The classes that have the attribute by this profile only.
    pub(super) classes: FieldSet,
}

pub(super) const fn text(path: &'static str, classes: u64) -> FieldInfo {
    FieldInfo { path, kind: FieldKind::Text, classes: FieldSet(classes) }
}

pub(super) const fn integer(path: &'static str, classes: u64) -> FieldInfo {
    FieldInfo { path, kind: FieldKind::Integer, classes: FieldSet(classes) }
}

pub(super) const fn boolean(path: &'static str, classes: u64) -> FieldInfo {
    FieldInfo { path, kind: FieldKind::Boolean, classes: FieldSet(classes) }
}

pub(super) const fn texts(path: &'static str, classes: u64) -> FieldInfo {
    FieldInfo { path, kind: FieldKind::Texts, classes: FieldSet(classes) }
}

pub(super) const fn profile(profile: &'static str, path: &'static str, classes: u64) -> ProfileInfo {
    ProfileInfo { profile, path, classes: FieldSet(classes) }
}

impl FieldSet {
    /// Whether a class is in the set.
    #[must_use]
    pub const fn has(self, class: Class) -> bool {
        self.0 >> (class as u8) & 1 == 1
    }
}

/// A value of a field.
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

/// A Rust type that values of a field may have.
pub trait FieldValue: Sized {
    /// The kind of such a field.
    const KIND: FieldKind;
    /// The value.
    fn into_value(self) -> Value;
}

impl FieldValue for Box<str> {
    const KIND: FieldKind = FieldKind::Text;
    fn into_value(self) -> Value {
        Value::Text(self)
    }
}

impl FieldValue for i64 {
    const KIND: FieldKind = FieldKind::Integer;
    fn into_value(self) -> Value {
        Value::Integer(self)
    }
}

impl FieldValue for bool {
    const KIND: FieldKind = FieldKind::Boolean;
    fn into_value(self) -> Value {
        Value::Boolean(self)
    }
}

impl FieldValue for Box<[Box<str>]> {
    const KIND: FieldKind = FieldKind::Texts;
    fn into_value(self) -> Value {
        Value::Texts(self)
    }
}

impl<T> Field<T> {
    /// The field with this number; only the generated table calls it.
    pub(super) const fn new(number: u16) -> Self {
        Self { id: FieldId(number), kind: PhantomData }
    }

    /// The field's number.
    #[must_use]
    pub const fn id(self) -> FieldId {
        self.id
    }
}

impl FieldId {
    /// The field of an OCSF path.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        // FIELDS is sorted by path: the generator sorts and a test holds it.
        let index = FIELDS.binary_search_by(|info| info.path.cmp(path)).ok()?;
        u16::try_from(index).ok().map(Self)
    }

    /// What the schema says of it.
    #[must_use]
    pub fn info(self) -> &'static FieldInfo {
        &FIELDS[usize::from(self.0)]
    }

    /// OCSF attribute path.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.info().path
    }

    /// Its place in [`FIELDS`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// All fields, by path.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..FIELDS.len()).filter_map(|index| u16::try_from(index).ok().map(Self))
    }
}

/// The values of an event.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Fields(Vec<(FieldId, Value)>);

impl Fields {
    /// Sets a field of a known type.
    pub fn set<T: FieldValue>(&mut self, field: Field<T>, value: impl Into<T>) {
        let value: T = value.into();
        self.put(field.id, value.into_value());
    }

    /// Sets a field whose type is only known at run time.
    ///
    /// Returns false, and changes nothing, when the value is not of the field's kind.
    pub fn set_value(&mut self, field: FieldId, value: Value) -> bool {
        let fits = value.kind() == field.info().kind;
        if fits {
            self.put(field, value);
        }
        fits
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: FieldId) -> Option<&Value> {
        let place = self.0.binary_search_by_key(&field, |(id, _)| *id).ok()?;
        Some(&self.0[place].1)
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, field: Field<Box<str>>) -> Option<&str> {
        match self.get(field.id)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a field.
    #[must_use]
    pub fn integer(&self, field: Field<i64>) -> Option<i64> {
        match self.get(field.id)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth of a field.
    #[must_use]
    pub fn boolean(&self, field: Field<bool>) -> Option<bool> {
        match self.get(field.id)? {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The texts of a field; none when it is not set.
    #[must_use]
    pub fn texts(&self, field: Field<Box<[Box<str>]>>) -> &[Box<str>] {
        match self.get(field.id) {
            Some(Value::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// All values, in the order of their fields.
    pub fn iter(&self) -> impl Iterator<Item = (FieldId, &Value)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }

    /// How many fields have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no field has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn put(&mut self, field: FieldId, value: Value) {
        match self.0.binary_search_by_key(&field, |(id, _)| *id) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => {
                if self.0.is_empty() {
                    // Events have five to fifteen: growing by doubling would move them three times.
                    self.0.reserve(12);
                }
                self.0.insert(place, (field, value));
            }
        }
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
}
