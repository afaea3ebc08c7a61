//! /proc/self/mountinfo.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;
use vigie_inventory::host::mounts::parse;

fuzz_target!(|bytes: &[u8]| {
    let (mounts, _) = parse(bytes);
    let mut targets = HashSet::new();
    assert!(mounts.iter().all(|mount| targets.insert(&mount.target)), "a place has one mount on top");
});
