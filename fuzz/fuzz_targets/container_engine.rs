//! What the APIs of Docker and Podman tell of containers.
#![cfg_attr(not(test), no_main)]

use vigie_inventory::host::containers::{parse_engine_list, parse_engine_pid};
use vigie_model::host::Engine;

vigie_fuzz::target!(|bytes: &[u8]| {
    for engine in [Engine::Docker, Engine::Podman] {
        drop(parse_engine_list(bytes, engine));
    }
    drop(parse_engine_pid(bytes));
});
