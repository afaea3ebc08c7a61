//! Cursors of pages and ids of things, which come back from whoever asks.
#![cfg_attr(not(test), no_main)]

use vigie_model::ids::FindingId;

vigie_fuzz::target!(|text: &str| {
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
