//! The five values both engines know, and how ours become them.

use crate::DbError;
use vigie_model::ids::{AssetId, DecisionId, EventId, FindingId, ProblemId, UserId};
use vigie_model::time::{Day, Timestamp};

/// A value of the database.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A borrowed value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Int(number) => Self::Int(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(text) => Self::Text(text.to_owned()),
            ValueRef::Bytes(bytes) => Self::Bytes(bytes.to_owned()),
        }
    }
}

/// Something that goes into a statement.
pub trait Param {
    /// As which value.
    fn value(&self) -> ValueRef<'_>;
}

/// Something that comes out of a column.
pub trait FromValue: Sized {
    /// What the column must hold, for the error.
    const WANTED: &'static str;

    /// The thing, or none when the value is another's.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

/// The parameters of a statement: `params![id, now]`. The first is `$1`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &dyn $crate::Param),*] as &[&dyn $crate::Param]
    };
}

impl<T: Param + ?Sized> Param for &T {
    fn value(&self) -> ValueRef<'_> {
        (**self).value()
    }
}

impl<T: Param> Param for Option<T> {
    fn value(&self) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, Param::value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const WANTED: &'static str = T::WANTED;

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl Param for Value {
    fn value(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Int(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes),
        }
    }
}

impl FromValue for Value {
    const WANTED: &'static str = "a value";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Some(value.into())
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl Param for $number {
            fn value(&self) -> ValueRef<'_> {
                ValueRef::Int(i64::from(*self))
            }
        }

        impl FromValue for $number {
            const WANTED: &'static str = concat!("a number that fits ", stringify!($number));

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                match value {
                    ValueRef::Int(number) => Self::try_from(number).ok(),
                    _ => None,
                }
            }
        }
    )*};
}

whole_numbers!(i64, i32, i16, i8, u32, u16, u8);

impl Param for bool {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Int(i64::from(*self))
    }
}

impl FromValue for bool {
    const WANTED: &'static str = "0 or 1";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Int(0) => Some(false),
            ValueRef::Int(1) => Some(true),
            _ => None,
        }
    }
}

impl Param for f64 {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Real(*self)
    }
}

impl FromValue for f64 {
    const WANTED: &'static str = "a number";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Real(number) => Some(number),
            _ => None,
        }
    }
}

impl Param for str {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl Param for String {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Text(self)
    }
}

impl FromValue for String {
    const WANTED: &'static str = "text";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl Param for [u8] {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl<const N: usize> Param for [u8; N] {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl Param for Vec<u8> {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Bytes(self)
    }
}

impl FromValue for Vec<u8> {
    const WANTED: &'static str = "bytes";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bytes(bytes) => Some(bytes.to_owned()),
            _ => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    const WANTED: &'static str = "bytes of a fixed number";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bytes(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl Param for $id {
            fn value(&self) -> ValueRef<'_> {
                ValueRef::Bytes(self.as_bytes())
            }
        }

        impl FromValue for $id {
            const WANTED: &'static str = "an id of 16 bytes";

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(Self::from_bytes)
            }
        }
    )*};
}

ids!(AssetId, DecisionId, FindingId, ProblemId, UserId);

impl Param for Timestamp {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Int(self.micros())
    }
}

impl FromValue for Timestamp {
    const WANTED: &'static str = "a time in µs";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl Param for Day {
    fn value(&self) -> ValueRef<'_> {
        ValueRef::Int(self.number())
    }
}

impl FromValue for Day {
    const WANTED: &'static str = "a day's number";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(Self::from_number)
    }
}

impl Param for EventId {
    fn value(&self) -> ValueRef<'_> {
        // Event ids count up from 1: at a million a second, i64 lasts for 290,000 years.
        ValueRef::Int(i64::try_from(self.0).unwrap_or(i64::MAX))
    }
}

impl FromValue for EventId {
    const WANTED: &'static str = "an event's number";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).and_then(|number| u64::try_from(number).ok()).map(Self)
    }
}

/// A value out of a column, or the error that names it.
pub(crate) fn get<T: FromValue>(column: usize, value: ValueRef<'_>) -> Result<T, DbError> {
    T::from_value(value).ok_or(DbError::Column { column, wanted: T::WANTED })
}
