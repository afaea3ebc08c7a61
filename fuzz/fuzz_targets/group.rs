//! group(5): groups and their members.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::accounts::parse_group;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (groups, _) = parse_group(bytes);
    assert!(groups.iter().all(|group| group.members.iter().all(|member| !member.is_empty())));
});
