//! Lines of JSON, one value each: how fixtures write lists of events, occurrences, facts.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One line of JSON for each value, each ended by a newline.
///
/// # Panics
/// When a value has no JSON form.
pub fn json_lines<T: Serialize>(values: impl IntoIterator<Item = T>) -> String {
    let mut lines = String::new();
    for value in values {
        match serde_json::to_string(&value) {
            Ok(line) => lines.push_str(&line),
            Err(error) => panic!("a value has no JSON form: {error}"),
        }
        lines.push('\n');
    }
    lines
}

/// The values of lines of JSON; empty lines and lines that begin with `#` are skipped.
///
/// # Panics
/// When a line is not a value of this type, with the line.
#[must_use]
pub fn from_json_lines<T: DeserializeOwned>(lines: &str) -> Vec<T> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let parsed = lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in: {line}")));
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_their_lines() {
        let values = vec![("a".to_owned(), 1), ("b".to_owned(), 2)];
        let lines = json_lines(&values);
        assert_eq!(lines, "[\"a\",1]\n[\"b\",2]\n");
        assert_eq!(from_json_lines::<(String, i32)>(&format!("# two\n\n{lines}")), values);
    }
}
