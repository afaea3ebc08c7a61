//! A list of findings to ignore.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::ignore::parse;

vigie_fuzz::target!(|text: &str| {
    for entry in parse(text).unwrap_or_default() {
        assert!(!entry.reason.is_empty(), "nothing is ignored without a reason");
    }
});
