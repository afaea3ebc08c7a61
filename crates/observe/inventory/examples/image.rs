//! Shows what is found in an image or a tree of files: the facts as JSON, and on standard error how long it took and
//! what could not be read.
//!
//! ```text
//! cargo run --release -p vigie-inventory --example image IMAGE|FOLDER [CACHE]
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use vigie_inventory::image::{self, Context, Options};
use vigie_inventory::tree;
use vigie_kit::clock::{Clock, SystemClock};
use vigie_kit::problem::Explain;
use vigie_model::observed::Gap;

fn main() -> Result<(), Box<dyn Error>> {
    let reference = std::env::args().nth(1).ok_or("the name of an image or the path of a folder is missing")?;
    let cache = std::env::args().nth(2);
    let start = SystemClock.now();
    let mut out = io::stdout().lock();
    let folder = Path::new(&reference);
    let (components, gaps) = if folder.is_dir() && !folder.join("index.json").is_file() {
        let facts = tree::scan(folder, &tree::Options::default()).map_err(Explain::explain)?;
        serde_json::to_writer_pretty(&mut out, &facts)?;
        (facts.components.len(), facts.gaps)
    } else {
        let image = image::open(&reference, &Options::default()).map_err(Explain::explain)?;
        let facts = image.read(&Context { cache: cache.as_deref().map(Path::new), ..Context::default() });
        serde_json::to_writer_pretty(&mut out, &facts)?;
        (facts.components.len(), facts.gaps)
    };
    writeln!(out)?;
    told(components, &gaps, SystemClock.now().since(start) / 1_000)?;
    Ok(())
}

fn told(components: usize, gaps: &[Gap], took: i64) -> io::Result<()> {
    let mut talk = io::stderr().lock();
    writeln!(talk, "{components} packages in {took} ms")?;
    gaps.iter().try_for_each(|gap| writeln!(talk, "not read: {gap}; {}", gap.detail))
}
