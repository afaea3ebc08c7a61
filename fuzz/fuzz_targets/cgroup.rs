//! /proc/PID/cgroup: the container of a process.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::sockets::cgroup::container;

vigie_fuzz::target!(|bytes: &[u8]| {
    assert!(container(bytes).is_none_or(|id| !id.is_empty() && id.len() <= bytes.len()));
});
