//! The query language and its sequences: read, or refused with a place inside the query; and asked of an event.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::log::event;
use vigie_lake::{Query, Sequence};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

vigie_fuzz::target!(|text: &str| {
    let event = StoredEvent { id: EventId(1), event: event() };
    match Query::parse(text) {
        Ok(query) => {
            assert_eq!(query.text(), text);
            let matches = query.matches(&event);
            // The negation of a query finds what the query does not find.
            if let (false, Ok(negated)) = (text.trim().is_empty(), Query::parse(&format!("NOT ({text})"))) {
                assert_ne!(negated.matches(&event), matches, "{text:?}");
            }
        }
        Err(error) => assert!(error.at <= text.chars().count(), "{text:?}: {}", error.at),
    }
    // The same text as the steps of a sequence.
    let text = format!("sequence by user with maxspan=5m {text}");
    match Sequence::parse(&text) {
        Ok(sequence) => assert_eq!(sequence.text(), text),
        Err(error) => assert!(error.at <= text.chars().count(), "{text:?}: {}", error.at),
    }
});
