//! Stub until the generator runs.
use super::fields::{Field, FieldInfo, FieldKind, FieldSet};
/// OCSF class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 0 Base Event.
    BaseEvent,
    /// 3002 Authentication.
    Authentication,
}
impl Class {
    /// All classes.
    pub const ALL: [Self; 2] = [Self::BaseEvent, Self::Authentication];
    /// class_uid.
    #[must_use]
    pub const fn uid(self) -> u32 {
        match self {
            Self::BaseEvent => 0,
            Self::Authentication => 3002,
        }
    }
}
/// All fields.
pub static FIELDS: [FieldInfo; 1] = [FieldInfo { path: "message", kind: FieldKind::Text, classes: FieldSet(3) }];
/// Fields.
pub mod field {
    use super::Field;
    /// message
    pub const MESSAGE: Field<Box<str>> = Field::new(0);
}
