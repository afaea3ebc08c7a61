//! The stored state of correlations.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_detect::{Detector, RuleSet, Settings, Sources};
use vigie_fuzz::{CORRELATION, checksum};

fuzz_target!(|bytes: &[u8]| {
    let mut rules = RuleSet::default();
    rules.add("correlation.yml", CORRELATION);
    let mut detector = Detector::new(rules, &Sources::any(), Settings::default());
    let _restored = detector.restore(bytes);
    if detector.restore(&checksum::closed(bytes)).is_ok() {
        let state = detector.snapshot();
        detector.restore(&state).expect("what was written is read");
    }
});
