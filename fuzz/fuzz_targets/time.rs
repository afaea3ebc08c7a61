//! RFC 3339 times and days: what is read is shown, and read again.
#![cfg_attr(not(test), no_main)]

use vigie_model::time::{Day, Timestamp};

vigie_fuzz::target!(|text: &str| {
    if let Ok(time) = Timestamp::parse(text) {
        assert_eq!(Timestamp::parse(&time.to_string()).ok(), Some(time), "{text:?}");
    }
    if let Ok(day) = Day::parse(text) {
        assert_eq!(Day::parse(&day.to_string()).ok(), Some(day), "{text:?}");
    }
});
