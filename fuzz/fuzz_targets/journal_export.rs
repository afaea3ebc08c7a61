//! The journal's export format, in chunks of any size.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::header::journal::{Decoder, ENTRY_MAX};
use vigie_fuzz::choice;
use vigie_fuzz::log::reader;
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (step, stream) = choice(bytes);
    let whole = entries(stream, stream.len());
    assert_eq!(entries(stream, step.into()), whole, "chunks make no difference");
    let mut reader = reader(Dialect::Syslog);
    for entry in whole {
        let raw = entry.raw.clone();
        let event = reader.entry(entry, Timestamp::EPOCH);
        assert_eq!(event.unknown_fields(), Vec::<&str>::new());
        assert_eq!(event.raw, raw);
    }
});

fn entries(stream: &[u8], step: usize) -> Vec<vigie_collect::header::journal::Entry> {
    let mut decoder = Decoder::default();
    let mut entries = Vec::new();
    for chunk in stream.chunks(step.max(1)) {
        decoder.push(chunk);
        entries.extend(std::iter::from_fn(|| decoder.next_entry()));
        assert!(decoder.waiting() <= 2 * ENTRY_MAX);
    }
    entries
}
