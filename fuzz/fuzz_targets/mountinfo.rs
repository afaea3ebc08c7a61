//! /proc/self/mountinfo.
#![cfg_attr(not(test), no_main)]

use std::collections::HashSet;
use vigie_inventory::host::mounts::parse;

vigie_fuzz::target!(|bytes: &[u8]| {
    let (mounts, _) = parse(bytes);
    let mut targets = HashSet::new();
    assert!(mounts.iter().all(|mount| targets.insert(&mount.target)), "a place has one mount on top");
});
