//! A package list of apt, read as a stream, against what is installed.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::{Trickle, choice};
use vigie_inventory::packages::apt::{Offers, Release};
use vigie_model::package::Package;
use vigie_model::version::dpkg;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (step, list) = choice(bytes);
    let installed = ["a", "libb"].map(|name| Package {
        ecosystem: "Debian:12".to_owned(),
        name: name.to_owned(),
        version: "1.0-1".to_owned(),
        architecture: Some("amd64".to_owned()),
        source: None,
    });
    let release = Release { security: step % 2 == 0, priority: 500 };
    let mut offers = Offers::new(&installed);
    if offers.read(Trickle { rest: list, step: step.into() }, &release).is_ok() {
        for update in offers.pending() {
            assert!(dpkg::compare(&update.candidate, &update.installed).is_gt());
        }
    }
});
