//! What the APIs of Docker and Podman tell of containers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigie_inventory::host::containers::{parse_engine_list, parse_engine_pid};
use vigie_model::host::Engine;

fuzz_target!(|bytes: &[u8]| {
    for engine in [Engine::Docker, Engine::Podman] {
        drop(parse_engine_list(bytes, engine));
    }
    drop(parse_engine_pid(bytes));
});
