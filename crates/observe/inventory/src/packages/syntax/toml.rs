//! TOML as a tree, with a bound on its size; `toml` bounds its depth.

use toml::{Table, Value};

/// The largest file that is read; the tree takes about ten times as much.
pub(crate) const BYTES_MAX: u64 = 12 * 1024 * 1024;

/// Reads a whole document.
pub(crate) fn parse(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| error.message().to_owned())
}

/// The tables of an array of tables (`[[name]]`).
pub(crate) fn tables<'a>(table: &'a Table, name: &str) -> impl Iterator<Item = &'a Table> {
    list(table, name).filter_map(Value::as_table)
}

/// The items of an array.
pub(crate) fn list<'a>(table: &'a Table, name: &str) -> impl Iterator<Item = &'a Value> {
    table.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A text; empty when there is none.
pub(crate) fn word<'a>(table: &'a Table, name: &str) -> &'a str {
    table.get(name).and_then(Value::as_str).unwrap_or_default()
}
