//! Sigma rules, correlations and filters, over an event.
#![cfg_attr(not(test), no_main)]

use vigie_detect::{Detector, RuleSet, Settings, Sources};
use vigie_fuzz::log::event;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

vigie_fuzz::target!(|text: &str| {
    let mut rules = RuleSet::default();
    rules.add("fuzz.yml", text);
    let mut detector = Detector::new(rules, &Sources::any(), Settings::default());
    let asset = |host: &str| Asset::id_of(AssetKind::Host, host);
    for id in 1..=3 {
        drop(detector.observe(&StoredEvent { id: EventId(id), event: event() }, &asset));
    }
    let state = detector.snapshot();
    detector.restore(&state).expect("what was written is read");
});
