//! Cuts a checkout of the OCSF schema down to the classes we use.
//!
//! Follows the rules of the OCSF server as far as those classes need them: `extends`, `$include`,
//! profiles, the patches of the Linux extension, attribute types from the dictionary. Deprecated
//! attributes are left out. Not done: observables, constraints, the other extensions.

use super::schema::{Attribute, Class, Object, Schema};
use crate::error::{Error, read_json};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Attributes that are a fixed part of every event and never enumerated as values.
const FIXED: [&str; 4] = ["class_uid", "category_uid", "type_uid", "severity_id"];

/// A checkout, read.
struct Source {
    root: PathBuf,
    dictionary: Map<String, Value>,
    categories: Map<String, Value>,
    events: BTreeMap<String, Map<String, Value>>,
    objects: BTreeMap<String, Map<String, Value>>,
}

/// The schema with the named classes and all they reach.
pub(super) fn trim(checkout: &Path, classes: &[&str]) -> Result<Schema, Error> {
    let source = Source::read(checkout)?;
    let version: Map<String, Value> = read_json(&checkout.join("version.json"))?;
    let mut schema = Schema { version: word(&version, "version").to_owned(), classes: BTreeMap::new(), objects: BTreeMap::new() };
    for name in classes {
        let (uid, class) = source.class(name)?;
        schema.classes.insert(uid, class);
    }
    let mut wanted: BTreeSet<String> = schema.classes.values().flat_map(|class| kinds(&class.object)).collect();
    while let Some(name) = wanted.pop_first() {
        if !name.ends_with("_t") && name != "object" && !schema.objects.contains_key(&name) {
            let object = source.object(&name)?;
            wanted.extend(kinds(&object));
            schema.objects.insert(name, object);
        }
    }
    Ok(schema)
}

fn kinds(object: &Object) -> Vec<String> {
    object.attributes.values().map(|attribute| attribute.kind.clone()).collect()
}

fn word<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(map: &Map<String, Value>, key: &str) -> Option<u32> {
    map.get(key).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
}

impl Source {
    fn read(root: &Path) -> Result<Self, Error> {
        let mut dictionary: Map<String, Value> = read_json(&root.join("dictionary.json"))?;
        let mut categories: Map<String, Value> = read_json(&root.join("categories.json"))?;
        let mut source = Self {
            root: root.to_owned(),
            dictionary: take_map(&mut dictionary, "attributes"),
            categories: take_map(&mut categories, "attributes"),
            events: BTreeMap::new(),
            objects: BTreeMap::new(),
        };
        for file in json_files(&root.join("events"))? {
            let event: Map<String, Value> = read_json(&file)?;
            source.events.insert(word(&event, "name").to_owned(), source.included(root, event)?);
        }
        for file in json_files(&root.join("objects"))? {
            let object: Map<String, Value> = read_json(&file)?;
            source.objects.insert(word(&object, "name").to_owned(), source.included(root, object)?);
        }
        source.patch(&root.join("extensions/linux"))?;
        Ok(source)
    }

    /// Applies the objects of an extension that change existing ones.
    fn patch(&mut self, extension: &Path) -> Result<(), Error> {
        for file in json_files(&extension.join("objects"))? {
            let patch = self.included(extension, read_json(&file)?)?;
            let Some(target) = self.objects.get_mut(word(&patch, "extends")) else { continue };
            if patch.contains_key("name") {
                continue;
            }
            let mut attributes = take_map(target, "attributes");
            merge(&mut attributes, patch.get("attributes"));
            target.insert("attributes".into(), Value::Object(attributes));
        }
        Ok(())
    }

    /// A definition with its `$include`s put in, each attribute marked with the profile that brings it.
    fn included(&self, base: &Path, mut definition: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        let mut own = take_map(&mut definition, "attributes");
        let includes = own.remove("$include");
        let mut attributes = Map::new();
        for include in includes.iter().flat_map(|list| list.as_array().into_iter().flatten()).filter_map(Value::as_str) {
            let (near, far) = (base.join(include), self.root.join(include));
            let mut profile: Map<String, Value> = read_json(if near.exists() { &near } else { &far })?;
            // A profile of an extension is called `extension/profile`.
            let name = match base.file_name().filter(|_| base != self.root && near.exists()) {
                Some(extension) => format!("{}/{}", extension.to_string_lossy(), word(&profile, "name")),
                None => word(&profile, "name").to_owned(),
            };
            for (attribute, details) in take_map(&mut profile, "attributes") {
                let mut details = details.as_object().cloned().unwrap_or_default();
                details.entry("profile").or_insert_with(|| Value::String(name.clone()));
                attributes.insert(attribute, Value::Object(details));
            }
        }
        merge(&mut attributes, Some(&Value::Object(own)));
        definition.insert("attributes".into(), Value::Object(attributes));
        Ok(definition)
    }

