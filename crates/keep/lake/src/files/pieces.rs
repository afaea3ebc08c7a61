//! Rows that come as columns: what a row group is gathered from when files are merged.

use super::build::{GROUP_BYTES, GROUP_ROWS};
use super::rows::raw_bytes;
use super::schema::name;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};

/// Gathers rows of a row group.
#[derive(Default)]
pub(super) struct Pieces {
    pieces: Vec<Vec<ArrayRef>>,
    rows: usize,
    bytes: usize,
}

impl Pieces {
    pub(super) fn push(&mut self, rows: &RecordBatch) {
        self.rows += rows.num_rows();
        self.bytes += text_bytes(rows);
        self.pieces.push(rows.columns().to_vec());
    }

    pub(super) const fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES
    }

    /// What is gathered; nothing is afterwards.
    pub(super) fn take(&mut self) -> Vec<Vec<ArrayRef>> {
        std::mem::take(self).pieces
    }
}

/// Bytes of texts and records in all rows.
pub(crate) fn text_bytes(rows: &RecordBatch) -> usize {
    let of_texts = |array: &StringArray| match array.value_offsets() {
        [first, .., last] => usize::try_from(last - first).unwrap_or_default(),
        _ => 0,
    };
    let of = |array: &ArrayRef| {
        if let Some(map) = array.as_map_opt() {
            let parts = [map.keys(), map.values()];
            return parts.iter().filter_map(|part| part.as_string_opt()).map(of_texts).sum();
        }
        array.as_string_opt().map_or(0, of_texts)
    };
    rows.columns().iter().map(of).sum()
}

/// The columns that say what a file has.
pub(super) struct Seen<'b> {
    pub(super) ids: &'b [i64],
    pub(super) times: &'b [i64],
    pub(super) received: &'b [i64],
    raw: &'b StringArray,
    raw_base64: &'b BooleanArray,
}

impl<'b> Seen<'b> {
    /// Fails with the column that is missing or of another kind.
    pub(super) fn of(rows: &'b RecordBatch) -> Result<Self, &'static str> {
        let column = |wanted: &'static str| rows.column_by_name(wanted).ok_or(wanted);
        let time = |wanted: &'static str| -> Result<&'b [i64], &'static str> {
            Ok(column(wanted)?.as_primitive_opt::<TimestampMicrosecondType>().ok_or(wanted)?.values())
        };
        Ok(Self {
            ids: column(name::ID)?.as_primitive_opt::<Int64Type>().ok_or(name::ID)?.values(),
            times: time(name::TIME)?,
            received: time(name::RECEIVED)?,
            raw: column(name::RAW)?.as_string_opt().ok_or(name::RAW)?,
            raw_base64: column(name::RAW_BASE64)?.as_boolean_opt().ok_or(name::RAW_BASE64)?,
        })
    }

    /// Shows the record of each row.
    pub(super) fn each_record(&self, mut show: impl FnMut(&[u8])) -> Result<(), &'static str> {
        for row in 0..self.raw.len() {
            let text = self.raw.value(row);
            if self.raw_base64.value(row) {
                show(&raw_bytes(text, true).ok_or(name::RAW)?);
            } else {
                show(text.as_bytes());
            }
        }
        Ok(())
    }
}
