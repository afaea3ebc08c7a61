//! Cursors of pages, which come back from whoever asks.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(cursor) = text.parse::<vigie_lake::Cursor>() {
        assert_eq!(cursor.to_string().parse::<vigie_lake::Cursor>().ok(), Some(cursor), "{text:?}");
    }
    if let Ok(cursor) = text.parse::<vigie_ledger::Cursor>() {
        assert_eq!(cursor.to_string().parse::<vigie_ledger::Cursor>().ok(), Some(cursor), "{text:?}");
    }
});
