//! The trimmed schema as it is kept in the repository.
//!
//! Captions and structure only: OCSF's descriptions stay with OCSF. Inheritance, includes, profiles
//! and the dictionary are resolved already, so a class or an object here simply has its attributes.

use crate::error::{Error, read_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What we keep of OCSF.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schema {
    /// Version of OCSF.
    pub(super) version: String,
    /// Classes by full `class_uid`.
    pub(super) classes: BTreeMap<u32, Class>,
    /// Objects that the classes reach, by name.
    pub(super) objects: BTreeMap<String, Object>,
}

/// An event class.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    /// OCSF's name, such as `process_activity`.
    pub(super) name: String,
    /// OCSF's caption.
    pub(super) caption: String,
    /// Number of the category.
    pub(super) category_uid: u32,
    /// Caption of the category.
    pub(super) category: String,
    /// Attributes and the values of those that are enumerations.
    pub(super) object: Object,
}

/// A set of attributes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Object {
    /// Attributes by name.
    pub(super) attributes: BTreeMap<String, Attribute>,
    /// Captions of enumeration values, by attribute and number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) values: BTreeMap<String, BTreeMap<i64, String>>,
}

/// An attribute; written as `type[] requirement @profile`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Attribute {
    /// A basic type (`string_t`) or the name of an object.
    pub(super) kind: String,
    /// Whether there may be several.
    pub(super) array: bool,
    /// `required`, `recommended` or `optional`.
    pub(super) requirement: String,
    /// The profile that brings it, where one does.
    pub(super) profile: Option<String>,
}

impl From<Attribute> for String {
    fn from(attribute: Attribute) -> Self {
        let array = if attribute.array { "[]" } else { "" };
        let profile = attribute.profile.map_or(Self::new(), |profile| format!(" @{profile}"));
        format!("{}{array} {}{profile}", attribute.kind, attribute.requirement)
    }
}

impl TryFrom<String> for Attribute {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.split(' ');
        let (Some(kind), Some(requirement)) = (words.next(), words.next()) else {
            return Err(format!("`{text}` is not `type requirement @profile`"));
        };
        Ok(Self {
            kind: kind.trim_end_matches("[]").to_owned(),
            array: kind.ends_with("[]"),
            requirement: requirement.to_owned(),
            profile: words.next().map(|profile| profile.trim_start_matches('@').to_owned()),
        })
    }
}

/// The class whose attributes every other class has.
const BASE: u32 = 0;

impl Schema {
    /// Reads the data file.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let mut schema: Self = read_json(path)?;
        let base = schema.classes.get(&BASE).map(|class| class.object.clone()).unwrap_or_default();
        for class in schema.classes.values_mut() {
            let own = std::mem::replace(&mut class.object, base.clone());
            class.object.attributes.extend(own.attributes);
            class.object.values.extend(own.values);
        }
        Ok(schema)
    }

    /// The text of the data file, in which classes do not repeat what the base event has.
    pub(super) fn into_text(mut self) -> Result<String, Error> {
        let base = self.classes.get(&BASE).map(|class| class.object.clone()).unwrap_or_default();
        for (_, class) in self.classes.iter_mut().filter(|(uid, _)| **uid != BASE) {
            class.object.attributes.retain(|name, attribute| base.attributes.get(name) != Some(attribute));
            class.object.values.retain(|name, values| base.values.get(name) != Some(values));
        }
        let mut text = serde_json::to_string_pretty(&self).map_err(|error| Error::wrong(error.to_string()))?;
        text.push('\n');
        Ok(text)
    }
}
