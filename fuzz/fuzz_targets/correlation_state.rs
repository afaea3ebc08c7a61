//! The stored state of correlations.
#![cfg_attr(not(test), no_main)]

use std::cell::RefCell;
use vigie_detect::{Detector, RuleSet, Settings, Sources};
use vigie_fuzz::{CORRELATION, checksum};

thread_local! {
    /// Made once: reading the rule takes longer than reading the state.
    static DETECTOR: RefCell<Detector> = RefCell::new(detector());
}

fn detector() -> Detector {
    let mut rules = RuleSet::default();
    rules.add("correlation.yml", CORRELATION);
    Detector::new(rules, &Sources::any(), Settings::default())
}

vigie_fuzz::target!(|bytes: &[u8]| {
    DETECTOR.with_borrow_mut(|detector| {
        let _restored = detector.restore(bytes);
        if detector.restore(&checksum::closed(bytes)).is_ok() {
            let state = detector.snapshot();
            detector.restore(&state).expect("what was written is read");
            assert!(detector.snapshot() == state, "and says the same");
        }
    });
});
