//! sudoers(5) with includes, judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_fuzz::parts;
use vigie_inventory::host::sudo::parse;
use vigie_model::host::HostFacts;
use vigie_model::observed::Observed;

fuzz_target!(|bytes: &[u8]| {
    let [main, included] = parts(bytes);
    let (sudo, _) = parse("/etc/sudoers", main, &mut |include| vec![(include.path.clone(), Ok(included.to_vec()))]);
    drop(vigie_checks::judge(&HostFacts { sudo: Observed::Seen(sudo), ..HostFacts::default() }));
});
