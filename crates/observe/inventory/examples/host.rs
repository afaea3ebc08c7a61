//! Shows what the inventory sees of this host: the facts as JSON, and on standard error how long it took and what
//! could not be seen.
//!
//! ```text
//! cargo run --release -p vigie-inventory --example host [ROOT]
//! ```

use std::io::{self, Write};
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::clock::{Clock, SystemClock};

fn main() -> io::Result<()> {
    let world = std::env::args().nth(1).map_or_else(World::live, World::at);
    let start = SystemClock.now();
    let facts = host::observe(&world, &SystemClock);
    let took = SystemClock.now().since(start) / 1_000;
    let asset = host::asset(&facts, &world);
    let mut talk = io::stderr().lock();
    writeln!(talk, "{} ({}), seen in {took} ms", asset.name, asset.id)?;
    for gap in facts.gaps() {
        writeln!(talk, "not seen: {gap} {}", gap.detail)?;
    }
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &facts)?;
    writeln!(out)
}
