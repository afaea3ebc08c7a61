//! Elasticsearch's `_bulk`: every action has its item, every document is kept, the answer is JSON.
#![cfg_attr(not(test), no_main)]

use vigie_collect::dialect::Dialect;
use vigie_collect::intake::elastic;
use vigie_fuzz::log::{check_taken, reader};

vigie_fuzz::target!(|bytes: &[u8]| {
    let mut reader = reader(Dialect::Syslog);
    let mut kept = 0;
    let items = elastic::decode(bytes, "logs", &mut |record| {
        check_taken(&mut reader, record);
        kept += 1;
    });
    let stored = items.iter().filter(|item| item.action.stores()).count();
    assert!(kept >= stored && kept <= items.len(), "{kept} of {}", items.len());
    for brief in [false, true] {
        let answer: serde_json::Value = serde_json::from_str(&elastic::answer(&items, 1, brief)).expect("it is JSON");
        assert_eq!(answer["items"].as_array().map(Vec::len), Some(items.len()));
    }
});
