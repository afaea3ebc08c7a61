//! Fields: one attribute path of the schema each, with the type of its values.

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
