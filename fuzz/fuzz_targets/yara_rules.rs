//! Rules of others, of any bytes, over the same bytes: what does not compile is told, one line each.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::malware::{RuleFile, Scanner};

vigie_fuzz::target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = RuleFile { shown: "a.yar".to_owned(), text, place: None, root: "/nonexistent".into() };
    let (scanner, problems) = Scanner::new([], &[file]);
    for problem in problems {
        assert!(!problem.detail.is_empty() && !problem.detail.contains(char::is_control));
    }
    for hit in scanner.scan_bytes("a.bin", bytes).hits {
        assert!(hit.rule.starts_with("yara:") && !hit.title.is_empty());
    }
});
