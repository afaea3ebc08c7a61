//! sudoers(5) with includes, judged.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::parts;
use vigie_inventory::host::sudo::parse;
use vigie_model::host::HostFacts;
use vigie_model::observed::Observed;

vigie_fuzz::target!(|bytes: &[u8]| {
    let [main, included] = parts(bytes);
    let (sudo, _) = parse("/etc/sudoers", main, &mut |include| vec![(include.path.clone(), Ok(included.to_vec()))]);
    drop(vigie_checks::judge(&HostFacts { sudo: Observed::Seen(sudo), ..HostFacts::default() }));
});
