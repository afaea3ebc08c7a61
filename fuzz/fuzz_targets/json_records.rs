//! JSON records by the pages, documents of several records, and pages themselves.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::mapping::{Mappings, check_page, split};
use vigie_fuzz::log::check_record;
use vigie_fuzz::text;

vigie_fuzz::target!(|bytes: &[u8]| {
    check_record(Dialect::Syslog, bytes);
    let document = text(bytes);
    split(document, &Mappings::shipped(), &mut |record| {
        assert!(document.contains(record));
        check_record(Dialect::Syslog, record.as_bytes());
    });
    // What is wrong in it is said.
    drop(check_page("page", document));
});
