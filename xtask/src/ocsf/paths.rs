//! The curated list of attribute paths, and what the schema says of each.
//!
//! `paths.txt` is words: `set = word …` names a set, `@set` stands for its words and `prefix.@set`
//! for its words behind a prefix; `values path …` asks for the constants of an enumeration; every
//! other word is a path. `#` begins a comment. A path that no class has is an error, so a renamed
//! attribute of a newer OCSF is noticed here and nowhere else.

use super::schema::{Attribute, Object, Schema};
use crate::error::Error;
use std::collections::{BTreeMap, BTreeSet};

/// How deep sets may stand in sets.
const DEPTH_MAX: usize = 6;

/// Members of [`Event`](vigie_model::event::Event) or written with every event: never a field.
const NOT_FIELDS: [&str; 14] = [
    "activity_id",
    "activity_name",
    "category_name",
    "category_uid",
    "class_name",
    "class_uid",
    "metadata.profiles",
    "metadata.version",
    "raw_data",
    "severity",
    "severity_id",
    "time",
    "type_uid",
    "unmapped",
];

/// The list as written.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Attribute paths.
    paths: BTreeSet<String>,
    /// Paths of the enumerations whose values get constants.
    values: BTreeSet<String>,
}

/// The list with what the schema says.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Fields by path.
    pub(super) fields: BTreeMap<String, Row>,
    /// Paths of arrays of objects that fields pass through.
    pub(super) arrays: BTreeSet<String>,
    /// Classes in which a profile brings the attribute at a path, by profile and path.
    pub(super) profiles: BTreeMap<(String, String), u64>,
    /// Captions of enumeration values, by path.
    pub(super) values: BTreeMap<String, BTreeMap<i64, String>>,
}

/// A field.
#[derive(Debug)]
pub(super) struct Row {
    /// The constructor of its kind: `text`, `integer`, `boolean`, `texts`.
    pub(super) kind: &'static str,
    /// The classes that have it, one bit each.
    pub(super) classes: u64,
}

/// Reads the list.
pub(super) fn parse(text: &str) -> Result<List, Error> {
    let lines: Vec<&str> = super::listed(text);
    let mut sets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, words) in lines.iter().filter_map(|line| line.split_once(" = ")) {
        sets.entry(name.trim()).or_default().extend(words.split_whitespace());
    }
    let mut list = List::default();
    for line in lines.iter().filter(|line| !line.contains(" = ")) {
        match line.strip_prefix("values ") {
            Some(words) => list.values.extend(words.split_whitespace().map(str::to_owned)),
            None => {
                for word in line.split_whitespace() {
                    expand(&sets, "", word, DEPTH_MAX, &mut list.paths)?;
                }
            }
        }
    }
    Ok(list)
}

fn expand(
    sets: &BTreeMap<&str, Vec<&str>>,
    prefix: &str,
    word: &str,
    depth: usize,
    paths: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let Some((before, set)) = word.split_once('@') else {
        paths.insert(format!("{prefix}{word}"));
        return Ok(());
    };
    let words = sets.get(set).ok_or_else(|| Error::wrong(format!("paths.txt: there is no set `{set}`")))?;
    if depth == 0 {
        return Err(Error::wrong(format!("paths.txt: set `{set}` stands in itself")));
    }
    let prefix = format!("{prefix}{before}");
    words.iter().try_for_each(|word| expand(sets, &prefix, word, depth - 1, paths))
}

