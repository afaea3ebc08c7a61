//! YAML as far as fixtures use it: blocks and plain values become JSON.

use crate::error::Error;
use saphyr_parser::{Event, Parser};
use serde_json::{Map, Value};
use std::path::Path;

/// What is being read, and the key that waits for its value.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The first document of a text; a scalar is a text, whatever it looks like.
pub(super) fn read(path: &Path, text: &str) -> Result<Value, Error> {
    let mut open = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| Error::wrong(format!("{}: {error}", path.display())))?;
        let done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Map(map, _)) => Value::Object(map),
                None => Value::Null,
            },
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(Open::List(list)) => list.push(done),
            Some(Open::Map(map, key)) => match key.take() {
                Some(key) => drop(map.insert(key, done)),
                None => *key = done.as_str().map(str::to_owned),
            },
        }
    }
    Ok(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_become_json() {
        let read = read(
            Path::new("x"),
            "- bucket: a b\n  pairs:\n    - key: X-1\n      value:\n        Fixed: 1.0\n        Of: [x, 2]\n",
        )
        .unwrap();
        assert_eq!(
            read,
            json!([{ "bucket": "a b", "pairs": [{ "key": "X-1", "value": { "Fixed": "1.0", "Of": ["x", "2"] } }] }])
        );
    }
}
