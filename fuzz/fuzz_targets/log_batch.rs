//! A batch of events as it stands in the log: what is read is written, read again, and searched alike.
#![cfg_attr(not(test), no_main)]

use std::sync::LazyLock;
use vigie_lake::Query;
use vigie_lake::fuzz::{batch, matching, written};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

static QUERY: LazyLock<Query> = LazyLock::new(|| {
    let text = "user:e* OR ip:10.0.0.0/8 OR port:>1024 OR unmapped.*:x OR class:3002 OR time:<2026-01-01 OR fail";
    Query::parse(text).expect("the query is sound")
});

vigie_fuzz::target!(|payload: &[u8]| {
    let Some(read) = batch(payload) else { return };
    let again = written(&read).expect("it came out of as many bytes");
    assert_eq!(batch(&again).as_ref(), Some(&read));
    let events = read.events.into_iter().zip(1..).map(|(event, id)| StoredEvent { id: EventId(id), event });
    let matches: Vec<bool> = events.map(|event| QUERY.matches(&event)).collect();
    assert_eq!(matching(&again, &QUERY), Some(matches), "bytes and events answer alike");
});
