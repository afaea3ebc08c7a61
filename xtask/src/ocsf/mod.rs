//! `cargo xtask ocsf`: event classes and fields of the model, generated from OCSF.
//!
//! Three steps, each a module: [`trim`] cuts a checkout of the schema down to what we use and writes
//! `schema.json` (only with `--from`); [`paths`] checks the curated list of attribute paths against
//! it; [`render`] writes `event/ocsf.rs`. The generated file is checked in: building Vigie needs
//! neither this task nor the schema. A test generates in memory and compares.
//!
//! Weak spot: this crate knows the model (through the catalogue), so a generated file that does not
//! compile has to be put back with `git restore` before it can be generated again.

mod paths;
mod render;
mod schema;
mod trim;

use crate::error::{Error, read, write};
use schema::Schema;
use std::path::Path;

const DATA: &str = "crates/base/model/ocsf/schema.json";
const CLASSES: &str = "crates/base/model/ocsf/classes.txt";
const PATHS: &str = "crates/base/model/ocsf/paths.txt";
const GENERATED: &str = "crates/base/model/src/event/ocsf.rs";

/// Refreshes the data when there is a checkout to take it from, then generates.
pub(crate) fn run(root: &Path, from: Option<&Path>) -> Result<String, Error> {
    if let Some(checkout) = from {
        let classes = read(&root.join(CLASSES))?;
        let schema = trim::trim(checkout, &listed(&classes))?;
        write(&root.join(DATA), &schema.into_text()?)?;
    }
    let text = generate(root)?;
    write(&root.join(GENERATED), &text)?;
    Ok(format!("{GENERATED}: {} lines", text.lines().count()))
}

/// Whether the generated file is what the data says.
pub(crate) fn problems(root: &Path) -> Result<Vec<String>, Error> {
    let current = read(&root.join(GENERATED))? == generate(root)?;
    Ok(if current { Vec::new() } else { vec![format!("{GENERATED} is not what the data says: `cargo xtask ocsf`")] })
}

/// The generated file as it should be.
fn generate(root: &Path) -> Result<String, Error> {
    let schema = Schema::read(&root.join(DATA))?;
    let list = paths::parse(&read(&root.join(PATHS))?)?;
    let table = paths::resolve(&schema, &list)?;
    render::render(&schema, &table)
}

/// The words of a list file: one on each line, `#` begins a comment.
fn listed(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_file_is_up_to_date() {
        assert_eq!(problems(&crate::root()).unwrap(), Vec::<String>::new());
    }
}
