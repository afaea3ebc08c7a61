//! group(5): groups and their members.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::accounts::parse_group;

fuzz_target!(|bytes: &[u8]| {
    let (groups, _) = parse_group(bytes);
    assert!(groups.iter().all(|group| group.members.iter().all(|member| !member.is_empty())));
});
