//! Tables for people: aligned, cut to the terminal, without frames that get in the way of copying.

use crate::out;
use comfy_table::{Cell, ContentArrangement, Row, Table};
use std::io::IsTerminal;
use vigie_kit::problem::Problem;
use vigie_model::severity::Severity;

/// Columns of a terminal that does not say how many it has.
const WIDTH_TERMINAL: u16 = 80;

/// Writes a table.
pub(crate) fn write<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Result<(), Problem> {
    write_of(&headings, rows.into_iter().map(Vec::from))
}

/// Writes a table whose columns somebody chose.
pub(crate) fn write_of(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Problem> {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    if let Some(width) = width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(headings.iter().map(|heading| heading.to_uppercase()));
    for row in rows {
        table.add_row(Row::from(row.iter().map(|cell| Cell::new(out::visible(cell))).collect::<Vec<_>>()));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    out::line(&table.trim_fmt())
}

/// A severity as a word with, on a terminal, its colour; the word alone carries the meaning.
pub(crate) fn severity(severity: Severity) -> String {
    severity.word().to_owned()
}

/// Columns there are: as `COLUMNS` says, else as the terminal says. A file or a pipe has as many as it takes.
fn width() -> Option<u16> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| std::io::stdout().is_terminal().then(|| terminal_width().unwrap_or(WIDTH_TERMINAL)))
}

fn terminal_width() -> Option<u16> {
    rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col).filter(|columns| *columns > 0)
}

/// Rows as comma-separated values (RFC 4180), headings first. Cells that a spreadsheet would run as
/// a formula are defused with a leading apostrophe.
pub(crate) fn csv<const N: usize>(headings: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> Result<Vec<u8>, Problem> {
    Ok(csv_of(headings, rows.map(Vec::from)))
}

/// The same with columns that somebody chose.
pub(crate) fn csv_of(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut text = headings.iter().map(|heading| quoted(heading)).collect::<Vec<_>>().join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn quoted(cell: &str) -> String {
    let defused = if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() };
    if defused.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", defused.replace('"', "\"\"")) } else { defused }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_and_defuses() {
        let rows = [["a,b".to_owned(), "=1+1".to_owned()], ["say \"hi\"".to_owned(), "x".to_owned()]];
        let text = String::from_utf8(csv(&["one", "two"], rows.into_iter()).unwrap()).unwrap();
        assert_eq!(text, "one,two\r\n\"a,b\",'=1+1\r\n\"say \"\"hi\"\"\",x\r\n");
    }
}
