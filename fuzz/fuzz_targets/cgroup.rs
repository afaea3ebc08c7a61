//! /proc/PID/cgroup: the container of a process.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::sockets::cgroup::container;

fuzz_target!(|bytes: &[u8]| {
    assert!(container(bytes).is_none_or(|id| !id.is_empty() && id.len() <= bytes.len()));
});
