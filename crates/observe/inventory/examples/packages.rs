//! Prints what package files tell, one JSON line each.
//!
//! Reads lines `path<TAB>file` from standard input: `file` is what is read, `path` is where it would lie in a tree,
//! which decides who reads it. For comparing with other programs: docs/conformance.md.

use std::io::{BufRead, Write};
use vigie_inventory::content::{Content, Meta, Setting};
use vigie_inventory::packages::reader_of;
use vigie_inventory::sbom;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let Some((path, file)) = line.split_once('\t') else { continue };
        let bytes = std::fs::read(file)?;
        let meta = Meta { path, size: bytes.len() as u64, mode: 0o644 };
        let reader = [Setting::Source, Setting::Installed].into_iter().find_map(|setting| reader_of(&meta, setting));
        let (name, components, gaps) = match reader {
            Some(reader) => {
                let found = (reader.read)(&meta, &Content::of(&bytes));
                (reader.name.to_owned(), found.components, found.gaps)
            }
            None => match sbom::read(path, &bytes) {
                Ok(sbom) => (sbom.format, sbom.components, sbom.gaps),
                Err(error) => (error.to_string(), Vec::new(), Vec::new()),
            },
        };
        let line = serde_json::json!({ "path": path, "file": file, "reader": name, "components": components, "gaps": gaps });
        writeln!(out, "{line}")?;
    }
    Ok(())
}
