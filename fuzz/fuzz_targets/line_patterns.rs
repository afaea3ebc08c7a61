//! Patterns of lines, written by the user or guessed from lines: a page of them is right or refused, and a draft of lines reads them.
#![cfg_attr(not(test), no_main)]

use vigie_collect::draft::{Draft, draft, why};
use vigie_collect::mapping::{Mappings, check_page, test_page};
use vigie_model::time::Timestamp;

vigie_fuzz::target!(|text: &str| {
    // The first line as a pattern, the rest as what it is tried with.
    let (pattern, lines) = text.split_once('\n').unwrap_or((text, text));
    let mut form = Draft {
        title: "T".to_owned(),
        format: "t".to_owned(),
        kind: vigie_collect::draft::Kind::Text,
        class: "base_event".to_owned(),
        activity: String::new(),
        lines: vec![pattern.to_owned()],
        recognise: Vec::new(),
        parts: Vec::new(),
    };
    let page = form.to_page(&[]);
    assert_eq!(Draft::of_page(&page).as_ref(), Some(&form), "a form is written and read again");
    if check_page("page", &page).is_ok() {
        drop(why(&page, lines));
    }
    drop(test_page(text, Timestamp::EPOCH));
    // What is proposed for lines is always a page.
    if let Some(drafted) = draft(lines, &Mappings::shipped(), Timestamp::EPOCH).draft {
        form = Draft { title: form.title, format: form.format, ..drafted };
        let page = form.to_page(&[]);
        assert!(form.lines.is_empty() && form.recognise.is_empty() || check_page("page", &page).is_ok(), "{page}");
    }
});
