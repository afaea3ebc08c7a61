//! The compact file of vulnerability data: as it comes, and made to harm with checksums that fit.
#![cfg_attr(not(test), no_main)]

use vigie_advisories::Advisories;
use vigie_fuzz::compact_file;
use vigie_model::package::Package;

vigie_fuzz::target!(|bytes: &[u8]| {
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
