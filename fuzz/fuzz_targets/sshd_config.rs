//! sshd_config(5) with includes, judged.
#![cfg_attr(not(test), no_main)]

use vigie_fuzz::parts;
use vigie_inventory::host::ssh::config::parse;
use vigie_model::host::HostFacts;
use vigie_model::observed::Observed;

vigie_fuzz::target!(|bytes: &[u8]| {
    let [main, included] = parts(bytes);
    let read = parse("sshd_config", main, &mut |pattern| vec![(pattern.to_owned(), Ok(included.to_vec()))]);
    assert!(read.server.settings.values().all(|values| !values.is_empty()));
    drop(vigie_checks::judge(&HostFacts { ssh_server: Observed::Seen(read.server), ..HostFacts::default() }));
});
