//! Makes the index of licence texts anew: `cargo run --release -p vigie-inventory --example licence_index -- DIR`.
//!
//! The folder holds one text for each licence, named by its SPDX id: `text/` of SPDX's license-list-data, or
//! `src/text/licenses` of the crate `spdx`.

use std::path::Path;
use vigie_inventory::licences::index::build;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder of texts?")?;
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
        // The crate keeps its texts as literals of Rust.
        let text = text.trim().trim_start_matches("r#\"").trim_end_matches("\"#").to_owned();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        texts.push((name.strip_suffix(".txt").unwrap_or(&name).to_owned(), text));
    }
    texts.sort();
    let index = build(texts.iter().map(|(id, text)| (id.as_str(), text.as_str())));
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/licences/index.bin");
    std::fs::write(&place, &index)?;
    Ok(())
}
