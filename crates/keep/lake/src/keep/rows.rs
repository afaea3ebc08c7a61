//! The events of a file, row by row: for what has to look at each of them.

use crate::files::{Columns, FileError, OpenFile, stored_events};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::sync::Arc;
use vigie_model::event::StoredEvent;

/// Rows read at once.
const BATCH_ROWS: usize = 256;

/// The events of a file, row by row.
pub(crate) struct Rows {
    file: Arc<OpenFile>,
    next_group: usize,
    reader: Option<ParquetRecordBatchReader>,
    batch: std::vec::IntoIter<StoredEvent>,
}

impl Rows {
    pub(crate) fn of(file: Arc<OpenFile>) -> Self {
        Self { file, next_group: 0, reader: None, batch: Vec::new().into_iter() }
    }

    /// Reads on until there is a batch; false at the end.
    fn read_on(&mut self) -> Result<bool, FileError> {
        loop {
            if let Some(batch) = self.reader.as_mut().and_then(Iterator::next) {
                let batch = batch.map_err(|error| self.file.wrong()(error.into()))?;
                self.batch = stored_events(&batch, self.file.tenant()).map_err(|what| self.file.unexpected(what))?.into_iter();
                return Ok(true);
            }
            if self.next_group >= self.file.groups() {
                return Ok(false);
            }
            self.reader = Some(self.file.read(self.next_group, &Columns::All, None, BATCH_ROWS)?);
            self.next_group += 1;
        }
    }
}

impl Iterator for Rows {
    type Item = Result<StoredEvent, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.batch.next() {
                return Some(Ok(event));
            }
            match self.read_on() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
