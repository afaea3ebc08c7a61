//! shadow(5), joined with accounts and judged.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::accounts::{join, parse_passwd, parse_shadow};
use vigie_model::host::HostFacts;
use vigie_model::observed::Observed;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (shadow, gaps) = parse_shadow(bytes);
    // A complaint never quotes what may be a secret.
    assert!(gaps.iter().all(|gap| gap.what.starts_with("/etc/shadow:") && !gap.detail.contains('$')));
    let names: String = shadow.keys().map(|name| format!("{name}:x:0:0::/:/bin/sh\n")).collect();
    let (mut users, _) = parse_passwd(names.as_bytes());
    join(&mut users, &shadow);
    drop(vigie_checks::judge(&HostFacts { users: Observed::Seen(users), ..HostFacts::default() }));
});