/// Looks every path up in every class.
pub(super) fn resolve(schema: &Schema, list: &List) -> Result<Table, Error> {
    if schema.classes.len() > 64 {
        return Err(Error::wrong("more than 64 classes: FieldSet holds 64 bits"));
    }
    let mut table = Table::default();
    let mut wrong = Vec::new();
    for path in &list.paths {
        if NOT_FIELDS.contains(&path.as_str()) {
            return Err(Error::wrong(format!("paths.txt: `{path}` is part of every event, not a field")));
        }
        match table.row(schema, path) {
            Ok(row) => drop(table.fields.insert(path.clone(), row)),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    if !wrong.is_empty() {
        return Err(Error::wrong(wrong.join("\n")));
    }
    for path in &list.values {
        table.values.insert(path.clone(), captions(schema, path)?);
    }
    Ok(table)
}

impl Table {
    fn row(&mut self, schema: &Schema, path: &str) -> Result<Row, Error> {
        let mut row: Option<Row> = None;
        for (bit, class) in schema.classes.values().enumerate() {
            let Some(steps) = walk(schema, &class.object, path) else { continue };
            let kind = self.kind(path, &steps)?;
            for (place, step) in steps.iter().enumerate() {
                if let Some(profile) = &step.profile {
                    let at = path.split('.').take(place + 1).collect::<Vec<_>>().join(".");
                    *self.profiles.entry((profile.clone(), at)).or_default() |= 1 << bit;
                }
            }
            match &mut row {
                None => row = Some(Row { kind, classes: 1 << bit }),
                Some(row) if row.kind == kind => row.classes |= 1 << bit,
                Some(row) => {
                    return Err(Error::wrong(format!("paths.txt: `{path}` is {} here and {kind} there", row.kind)));
                }
            }
        }
        row.ok_or_else(|| Error::wrong(format!("paths.txt: no class has `{path}`")))
    }

    /// The kind of a field, from the attributes on the way to it. Below an array of objects only
    /// texts are possible: a field is one list of texts, not a tree.
    fn kind(&mut self, path: &str, steps: &[&Attribute]) -> Result<&'static str, Error> {
        let (Some(leaf), Some(way)) = (steps.last(), steps.len().checked_sub(1)) else {
            return Err(Error::wrong("paths.txt: an empty path"));
        };
        let arrays: Vec<usize> = (0..way).filter(|place| steps[*place].array).collect();
        let kind = basic(&leaf.kind).ok_or_else(|| Error::wrong(format!("paths.txt: `{path}` is of type {}", leaf.kind)))?;
        match (arrays.as_slice(), leaf.array, kind) {
            ([], false, kind) => Ok(kind),
            ([], true, "text") => Ok("texts"),
            ([place], false, "text") => {
                self.arrays.insert(path.split('.').take(place + 1).collect::<Vec<_>>().join("."));
                Ok("texts")
            }
            _ => Err(Error::wrong(format!("paths.txt: `{path}` is no single list of texts"))),
        }
    }
}

/// The attributes on the way to a path, if the object has it.
fn walk<'a>(schema: &'a Schema, object: &'a Object, path: &str) -> Option<Vec<&'a Attribute>> {
    let mut steps: Vec<&Attribute> = Vec::new();
    let mut within = Some(object);
    for name in path.split('.') {
        let attribute = within?.attributes.get(name)?;
        within = schema.objects.get(&attribute.kind);
        steps.push(attribute);
    }
    Some(steps)
}

fn basic(kind: &str) -> Option<&'static str> {
    match kind {
        "boolean_t" => Some("boolean"),
        "integer_t" | "long_t" | "port_t" | "timestamp_t" => Some("integer"),
        "float_t" | "json_t" => None,
        kind if kind.ends_with("_t") => Some("text"),
        _ => None,
    }
}

/// The captions of an enumeration over all classes. Where the base event has it, the base event's:
/// finding classes give `status_id` a meaning of their own.
fn captions(schema: &Schema, path: &str) -> Result<BTreeMap<i64, String>, Error> {
    let mut merged: BTreeMap<i64, String> = BTreeMap::new();
    let (parent, name) = path.rsplit_once('.').map_or(("", path), |(parent, name)| (parent, name));
    if let Some(values) = schema.classes.values().next().and_then(|base| base.object.values.get(path)) {
        return Ok(values.clone());
    }
    for class in schema.classes.values() {
        let owner = if parent.is_empty() {
            Some(&class.object)
        } else {
            walk(schema, &class.object, parent).and_then(|steps| schema.objects.get(&steps.last()?.kind))
        };
        for (number, caption) in owner.and_then(|owner| owner.values.get(name)).into_iter().flatten() {
            let known = merged.entry(*number).or_insert_with(|| caption.clone());
            if known != caption {
                return Err(Error::wrong(format!("paths.txt: {path} {number} is `{known}` here and `{caption}` there")));
            }
        }
    }
    if merged.is_empty() { Err(Error::wrong(format!("paths.txt: `{path}` is no enumeration"))) } else { Ok(merged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_stand_for_their_words() {
        let list = parse("user = name group.@group # who\ngroup = name uid\nactor.user.@user\nvalues status_id\n").unwrap();
        let paths: Vec<&str> = list.paths.iter().map(String::as_str).collect();
        assert_eq!(paths, ["actor.user.group.name", "actor.user.group.uid", "actor.user.name"]);
        assert!(list.values.contains("status_id"));
    }

    #[test]
    fn a_set_in_itself_or_unknown_is_an_error() {
        assert!(parse("a = x.@a\n@a").is_err());
        assert!(parse("@nobody").is_err());
    }
}
