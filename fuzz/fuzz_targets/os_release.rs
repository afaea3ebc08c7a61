//! os-release(5), the ecosystem it stands for, and how long it is supported.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::os_release::parse;
use vigie_inventory::packages::os::ecosystem_of;
use vigie_model::host::HostFacts;
use vigie_model::observed::Observed;

vigie_fuzz::target!(|bytes: &[u8]| {
    let release = parse(bytes);
    assert!(release.id.chars().all(|char| !char.is_ascii_uppercase()));
    for system in ["dpkg", "apk", "rpm"] {
        drop(ecosystem_of(&release, system));
    }
    drop(vigie_checks::judge(&HostFacts { os: Observed::Seen(release), ..HostFacts::default() }));
});
