//! Reading a file row by row as columns, those that files of its class have today.
//!
//! A file that this program writes has them already. One of before is brought there by way of its events, so that
//! nothing is lost when the list of columns has grown.

use super::build::GroupBuilder;
use super::open::{Columns, OpenFile};
use super::rows::stored_events;
use super::schema::schema;
use super::{FileError, name};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::sync::Arc;
use vigie_model::event::{Class, FieldId};

/// The rows of a file, batch by batch.
pub(crate) struct Batches {
    file: Arc<OpenFile>,
    schema: SchemaRef,
    /// Brings rows to today's columns, where the file has others.
    bring: Option<GroupBuilder>,
    next_group: usize,
    reader: Option<ParquetRecordBatchReader>,
    batch_rows: usize,
}

impl Batches {
    pub(crate) fn of(file: Arc<OpenFile>, class: Class, batch_rows: usize) -> Self {
        let schema = schema(class);
        let bring = (!file.has_columns_of(&schema)).then(|| GroupBuilder::new(class));
        Self { file, schema, bring, next_group: 0, reader: None, batch_rows }
    }

    /// The fields that are in the map of any row, by path; complete when all rows are read.
    pub(crate) fn mapped(&self) -> Vec<&str> {
        match &self.bring {
            Some(bring) => bring.mapped().map(FieldId::path).collect(),
            None => self.file.mapped().collect(),
        }
    }

    fn today(&mut self, batch: &RecordBatch) -> Result<RecordBatch, FileError> {
        let columns = match &mut self.bring {
            None => batch.columns().to_vec(),
            Some(bring) => {
                let events = stored_events(batch, self.file.tenant()).map_err(|what| self.file.unexpected(what))?;
                for event in &events {
                    bring.push(event).map_err(|_| self.file.unexpected(name::FIELDS))?;
                }
                // The words are gathered anew where the rows go.
                bring.words().finish(0);
                bring.finish()
            }
        };
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        batch.map_err(|error| self.file.wrong()(error.into()))
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.reader.as_mut().and_then(Iterator::next) {
                return Some(match batch {
                    Ok(batch) => self.today(&batch),
                    Err(error) => Err(self.file.wrong()(error.into())),
                });
            }
            if self.next_group >= self.file.groups() {
                return None;
            }
            match self.file.read(self.next_group, &Columns::All, None, self.batch_rows) {
                Ok(reader) => self.reader = Some(reader),
                Err(error) => return Some(Err(error)),
            }
            self.next_group += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Order, write};
    use super::*;
    use crate::disk::{Disk, RealDisk};
    use crate::testing::{any_event, of_tenant};
    use proptest::prelude::*;
    use vigie_model::event::StoredEvent;
    use vigie_model::ids::EventId;

    /// Writes events as a file of one class and reads it as one of another.
    fn read_as(events: &[StoredEvent], written: Class, read: Class) -> (Vec<StoredEvent>, bool) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.parquet");
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        write::<FileError>(&disk, &path, written, Order::Time, events.iter().cloned().map(Ok)).unwrap();
        let file = Arc::new(OpenFile::open(&*disk, &path).unwrap());
        let mut batches = Batches::of(Arc::clone(&file), read, 7);
        let is_brought = batches.bring.is_some();
        let mut found = Vec::new();
        for batch in batches.by_ref() {
            found.extend(stored_events(&batch.unwrap(), file.tenant()).unwrap());
        }
        let own: Vec<&str> = file.mapped().collect();
        assert!(is_brought || batches.mapped() == own);
        (found, is_brought)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn rows_are_the_same_events_whatever_the_columns_were(events in proptest::collection::vec(any_event(), 1..20)) {
            let stored = |(id, mut event): (u64, vigie_model::event::Event)| {
                event.class = Class::NetworkActivity;
                StoredEvent { id: EventId(id), event: of_tenant(event, "acme") }
            };
            let events: Vec<StoredEvent> = (1..).zip(events).map(stored).collect();
            let (as_they_are, brought) = read_as(&events, Class::NetworkActivity, Class::NetworkActivity);
            prop_assert!(!brought);
            let (others, brought) = read_as(&events, Class::NetworkActivity, Class::Authentication);
            prop_assert!(brought);
            prop_assert_eq!(as_they_are, others);
        }
    }
}
