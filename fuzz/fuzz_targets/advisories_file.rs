//! The compact file of vulnerability data: as it comes, and made to harm with checksums that fit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_advisories::Advisories;
use vigie_fuzz::compact_file;
use vigie_model::package::Package;

fuzz_target!(|bytes: &[u8]| {
    drop(Advisories::open(bytes));
    let Ok(advisories) = Advisories::open(compact_file::damaged(bytes)) else { return };
    let package = Package {
        ecosystem: compact_file::ECOSYSTEM.to_owned(),
        name: compact_file::PACKAGE.to_owned(),
        version: "1.5".to_owned(),
        architecture: None,
        source: None,
    };
    if let Ok(matches) = advisories.match_packages(&[package]) {
        drop(advisories.descriptions(matches.iter().map(|found| &found.vulnerability)));
    }
    drop(advisories.vulnerability(compact_file::VULNERABILITY));
});
