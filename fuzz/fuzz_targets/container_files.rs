//! Containers from the files of Podman and containerd.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::containers::{parse_containerd_config, parse_storage_list};

vigie_fuzz::target!(|bytes: &[u8]| {
    drop(parse_storage_list(bytes));
    drop(parse_containerd_config(bytes));
});
