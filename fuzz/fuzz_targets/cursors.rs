//! Cursors of pages and ids of things, which come back from whoever asks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_model::ids::FindingId;

fuzz_target!(|text: &str| {
    if let Ok(cursor) = text.parse::<vigie_lake::Cursor>() {
        assert_eq!(cursor.to_string().parse::<vigie_lake::Cursor>().ok(), Some(cursor), "{text:?}");
    }
    if let Ok(cursor) = text.parse::<vigie_ledger::Cursor>() {
        assert_eq!(cursor.to_string().parse::<vigie_ledger::Cursor>().ok(), Some(cursor), "{text:?}");
    }
    if let Ok(id) = text.parse::<FindingId>() {
        assert_eq!(id.to_string().parse::<FindingId>().ok(), Some(id), "{text:?}");
    }
});
