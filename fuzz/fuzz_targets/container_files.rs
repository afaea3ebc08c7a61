//! Containers from the files of Podman and containerd.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::containers::{parse_containerd_config, parse_storage_list};

fuzz_target!(|bytes: &[u8]| {
    drop(parse_storage_list(bytes));
    drop(parse_containerd_config(bytes));
});
