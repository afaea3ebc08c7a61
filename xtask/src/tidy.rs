//! `cargo xtask tidy`: what neither compiler nor linter checks.
//!
//! Every source file says what it is for; every crate takes the workspace's lints, licence and a
//! description; the arrows hold and judges stay pure; links between documents lead
//! somewhere; what is generated is what its source says.

use crate::error::{Error, read};
use crate::{arrows, docs, links, ocsf, purity};
use std::path::{Path, PathBuf};

/// Everything untidy, one sentence each; an error when there is any.
pub(crate) fn run(root: &Path, bless: bool) -> Result<String, Error> {
    if bless {
        arrows::bless(root)?;
    }
    let mut problems = files(root)?;
    problems.extend(arrows::problems(root)?);
    problems.extend(ocsf::problems(root)?);
    problems.extend(docs::problems(root)?);
    if problems.is_empty() { Ok("tidy".into()) } else { Err(Error::wrong(problems.join("\n"))) }
}

/// Problems of source files and manifests.
fn files(root: &Path) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    let mut sources = Vec::new();
    for path in found(root, &["crates", "fuzz", "xtask"])? {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if name.ends_with(".rs") {
            problems.extend(source(&name, &read(&path)?));
            sources.push(path);
        } else if name.ends_with("Cargo.toml") {
            problems.extend(manifest(&name, &read(&path)?));
        }
    }
    problems.extend(purity::problems(root, &sources)?);
    let is_document = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let mut documents: Vec<PathBuf> =
        found(root, &["docs", "crates", "fuzz", "xtask"])?.into_iter().filter(is_document).collect();
    documents.extend(listed(root)?.into_iter().filter(is_document));
    problems.extend(links::problems(root, &documents)?);
    Ok(problems)
}

fn source(name: &str, text: &str) -> Option<String> {
    // The name says what it is for.
    if name.ends_with("/tests.rs") {
        return None;
    }
    // Attributes of a crate may stand above its documentation.
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["))?;
    let says = first.strip_prefix("//!").map(str::trim);
    says.is_none_or(|says| says.len() < 10).then(|| format!("{name}: must open with `//!` and say what it is for"))
}

/// The one crate with a table of lints of its own: memory maps need `unsafe`, which the workspace forbids.
const OWN_LINTS: &str = "crates/base/kit/Cargo.toml";

fn manifest(name: &str, text: &str) -> Vec<String> {
    let lints = if name == OWN_LINTS { "[lints.rust]\nunsafe_code = \"deny\"" } else { "[lints]\nworkspace = true" };
    let wanted = [
        (lints, "must take the lints of the workspace: `[lints] workspace = true`"),
        ("\ndescription = \"", "must have a description"),
        ("\nlicense.workspace = true", "must take the licence of the workspace"),
        ("\nedition.workspace = true", "must take the edition of the workspace"),
        ("\npublish.workspace = true", "must take `publish` of the workspace"),
    ];
    wanted.iter().filter(|(line, _)| !text.contains(line)).map(|(_, said)| format!("{name}: {said}")).collect()
}

/// All files below some folders that are not built or fetched, in order.
fn found(root: &Path, folders: &[&str]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        for path in listed(&folder)? {
            let skipped = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
            if path.is_dir() && !skipped {
                open.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What stands in a folder.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_tidy() {
        let problems = files(&crate::root()).unwrap();
        assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    }

    #[test]
    fn untidy_files_are_noticed() {
        assert_eq!(source("a.rs", "//! Reads the pages of an entry.\n"), None);
        assert_eq!(source("a.rs", "#![no_std]\n\n//! Reads the pages of an entry.\n"), None);
        assert!(source("a.rs", "use std::fmt;\n").is_some());
        assert!(source("a.rs", "//! Stuff\n").is_some());
        assert_eq!(manifest("Cargo.toml", "[package]\nname = \"x\"\n").len(), 5);
    }
}
