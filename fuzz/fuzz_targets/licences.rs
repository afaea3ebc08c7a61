//! What packages say of their licences, one statement on each line.
#![cfg_attr(not(test), no_main)]

use vigie_checks::licences::{Policy, judge};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::package::Package;

vigie_fuzz::target!(|text: &str| {
    let package = Package { ecosystem: "npm".into(), name: "a".into(), version: "1".into(), architecture: None, source: None };
    let licences = text.lines().map(str::to_owned).collect();
    let component = Component { licences, ..Component::new(package, "package.json") };
    let found = judge(&Policy::default(), &[component], Asset::id_of(AssetKind::Repository, "r"));
    assert!(found.len() <= 1, "the worst of all");
});
