//! All events that match, carried away as Parquet.

use crate::files::ExportWriter;
use crate::{Cancel, Lake, Query, ReadError, Window};
use std::io::Write;
use vigie_kit::problem::Source;

/// Events that are read at once.
const PAGE: usize = 4_096;

/// Why an export broke off. What was written by then is no whole file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The events cannot be read, or somebody cancelled it.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Files or records could not be read: what was written is whole, but lacks what they hold.
    #[error("{0} files or records of events cannot be read; the export lacks what they hold")]
    Unreadable(u64),
    /// Whoever was to take it does not, or went away.
    #[error("the export cannot be written")]
    Write(#[source] Source),
}

impl Lake {
    /// Writes all events of a window that match, newest first, as one Parquet file, row group by row group; tells how many
    /// they are. Ends early only by an error.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn export_parquet(
        &self,
        query: &Query,
        window: &Window,
        to: impl Write + Send,
        cancel: &Cancel,
    ) -> Result<u64, ExportError> {
        let wrong = |error| ExportError::Write(Box::new(error));
        let mut writer = ExportWriter::new(to).map_err(wrong)?;
        let (mut before, mut unreadable) = (None, 0);
        loop {
            let page = self.search_until(query, window, PAGE, before, cancel)?;
            if page.partial {
                return Err(ReadError::Cancelled.into());
            }
            for event in &page.events {
                writer.push(event).map_err(wrong)?;
            }
            before = page.next;
            unreadable += page.unreadable;
            if before.is_none() {
                let count = writer.finish().map_err(wrong)?;
                return if unreadable == 0 { Ok(count) } else { Err(ExportError::Unreadable(unreadable)) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{any_event, batch, unparsed};
    use crate::tests::{noon_plus, open};
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use proptest::prelude::*;
    use std::io;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn every_event_is_carried_away_once(events in proptest::collection::vec(any_event(), 0..30), seal in any::<bool>()) {
            let directory = tempfile::tempdir().unwrap();
            let lake = open(directory.path());
            lake.append(&batch(events.clone())).unwrap();
            if seal {
                lake.seal().unwrap();
            }
            let mut file = Vec::new();
            let count = lake.export_parquet(&Query::all(), &Window::all(), &mut file, &Cancel::new()).unwrap();
            prop_assert_eq!(count, events.len() as u64);
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap().build().unwrap();
            let mut ids = Vec::new();
            for batch in reader {
                let batch = batch.unwrap();
                let column = |name: &str| batch.column_by_name(name).unwrap().clone();
                let here = column("id").as_primitive::<Int64Type>().values().to_vec();
                for (row, id) in here.iter().enumerate() {
                    let event = &events[usize::try_from(*id).unwrap() - 1];
                    let host = column("host");
                    prop_assert_eq!(host.as_string::<i32>().value(row), &*event.origin.host);
                    let user = column("user.name");
                    let user = user.as_string::<i32>();
                    let known = event.text(vigie_model::event::ocsf::field::USER_NAME);
                    prop_assert_eq!(arrow_array::Array::is_valid(user, row).then(|| user.value(row)), known);
                }
                ids.extend(here);
            }
            ids.sort_unstable();
            prop_assert_eq!(ids, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nobody_who_takes_it_ends_it() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let directory = tempfile::tempdir().unwrap();
        let lake = open(directory.path());
        lake.append(&batch(vec![unparsed(noon_plus(0), b"x")])).unwrap();
        let exported = lake.export_parquet(&Query::all(), &Window::all(), Gone, &Cancel::new());
        assert!(matches!(exported, Err(ExportError::Write(_))));
        let cancel = Cancel::new();
        cancel.cancel();
        let exported = lake.export_parquet(&Query::all(), &Window::all(), io::sink(), &cancel);
        assert!(matches!(exported, Err(ExportError::Read(ReadError::Cancelled))));
    }
}