    /// The attributes of a definition and of all it extends, and what else the chain says.
    fn inherited(&self, all: &BTreeMap<String, Map<String, Value>>, name: &str) -> Result<Map<String, Value>, Error> {
        let definition = all.get(name).ok_or_else(|| Error::wrong(format!("OCSF has no `{name}`")))?;
        let mut merged = match word(definition, "extends") {
            "" | "object" => Map::new(),
            parent => self.inherited(all, parent)?,
        };
        let mut attributes = take_map(&mut merged, "attributes");
        merge(&mut attributes, definition.get("attributes"));
        for (key, value) in definition {
            merged.insert(key.clone(), value.clone());
        }
        merged.insert("attributes".into(), Value::Object(attributes));
        Ok(merged)
    }

    fn class(&self, name: &str) -> Result<(u32, Class), Error> {
        let merged = self.inherited(&self.events, name)?;
        let category = self.categories.get(word(&merged, "category")).and_then(Value::as_object);
        let category_uid = category.and_then(|category| number(category, "uid")).unwrap_or(0);
        let class = Class {
            name: name.to_owned(),
            caption: word(&merged, "caption").to_owned(),
            category_uid,
            category: category.map_or("Uncategorized", |category| word(category, "caption")).to_owned(),
            object: self.resolved(&merged),
        };
        let uid = self.events.get(name).and_then(|event| number(event, "uid")).unwrap_or(0);
        Ok((category_uid * 1000 + uid, class))
    }

    fn object(&self, name: &str) -> Result<Object, Error> {
        Ok(self.resolved(&self.inherited(&self.objects, name)?))
    }

    fn resolved(&self, definition: &Map<String, Value>) -> Object {
        let mut object = Object::default();
        for (name, own) in definition.get("attributes").and_then(Value::as_object).into_iter().flatten() {
            let mut details = self.dictionary.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
            merge(&mut details, Some(own));
            if details.contains_key("@deprecated") {
                continue;
            }
            if let Some(values) = details.get("enum").filter(|_| !FIXED.contains(&name.as_str())) {
                let captions = captions(values);
                if !captions.is_empty() {
                    object.values.insert(name.clone(), captions);
                }
            }
            object.attributes.insert(
                name.clone(),
                Attribute {
                    kind: word(&details, "type").to_owned(),
                    array: details.get("is_array").and_then(Value::as_bool).unwrap_or(false),
                    requirement: details.get("requirement").and_then(Value::as_str).unwrap_or("optional").to_owned(),
                    profile: details.get("profile").and_then(Value::as_str).map(str::to_owned),
                },
            );
        }
        object
    }
}

/// Number → caption of an enumeration whose values are numbers.
fn captions(values: &Value) -> BTreeMap<i64, String> {
    let values = values.as_object().into_iter().flatten();
    values
        .filter(|(_, value)| value.get("@deprecated").is_none())
        .filter_map(|(number, value)| Some((number.parse().ok()?, value.get("caption")?.as_str()?.to_owned())))
        .collect()
}

fn take_map(map: &mut Map<String, Value>, key: &str) -> Map<String, Value> {
    match map.remove(key) {
        Some(Value::Object(inner)) => inner,
        _ => Map::new(),
    }
}

/// Lays one definition over another: objects merge, anything else replaces.
fn merge(below: &mut Map<String, Value>, above: Option<&Value>) {
    for (key, value) in above.and_then(Value::as_object).into_iter().flatten() {
        match (below.get_mut(key), value) {
            (Some(Value::Object(old)), Value::Object(_)) => merge(old, Some(value)),
            _ => drop(below.insert(key.clone(), value.clone())),
        }
    }
}

/// All `.json` files below a folder, in order.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            files.extend(json_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
